"""Which requests a process works on: of each tenant a few at once, so that however many one of them sends, the next
request of another finds only a few before it.

A process does one thing at a time, in turn for whoever is ready: who has a hundred requests ready has a hundred turns
for one of everybody else's. On Lambda, where a process has one request, nobody ever waits here.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from functools import partial

from fastapi import Request

from promptyard.domain.errors import RateLimited
from promptyard.domain.headroom import Headroom

AT_ONCE = 8
"""Of one tenant. What a request waits for (a store, a provider) others of its tenant use, and more do not finish
sooner: there is one processor. Fewer cost more: with four, each run of eight callers took a sixth more of it."""
MAX_WAITING = 512
"""Of one tenant; they take memory."""
HELD_SECONDS = 0.1
"""Who has a turn for so long waits for something, and keeps nobody else from working meanwhile."""
RETRY_SECONDS = 1.0


class Turn:
    """Ends when it is left, or after HELD_SECONDS."""

    def __init__(self, ended: Callable[[], None]) -> None:
        self._ended: Callable[[], None] | None = ended
        self._timer = asyncio.get_running_loop().call_later(HELD_SECONDS, self.leave)

    def leave(self) -> None:
        """Also one that has ended."""
        ended, self._ended = self._ended, None
        if ended is not None:
            self._timer.cancel()
            ended()


class Turns:
    """For one event loop."""

    def __init__(self, at_once: int = AT_ONCE, max_waiting: int = MAX_WAITING) -> None:
        self._at_once = at_once
        self._max_waiting = max_waiting
        self._working: dict[str, int] = {}
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}

    async def take(self, tenant: str) -> Turn:
        """A turn, as soon as there is one: in the order in which they were asked for. Raises RateLimited where too many
        wait already."""
        if self._working.get(tenant, 0) < self._at_once:
            self._working[tenant] = self._working.get(tenant, 0) + 1
        else:
            await self._wait(tenant)
        return Turn(partial(self._ended, tenant))

    async def _wait(self, tenant: str) -> None:
        """Until somebody else's turn has been handed over."""
        waiting = self._waiting.setdefault(tenant, deque())
        if len(waiting) >= self._max_waiting:
            limit = self._max_waiting
            raise RateLimited(
                f"{limit:,} requests of this tenant wait for those that it sent before",
                retry_after=RETRY_SECONDS,
                numbers={"scope": "tenant", "unit": "waiting_requests", "limit": limit, "used": limit},
                headroom=Headroom(),
            )
        place = asyncio.get_running_loop().create_future()
        waiting.append(place)
        try:
            await place
        except asyncio.CancelledError:
            if not place.cancelled():  # it was handed over in the same moment
                self._ended(tenant)
            raise

    def _ended(self, tenant: str) -> None:
        waiting = self._waiting.get(tenant)
        while waiting:
            place = waiting.popleft()
            if not place.done():  # who was cancelled meanwhile has left its place behind
                place.set_result(None)
                return
        self._waiting.pop(tenant, None)
        self._working[tenant] -= 1
        if not self._working[tenant]:
            del self._working[tenant]


def leave_turn(request: Request) -> None:
    """What is left to do is to wait for runs."""
    request.state.turn.leave()
