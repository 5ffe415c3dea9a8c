"""Replays a stream's bytes through the decoder and a parser, cut in every way the network may cut them."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from promptyard.domain.errors import ProviderError
from promptyard.domain.models.provider_events import ProviderEvent, TextDelta, ToolCallDelta, UsageReport
from promptyard.domain.models.usage import Usage
from promptyard.providers.network.sse import SseDecoder
from promptyard.providers.protocol import SseEvent, StreamParser

FIXTURES = Path(__file__).parents[2] / "fixtures"


def replay(new_parser: Callable[[], StreamParser], chunks: Iterable[bytes]) -> list[ProviderEvent]:
    """The events of a whole stream. Raises what the parser raises."""
    return list(_events(new_parser(), chunks))


def replay_failing(
    new_parser: Callable[[], StreamParser], chunks: Iterable[bytes]
) -> tuple[list[ProviderEvent], ProviderError]:
    """What came of a stream that has to fail, and its error."""
    events: list[ProviderEvent] = []
    try:
        for event in _events(new_parser(), chunks):
            events.append(event)
    except ProviderError as error:
        return events, error
    raise AssertionError("the stream did not fail")


def _events(parser: StreamParser, chunks: Iterable[bytes]) -> Iterator[ProviderEvent]:
    decoder = SseDecoder()
    for chunk in chunks:
        for frame in decoder.feed(chunk):
            yield from parser.feed(frame)
    for frame in decoder.end():
        yield from parser.feed(frame)
    yield from parser.end()


def fed(parser: StreamParser, frames: Iterable[Mapping[str, Any]]) -> list[ProviderEvent]:
    """What comes of these objects, a frame each, before the bytes end."""
    return [event for frame in frames for event in parser.feed(SseEvent(json.dumps(frame)))]


def every_split(data: bytes) -> Iterator[list[bytes]]:
    """The bytes in one piece, cut in two at every place, and one by one."""
    yield [data]
    for place in range(1, len(data)):
        yield [data[:place], data[place:]]
    yield [data[i : i + 1] for i in range(len(data))]


def text_of(events: Iterable[ProviderEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def tool_calls_of(events: Iterable[ProviderEvent]) -> dict[int, tuple[str | None, str | None, str]]:
    """By index: id, name and the whole arguments."""
    calls: dict[int, tuple[str | None, str | None, str]] = {}
    for event in events:
        if isinstance(event, ToolCallDelta):
            identifier, name, before = calls.get(event.index, (None, None, ""))
            arguments = event.arguments if event.replaces else before + event.arguments
            calls[event.index] = (identifier or event.id, name or event.name, arguments)
    return calls


def usage_of(events: Sequence[ProviderEvent]) -> Usage | None:
    """The last report, which replaces those before it."""
    return next((event.usage for event in reversed(events) if isinstance(event, UsageReport)), None)
