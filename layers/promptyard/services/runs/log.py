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
        self._events: list[Event] = []
        self._news = asyncio.Event()
        self._end = asyncio.Event()

    def __len__(self) -> int:
        return len(self._events)

    def __iter__(self) -> Iterator[Event]:
        """What is there by now."""
        return iter(self._events)

    @property
    def ended(self) -> bool:
        return self._end.is_set()

    def append(self, event: Event) -> None:
        self.extend((event,))

    def extend(self, events: Iterable[Event]) -> None:
        assert not self.ended, "nothing comes after the end"
        self._events.extend(events)
        self._news.set()

    def close(self) -> None:
        """What is there is all of it."""
        self._end.set()
        self._news.set()

    async def closed(self) -> None:
        """Waits for the end, and for nothing before it."""
        await self._end.wait()

    def read(self, after: int = 0) -> "LogReader[Event]":
        """All events with a number above `after`, to the end: those that are there at once, the others as they come."""
        return LogReader(self, after)

    def batch(self, after: int) -> list[tuple[int, Event]]:
        """The events that are there by now with a number above `after`, a batch of them at most."""
        return list(enumerate(self._events[after : after + LONGEST_BATCH], after + 1))

    async def news(self) -> None:
        """Waits for an event or the end. To be asked by a reader that has read all there is."""
        self._news.clear()
        await self._news.wait()

    def wake(self) -> None:
        """Have the readers look again, though there may be nothing new."""
        self._news.set()


class LogReader(Generic[Event]):
    """Iterate it for batches of (number, event): what has come since the last one, all of it at once."""

    def __init__(self, log: EventLog[Event], after: int) -> None:
        self._log = log
        self._after = after
        self._behind = False
        self._nudged = False

    def __aiter__(self) -> "LogReader[Event]":
        return self

    async def __anext__(self) -> list[tuple[int, Event]]:
        if self._behind:
            await asyncio.sleep(0)
        while not (batch := self._log.batch(self._after)):
            if self._log.ended:
                raise StopAsyncIteration
            if self._nudged:
                break
            await self._log.news()
        self._nudged = False
        self._after += len(batch)
        self._behind = len(batch) == LONGEST_BATCH
        return batch

    def nudge(self) -> None:
        """Have an empty batch given where there is nothing else to give."""
        self._nudged = True
        self._log.wake()
