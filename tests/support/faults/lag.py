"""How late the machine itself is, so that what is measured on a busy one is not taken for a fault."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

EVERY_SECONDS = 0.1
STEPS = 10
"""A run's way goes through so many threads and loops, each of which may be as late."""
NOTABLE_SECONDS = 0.25


class Lag:
    """The worst that a request took that nothing but the machine holds up, of those that were under way lately."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, float]] = deque(maxlen=600)
        self._asked_at: float | None = None

    def since(self, began: float) -> float:
        """Seconds, of what was under way after that moment (`time.monotonic()`)."""
        now = time.monotonic()
        going_on = 0.0 if self._asked_at is None else now - self._asked_at
        return STEPS * max([going_on, *(took for ended, took in self._seen if ended >= began)])

    def is_notable(self, began: float) -> bool:
        return self.since(began) > NOTABLE_SECONDS

    async def watch(self, client: httpx.AsyncClient) -> None:
        while True:
            self._asked_at = time.monotonic()
            (await client.get("/health")).raise_for_status()
            ended = time.monotonic()
            self._seen.append((ended, ended - self._asked_at))
            self._asked_at = None
            await asyncio.sleep(EVERY_SECONDS)


@asynccontextmanager
async def watched_lag(url: str) -> AsyncIterator[Lag]:
    lag = Lag()
    async with httpx.AsyncClient(base_url=url, timeout=30, trust_env=False) as client:
        watching = asyncio.create_task(lag.watch(client))
        try:
            yield lag
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
