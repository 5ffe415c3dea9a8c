"""Benchmark runs as a whole: ended before their time, and gone on with."""

from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from promptyard.domain.benchmarks.benchmark import GOING_ON, BenchmarkRun, BenchmarkStatus
from promptyard.domain.benchmarks.messages import FinishMessage, PlanMessage
from promptyard.domain.errors import Conflict, NotFound

if TYPE_CHECKING:
    from promptyard.services.ports.benchmarks import BenchmarkRunStore, Queue, SlotStore
    from promptyard.services.ports.runs import RunStore

STOPPING_SECONDS = 5
"""How long runs that go on may take to stop, before the report is made of what there is."""


class Execution:
    """Implements `services.ports.benchmarks.BenchmarkExecution`."""

    def __init__(
        self, benchmark_runs: "BenchmarkRunStore", slots: "SlotStore", runs: "RunStore", queue: "Queue"
    ) -> None:
        self._benchmark_runs = benchmark_runs
        self._slots = slots
        self._runs = runs
        self._queue = queue

    async def end(self, run: BenchmarkRun, status: BenchmarkStatus, why: str) -> None:
        """Not as it should have; what is missing can be run later. Nothing, where the run has ended already."""
        changes = {"status": status, "error": why, "ended_at": datetime.now(UTC)}
        with suppress(Conflict):
            await self._benchmark_runs.change(run.benchmark.tenant, run.id, changes, GOING_ON)
            await self.stop(run)

    async def stop(self, run: BenchmarkRun) -> None:
        """Ask what goes on of a run that has ended to stop."""
        tenant = run.benchmark.tenant
        for run_id in await self._slots.going_on(run):
            with suppress(NotFound):  # it has not begun
                await self._runs.request_cancel(tenant, run_id)
        message = FinishMessage(tenant=tenant, benchmark_run_id=run.id)
        await self._queue.send([message], delay_seconds=STOPPING_SECONDS)

    async def resume(self, run: BenchmarkRun) -> None:
        """Plan it once more: what is missing of it."""
        round_ = await self._slots.plan_again(run)
        await self._queue.send([PlanMessage(tenant=run.benchmark.tenant, benchmark_run_id=run.id, round=round_)])

    async def restart(self, run: BenchmarkRun) -> None:
        """The same, where every worker and every message is gone."""
        await self._slots.abandon(run)
        await self.resume(run)
