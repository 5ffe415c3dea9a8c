"""An append-only log of events, in memory, that any number of readers may join anywhere."""

import asyncio
from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

Event = TypeVar("Event")

LONGEST_BATCH = 500
"""The events that a reader is given at once: one that is far behind lets others run in between."""


class EventLog(Generic[Event]):
    """Its events are numbered 1, 2, 3 …; an event never changes, nor does its number. Of one event loop.

    A reader is a position: it has no queue, and leaves nothing behind when it goes away.
    """

    def __init__(self) -> None:
        self.ended = False
        self._events: list[Event] = []
        self._waiting: list[asyncio.Future[None]] = []
        self._end = asyncio.Event()

    def __len__(self) -> int:
        return len(self._events)

    def __iter__(self) -> Iterator[Event]:
        """What is there by now."""
        return iter(self._events)

    def append(self, event: Event) -> None:
        self.extend((event,))

    def extend(self, events: Iterable[Event]) -> None:
        assert not self.ended, "nothing comes after the end"
        self._events.extend(events)
        if self._waiting:
            self._wake()

    def close(self) -> None:
        """What is there is all of it."""
        self.ended = True
        self._end.set()
        self._wake()

    async def closed(self) -> None:
        """Waits for the end, and for nothing before it."""
        await self._end.wait()

    def read(self, after: int = 0) -> "LogReader[Event]":
        """All events with a number above `after`, to the end: those that are there at once, the others as they come."""
        return LogReader(self, after)

    def _wake(self) -> None:
        waiting, self._waiting = self._waiting, []
        for waiter in waiting:
            if not waiter.done():
                waiter.set_result(None)


class LogReader(Generic[Event]):
    """Iterate it for batches of (number, event): what has come since the last one, all of it at once."""

    def __init__(self, log: EventLog[Event], after: int) -> None:
        self._log = log
        self._after = after
        self._behind = False
        self._waiter: asyncio.Future[None] | None = None
        self._nudged = False

    def __aiter__(self) -> "LogReader[Event]":
        return self

    async def __anext__(self) -> list[tuple[int, Event]]:
        after, events = self._after, self._log._events
        if self._behind:
            await asyncio.sleep(0)
        while len(events) <= after:
            if self._log.ended:
                raise StopAsyncIteration
            if self._nudged:
                self._nudged = False
                return []
            await self._news()
        batch = list(enumerate(events[after : after + LONGEST_BATCH], after + 1))
        self._after += len(batch)
        self._behind = len(batch) == LONGEST_BATCH
        return batch

    def nudge(self) -> None:
        """Have an empty batch given where there is nothing else to give."""
        self._nudged = True
        if self._waiter is not None and not self._waiter.done():
            self._log._waiting.remove(self._waiter)
            self._waiter.set_result(None)

    async def _news(self) -> None:
        """Waits to be woken. A future of its own: one that readers shared would be cancelled with the first of them."""
        waiting = self._log._waiting
        self._waiter = asyncio.get_running_loop().create_future()
        waiting.append(self._waiter)
        try:
            await self._waiter
        except asyncio.CancelledError:
            if self._waiter in waiting:
                waiting.remove(self._waiter)
            raise
