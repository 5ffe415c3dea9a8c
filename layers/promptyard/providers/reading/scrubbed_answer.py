"""An answer's events without the key that it was asked with, which some servers give back."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from promptyard.domain.models.provider_events import (
    Citation,
    Finished,
    ProviderEvent,
    ReasoningDelta,
    ReplayPart,
    TextDelta,
    ToolCallDelta,
    UsageReport,
)
from promptyard.providers.reading.key_scrubber import KeyWatch, scrubber_of


class ScrubbedAnswer:
    """The events of one answer, batch by batch. Where `key` is None or not a secret beyond doubt, they pass as they
    are."""

    def __init__(self, key: str | None) -> None:
        scrubber = None if key is None else scrubber_of(key)
        self._scrubber = scrubber if scrubber is not None and scrubber.is_likely else None
        if self._scrubber is not None:
            self._text = KeyWatch(self._scrubber)
            self._reasoning = KeyWatch(self._scrubber)
            self._arguments: dict[int, KeyWatch] = defaultdict(partial(KeyWatch, self._scrubber))

    def take(self, events: Sequence[ProviderEvent]) -> Sequence[ProviderEvent]:
        if self._scrubber is None:
            return events
        texts = [event.text for event in events if type(event) is TextDelta]
        if len(texts) != len(events):
            return [self._scrubbed(event) for event in events]
        text = texts[0] if len(texts) == 1 else "".join(texts)
        shown = self._text.take(text)
        return events if shown is text else [TextDelta(shown)]

    def _scrubbed(self, event: ProviderEvent) -> ProviderEvent:
        assert self._scrubber is not None
        match event:
            case TextDelta(text):
                return TextDelta(self._text.take(text))
            case ReasoningDelta(text, item):
                return ReasoningDelta(self._reasoning.take(text), item and self._scrubber.scrub(item))
            case ToolCallDelta():
                return self._scrubbed_call(event)
        return self._scrubbed_whole(event)

    def _scrubbed_whole(self, event: ProviderEvent) -> ProviderEvent:
        """What comes in one piece."""
        assert self._scrubber is not None
        scrub = self._scrubber.scrub
        match event:
            case Citation(url, title, text):
                return Citation(*(said and scrub(said) for said in (url, title, text)))
            case ReplayPart(part):
                return ReplayPart(self._scrubber.scrub_all(part))
            case Finished(reason, word):
                return Finished(reason, word and scrub(word))
            case UsageReport(usage) if usage.service_tier:
                return UsageReport(usage.model_copy(update={"service_tier": scrub(usage.service_tier)}))
        return event

    def _scrubbed_call(self, event: ToolCallDelta) -> ToolCallDelta:
        assert self._scrubber is not None
        if event.replaces:
            self._arguments.pop(event.index, None)
        scrub = self._scrubber.scrub
        return replace(
            event,
            id=event.id and scrub(event.id),
            name=event.name and scrub(event.name),
            arguments=self._arguments[event.index].take(event.arguments),
            extra_content=event.extra_content and self._scrubber.scrub_all(event.extra_content),
        )
