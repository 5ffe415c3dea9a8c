"""Server-sent events from bytes: WHATWG HTML §9.2.5 "Parsing" and §9.2.6 "Interpreting an event stream"."""

import codecs
from collections.abc import Iterator

from promptyard.domain.errors import ProviderMalformed
from promptyard.providers.protocol import SseEvent

MAX_LINE_BYTES = 32 * 1024 * 1024

_FIELDS = frozenset({"data", "event", "id", "retry"})


class SseDecoder:
    """Takes the bytes of one stream, cut anywhere, and gives back the events that they complete.

    Beyond the standard, lines that are no field but look like JSON are not ignored: some servers send their errors
    so, pretty-printed or not. Such lines become one `stray` event.
    """

    def __init__(self, max_line_bytes: int = MAX_LINE_BYTES) -> None:
        self._max_line_bytes = max_line_bytes
        self._line = bytearray()
        self._first_line = True
        self._after_cr = False
        self._event = ""
        self._data: list[str] = []
        self._stray: list[str] = []
        self._stray_bytes = 0

    def feed(self, chunk: bytes) -> Iterator[SseEvent]:
        """Events that this chunk completes, to be taken before the next chunk is fed. Raises ProviderMalformed for a
        line over the cap, after the events before it."""
        if not chunk:
            return
        if self._after_cr:
            # The CR at the end of the last chunk ended a line already; an LF now is the second half of a CRLF.
            chunk = chunk.removeprefix(b"\n")
        self._after_cr = chunk.endswith(b"\r")
        # Of bytes, unlike of text, splitlines ends lines at CR, LF and CRLF alone: U+2028 and U+0085 stay data.
        for piece in chunk.splitlines(keepends=True):
            ended = piece.endswith((b"\n", b"\r"))
            self._line += piece.rstrip(b"\r\n") if ended else piece
            if len(self._line) > self._max_line_bytes:
                raise ProviderMalformed(f"The provider sent a line of over {self._max_line_bytes} bytes")
            if ended:
                line = bytes(self._line)
                self._line.clear()
                events: list[SseEvent] = []
                self._take(line, events)
                yield from events

    def end(self) -> list[SseEvent]:
        """The bytes are at their end. An event without its blank line is incomplete and not dispatched (§9.2.6)."""
        events: list[SseEvent] = []
        if self._line:
            line = bytes(self._line)
            self._line.clear()
            self._take(line, events)
        self._dispatch_stray(events)
        return events

    def _take(self, line: bytes, events: list[SseEvent]) -> None:
        if self._first_line:
            self._first_line = False
            line = line.removeprefix(codecs.BOM_UTF8)
        if not line:
            self._dispatch_stray(events)
            self._dispatch(events)
            return
        # A line's end is never inside a character of UTF-8, so decoding by lines is decoding the stream.
        field, colon, value = line.decode(errors="replace").partition(":")
        if colon and not field:
            return  # a comment
        if field not in _FIELDS:
            self._take_stray(field + colon + value, len(line), events)
            return
        self._dispatch_stray(events)
        value = value.removeprefix(" ")
        if field == "data":
            self._data.append(value)
        elif field == "event":
            self._event = value

    def _take_stray(self, line: str, size: int, events: list[SseEvent]) -> None:
        if line.startswith(("{", "[")):
            self._dispatch_stray(events)
        elif not self._stray:
            return  # the standard: an unknown field is ignored
        self._stray.append(line)
        self._stray_bytes += size
        if self._stray_bytes > self._max_line_bytes:
            raise ProviderMalformed(f"The provider sent over {self._max_line_bytes} bytes outside of any event")

    def _dispatch_stray(self, events: list[SseEvent]) -> None:
        if self._stray:
            events.append(SseEvent("\n".join(self._stray), stray=True))
            self._stray.clear()
            self._stray_bytes = 0

    def _dispatch(self, events: list[SseEvent]) -> None:
        if self._data:
            events.append(SseEvent("\n".join(self._data), self._event or "message"))
        self._event = ""
        self._data.clear()
