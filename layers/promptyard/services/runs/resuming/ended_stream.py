"""A stream that has ended, as it is remembered."""

import asyncio
from typing import Any

from promptyard.services.runs.resuming.framed_log import FramedLog
from promptyard.services.runs.resuming.packed_events import LENGTH, PackedEvents

_OVERHEAD = 1000
"""Bytes, beside its events."""


class EndedStream:
    """Its pieces as its log has packed them, of which frames are made when somebody asks; of every other event, such as
    the end with a run's whole record, the frame and nothing else."""

    def __init__(self, stream: FramedLog[Any]) -> None:
        self.last = len(stream.log)
        """The number of its last event."""
        self.size = _OVERHEAD
        """Bytes."""
        self._frame_of = stream.frame_of
        self._packed = [self._framed(place, packed) for place, packed in enumerate(stream.log.packed())]

    def _framed(self, place: int, packed: PackedEvents[Any]) -> PackedEvents[Any]:
        def frame(offset: int, event: Any) -> bytes:
            made = self._frame_of(place * LENGTH + 1 + offset, event)
            self.size += len(made)
            return made

        self.size += packed.size
        return packed.changed(frame)

    async def frames(self, after: int) -> bytes:
        """Those of the events above that number, and maybe of some before; others may run in between."""
        frames: list[bytes] = []
        for place in range(after // LENGTH, len(self._packed)):
            for number, event in enumerate(self._packed[place].unpacked(), place * LENGTH + 1):
                frames.append(event if isinstance(event, bytes) else self._frame_of(number, event))
            await asyncio.sleep(0)
        return b"".join(frames)
