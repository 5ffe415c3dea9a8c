"""Errors in Anthropic's form."""

from typing import TYPE_CHECKING, Literal

from promptyard.domain.deferred import DeferredModel

if TYPE_CHECKING:
    from functions.openai.faults import Fault

OVERLOADED = 529
_TYPES = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    504: "timeout_error",
    OVERLOADED: "overloaded_error",
}


class AnthropicErrorDetail(DeferredModel):
    type: str
    """The kind of error, in Anthropic's words, such as `rate_limit_error`."""
    message: str
    """What is wrong, in a sentence."""


class AnthropicError(DeferredModel):
    type: Literal["error"] = "error"
    """Always `error`."""
    error: AnthropicErrorDetail
    """What is wrong."""
    request_id: str | None
    """The request's id, under which the log has more of it. Null where it has none."""


def anthropic_status(fault: "Fault") -> int:
    return OVERLOADED if fault.code == "provider_overloaded" else fault.status


def anthropic_error(fault: "Fault", request_id: str | None) -> AnthropicError:
    status = anthropic_status(fault)
    kind = _TYPES.get(status, "api_error" if status >= 500 else "invalid_request_error")
    return AnthropicError(error=AnthropicErrorDetail(type=kind, message=fault.message), request_id=request_id)
