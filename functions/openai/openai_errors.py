"""Errors in OpenAI's form."""

from typing import TYPE_CHECKING

from promptyard.domain.deferred import DeferredModel

if TYPE_CHECKING:
    from functions.openai.faults import Fault


class OpenAIErrorDetail(DeferredModel):
    message: str
    type: str
    param: str | None
    code: str | None


class OpenAIError(DeferredModel):
    error: OpenAIErrorDetail


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
