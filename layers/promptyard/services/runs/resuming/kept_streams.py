"""The streams of runs and comparisons, kept so that they can be resumed: in this process's memory, where all requests
come to it, and in the store for runs that ask for it. Neither keeps what was answered whole, and not asked for."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from promptyard.domain.diagnostics import crash_fields
from promptyard.domain.identifiers import is_id, moment_of
from promptyard.services.ports.runs import StreamPiece, StreamStore
from promptyard.services.runs.resuming.framed_log import FramedLog
from promptyard.services.runs.resuming.packed_events import Event
from promptyard.services.runs.resuming.piece_reader import EndOf, PieceReader
from promptyard.services.runs.resuming.piece_writer import PieceWriter
from promptyard.services.runs.resuming.stream_memory import StreamMemory

KEPT_FOR = timedelta(hours=1)
"""After a run's deadline, which is its latest end."""
JUST_BEGUN = timedelta(seconds=5)
OPENING_PAUSES = (0.1, 0.3, 0.6)
"""Before each further look for a stream that has just begun: its first piece may be on its way."""

logger = logging.getLogger("promptyard.resuming")


class KeptStreams:
    def __init__(self, store: StreamStore, memory: StreamMemory | None) -> None:
        """`memory`: None where another process than this one may be asked for a stream."""
        self._store = store
        self._memory = memory
        self._following: set[asyncio.Task[None]] = set()

    def keep(
        self, stream: FramedLog[Event], deadline: datetime, *, streamed: bool, resumable: bool, goes_on: bool
    ) -> Callable[[Event], Awaitable[None]] | None:
        """From its beginning on. `resumable`: it is to be written into the store; so is, where there is no memory, one
        that `goes_on` when its caller leaves. The memory has these, and those that were `streamed`. What is returned is
        to be awaited with the last event, before the log has it; it raises nothing."""
        memory = self._memory if streamed or resumable or goes_on else None
        stored = resumable or (goes_on and memory is None)
        writer = PieceWriter(self._store, stream, deadline + KEPT_FOR) if stored else None
        if memory is not None:
            memory.begin(stream)
        if writer is not None or memory is not None:
            task = asyncio.create_task(self._follow(stream, writer), name=f"stream {stream.id}")
            self._following.add(task)
            task.add_done_callback(self._following.discard)
        return None if writer is None else partial(self._finish, stream.id, writer)

    async def _finish(self, stream_id: str, writer: PieceWriter[Event], end: Event) -> None:
        try:
            await writer.finish(end)
        except Exception as unexpected:  # noqa: BLE001 - as below
            logger.error("end of stream not kept", extra={"stream_id": stream_id, **crash_fields(unexpected)})

    async def _follow(self, stream: FramedLog[Event], writer: PieceWriter[Event] | None) -> None:
        try:
            if writer is not None:
                await writer.follow()
            await stream.log.closed()
            if self._memory is not None:
                self._memory.end(stream)
        except Exception as unexpected:  # noqa: BLE001 - the stream itself goes on
            logger.error("stream not kept", extra={"stream_id": stream.id, **crash_fields(unexpected)})
            if self._memory is not None:
                self._memory.forget(stream.tenant, stream.id)

    async def open(
        self, tenant: str, stream_id: str, after: int, *, end_of: EndOf, seconds: float
    ) -> FramedLog[Any] | PieceReader | None:
        """The stream, to be read from the event after that number on; from the store for so long at most. None where it
        is not kept, or not that far back. Raises StoreUnavailable."""
        opened = await self._opened(tenant, stream_id, after, end_of, seconds)
        for pause in OPENING_PAUSES if _has_just_begun(stream_id) else ():
            if opened is not None:
                break
            await asyncio.sleep(pause)
            opened = await self._opened(tenant, stream_id, after, end_of, seconds)
        return opened

    async def _opened(
        self, tenant: str, stream_id: str, after: int, end_of: EndOf, seconds: float
    ) -> FramedLog[Any] | PieceReader | None:
        remembered = None if self._memory is None else self._memory.get(tenant, stream_id)
        if isinstance(remembered, FramedLog):
            return remembered
        reader = PieceReader(self._store, tenant, stream_id, after, end_of=end_of, seconds=seconds)
        if remembered is not None:
            rest = []
            if remembered.last > after:
                rest = [StreamPiece(after + 1, remembered.last, await remembered.frames(after), ended=True)]
            reader.take(rest, ended=True)
            return reader
        found = await self._store.after(tenant, stream_id, after)
        newest = found[-1] if found else await self._store.newest(tenant, stream_id)
        if newest is None or (found and found[0].first > after + 1):
            return None
        # Where nothing was found, all of it may have been written just now: then the reader looks again.
        reader.take(found, ended=newest.ended and (bool(found) or newest.last <= after))
        return reader

    async def written(self, tenant: str, stream_id: str) -> bytes:
        """All frames that the store has, some maybe twice. Raises StoreUnavailable."""
        return b"".join(piece.frames for piece in await self._store.after(tenant, stream_id, 0))

    async def forget(self, tenant: str, stream_id: str) -> None:
        """Raises StoreUnavailable."""
        if self._memory is not None:
            self._memory.forget(tenant, stream_id)
        await self._store.delete(tenant, stream_id)

    def forget_tenant(self, tenant: str) -> None:
        """Of the memory alone."""
        if self._memory is not None:
            self._memory.forget_tenant(tenant)

    async def close(self) -> None:
        """Wait for what is still to be written of streams that have ended."""
        await asyncio.gather(*self._following)


def _has_just_begun(stream_id: str) -> bool:
    return is_id(stream_id) and timedelta(0) <= datetime.now(UTC) - moment_of(stream_id) < JUST_BEGUN
