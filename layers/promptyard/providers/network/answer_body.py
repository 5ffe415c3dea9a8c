"""A provider's answer, from the bytes of its body to events: which form it has, and when it is over."""

import asyncio
from codecs import BOM_UTF8
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Sequence

from promptyard.domain.errors import ProviderError, ProviderMalformed
from promptyard.domain.models.provider_events import ProviderEvent, UsageReport
from promptyard.providers.network.limits import TransportLimits
from promptyard.providers.network.sse import SseDecoder
from promptyard.providers.protocol import Ending, HttpAdapter, StreamParser
from promptyard.providers.reading.values import is_json

SecondsLeft = Callable[[], float | None]
"""What the call as a whole has left, None where nobody says."""

_FIELDS = (b"data:", b"event:", b"id:", b"retry:", b":")
"""What the lines of an event stream begin with."""
MAX_BLANKS = 64
"""After an object, so that its end is seen."""
SMALL_BYTES = 16 * 1024
"""What is larger is not looked at after each chunk that happens to end so: it would be parsed again and again."""


async def start_of(chunks: AsyncGenerator[bytes, None]) -> bytes:
    """The answer's first bytes, of which at least one is no blank; all of a body that has none."""
    start = b""
    async for chunk in chunks:
        start += chunk
        if start.removeprefix(BOM_UTF8).strip():
            break
    return start


def is_event_stream(start: bytes, media_type: str, *, asked_for: bool, name: str) -> bool:
    """By the body's first bytes: a gateway may answer a request for a stream with one JSON object, and both may come
    under each other's media type, or under none. Raises ProviderMalformed for a web page."""
    first = start.removeprefix(BOM_UTF8).lstrip()
    if first.startswith((b"{", b"[")):
        # Without the type of a stream it is one object; with it, a line outside of every event, or one object as well.
        return media_type == "text/event-stream"
    if first.startswith(_FIELDS):
        return True
    if first.startswith(b"<") or media_type == "text/html":
        raise ProviderMalformed(f"{name} answered with a web page: the base URL is not that of an API")
    return media_type == "text/event-stream" or (asked_for and "json" not in media_type)


async def whole_answer(
    adapter: HttpAdapter,
    start: bytes,
    chunks: AsyncGenerator[bytes, None],
    limits: TransportLimits,
    seconds_left: SecondsLeft = lambda: None,
) -> AsyncGenerator[Sequence[ProviderEvent], None]:
    """The events of an answer that is one JSON object. It may be complete before its connection ends."""
    body = bytearray(start)
    give_up_at: float | None = None
    tried = 0
    while True:
        ends_so = body[-MAX_BLANKS:].rstrip().endswith((b"}", b"]"))
        if ends_so and (len(body) <= SMALL_BYTES or len(body) >= 2 * tried):
            tried = len(body)
            ending = Ending.DUE if is_json(bytes(body)) else Ending.NOT_YET
            give_up_at = _give_up_at(ending, limits, seconds_left())
        try:
            async with asyncio.timeout_at(give_up_at):
                chunk = await anext(chunks, None)
        except (TimeoutError, ProviderError):
            if give_up_at is None and not is_json(bytes(body)):
                raise
            break
        if chunk is None:
            break
        body += chunk
    parser = adapter.new_parser()
    for came in _together(parser, map(parser.whole, [bytes(body)])):
        yield came


async def streamed_answer(
    adapter: HttpAdapter,
    start: bytes,
    chunks: AsyncGenerator[bytes, None],
    limits: TransportLimits,
    seconds_left: SecondsLeft = lambda: None,
) -> AsyncGenerator[Sequence[ProviderEvent], None]:
    """The events of an event stream, as they come: those of a chunk together."""
    decoder = SseDecoder(limits.line_bytes)
    parser = adapter.new_parser()
    give_up_at: float | None = None
    known = Ending.NOT_YET
    chunk: bytes | None = start
    while chunk is not None:
        came: Sequence[ProviderEvent] = ()
        for came in _together(parser, map(parser.feed, decoder.feed(chunk))):
            yield came
        ending = parser.ending
        if ending is Ending.NOT_YET:  # as a rule: then the connection's own limits hold
            known, chunk = ending, await anext(chunks, None)
            continue
        if ending is not known or not all(isinstance(event, UsageReport) for event in came):
            give_up_at, known = _give_up_at(ending, limits, seconds_left()), ending
        if give_up_at is not None and _from_now(0) > give_up_at:
            break
        try:
            async with asyncio.timeout_at(give_up_at):
                chunk = await anext(chunks, None)
        except (TimeoutError, ProviderError):
            break
    for came in _together(parser, _rest(decoder, parser)):
        yield came


def _rest(decoder: SseDecoder, parser: StreamParser) -> Iterator[Sequence[ProviderEvent]]:
    yield from map(parser.feed, decoder.end())
    yield parser.end()


def _together(parser: StreamParser, batches: Iterable[Sequence[ProviderEvent]]) -> Iterator[Sequence[ProviderEvent]]:
    """The batches as one; where one cannot be read, what came before the error."""
    came: list[ProviderEvent] = []
    try:
        for events in batches:
            came += events
    except ProviderError:
        came += parser.left()
        if came:
            yield came
        raise
    if came:
        yield came


def _give_up_at(ending: Ending, limits: TransportLimits, seconds_left: float | None) -> float | None:
    """Until when more is waited for, in the loop's time; None as long as the limits of the connection say."""
    seconds = limits.patience(ending, seconds_left)
    return None if seconds is None else _from_now(seconds)


def _from_now(seconds: float) -> float:
    return asyncio.get_running_loop().time() + seconds
