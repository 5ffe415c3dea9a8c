"""The streams that a process remembers."""

import time
from collections import OrderedDict
from typing import Any

from promptyard.services.runs.resuming.ended_stream import EndedStream
from promptyard.services.runs.resuming.framed_log import FramedLog

KEPT_FOR_SECONDS = 3600.0
ROOM = 64_000_000
"""Bytes, of all streams that have ended."""

Place = tuple[str, str]
"""A tenant and a stream's id."""


class StreamMemory:
    """Streams that are going on, by their logs; those that have ended, by what they are told again from, for an hour.
    Where these take more than their room, the one that ended first is forgotten."""

    def __init__(self, room: int = ROOM) -> None:
        self._left = room
        self._going_on: dict[Place, FramedLog[Any]] = {}
        self._ended: OrderedDict[Place, tuple[float, EndedStream]] = OrderedDict()

    def begin(self, stream: FramedLog[Any]) -> None:
        self._going_on[stream.tenant, stream.id] = stream

    def end(self, stream: FramedLog[Any]) -> None:
        """Its log has ended."""
        place = stream.tenant, stream.id
        if self._going_on.pop(place, None) is None:
            return  # it was forgotten meanwhile
        ended = EndedStream(stream)
        self._ended[place] = time.monotonic(), ended
        self._left -= ended.size
        self._forget_old()

    def get(self, tenant: str, stream_id: str) -> FramedLog[Any] | EndedStream | None:
        self._forget_old()
        going_on = self._going_on.get((tenant, stream_id))
        if going_on is not None:
            return going_on
        _, ended = self._ended.get((tenant, stream_id), (0.0, None))
        return ended

    def forget(self, tenant: str, stream_id: str) -> None:
        self._going_on.pop((tenant, stream_id), None)
        _, ended = self._ended.pop((tenant, stream_id), (0.0, None))
        if ended is not None:
            self._left += ended.size

    def forget_tenant(self, tenant: str) -> None:
        for owner, stream_id in [*self._going_on, *self._ended]:
            if owner == tenant:
                self.forget(owner, stream_id)

    def _forget_old(self) -> None:
        now = time.monotonic()
        while self._ended:
            place, (ended_at, _) = next(iter(self._ended.items()))
            if self._left >= 0 and now - ended_at <= KEPT_FOR_SECONDS:
                return
            self.forget(*place)
