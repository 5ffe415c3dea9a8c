"""How long a benchmark run will take still, by how it went until now."""

from collections import deque
from dataclasses import dataclass, field

WINDOW_SECONDS = 60.0
"""How far back is looked: what a provider throttles now is of no use to know from an hour ago."""


@dataclass(slots=True)
class Pace:
    """Fed with how many cells have ended at which moment, in seconds of one clock."""

    _seen: deque[tuple[float, int]] = field(default_factory=deque)

    def note(self, at: float, ended: int) -> None:
        self._seen.append((at, ended))
        while len(self._seen) > 2 and self._seen[1][0] <= at - WINDOW_SECONDS:
            self._seen.popleft()

    def seconds_left(self, left: int) -> float | None:
        """For so many cells. None where nothing has been seen to end yet."""
        if left == 0:
            return 0.0
        if len(self._seen) < 2:
            return None
        (began, before), (now, ended) = self._seen[0], self._seen[-1]
        gained = ended - before
        return left * (now - began) / gained if gained > 0 else None
