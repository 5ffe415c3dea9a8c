"""When what has come on many connections is looked at: at once or, where the loop is busy, a moment later.

Providers send a packet for each token, and handing one on takes as long as handing on all that came in 100 ms. With
hundreds of streams that is more than a process can do: it falls behind, those who wait for their first token most of
all. Those who have waited are woken one by one, so that these come in between.
"""

import asyncio
import time
from collections import deque
from collections.abc import Iterable
from typing import Protocol

BUSY_SECONDS = 0.002
"""Of the loop's work on what has come together: from then on more is waited for."""
SHARE = 2.0
"""What is waited for takes so many times as long as the work on it did, which leaves the others two thirds of the
loop."""
LONGEST_SECONDS = 0.1
"""Nobody sees that a token comes so much later; a hundred streams wait for a third of it."""
HOLDS_SECONDS = 1.0
"""After that what was measured says nothing of the loop any more."""


class Waiting(Protocol):
    def wake(self) -> None: ...


class Gathering:
    """Of one event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._waiting: list[Waiting] = []
        self._due: deque[Waiting] = deque()
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
            self._hand_on((one,))

    def _wake_all(self) -> None:
        waiting, self._waiting = self._waiting, []
        self._hand_on(waiting)

    def _hand_on(self, ready: Iterable[Waiting]) -> None:
        goes_on = bool(self._due)
        self._due.extend(ready)
        if self._began is None:
            self._began = time.monotonic()
        if not goes_on:
            self._wake_next()

    def _wake_next(self) -> None:
        """One in each turn of the loop: a run that begins has a dozen turns before its first token, and would wait for
        all of these in each."""
        self._due.popleft().wake()
        if self._due:
            self._loop.call_soon(self._wake_next)
        else:
            self._loop.call_soon(self._loop.call_soon, self._measured)

    def _measured(self) -> None:
        """The loop is through with those who were woken and with those for whom they hand it on to."""
        if self._due or self._began is None:
            return  # more have come; or others were measured with these
        now = time.monotonic()
        self._work += (now - self._began - self._work) / 3
        self._began = None
        self._window = min(SHARE * self._work, LONGEST_SECONDS) if self._work > BUSY_SECONDS else 0.0
        self._holds_until = now + HOLDS_SECONDS
