"""A log of events together with what its stream shows of them."""

from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from typing import Generic

from promptyard.services.runs.log import Event, EventLog


@dataclass(frozen=True, slots=True)
class FramedLog(Generic[Event]):
    """The stream of a run or of a comparison. `frame_of` makes the frame of an event and its number, or nothing."""

    tenant: str
    id: str
    log: EventLog[Event]
    frame_of: Callable[[int, Event], bytes]
    _made: list[bytes] = field(default_factory=list)
    """The frames of the first events: who reads what another one has read before needs no frames of its own."""

    def frame(self, number: int, event: Event) -> bytes:
        made = self._made
        if number <= len(made):
            return made[number - 1]
        frame = self.frame_of(number, event)
        if number == len(made) + 1:
            made.append(frame)
        return frame

    async def frames(self, after: int) -> AsyncGenerator[tuple[int, bytes], None]:
        """(number, frame) of the events above `after` that are there by now; others may run in between."""
        upto = len(self.log)
        if upto <= after:
            return
        async for batch in self.log.read(after):
            for number, event in batch:
                yield number, self.frame(number, event)
            if batch[-1][0] >= upto:
                return
