"""Server-sent events from bytes: WHATWG HTML §9.2.5 "Parsing" and §9.2.6 "Interpreting an event stream"."""

import codecs
from collections.abc import Iterator, Sequence

from promptyard.domain.errors import ProviderMalformed
from promptyard.providers.protocol import SseEvent
from promptyard.providers.reading.values import is_json

MAX_LINE_BYTES = 32 * 1024 * 1024

_FIELDS = frozenset({"data", "event", "id", "retry"})


class SseDecoder:
    """Takes the bytes of one stream, cut anywhere, and gives back the events that they complete.

    Beyond the standard, lines that are no field but look like JSON are not ignored: some servers send their errors
    so, pretty-printed or not. Such lines become one event.
    """

    def __init__(self, max_line_bytes: int = MAX_LINE_BYTES) -> None:
        self._max_line_bytes = max_line_bytes
        self._line = bytearray()
        """The beginning of one that is not whole."""
        self._first_line = True
        self._after_cr = False
        self._event = ""
        self._data: list[str] = []
        self._stray: list[str] = []
        self._stray_bytes = 0

    def feed(self, chunk: bytes) -> Iterator[SseEvent]:
        """Events that this chunk completes, to be taken before the next chunk is fed. Raises ProviderMalformed for a
        line over the cap, after the events before it."""
        if chunk and self._after_cr:
            # The CR at the end of the last chunk ended a line already; an LF now is the second half of a CRLF.
            chunk, self._after_cr = chunk.removeprefix(b"\n"), False
        if not chunk:
            return
        self._after_cr = chunk.endswith(b"\r")
        # Of bytes, unlike of text, splitlines ends lines at CR, LF and CRLF alone: U+2028 and U+0085 stay data.
        lines = chunk.splitlines()
        rest = b"" if chunk.endswith((b"\n", b"\r")) else lines.pop()
        if lines:
            lines[0] = self._whole(lines[0])
        for line in lines:
            if len(line) > self._max_line_bytes:
                raise self._too_long()
            if self._data and not line and not self._stray:
                yield self._dispatched()
            elif line.startswith(b"data: ") and not self._stray:  # as nearly all are
                self._data.append(line[6:].decode(errors="replace"))
            else:
                yield from self._take(line)
        self._line += rest
        if len(self._line) > self._max_line_bytes:
            raise self._too_long()

    def end(self) -> list[SseEvent]:
        """The bytes are at their end. An event without its blank line is incomplete and not dispatched (§9.2.6), unless
        its data are whole JSON: some servers leave the last blank line out."""
        events = list(self._take(self._whole(b""))) if self._line else []
        whole = [self._dispatched()] if is_json("\n".join(self._data)) else []
        return [*events, *self._stray_event(), *whole]

    def _whole(self, rest: bytes) -> bytes:
        """The line that was not whole until now."""
        line = bytes(self._line) + rest
        self._line.clear()
        if self._first_line:
            self._first_line = False
            line = line.removeprefix(codecs.BOM_UTF8)
        return line

    def _take(self, line: bytes) -> Sequence[SseEvent]:
        """The events that a line completes: none as a rule, one at a blank line."""
        if not line:
            stray = self._stray_event()
            if self._data:
                return [*stray, self._dispatched()]
            self._event = ""
            return stray
        # A line's end is never inside a character of UTF-8, so decoding by lines is decoding the stream.
        field, colon, value = line.decode(errors="replace").partition(":")
        if colon and not field:
            return ()  # a comment
        if field not in _FIELDS:
            return self._take_stray(field + colon + value, len(line))
        if field == "data":
            self._data.append(value.removeprefix(" "))
        elif field == "event":
            self._event = value.removeprefix(" ")
        return self._stray_event()

    def _take_stray(self, line: str, size: int) -> Sequence[SseEvent]:
        events: Sequence[SseEvent] = ()
        if line.startswith(("{", "[")):
            events = self._stray_event()
        elif not self._stray:
            return ()  # the standard: an unknown field is ignored
        self._stray.append(line)
        self._stray_bytes += size
        if self._stray_bytes > self._max_line_bytes:
            raise ProviderMalformed(f"The provider sent over {self._max_line_bytes} bytes outside of any event")
        return events

    def _stray_event(self) -> Sequence[SseEvent]:
        if not self._stray:
            return ()
        event = SseEvent("\n".join(self._stray))
        self._stray.clear()
        self._stray_bytes = 0
        return (event,)

    def _dispatched(self) -> SseEvent:
        data, name = self._data, self._event
        self._data, self._event = [], ""
        return SseEvent("\n".join(data), name or "message")

    def _too_long(self) -> ProviderMalformed:
        return ProviderMalformed(f"The provider sent a line of over {self._max_line_bytes} bytes")
