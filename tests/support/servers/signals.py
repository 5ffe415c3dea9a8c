"""Waiting for what happens in another thread."""

import asyncio
import threading
from contextlib import suppress

PATIENCE_SECONDS = 10.0
"""How long a test waits for what has to happen."""


class Signal:
    """Something that happens once, for threads and event loops alike."""

    def __init__(self) -> None:
        self._happened = threading.Event()
        self._lock = threading.Lock()
        self._waiting: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []

    def set(self) -> None:
        with self._lock:
            self._happened.set()
            for loop, event in self._waiting:
                with suppress(RuntimeError):  # that loop is closed, so nobody waits there any more
                    loop.call_soon_threadsafe(event.set)
            self._waiting.clear()

    def is_set(self) -> bool:
        return self._happened.is_set()

    def wait_blocking(self, seconds: float = PATIENCE_SECONDS) -> None:
        """Raises TimeoutError."""
        if not self._happened.wait(seconds):
            raise TimeoutError

    async def wait(self, seconds: float | None = PATIENCE_SECONDS) -> None:
        """Raises TimeoutError."""
        event = asyncio.Event()
        with self._lock:
            if self._happened.is_set():
                return
            self._waiting.append((asyncio.get_running_loop(), event))
        async with asyncio.timeout(seconds):
            await event.wait()
