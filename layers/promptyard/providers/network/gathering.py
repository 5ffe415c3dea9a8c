"""When what has come on many connections is looked at: at once or, where the loop is busy, a moment later and together.

Providers send a packet for each token, and handing one on takes as long as handing on all that came in 50 ms. With
hundreds of streams that is more than a process can do: it falls behind, those who wait for their first token most of
all.
"""

import asyncio
import time
from typing import Protocol

BUSY_SECONDS = 0.002
"""Of the loop's work on what has come together: from then on more is waited for."""
SHARE = 2.0
"""What is waited for takes so many times as long as the work on it did, which leaves the others two thirds of the
loop."""
LONGEST_SECONDS = 0.05
"""Nobody sees that a token comes so much later."""
HOLDS_SECONDS = 1.0
"""After that what was measured says nothing of the loop any more."""


class Waiting(Protocol):
    def wake(self) -> None: ...


class Gathering:
    """Of one event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._waiting: list[Waiting] = []
        self._window = 0.0
        self._holds_until = 0.0
        self._work = 0.0
        """Seconds that it took the last times, the last of them a third."""
        self._began: float | None = None

    def wake(self, one: Waiting) -> None:
        """Wake it, now or soon; to be called once for each time that it is woken."""
        if self._waiting:
            self._waiting.append(one)
        elif self._window and time.monotonic() < self._holds_until:
            self._waiting.append(one)
            self._loop.call_later(self._window, self._wake_all)
        else:
            one.wake()
            self._measure()

    def _wake_all(self) -> None:
        waiting, self._waiting = self._waiting, []
        for one in waiting:
            one.wake()
        self._measure()

    def _measure(self) -> None:
        """How long the loop takes for those who are woken and for whom they hand it on to."""
        if self._began is None:
            self._began = time.monotonic()
            self._loop.call_soon(self._loop.call_soon, self._measured)

    def _measured(self) -> None:
        assert self._began is not None
        now = time.monotonic()
        self._work += (now - self._began - self._work) / 3
        self._began = None
        self._window = min(SHARE * self._work, LONGEST_SECONDS) if self._work > BUSY_SECONDS else 0.0
        self._holds_until = now + HOLDS_SECONDS
