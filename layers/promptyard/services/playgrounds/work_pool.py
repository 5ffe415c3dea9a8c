"""Threads for what is computed on the texts of runs: apart from those that the store and the network use, and so shared
out that whoever has long texts waits for himself."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar
from weakref import WeakValueDictionary

THREADS = 4
MOST_OF_ONE_TENANT = 2

Result = TypeVar("Result")


class NoTurn(TimeoutError):
    """What the tenant has had to be computed before was not done in time."""


class WorkPool:
    """Of one event loop."""

    def __init__(self, name: str) -> None:
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix=name)
        self._turns: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    async def run(
        self, tenant: str, seconds: float, work: Callable[..., Result], *arguments: Any, patience: float | None = None
    ) -> Result:
        """What the work gives. Raises NoTurn where it has not begun after `patience` seconds (else as many as it may
        take), TimeoutError where it then takes more than `seconds`. A thread cannot be stopped: it keeps its tenant's
        turn to its end."""
        turn = self._turns.setdefault(tenant, asyncio.Semaphore(MOST_OF_ONE_TENANT))
        try:
            async with asyncio.timeout(seconds if patience is None else patience):
                await turn.acquire()
        except TimeoutError:
            raise NoTurn from None
        working = self._threads.submit(work, *arguments)
        working.add_done_callback(partial(_give_back, asyncio.get_running_loop(), turn))
        async with asyncio.timeout(seconds):
            return await asyncio.wrap_future(working)


def _give_back(loop: asyncio.AbstractEventLoop, turn: asyncio.Semaphore, _: object) -> None:
    with suppress(RuntimeError):  # the loop has ended
        loop.call_soon_threadsafe(turn.release)
