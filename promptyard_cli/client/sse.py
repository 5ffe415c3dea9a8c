"""Server-sent events, of bytes that come in whatever pieces."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SentEvent:
    """`name` is empty where the event has none, `id` where it has no number."""

    name: str
    data: str
    id: str


class SentEvents:
    """Of one connection: what is left of an event when it breaks off is forgotten with the reader."""

    def __init__(self) -> None:
        self._rest = b""
        self._fields: dict[str, str] = {}

    def feed(self, data: bytes) -> list[SentEvent]:
        """The events that are whole with these bytes. Lines end with LF or CRLF."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        events = []
        for line in lines:
            text = line.removesuffix(b"\r").decode(errors="replace")
            if text:
                self._take(text)
            elif "data" in self._fields:
                events.append(self._event())
            else:
                self._fields.clear()
        return events

    def _take(self, line: str) -> None:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data" and "data" in self._fields:
            value = f"{self._fields['data']}\n{value}"
        self._fields[name] = value  # a comment has the empty name

    def _event(self) -> SentEvent:
        fields, self._fields = self._fields, {}
        return SentEvent(fields.get("event", ""), fields["data"], fields.get("id", ""))
