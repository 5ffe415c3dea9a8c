"""When it is looked whether a run that goes on is to be cancelled."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from itertools import chain

CANCEL_POLL_SECONDS = 0.5
"""Before the first look for a cancellation; each further pause is as much longer."""
MAX_CANCEL_POLL_SECONDS = 1.75
"""A cancelled call is stopped within two seconds, and a minute's looks cost less than 18 read units."""


class CancelWatch:
    """Asks `look` now and then until it says that there is one, or the watch is stopped. What ends before the first
    look is due, as most of what is not streamed does, has no task made for it."""

    def __init__(self, look: Callable[[], Awaitable[bool]]) -> None:
        self._look = look
        self._pauses = cancel_pauses()
        self._watching: asyncio.Task[None] | None = None
        self._first = asyncio.get_running_loop().call_later(next(self._pauses), self._begin)

    def stop(self) -> None:
        self._first.cancel()
        if self._watching is not None:
            self._watching.cancel()

    def _begin(self) -> None:
        self._watching = asyncio.create_task(self._watch())

    async def _watch(self) -> None:
        # A task that ends by a cancellation keeps it, and with it the frames that have the run.
        with suppress(asyncio.CancelledError):
            for pause in chain((0.0,), self._pauses):
                await asyncio.sleep(pause)
                if await self._look():
                    return


def cancel_pauses() -> Iterator[float]:
    """Seconds before each look, without end."""
    pause = 0.0
    while True:
        pause = min(pause + CANCEL_POLL_SECONDS, MAX_CANCEL_POLL_SECONDS)
        yield pause
