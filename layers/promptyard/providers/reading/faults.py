"""A provider's errors and what cannot be read of it, in whatever form servers write them, as ours."""

import re
from collections.abc import Collection, Iterator, Mapping
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
from promptyard.providers.reading.sentences import MAX_DEPTH, PLACES, sentence
from promptyard.providers.reading.values import MAX_WORD_CHARACTERS, list_of, object_in, word_of

MAX_MESSAGE_CHARACTERS = 10_000
"""More than a caller is shown, so that a key is whole, or not there, when it is taken out."""
MAX_PLAIN_CHARACTERS = 2_000
"""Of a body that is all one sentence."""
MAX_RETRY_AFTER_SECONDS = 366 * 86_400
"""Nobody means more: a longer time is taken for none."""


UNREADABLE = (AttributeError, LookupError, TypeError, ValueError, RecursionError)
"""What goes wrong in reading an answer of unexpected shape."""


@contextmanager
def reading() -> Iterator[None]:
    """Makes ProviderMalformed of that, not chained: the error's own text quotes the answer. For what is done once an
    answer; a frame's reader catches it itself, which takes 2 µs less."""
    try:
        yield
    except UNREADABLE:
        raise unreadable() from None


def cut_off() -> ProviderMalformed:
    """For a stream that ended without its terminal event. Asking again may well work."""
    return ProviderMalformed("The provider's stream ended before the answer was complete", retryable=True)


def unreadable() -> ProviderMalformed:
    return ProviderMalformed("The provider's answer cannot be read")


def error_in(data: Mapping[str, Any], fields: Collection[str], *, named: bool = False) -> dict[str, Any] | None:
    """The error that an object with a good status holds at any depth, or is: it is one where it came under that name
    (`named`), or where it has none of an answer's `fields` and says something. None where there is none."""
    found = _error_within(data)
    if found is None:
        is_one = named or data.get("object") == "error" or str(data.get("type")).lower().endswith("error")
        return dict(data) if is_one or (not any(map(data.get, fields)) and _says(data)) else None
    return found if sentence(found) else {**found, "message": sentence(data)}


def _error_within(data: Mapping[str, Any], depth: int = 0) -> dict[str, Any] | None:
    """The `error` of an object. Gateways write a bare sentence there now and then."""
    error = data.get("error")
    if isinstance(error, str) and error.strip():
        return {**data, "message": error}
    if error and isinstance(error, dict | list):
        return error if isinstance(error, dict) else {"message": error}
    if depth > MAX_DEPTH:
        return None
    for name, value in data.items():
        if name not in FREE_FORM:
            for inner in list_of(value):
                if found := _error_within(inner, depth + 1):
                    return found
    return None


FREE_FORM = frozenset(
    {
        "annotations",
        "args",
        "arguments",
        "citations",
        "codeExecutionResult",
        "content_block",
        "content_filter_results",
        "function_call",
        "functionCall",
        "functionResponse",
        "groundingMetadata",
        "input",
        "item",
        "logprobs",
        "output",
        "prompt_filter_results",
        "search_results",
        "tool_calls",
    }
)
"""What may hold a field named `error` that is a model's, a document's, a tool's or a filter's own."""


def _says(data: Mapping[str, Any]) -> bool:
    return bool(SAY_SO.intersection(data)) and data.get("code") not in WELL and bool(sentence(data))


SAY_SO = frozenset(PLACES) - {"description", "title", "reason"}
WELL = (0, 200, "0", "200")
"""Codes beside the sentence that all went well."""


def error_body(body: bytes) -> dict[str, Any]:
    """The error of an error's body: its `error`, else all of it; its text as the `message` where it is plain text.
    Empty for a proxy's HTML page and what else nobody reads."""
    try:
        value = object_in(body)
    except (ValueError, RecursionError):
        value = {}
    said = sentence(body.decode(errors="replace"))
    found = _error_within(value)
    if not value or (body.lstrip().startswith(b"[") and not found):
        return {"message": said} if "\ufffd" not in said and len(said) <= MAX_PLAIN_CHARACTERS else {}
    return error_in(value, ()) or value


def error_message(error: Mapping[str, Any], status: int) -> str:
    """The provider's own sentence, else its word for the kind, else one that names the status. It may still hold the
    key."""
    word = next((found for name in ("code", "type", "status") if (found := word_of(error.get(name)))), None)
    said = sentence(error)[:MAX_MESSAGE_CHARACTERS] or (word or "")[:MAX_WORD_CHARACTERS]
    return said or f"The provider answered with status {status}"


def retry_after_seconds(headers: Mapping[str, str]) -> float | None:
    """The Retry-After header, in seconds from now; it may be a number or a date (RFC 9110, 10.2.3).

    OpenAI and Azure also send retry-after-ms, which is the finer of the two.
    """
    milliseconds = headers.get("retry-after-ms", "").strip()
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?", milliseconds):
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
