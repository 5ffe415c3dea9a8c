"""A bounded cache whose values live for a fixed time."""

import time
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class TtlCache(Generic[K, V]):
    """Holds at most `size` values; the oldest makes room. For one event loop: it takes no lock.

    By the wall clock: while a Lambda function is frozen between two requests, the monotonic one may stand still.
    """

    def __init__(self, seconds: float, size: int, now: Callable[[], float] = time.time) -> None:
        self.now = now
        self._seconds = seconds
        self._size = size
        self._entries: dict[K, tuple[float, V]] = {}

    def get(self, key: K) -> V | None:
        entry = self._entries.get(key)
        return entry[1] if entry is not None and self.now() < entry[0] else None

    def put(self, key: K, value: V, read_at: float) -> None:
        """`read_at` is when the reading of the value began, by `now`: a slow answer is no younger for it."""
        self._entries.pop(key, None)
        if len(self._entries) >= self._size:
            del self._entries[next(iter(self._entries))]
        self._entries[key] = (read_at + self._seconds, value)

    def drop(self, key: K) -> None:
        self._entries.pop(key, None)
