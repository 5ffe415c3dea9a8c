"""Errors as the clients of OpenAI's and Anthropic's APIs know them: what they tell apart, in whatever form.

What is a 422 elsewhere is a 400 here, and what a provider refuses has that provider's own status: clients retry a 5xx,
and look for what is wrong with a request in a 400 alone.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from promptyard.api.errors import retry_headers, status_of, validation_mistakes
from promptyard.domain.errors import (
    Cancelled,
    DeadlineExceeded,
    InvalidRequest,
    PromptyardError,
    ProviderAuth,
    ProviderError,
    ProviderOverloaded,
    ProviderRateLimited,
    QuotaExceeded,
    RefusedParameter,
    UnknownModel,
)

_NEVER_AGAIN = {"x-should-retry": "false"}
"""What OpenAI's and Anthropic's SDKs obey, which else would try twice more."""
_INVALID = "invalid_request"
_TOO_LONG = re.compile(
    r"context.{0,10}(?:length|window|size)|maximum.{0,20}context|prompt is too long|too many (?:input )?tokens"
    r"|input.{0,20}tokens? count.{0,40}exceed|exceeds? the (?:maximum|max).{0,20}tokens|reduce the length",
    re.IGNORECASE | re.DOTALL,
)
"""In what providers say of a prompt that is longer than the model's context."""
_AT = ("body", "parameters", "extra")
"""Steps to a field that callers here have not taken."""


@dataclass(frozen=True, slots=True)
class Fault:
    """`code` is OpenAI's word for it, `param` the field at fault."""

    status: int
    message: str
    code: str | None = None
    param: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


def fault_of(error: PromptyardError) -> Fault:
    if isinstance(error, ProviderError):
        return _of_provider(error)
    if isinstance(error, InvalidRequest):
        return _of_invalid(error)
    status = status_of(error)
    headers = retry_headers(error) if status in {409, 429, 503} else {}
    if isinstance(error, Cancelled | DeadlineExceeded | QuotaExceeded):
        headers |= _NEVER_AGAIN
    if status == 401:
        headers["www-authenticate"] = "Bearer"
    code = _CODES.get(error.code, error.code)
    return Fault(400 if status == 422 else status, error.message, code, headers=headers)


_CODES = {
    "internal": "server_error",
    "quota_exceeded": "insufficient_quota",
    "rate_limited": "rate_limit_exceeded",
    "unauthenticated": "invalid_api_key",
}
"""OpenAI's words for ours."""


def _of_invalid(error: InvalidRequest) -> Fault:
    match error:
        case UnknownModel():
            return Fault(404, error.message, "model_not_found", "model")
        case RefusedParameter():
            return Fault(400, error.message, "unsupported_parameter", error.name)
        case _:
            return Fault(400, error.message, _INVALID, _path(error.loc))


def _of_provider(error: ProviderError) -> Fault:
    """After our own attempts: another one is of no use."""
    told, param = f"The provider says: {error.message}", None
    match error:
        case ProviderAuth():
            told = f"The provider refuses the key that it is called with, which is no key of this API: {error.message}"
            status, code = 401, error.code
        case ProviderRateLimited():
            status, code = 429, "rate_limit_exceeded"
        case ProviderOverloaded():
            status, code = 503, error.code
        case ProviderError(status=402):
            status, code = 429, "insufficient_quota"
        case ProviderError(status=404):
            status, code, param = 404, "model_not_found", "model"
        case ProviderError(status=int(refused)) if 400 <= refused < 500:
            status, code = 400, "context_length_exceeded" if _TOO_LONG.search(error.message) else _INVALID
            param = error.param or error.field
        case _:
            status, code = 502, error.code
    return Fault(status, told, code, param, retry_headers(error) | _NEVER_AGAIN)


def fault_of_request(request: Request, error: RequestValidationError) -> Fault:
    """What a request's form is wrong in, the first of it."""
    mistake = validation_mistakes(request, error)[0]
    param = _path(mistake.loc)
    message = f"{param}: {mistake.msg}" if param else mistake.msg
    return Fault(400, message, "missing_required_parameter" if mistake.type == "missing" else _INVALID, param)


def fault_of_http(error: HTTPException) -> Fault:
    return Fault(error.status_code, str(error.detail), headers=error.headers or {})


def _path(loc: "tuple[str | int, ...] | list[str | int]") -> str | None:
    """As OpenAI writes it: `messages[0].content`. None of the whole body."""
    steps = list(loc)
    for step in _AT:
        if steps and steps[0] == step:
            steps.pop(0)
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)
    return text.removeprefix(".") or None
