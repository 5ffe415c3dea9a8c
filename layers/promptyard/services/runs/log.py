"""An append-only log of events, in memory, that any number of readers may join anywhere."""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Generic

from promptyard.services.runs.resuming.packed_events import LENGTH, Event, PackedEvents, Parts, whole

LONGEST_BATCH = 500
"""The events that a reader is given at once: one that is far behind lets others run in between."""
RECENT = 500
"""So many events at least are not packed: readers are there, and take them as they are."""


class EventLog(Generic[Event]):
    """Its events are numbered 1, 2, 3 …; an event never changes, nor does its number. Of one event loop.

    A reader is a position: it has no queue, and leaves nothing behind when it goes away. Of what has come a while ago
    it is given events that are equal to those that were told.
    """

    def __init__(self, parts: Parts[Event] = whole) -> None:
        self.ended = False
        self._parts = parts
        self._packed: list[PackedEvents[Event]] = []
        """LENGTH events each."""
        self._before_recent = 0
        """How many these are."""
        self._recent: list[Event] = []
        self._waiting: list[asyncio.Future[None]] = []
        self._end = asyncio.Event()

    def __len__(self) -> int:
        return self._before_recent + len(self._recent)

    def __iter__(self) -> Iterator[Event]:
        """What is there by now."""
        return chain(chain.from_iterable(map(PackedEvents.unpacked, self._packed[:])), self._recent[:])

    def joined(self) -> Iterator[Event]:
        """The same with fewer events, where the texts of those that are alike are put together anyway."""
        return chain(chain.from_iterable(map(PackedEvents.joined, self._packed[:])), self._recent[:])

    def packed(self) -> list[PackedEvents[Event]]:
        """All that is there by now: LENGTH events each, but for the last."""
        return [*self._packed, *self._pack(self._recent)]

    def append(self, event: Event) -> None:
        self.extend((event,))

    def extend(self, events: Iterable[Event]) -> None:
        assert not self.ended, "nothing comes after the end"
        self._recent.extend(events)
        if len(self._recent) >= RECENT + LENGTH:
            self._pack_old()
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

    def _after(self, number: int) -> list[Event]:
        """Events after that one: LONGEST_BATCH at most, of those that are packed no more than were packed together."""
        begin = number - self._before_recent
        if begin >= 0:
            return self._recent[begin : begin + LONGEST_BATCH]
        place, offset = divmod(number, LENGTH)
        return self._packed[place].unpacked()[offset : offset + LONGEST_BATCH]

    def _pack_old(self) -> None:
        old = len(self._recent) - RECENT
        old -= old % LENGTH
        self._packed += self._pack(self._recent[:old])
        self._before_recent += old
        del self._recent[:old]

    def _pack(self, events: Sequence[Event]) -> list[PackedEvents[Event]]:
        begins = range(0, len(events), LENGTH)
        return [PackedEvents(events[begin : begin + LENGTH], self._parts) for begin in begins]

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
        if self._behind:
            await asyncio.sleep(0)
        while not (events := self._log._after(self._after)):
            if self._log.ended:
                raise StopAsyncIteration
            if self._nudged:
                self._nudged = False
                return []
            await self._news()
        batch = list(enumerate(events, self._after + 1))
        self._after += len(batch)
        self._behind = len(batch) >= LENGTH
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
