"""From a benchmark run to the messages of its cells.

A stretch of cells is sent at a time, then a message for the next stretch: so neither a planner's memory nor the queue
grows with the dataset. As many cells are in the queue as keep the run's workers busy; what waits for a slot goes round
in the queue, which costs requests.

However often a message comes, its stretch is sent once: who plans takes the stretch for a minute, and whoever comes
meanwhile waits for that, for the other one may die at it. A stretch that is sent twice all the same costs messages,
for cells that are done are left out, and no cell is run twice.
"""

import logging
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from promptyard.domain.benchmarks.benchmark import GOING_ON, BenchmarkRun, BenchmarkStatus
from promptyard.domain.benchmarks.cells import cell_count
from promptyard.domain.benchmarks.messages import CellMessage, FinishMessage, PlanMessage
from promptyard.domain.errors import Conflict
from promptyard.services.benchmarks.work.later import Later

if TYPE_CHECKING:
    from promptyard.services.ports.benchmarks import BenchmarkRunStore, CellStore, Queue, SlotStore

STRETCH = 6
"""Cells that are sent at once, for each that may go on; and 40 at least."""
LEFT_BEFORE_NEXT = 3
"""Cells that may still be open, for each that may go on, when the next stretch is sent; and 20 at least."""
LEASE = timedelta(seconds=60)
LOOK_AGAIN_SECONDS = 1.0

logger = logging.getLogger("promptyard.benchmarks")


class Planner:
    def __init__(
        self,
        runs: "BenchmarkRunStore",
        cells: "CellStore",
        slots: "SlotStore",
        queue: "Queue",
        lease: timedelta = LEASE,
    ) -> None:
        self._runs = runs
        self._cells = cells
        self._slots = slots
        self._queue = queue
        self._lease = lease

    async def plan(self, message: PlanMessage) -> None:
        """Send the message's stretch, if nobody has, and the next message. Raises Later, and StoreUnavailable."""
        run = await self._begun(message)
        if run.status not in GOING_ON:
            return
        if run.trigger == "import":  # its results are there
            await self._queue.send([FinishMessage(tenant=message.tenant, benchmark_run_id=run.id)])
            return
        if await self._left(run, message.first) > max(20, LEFT_BEFORE_NEXT * run.benchmark.concurrency):
            raise Later(LOOK_AGAIN_SECONDS, exact=True)
        wait = await self._slots.plan(run, message.round, message.first, datetime.now(UTC) + self._lease)
        if wait:
            raise Later(wait, exact=True)
        if wait is not None:
            await self._send(run, message)

    async def _begun(self, message: PlanMessage) -> BenchmarkRun:
        run = await self._runs.get(message.tenant, message.benchmark_run_id)
        if run.status is BenchmarkStatus.QUEUED:
            changes = {"status": BenchmarkStatus.RUNNING, "started_at": datetime.now(UTC)}
            with suppress(Conflict):
                return await self._runs.change(message.tenant, run.id, changes, {BenchmarkStatus.QUEUED})
            return await self._runs.get(message.tenant, run.id)
        return run

    async def _left(self, run: BenchmarkRun, planned: int) -> int:
        """How many of the first cells are open."""
        if planned == 0:
            return 0
        counts = (await self._cells.progress(run)).counts
        return planned - (counts.total - counts.left)

    async def _send(self, run: BenchmarkRun, message: PlanMessage) -> None:
        total, first = cell_count(run), message.first
        following = min(total, first + max(40, STRETCH * run.benchmark.concurrency))
        done = await self._cells.counted(run, first, following - first) if following > first else ()
        missing = [number for number in range(first, following) if number not in done]
        tenant = message.tenant
        await self._queue.send(
            [CellMessage(tenant=tenant, benchmark_run_id=run.id, number=number) for number in missing]
        )
        if following < total:
            await self._queue.send([message.model_copy(update={"first": following})])
        elif not missing and await self._cells.all_counted(run):
            await self._queue.send([FinishMessage(tenant=tenant, benchmark_run_id=run.id)])
        await self._slots.planned(run, message.round, first, following)
        logger.info("planned", extra={"benchmark_run_id": run.id, "first": first, "cells": len(missing)})
