"""Errors in OpenAI's form."""

from typing import TYPE_CHECKING

from promptyard.domain.deferred import DeferredModel

if TYPE_CHECKING:
    from functions.openai.faults import Fault


class OpenAIErrorDetail(DeferredModel):
    message: str
    """What is wrong, in a sentence."""
    type: str
    """The kind of error, in OpenAI's words, such as `invalid_request_error`."""
    param: str | None
    """The field of the request that is at fault. Null where none is."""
    code: str | None
    """The error's code, such as `model_not_found`. Null where it has none."""


class OpenAIError(DeferredModel):
    error: OpenAIErrorDetail
    """What is wrong."""


def openai_error(fault: "Fault") -> OpenAIError:
    return OpenAIError(
        error=OpenAIErrorDetail(message=fault.message, type=_type(fault), param=fault.param, code=fault.code)
    )


def _type(fault: "Fault") -> str:
    if fault.code == "insufficient_quota":
        return fault.code
    if fault.status == 429:
        return "rate_limit_error"
    return "server_error" if fault.status >= 500 else "invalid_request_error"
