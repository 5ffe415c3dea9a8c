"""An answer that is made of JSON objects: the frames of a stream, or one body."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, ClassVar

from promptyard.domain.errors import ProviderError
from promptyard.domain.models.provider_events import Finished, ProviderEvent
from promptyard.providers.protocol import Ending, SseEvent
from promptyard.providers.reading import faults
from promptyard.providers.reading.values import objects_in, objects_of_body

if TYPE_CHECKING:
    from promptyard.providers.reading.answer_reader import AnswerReader

SIGNS_OF_LIFE = frozenset({"ping", "pong", "heartbeat", "keepalive", "keep-alive"})
"""Names of events that say nothing, whatever they hold, and texts of frames that say nothing."""


class AnswerParser(ABC):
    """The state of one answer. A wire says what it makes of an object; see `protocol.StreamParser`."""

    FIELDS: ClassVar[Sequence[str]]
    """What the wire's objects hold, each of them one at least. One that has none of them may be an error."""

    def __init__(self, answer: "AnswerReader") -> None:
        self.answer = answer

    @abstractmethod
    def take(self, data: dict[str, Any]) -> None:
        """Of an object of a stream, what is an answer's."""

    @abstractmethod
    def take_whole(self, data: dict[str, Any]) -> None:
        """The one object of an answer that is not streamed. Raises ValueError or TypeError for what is none."""

    @abstractmethod
    def error(self, detail: dict[str, Any]) -> ProviderError:
        """For an error that came with a good status."""

    @property
    def ending(self) -> Ending:
        return self.answer.ending

    def feed(self, event: SseEvent) -> list[ProviderEvent]:
        if self.answer.done:
            return []
        try:
            for data in self._objects(event):
                self._check(data, named=event.event == "error", text=event.data)
                self.take(data)
        except faults.UNREADABLE:
            raise faults.unreadable() from None
        return self.answer.take()

    def whole(self, body: bytes) -> list[ProviderEvent]:
        """A body that is no event stream: one object, or all those of a stream."""
        with faults.reading():
            found = objects_of_body(body)
            for data in found:
                self._check(data)
                if len(found) == 1:
                    self.take_whole(data)
                else:
                    self.take(data)
        return self.answer.end()

    def end(self) -> list[ProviderEvent]:
        return self.answer.end()

    def left(self) -> list[ProviderEvent]:
        if not (self.answer.spoke or self.answer.thought or self.answer.calls):
            return []  # a count alone is no beginning of an answer: it may be asked for again
        return [event for event in self.answer.take() if not isinstance(event, Finished)]

    def _objects(self, event: SseEvent) -> Sequence[dict[str, Any]]:
        """Raises ProviderMalformed for a frame that cannot be read while the answer still goes on."""
        try:
            return objects_in(event.data)
        except (ValueError, RecursionError):
            says_nothing = SIGNS_OF_LIFE & {event.event, event.data.strip(" []").lower()}
            if says_nothing or self.ending is not Ending.NOT_YET:
                return ()
            # Not chained: the error's own text quotes the answer.
            raise faults.unreadable() from None

    def _check(self, data: dict[str, Any], *, named: bool = False, text: str | None = None) -> None:
        """Raises the ProviderError that the object holds. What it holds of the answer, too, is taken before."""
        # As a rule there is none, which is quickly seen.
        if not named and text is not None and 'rror"' not in text and any(map(data.get, self.FIELDS)):
            return
        error = faults.error_in(data, self.FIELDS, named=named)
        if error is not None:
            with suppress(ProviderError), faults.reading():
                self.take(data)
            raise self.error(error)
