"""Errors of Google's APIs: https://google.aip.dev/193."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from promptyard.domain.errors import ProviderAuth, ProviderError
from promptyard.providers.reading import faults
from promptyard.providers.reading.values import index_of, list_of

Details = Sequence[Mapping[str, Any]]

PARAMETERS = {
    "temperature": "temperature",
    "topp": "top_p",
    "maxoutputtokens": "max_tokens",
    "stopsequences": "stop",
    "seed": "seed",
    "thinkingconfig": "reasoning_effort",
    "responsemimetype": "response_format",
    "responsejsonschema": "response_format",
    "tools": "tools",
}
"""Our names by the API's, which errors write in snake case and in camel case."""


def parse_error(status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
    return provider_error(faults.error_body(body), status, retry_after=faults.retry_after_seconds(headers))


def provider_error(error: dict[str, Any], status: int, *, retry_after: float | None) -> ProviderError:
    """From an `error` object, of an answer or inside a stream."""
    message = faults.error_message(error, status)
    details = list_of(error.get("details"))
    # An unknown key is a 400 here: https://ai.google.dev/gemini-api/docs/troubleshooting
    if any(detail.get("reason") == "API_KEY_INVALID" for detail in details):
        return ProviderAuth(message, status=status)
    if status == 429:
        retry_after = retry_after if retry_after is not None else _retry_delay(details)
        return faults.error_for_status(status, message, retry_after=retry_after, retryable=not _for_today(details))
    failure = faults.error_for_status(status, message, retry_after=retry_after)
    failure.param = _refused_parameter(details)
    return failure


STATUS_OF_WORD = {
    "INVALID_ARGUMENT": 400,
    "FAILED_PRECONDITION": 400,
    "UNAUTHENTICATED": 401,
    "PERMISSION_DENIED": 403,
    "NOT_FOUND": 404,
    "RESOURCE_EXHAUSTED": 429,
    "UNAVAILABLE": 503,
    "DEADLINE_EXCEEDED": 504,
}


def status_in(error: dict[str, Any]) -> int:
    """The HTTP status of an error inside a stream: its code, or what its word stands for."""
    code = index_of(error.get("code"))
    return code if code is not None and 400 <= code <= 599 else STATUS_OF_WORD.get(str(error.get("status")), 500)


def _refused_parameter(details: Details) -> str | None:
    """Our name for the field that google.rpc.BadRequest names, such as `generation_config.top_p`."""
    for detail in details:
        for violation in list_of(detail.get("fieldViolations")):
            for name in str(violation.get("field")).replace("_", "").lower().split("."):
                if name in PARAMETERS:
                    return PARAMETERS[name]
    return None


def _retry_delay(details: Details) -> float | None:
    """Of google.rpc.RetryInfo: a protocol buffers duration, such as `34.07s`."""
    for detail in details:
        if match := re.fullmatch(r"(\d+(?:\.\d+)?)s", str(detail.get("retryDelay"))):
            return float(match[1])
    return None


def _for_today(details: Details) -> bool:
    """Whether a quota of the day is used up, by google.rpc.QuotaFailure."""
    violations = [violation for detail in details for violation in list_of(detail.get("violations"))]
    return any("PerDay" in str(violation.get("quotaId")) for violation in violations)
