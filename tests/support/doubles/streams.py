"""A stand-in for the store of streams, in memory, and logs whose events are their own frames."""

import asyncio
from datetime import datetime

from promptyard.domain.errors import StoreUnavailable
from promptyard.services.ports.runs import StreamPiece
from promptyard.services.runs.log import EventLog
from promptyard.services.runs.resuming.framed_log import FramedLog

TENANT, STREAM = "acme", "s-1"


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
        self.written = asyncio.Event()

    async def put(self, tenant: str, stream_id: str, piece: StreamPiece, expires_at: datetime) -> None:
        assert (tenant, stream_id) == (TENANT, STREAM)
        self.expires_at = expires_at
        self.writing += 1
        self.most_at_once = max(self.most_at_once, self.writing)
        await self.answers.wait()
        self.writing -= 1
        written = self.failures.pop(0) if self.failures else None
        if written is not False:
            self.pieces = sorted([*(p for p in self.pieces if p.last != piece.last), piece], key=lambda p: p.last)
            self.written.set()
        if written is not None:
            raise StoreUnavailable("The store is busy")

    async def after(self, tenant: str, stream_id: str, number: int) -> list[StreamPiece]:
        return [piece for piece in self.pieces if piece.last > number]

    async def newest(self, tenant: str, stream_id: str) -> StreamPiece | None:
        return self.pieces[-1] if self.pieces else None

    async def delete(self, tenant: str, stream_id: str) -> None:
        self.pieces = []


def framed(log: EventLog[str]) -> FramedLog[str]:
    """Every event's frame is `id: <number>`, with the event as data; that of an empty one is nothing."""
    return FramedLog(TENANT, STREAM, log, frame_of)


def frame_of(number: int, event: str) -> bytes:
    return f"id: {number}\ndata: {event}\n\n".encode() if event else b""
