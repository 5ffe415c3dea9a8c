"""Errors as OpenAI's APIs and those made after them write them:
https://developers.openai.com/api/docs/guides/error-codes."""

from collections.abc import Mapping
from typing import Any

from promptyard.domain.errors import ProviderError, ProviderRateLimited
from promptyard.providers.reading import faults
from promptyard.providers.reading.sentences import MAX_DEPTH, PLACES
from promptyard.providers.reading.values import list_of

STATUS_OF_CODE = {
    "invalid_api_key": 401,
    "authentication_error": 401,
    "invalid_authentication_error": 401,
    "permission_error": 403,
    "insufficient_quota": 429,
    "rate_limit_exceeded": 429,
    "rate_limit_error": 429,
    "tokens": 429,
    "requests": 429,
    "server_error": 500,
    "internal_error": 500,
    "internal_server_error": 500,
    "api_error": 500,
    "timeout": 504,
    "generation": 500,  # text-generation-inference
    "overloaded": 503,
    "overloaded_error": 503,
    "engine_overloaded": 503,
    "engine_overloaded_error": 503,
    "service_unavailable": 503,
    "service_unavailable_error": 503,
}
"""By an error's `code` or `type`, for errors inside a stream, where there is no status."""

OUT_OF_CREDIT = frozenset({"insufficient_quota", "billing_hard_limit_reached", "exceeded_current_quota_error"})
"""A 429 as a rate limit is, but one that does not pass."""


def parse_error(
    status: int, headers: Mapping[str, str], body: bytes, parameter_of_field: Mapping[str, str]
) -> ProviderError:
    """An answer with an error's status. `parameter_of_field` has our names of fields that are called otherwise."""
    detail = faults.error_body(body)
    retryable = {"true": True, "false": False}.get(headers.get("x-should-retry", ""))
    error = _error(detail, status, retry_after=faults.retry_after_seconds(headers), retryable=retryable)
    field = _refused_field(detail)
    if status in {400, 422} and field is not None:
        error.field, error.param = field, parameter_of_field.get(field, field)
    return error


def _refused_field(detail: Mapping[str, Any], depth: int = 0) -> str | None:
    """By OpenAI's `param`, or by the place in FastAPI's list, which Mistral and many self-made servers answer with."""
    path = detail.get("loc")
    steps = [step for step in path if step != "body"] if isinstance(path, list) else []
    named = detail.get("param") or (steps[0] if steps else None)
    if isinstance(named, str):
        return named
    if depth > MAX_DEPTH:
        return None
    inner = (problem for place in PLACES for problem in list_of(detail.get(place)))
    return next((found for problem in inner if (found := _refused_field(problem, depth + 1))), None)


def error_of(detail: Mapping[str, Any]) -> ProviderError:
    """The error of an answer with a good status."""
    error = _error(detail, _status_in(detail))
    error.status = None
    return error


def _error(
    detail: Mapping[str, Any], status: int, *, retry_after: float | None = None, retryable: bool | None = None
) -> ProviderError:
    message = faults.error_message(detail, status)
    if OUT_OF_CREDIT.intersection(_codes(detail)):
        return ProviderRateLimited(message, status=status, retryable=False)
    return faults.error_for_status(status, message, retry_after=retry_after, retryable=retryable)


def _status_in(detail: Mapping[str, Any]) -> int:
    """What the status would have been: some write it as the code."""
    for code in _codes(detail):
        if code in STATUS_OF_CODE:
            return STATUS_OF_CODE[code]
        if len(code) == 3 and code.isdecimal() and 400 <= int(code) <= 599:
            return int(code)
    return 500 if not _codes(detail) else 400


def _codes(detail: Mapping[str, Any]) -> list[str]:
    return [str(detail[key]) for key in ("code", "type", "error_type") if isinstance(detail.get(key), str | int)]
