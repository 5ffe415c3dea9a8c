"""A log of events together with what its stream shows of them."""

from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from typing import Generic

from promptyard.services.runs.log import EventLog
from promptyard.services.runs.resuming.packed_events import Event


@dataclass(frozen=True, slots=True)
class FramedLog(Generic[Event]):
    """The stream of a run or of a comparison. `frame_of` makes the frame of an event and its number, or nothing; always
    the same. Making it anew for each reader takes less than keeping it."""

    tenant: str
    id: str
    log: EventLog[Event]
    frame_of: Callable[[int, Event], bytes]

    async def frames(self, after: int) -> AsyncGenerator[tuple[int, bytes], None]:
        """(number, frame) of the events above `after` that are there by now; others may run in between."""
        upto = len(self.log)
        if upto <= after:
            return
        async for batch in self.log.read(after):
            for number, event in batch:
                yield number, self.frame_of(number, event)
            if batch[-1][0] >= upto:
                return
