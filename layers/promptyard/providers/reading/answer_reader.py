"""What every wire makes of an answer's parts, once its own form is read: the events, and the answer's end."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from promptyard.domain.models.provider_events import (
    Citation,
    Finished,
    FinishReason,
    ProviderEvent,
    ReasoningDelta,
    ReplayPart,
    TextDelta,
    ToolCallDelta,
    UsageReport,
)
from promptyard.domain.models.usage import Usage
from promptyard.providers.protocol import Ending, SseEvent
from promptyard.providers.reading.surrogates import Joiner
from promptyard.providers.reading.tool_calls import ToolCalls
from promptyard.providers.reading.usage_counts import believable
from promptyard.providers.reading.values import MAX_WORD_CHARACTERS, merged, object_of, objects_in, word_of
from promptyard.providers.wires import wire

MAX_REASON_CHARACTERS = 300

SIGNS_OF_LIFE = frozenset({"ping", "heartbeat", "keepalive", "keep-alive"})
"""Events that say nothing, whatever they hold."""


class AnswerReader:
    """Of one answer, streamed or whole. `read_usage` makes our counts of the provider's, all its reports merged."""

    def __init__(self, reasons: Mapping[str, FinishReason], read_usage: Callable[[Mapping[str, Any]], Usage]) -> None:
        self.calls = ToolCalls()
        self.done = False
        self.spoke = False
        """Some text came."""
        self.thought = False
        """Some reasoning came."""
        self._reasons = reasons
        self._read_usage = read_usage
        self._events: list[ProviderEvent] = []
        self._text = Joiner()
        self._reasoning = Joiner()
        self._refused = False
        self._cited: set[Citation] = set()
        self._counts: dict[str, Any] = {}
        self._told: Usage | None = None
        self._reason: FinishReason | None = None
        self._word: str | None = None

    def take(self) -> list[ProviderEvent]:
        """The events since the last time."""
        events, self._events = self._events, []
        return events

    @property
    def ending(self) -> Ending:
        if self._reason is None and not self.done:
            return Ending.NOT_YET
        counted = self._told is not None and self._told.total_tokens is not None
        return Ending.DUE if self.done or counted else Ending.USAGE_DUE

    def text(self, piece: str) -> None:
        if piece := self._text.join(piece):
            self.spoke = True
            self._events.append(TextDelta(piece))

    def refusal(self, piece: str) -> None:
        """The text of an answer that the model would not give."""
        self._refused = self._refused or bool(piece)
        self.text(piece)

    def reasoning(self, piece: str) -> None:
        if piece := self._reasoning.join(piece):
            self.thought = True
            self._events.append(ReasoningDelta(piece))

    def next_thought(self) -> None:
        """Further reasoning is a paragraph of its own."""
        if self.thought:
            self.reasoning("\n\n")

    def add(self, deltas: Iterable[ToolCallDelta]) -> None:
        self._events += deltas

    def replay(self, part: Mapping[str, Any]) -> None:
        self._events.append(ReplayPart(part))

    def cite(self, url: Any, title: Any = None, text: Any = None) -> None:
        """A source, once."""
        citation = Citation(word_of(url), word_of(title), word_of(text))
        known = {citation, Citation(citation.url, citation.title)} if citation.text is None else {citation}
        by_url = citation.title is None and citation.text is None and any(c.url == citation.url for c in self._cited)
        if citation == Citation() or by_url or known & self._cited:
            return
        self._cited.add(citation)
        self._events.append(citation)

    def count(self, report: Any) -> None:
        """A report of usage, in the provider's form."""
        if counts := object_of(report):
            self._counts = merged(self._counts, counts)
            self._report()

    def finish_reason(self, word: Any, detail: Any = None) -> None:
        """The provider's word for why the answer ended. The last one counts. `detail` is what it says of it."""
        if isinstance(word, dict):  # SGLang, by its own type
            word = word.get("type") or word.get("reason")
        if not word or word in ("null", "none"):
            return
        name = word_of(word) or str(word)
        known = self._reasons.get(name) or self._reasons.get(name.lower())
        self._reason = known or FinishReason.ERROR
        self._word = name[:MAX_WORD_CHARACTERS] if known is None else None
        if self._reason is FinishReason.ERROR and (said := word_of(detail)):
            self._word = f"{name[:MAX_WORD_CHARACTERS]}: {said[:MAX_REASON_CHARACTERS]}"

    def finish(self) -> None:
        """The answer's end, whole with what was held back."""
        if self.done:
            return
        self.done = True
        self.text(self._text.rest())
        self.reasoning(self._reasoning.rest())
        self.add(self.calls.end())
        self._report()
        self._events.append(Finished(self._final_reason(), self._word))

    def end(self) -> list[ProviderEvent]:
        """The bytes are at their end. Raises ProviderMalformed where no word of the answer's end came."""
        if not self.done and self._reason is None:
            raise wire.cut_off()
        self.finish()
        return self.take()

    def _report(self) -> None:
        if not self._counts:
            return
        usage = self._read_usage(self._counts)
        if self.spoke or self.thought or self.calls:
            usage = believable(usage)
        if usage != (self._told or Usage()):
            self._told = usage
            self._events.append(UsageReport(usage))

    def _final_reason(self) -> FinishReason:
        """The reason follows the calls, whatever the provider calls it."""
        reason = FinishReason.FILTER if self._refused else self._reason or FinishReason.STOP
        if self.calls and reason is FinishReason.STOP:
            return FinishReason.TOOL
        return FinishReason.STOP if reason is FinishReason.TOOL and not self.calls else reason


def frames(event: SseEvent, answer: AnswerReader) -> Iterable[dict[str, Any]]:
    """The objects of a frame. Raises ProviderMalformed for one that cannot be read while the answer still goes on."""
    try:
        return objects_in(event.data)
    except (ValueError, RecursionError):
        if answer.ending is not Ending.NOT_YET or event.event in SIGNS_OF_LIFE:
            return ()
        # Not chained: the error's own text quotes the answer.
        raise wire.unreadable() from None
