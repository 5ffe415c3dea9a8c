"""Reads a stream from the pieces that another process writes."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Self

from promptyard.domain.errors import StoreUnavailable
from promptyard.services.ports.runs import StreamPiece, StreamStore

SHORTEST_PAUSE_SECONDS = 0.5
"""Between two looks, where there was something at the first of them."""
LONGEST_PAUSE_SECONDS = 2.0
SILENCE_SECONDS = 5.0
"""Without anything new before it is asked whether the stream has ended without saying so; each further time it is
twice as long."""
LONGEST_SILENCE_SECONDS = 60.0
STORE_PATIENCE_SECONDS = 30.0
"""How long the store may not answer."""

EndOf = Callable[[int], Awaitable[bytes | None]]
"""Takes the number of the last event that is known. Gives the frames that end a stream whose writer is gone; None where
it may yet be written on."""


class PieceReader:
    """Iterate it for batches of (number, frames): the frames of the events above that number, and maybe of some before,
    which are to be left out.

    It ends with the stream, or `seconds` from now; and where pieces are missing, because they were deleted. Raises
    StoreUnavailable where the store does not answer for long.
    """

    def __init__(
        self,
        store: StreamStore,
        tenant: str,
        stream_id: str,
        after: int,
        *,
        end_of: EndOf,
        seconds: float,
    ) -> None:
        self._store = store
        self._tenant = tenant
        self._id = stream_id
        self._after = after
        self._found: Sequence[StreamPiece] = ()
        self._end_of = end_of
        self._heard_at = self._answered_at = time.monotonic()
        self._until = self._heard_at + seconds
        self._pause = SHORTEST_PAUSE_SECONDS
        self._silence = SILENCE_SECONDS
        self._nudged = False
        self._over = False

    def take(self, pieces: Sequence[StreamPiece], *, ended: bool) -> None:
        """What was found before it is read. `ended`: there will be no more."""
        self._found = pieces
        self._over = ended

    @property
    def is_at_end(self) -> bool:
        """Whether there is nothing to give."""
        return self._over and not self._found

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> list[tuple[int, bytes]]:
        while True:
            batch = self._taken()
            if batch:
                return batch
            if self._over or time.monotonic() >= self._until:
                raise StopAsyncIteration
            if self._nudged:
                self._nudged = False
                return []
            await asyncio.sleep(self._pause)
            self._found = await self._look()

    def nudge(self) -> None:
        """Have an empty batch given where there is nothing else to give."""
        self._nudged = True

    def _taken(self) -> list[tuple[int, bytes]]:
        batch = []
        for piece in self._found:
            if piece.first > self._after + 1:
                self._over = True
                break
            if piece.frames:
                batch.append((self._after, piece.frames))
            self._after = max(self._after, piece.last)
            self._over = self._over or piece.ended
        self._found = ()
        return batch

    async def _look(self) -> list[StreamPiece]:
        try:
            found = await self._store.after(self._tenant, self._id, self._after)
            if not found and time.monotonic() - self._heard_at >= self._silence:
                found = await self._ended_silently()
        except StoreUnavailable:
            if time.monotonic() - self._answered_at > STORE_PATIENCE_SECONDS:
                raise
            return []
        self._answered_at = time.monotonic()
        if found:
            self._heard_at, self._pause, self._silence = self._answered_at, SHORTEST_PAUSE_SECONDS, SILENCE_SECONDS
        else:
            self._pause = min(1.5 * self._pause, LONGEST_PAUSE_SECONDS)
        return found

    async def _ended_silently(self) -> list[StreamPiece]:
        """The end that the writer has left out, if it has."""
        self._silence += min(self._silence, LONGEST_SILENCE_SECONDS)
        newest = await self._store.newest(self._tenant, self._id)
        if newest is None or (newest.ended and newest.last <= self._after):
            self._over = True  # it was deleted; or an event was named that is not there
            return []
        end = await self._end_of(self._after)
        if end is None:
            return []
        # What was written while that was asked for comes first.
        found = await self._store.after(self._tenant, self._id, self._after)
        return found or [StreamPiece(self._after + 1, self._after + 1, end, ended=True)]
