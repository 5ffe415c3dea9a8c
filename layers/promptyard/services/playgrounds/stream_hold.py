"""How much of a streamed answer may leave while guards that can still block it are watching."""

from collections.abc import Sequence

from promptyard.domain.runs.metrics.pii.window import PiiWindow
from promptyard.domain.runs.metrics.types import Metric
from promptyard.domain.runs.moderation import Comparator, Guard, Trigger, evaluate

_LASTING = frozenset({Comparator.GREATER_THAN, Comparator.NOT_EQUALS, Comparator.IS_NOT})
"""Conditions that hold for every larger number once they hold for one; `notEquals` does, as it does not for none."""


class StreamHold:
    """`guards` are those that may block the answer, each with its metric.

    Where there are none, everything leaves at once. Where all count patterns, and would not block an answer without
    any, text leaves by windows up to the first finding; what comes from there on waits for the end, so that nothing
    that has counted towards a block has left; so does what comes from where not all was looked at. Everything waits
    where one of them needs the whole answer.
    """

    def __init__(self, guards: Sequence[tuple[Metric, Guard]]) -> None:
        self.released = 0
        """Characters of the answer that have left."""
        self.trigger: Trigger | None = None
        """The guard that blocks the answer, once one does."""
        self._guards = [guard for _, guard in guards]
        self._by_windows = all(metric.windowed and not evaluate(guard.condition, 0) for metric, guard in guards)
        self._window = PiiWindow() if guards and self._by_windows else None
        self._found = 0
        self._first_at: int | None = None

    @property
    def holds(self) -> bool:
        """Whether any text may be held back."""
        return bool(self._guards)

    def take(self, text: str) -> str:
        """The next piece of the answer comes in; returns what may leave, nothing once a guard has triggered."""
        if self._window is not None:
            text = self._by_window(self._window, text)
        elif self._guards:
            text = ""
        self.released += len(text)
        return text

    def _by_window(self, window: PiiWindow, text: str) -> str:
        for finding in window.push(text):
            self._found += 1
            if self._first_at is None:
                self._first_at = finding.start
            self.trigger = self._triggered()
            if self.trigger is not None:
                return ""
        settled = window.release()
        if not window.complete:
            return ""
        return settled if self._first_at is None else settled[: max(0, self._first_at - self.released)]

    def _triggered(self) -> Trigger | None:
        """The guard, if any, that what was found so far is enough for."""
        for guard in self._guards:
            if guard.condition.comparator in _LASTING and evaluate(guard.condition, self._found):
                return Trigger(guard, self._found)
        return None
