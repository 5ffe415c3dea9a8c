"""What every adapter reads in the same way."""

from typing import Any

import pytest

from promptyard.domain.models.provider_events import ToolCallDelta
from promptyard.providers.wires import wire


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "2"}, 2.0),
        ({"retry-after": "2", "retry-after-ms": "1500"}, 1.5),
        ({"retry-after": "-5"}, 0.0),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "1e300"}, None),
        ({"retry-after": "Fri, 31 Dec 9999 23:59:59 -2359"}, None),
        ({"retry-after-ms": "9" * 5000}, None),
        ({"retry-after-ms": "٣"}, None),
    ],
)
def test_the_time_to_come_back(headers: dict[str, str], seconds: float | None) -> None:
    assert wire.retry_after_seconds(headers) == seconds


def test_an_errors_sentence_can_be_written_as_utf_8() -> None:
    assert wire.error_message({"message": "bad \ud800 thing"}, 400) == "bad ? thing"


def test_a_tool_call_with_its_parts() -> None:
    assert wire.tool_call(0, "call_a", "weather", "{}") == ToolCallDelta(0, "call_a", "weather", "{}")
    assert wire.tool_call(1) == ToolCallDelta(1)


@pytest.mark.parametrize(
    "parts",
    [(7, "weather", "{}"), ("a", 7, "{}"), ("a", "weather", {}), ("\ud800", "weather", "{}"), ("a", "b", '"\ud800"')],
    ids=["a number for an id", "for a name", "an object for arguments", "half a character", "in the arguments"],
)
def test_a_tool_call_that_cannot_be_kept_or_sent(parts: tuple[Any, Any, Any]) -> None:
    with pytest.raises((TypeError, ValueError)):
        wire.tool_call(0, *parts)
