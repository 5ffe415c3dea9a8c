"""Writes a stream into the store while it goes on, for whoever resumes it in another process."""

import asyncio
import logging
from contextlib import suppress
from datetime import datetime
from typing import Generic

from promptyard.domain.errors import StoreUnavailable
from promptyard.services.ports.runs import StreamPiece, StreamStore
from promptyard.services.runs.resuming.framed_log import FramedLog
from promptyard.services.runs.resuming.packed_events import Event

PAUSE_SECONDS = 0.5
"""Between two writes."""
LAST_ATTEMPTS = 3
LAST_PAUSE_SECONDS = 0.2
"""Between two attempts to write the end, for which a run waits; longer each time."""
PIECE_BYTES = 128 * 1024
"""The frames of a piece, where not one of them alone is larger."""

logger = logging.getLogger("promptyard.resuming")


class PieceWriter(Generic[Event]):
    """Of one stream. One write at a time, each of all that has come since the last one; what could not be written goes
    with the next one. Nobody waits for it but the stream's end, for the last write."""

    def __init__(self, store: StreamStore, stream: FramedLog[Event], expires_at: datetime) -> None:
        self._store = store
        self._stream = stream
        self._expires_at = expires_at
        self._writing = asyncio.Lock()
        self._finishing = False
        self._opened = False
        self._gathered = 0
        """The number of the last event that was taken from the log."""
        self._written = 0
        """That of the last one that the store has."""
        self._frames: list[tuple[int, bytes]] = []
        """What came after it."""

    async def follow(self) -> None:
        """Until the log ends. The first piece is written at once, though it be empty: it tells that the stream can be
        resumed."""
        while not self._finishing and not self._stream.log.ended:
            with suppress(StoreUnavailable):
                async with self._writing:
                    await self._gather()
                    if self._frames or not self._opened:
                        await self._write()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stream.log.closed(), PAUSE_SECONDS)
        if not self._finishing:
            await self.finish()

    async def finish(self, end: Event | None = None) -> None:
        """Write what is left. `end` is the last event, which is not in the log yet."""
        self._finishing = True
        async with self._writing:
            await self._gather()
            if end is not None:
                self._take(self._gathered + 1, self._stream.frame_of(self._gathered + 1, end))
            for attempt in range(1, LAST_ATTEMPTS + 1):
                try:
                    return await self._write(ended=True)
                except StoreUnavailable:
                    await asyncio.sleep(LAST_PAUSE_SECONDS * attempt)
            logger.warning("end of stream not kept", extra={"stream_id": self._stream.id})
            return None

    async def _gather(self) -> None:
        async for number, frame in self._stream.frames(self._gathered):
            self._take(number, frame)

    def _take(self, number: int, frame: bytes) -> None:
        self._gathered = number
        if frame:
            self._frames.append((number, frame))

    async def _write(self, *, ended: bool = False) -> None:
        """All that is gathered. Raises StoreUnavailable, and forgets nothing then."""
        whole = False
        while not whole:
            taken, room = 0, PIECE_BYTES
            for _, frame in self._frames:
                room -= len(frame)
                if taken and room < 0:
                    break
                taken += 1
            whole = taken == len(self._frames)
            last = self._gathered if whole else self._frames[taken - 1][0]
            if ended and whole:
                last = max(last, self._written + 1)  # a place of its own, though nothing is new
            frames = b"".join(frame for _, frame in self._frames[:taken])
            piece = StreamPiece(self._written + 1, last, frames, ended=ended and whole)
            await self._store.put(self._stream.tenant, self._stream.id, piece, self._expires_at)
            self._opened, self._written = True, last
            del self._frames[:taken]
