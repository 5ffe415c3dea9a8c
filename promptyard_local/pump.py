"""Carries messages from the queue of benchmarks to the worker, many at once: what Lambda does where it is deployed."""

import asyncio
import logging
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from promptyard.domain.benchmarks.benchmark import GOING_ON
from promptyard.domain.diagnostics import crash_fields
from promptyard.domain.errors import StoreUnavailable
from promptyard.domain.paging import each_page

if TYPE_CHECKING:
    from promptyard.aws.queue import BenchmarkQueue, Received
    from promptyard.bootstrap.parts import Parts
    from promptyard.services.benchmarks.work.worker import BenchmarkWorker

AT_ONCE = 200
"""Messages that are worked on at the same time, over all benchmark runs."""
IDLE_SECONDS = 0.05
"""Between two looks into an empty queue."""
RETRY_SECONDS = 1.0
PAGE = 100

logger = logging.getLogger("promptyard.local")


class Pump:
    """`run_seconds`: how long a cell's run may take."""

    def __init__(self, queue: "BenchmarkQueue", worker: "BenchmarkWorker", run_seconds: float) -> None:
        self._queue = queue
        self._worker = worker
        self._run_seconds = run_seconds
        self._working: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Until it is cancelled: then what it works on is, too."""
        try:
            while True:
                await self._carry()
        finally:
            for task in self._working:
                task.cancel()
            await asyncio.gather(*self._working, return_exceptions=True)

    async def _carry(self) -> None:
        if len(self._working) >= AT_ONCE:
            await asyncio.wait(self._working, return_when=asyncio.FIRST_COMPLETED)
        received = await self._queue.receive(AT_ONCE - len(self._working))
        if not received:
            await asyncio.sleep(IDLE_SECONDS)
        for message in received:
            task = asyncio.create_task(self._deliver(message))
            self._working.add(task)
            task.add_done_callback(self._working.discard)

    async def _deliver(self, message: "Received") -> None:
        try:
            wait = await self._worker.handle(message.text, receives=message.receives, seconds=self._run_seconds)
        except Exception as unexpected:  # noqa: BLE001 - one message's crash is no other's
            logger.error("message crashed", extra=crash_fields(unexpected))
            wait = RETRY_SECONDS
        with suppress(StoreUnavailable):
            if wait is None:
                await self._queue.delete(message.receipt)
            else:
                await self._queue.give_back(message.receipt, wait)


def pump_of(services: "Parts") -> Pump:
    seconds = services.settings.run_deadline_seconds
    return Pump(services.benchmarks.queue, services.benchmark_work.worker, seconds)


async def restart_benchmark_runs(services: "Parts", *, alone: bool) -> None:
    """What went on when the last process ended is planned once more: its queue was in memory. What has a result by now
    is left out. `alone`: no other process works on it."""
    kept = services.benchmarks
    go_on = kept.execution.restart if alone else kept.execution.resume
    async for tenant in services.callers.tenants.every():
        async for runs in each_page(partial(kept.run_store.page, tenant.id, None), PAGE):
            for run in runs:
                if run.status in GOING_ON:
                    await go_on(run)
