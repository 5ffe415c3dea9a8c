"""A stand-in for the store of streams, in memory, and logs whose events are their own frames."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from datetime import datetime

from promptyard.domain.errors import StoreUnavailable
from promptyard.services.ports.runs import StreamPiece
from promptyard.services.runs.log import EventLog
from promptyard.services.runs.resuming.framed_log import FramedLog

TENANT, STREAM = "acme", "s-1"


class Recurring:
    """Something that happens again and again."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def happened(self) -> None:
        self._event.set()

    async def next(self) -> None:
        """Waits until it happens after this call."""
        self._event.clear()
        await asyncio.wait_for(self._event.wait(), 5)


class MemoryStreamStore:
    def __init__(self) -> None:
        self.pieces: list[StreamPiece] = []
        self.expires_at: datetime | None = None
        self.failures: list[bool] = []
        """Of the next writes: whether what is told to fail is written nevertheless."""
        self.answers = asyncio.Event()
        """Whether the store answers writes."""
        self.answers.set()
        self.writing = 0
        self.most_at_once = 0
        self.asked_to_write = Recurring()
        self.written = Recurring()
        self.read = Recurring()

    async def put(self, tenant: str, stream_id: str, piece: StreamPiece, expires_at: datetime) -> None:
        assert (tenant, stream_id) == (TENANT, STREAM)
        self.expires_at = expires_at
        self.writing += 1
        self.asked_to_write.happened()
        self.most_at_once = max(self.most_at_once, self.writing)
        await self.answers.wait()
        self.writing -= 1
        written = self.failures.pop(0) if self.failures else None
        if written is not False:
            self.pieces = sorted([*(p for p in self.pieces if p.last != piece.last), piece], key=lambda p: p.last)
            self.written.happened()
        if written is not None:
            raise StoreUnavailable("The store is busy")

    async def after(self, tenant: str, stream_id: str, number: int) -> list[StreamPiece]:
        self.read.happened()
        return [piece for piece in self.pieces if piece.last > number]

    async def newest(self, tenant: str, stream_id: str) -> StreamPiece | None:
        return self.pieces[-1] if self.pieces else None

    async def delete(self, tenant: str, stream_id: str) -> None:
        self.pieces = []


@dataclass(frozen=True)
class WatchedLog(FramedLog[str]):
    looked_at: Recurring = field(default_factory=Recurring)

    async def frames(self, after: int) -> AsyncGenerator[tuple[int, bytes], None]:
        self.looked_at.happened()
        async for numbered in super().frames(after):
            yield numbered

    async def is_worked_off(self) -> None:
        """Waits until its writer has done, or failed to do, what is to be done about the events that are there."""
        await self.looked_at.next()
        await self.looked_at.next()


def framed(log: EventLog[str]) -> WatchedLog:
    """Every event's frame is `id: <number>`, with the event as data; that of an empty one is nothing."""
    return WatchedLog(TENANT, STREAM, log, frame_of)


def frame_of(number: int, event: str) -> bytes:
    return f"id: {number}\ndata: {event}\n\n".encode() if event else b""
