"""What the adapters share in reading a provider's answers and errors."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from promptyard.domain.errors import (
    ProviderAuth,
    ProviderError,
    ProviderMalformed,
    ProviderOverloaded,
    ProviderRateLimited,
)
from promptyard.domain.models.provider_events import ToolCallDelta

MAX_MESSAGE_CHARACTERS = 1000
MAX_RETRY_AFTER_SECONDS = 366 * 86_400
"""Nobody means more: a longer time is taken for none."""


@contextmanager
def reading() -> Iterator[None]:
    """Whatever goes wrong in reading an answer of unexpected shape becomes ProviderMalformed."""
    try:
        yield
    except (AttributeError, LookupError, TypeError, ValueError, RecursionError):
        # Not chained: the error's own text quotes the answer.
        raise ProviderMalformed("The provider's answer cannot be read") from None


def json_object(text: str | bytes) -> dict[str, Any]:
    """The object, which some servers wrap in a list of one. Raises ValueError or TypeError for anything else."""
    value = json.loads(text)
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if not isinstance(value, dict):
        raise TypeError("not an object")
    return value


def text_in(value: Any) -> str:
    """A piece of text. Raises TypeError for another type, ValueError for a lone surrogate, which no UTF-8 can carry."""
    if not isinstance(value, str):
        raise TypeError("not a string")
    value.encode()
    return value


def tool_call(index: int, identifier: str | None = None, name: str | None = None, arguments: str = "") -> ToolCallDelta:
    """A piece of a tool call. Raises as `text_in`."""
    for text in (identifier, name):
        if text is not None:
            text_in(text)
    return ToolCallDelta(index, identifier, name, text_in(arguments))


def total(*counts: int | None) -> int | None:
    """The sum of the counts that are known, None when none is."""
    known = [count for count in counts if count is not None]
    return sum(known) if known else None


def cut_off() -> ProviderMalformed:
    """For a stream that ended without its terminal event. Asking again may well work."""
    return ProviderMalformed("The provider's stream ended before the answer was complete", retryable=True)


def error_in(answer: Mapping[str, Any]) -> dict[str, Any] | None:
    """The `error` of an answer, None where it has none. Gateways write a bare sentence there now and then."""
    error = answer.get("error")
    if not error:
        return None
    return error if isinstance(error, dict) else {"message": str(error)}


def error_body(body: bytes) -> dict[str, Any]:
    """The `error` of an error's body; empty where the body is something else, such as a proxy's HTML page."""
    try:
        return error_in(json_object(body)) or {}
    except (ValueError, TypeError, RecursionError):
        return {}


def error_message(error: Mapping[str, Any], status: int) -> str:
    """The provider's own sentence, else one that names the status."""
    message = error.get("message")
    if isinstance(message, str) and message.strip():
        # Half of a surrogate pair, which JSON lets pass, could not be sent on.
        return message.strip()[:MAX_MESSAGE_CHARACTERS].encode(errors="replace").decode()
    return f"The provider answered with status {status}"


def retry_after_seconds(headers: Mapping[str, str]) -> float | None:
    """The Retry-After header, in seconds from now; it may be a number or a date (RFC 9110, 10.2.3).

    OpenAI and Azure also send retry-after-ms, which is the finer of the two.
    """
    milliseconds = headers.get("retry-after-ms", "").strip()
    if milliseconds.isascii() and milliseconds.isdigit():
        seconds: float | None = float(milliseconds) / 1000
    else:
        seconds = _seconds_from_now(headers.get("retry-after", "").strip())
    return None if seconds is None or not seconds < MAX_RETRY_AFTER_SECONDS else max(seconds, 0.0)


def _seconds_from_now(value: str) -> float | None:
    with suppress(ValueError):
        return float(value)
    with suppress(ValueError, OverflowError):
        return (parsedate_to_datetime(value).astimezone(UTC) - datetime.now(UTC)).total_seconds()
    return None


def error_for_status(
    status: int, message: str, *, retry_after: float | None = None, retryable: bool | None = None
) -> ProviderError:
    """The error that an HTTP status stands for; `retryable` overrules what the status says of another try."""
    kinds = {
        401: ProviderAuth,
        403: ProviderAuth,
        429: ProviderRateLimited,
        503: ProviderOverloaded,
        529: ProviderOverloaded,
    }
    passing = status in {408, 429} or status >= 500
    return kinds.get(status, ProviderError)(
        message, status=status, retryable=passing if retryable is None else retryable, retry_after=retry_after
    )
