"""What every wire makes of an answer's parts, once its own form is read: the events, and the answer's end."""

from collections.abc import Callable, Iterable, Mapping, Sequence
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
from promptyard.providers.protocol import Ending
from promptyard.providers.reading import faults, finish_reasons
from promptyard.providers.reading.surrogates import Joiner, whole_within
from promptyard.providers.reading.tool_calls import ToolCalls
from promptyard.providers.reading.usage_counts import believable
from promptyard.providers.reading.values import MAX_WORD_CHARACTERS, index_of, list_of, merged, object_of, word_of

MAX_REASON_CHARACTERS = 300


class AnswerReader:
    """Of one answer, streamed or whole. `read_usage` makes our counts of the provider's, all its reports merged."""

    def __init__(self, read_usage: Callable[[Mapping[str, Any]], Usage]) -> None:
        self.calls = ToolCalls()
        self.done = False
        self.spoke = False
        """Some text came."""
        self.thought = False
        """Some reasoning came."""
        self.more_due = False
        """Whatever was said of the end, the provider is likely to go on."""
        self._read_usage = read_usage
        self._events: list[ProviderEvent] = []
        self._text = Joiner()
        self._reasoning = Joiner()
        self._item: str | None = None
        self._refused = False
        self._cited: set[Citation] = set()
        self._counts: dict[str, Any] = {}
        self._told: Usage | None = None
        self._reason: FinishReason | None = None
        self._word: str | None = None
        self._index: int | None = None

    def take(self) -> list[ProviderEvent]:
        """The events since the last time."""
        events, self._events = self._events, []
        return events

    @property
    def ending(self) -> Ending:
        if self._reason is None and not self.done:
            return Ending.NOT_YET
        if self.more_due and not self.done:
            return Ending.MORE_DUE
        counted = self._told is not None and self._told.total_tokens is not None
        return Ending.DUE if self.done or counted else Ending.USAGE_DUE

    def own(self, choices: Any) -> Sequence[Mapping[str, Any]]:
        """The run's own among several choices: the first one seen. Where none has an index, its place is it; beside
        others that have one it was 0, which protocol buffers leave out."""
        if type(choices) is list and len(choices) == 1 and type(choices[0]) is dict:
            [choice] = choices
            if choice.get("index") == self._index is not None:  # as it is in nearly all
                return choices
        found = list_of(choices)
        numbers = [index_of(choice.get("index")) for choice in found]
        by_place = all(number is None for number in numbers)
        own = []
        for place, (choice, given) in enumerate(zip(found, numbers, strict=True)):
            number = given
            if given is None:
                number = (self._index or 0) if len(found) == 1 else place if by_place else 0
            if self._index is None:
                self._index = number
            if number == self._index:
                own.append(choice)
        return own

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
            self._events.append(ReasoningDelta(piece, self._item))
            self._item = None

    def reasoning_item(self, identifier: str | None) -> None:
        """What is thought from here on has this id."""
        self._item = identifier

    def next_thought(self) -> None:
        """Further reasoning is a paragraph of its own."""
        if self.thought:
            self.reasoning("\n\n")

    def add(self, deltas: Iterable[ToolCallDelta]) -> None:
        self._events += deltas

    def replay(self, part: Mapping[str, Any]) -> None:
        self._events.append(ReplayPart(whole_within(part)))

    def cite(self, url: Any, title: Any = None, text: Any = None) -> None:
        """A source, once."""
        citation = Citation(word_of(url), word_of(title), word_of(text))
        by_url = citation.title is None and citation.text is None and any(c.url == citation.url for c in self._cited)
        if citation == Citation() or by_url or citation in self._cited:
            return
        self._cited.add(citation)
        self._events.append(citation)

    def count(self, report: Any) -> None:
        """A report of usage, in the provider's form."""
        known = self._counts
        self._counts = merged(known, object_of(report))
        if self._counts != known:  # many repeat what they said before in every piece
            self._report()

    def finish_reason(self, word: Any, detail: Any = None) -> None:
        """The provider's word for why the answer ended. The last one counts. `detail` is what it says of it."""
        if isinstance(word, dict):  # SGLang, by its own type
            word = word.get("type") or word.get("reason")
        name = (word_of(word) or str(word)) if word else ""
        if not name or name.lower() in finish_reasons.NONE:
            return
        known = finish_reasons.reason_of(name)
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
        # Some servers leave the terminal event out: then a finish reason is what tells a whole answer.
        if not self.done and self._reason is None:
            raise faults.cut_off()
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
