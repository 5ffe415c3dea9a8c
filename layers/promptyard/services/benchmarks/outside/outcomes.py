"""Who is told that a benchmark run has ended: the labels that wait for it, the event bus, a webhook."""

from typing import TYPE_CHECKING, Any

from promptyard.domain.benchmarks.benchmark import BenchmarkRun, BenchmarkStatus, VersionVerdict
from promptyard.domain.benchmarks.matrix import versions_held
from promptyard.domain.benchmarks.messages import WebhookMessage

if TYPE_CHECKING:
    from promptyard.services.ports.benchmarks import BenchmarkRunStore, Queue
    from promptyard.services.ports.prompts import EventPublisher

COMPLETED = "promptyard.benchmark.completed"


class BenchmarkOutcomes:
    """Told by whoever finishes a benchmark run."""

    def __init__(self, runs: "BenchmarkRunStore", queue: "Queue", bus: "EventPublisher | None") -> None:
        self._runs = runs
        self._queue = queue
        self._bus = bus

    async def ended(self, run: BenchmarkRun) -> None:
        """May be called twice for a run: labels then hear the same, and the bus and the webhook once more, under the
        same ids."""
        benchmark = run.benchmark
        for version_id in versions_held(run.columns, run.baseline, run.version_id):
            await self._runs.note_verdict(benchmark.tenant, benchmark.id, version_id, verdict_of(run))
        if self._bus is not None:
            await self._bus.publish(COMPLETED, {"tenant": benchmark.tenant, **told(run)})
        if benchmark.webhook_url is not None:
            await self._queue.send([WebhookMessage(tenant=benchmark.tenant, benchmark_run_id=run.id)])


def verdict_of(run: BenchmarkRun) -> VersionVerdict:
    """A run without gates has nothing to fail at; one that did not end as it should has passed nothing."""
    if run.status is not BenchmarkStatus.COMPLETED:
        return VersionVerdict(run_id=run.id, passed=False, failed_gates=[f"benchmark run {run.id} is {run.status}"])
    return VersionVerdict(run_id=run.id, passed=run.passed is not False, failed_gates=run.failed_gates)


def told(run: BenchmarkRun) -> dict[str, Any]:
    """What others are told of a run: how it ended and where its report is, not what is in it."""
    return {
        "benchmark_id": run.benchmark.id,
        "run_id": run.id,
        "status": run.status.value,
        "passed": run.passed,
        "failed_gates": run.failed_gates,
        "version_ids": versions_held(run.columns, run.baseline, run.version_id),
        "report_url": report_path(run.id),
    }


def report_path(run_id: str) -> str:
    """Relative to the API's own address, which is not known here."""
    return f"/api/v1/benchmark-runs/{run_id}/report"
