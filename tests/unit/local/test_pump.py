"""The local server carries benchmark runs out; one that went on when it ended goes on when it is started again."""

import asyncio
from contextlib import suppress

from promptyard.bootstrap.parts import Parts
from promptyard.bootstrap.whole import whole
from promptyard.domain.benchmarks.benchmark import GOING_ON, BenchmarkRun, BenchmarkStatus, Column
from promptyard.domain.benchmarks.messages import PlanMessage
from promptyard.domain.models.targets import Parameters, Target
from promptyard.domain.runs.run import RunStatus
from promptyard.services.ports.runs import RunFilter
from promptyard.settings import Settings
from promptyard_local.aws import LocalAws
from promptyard_local.pump import pump_of, restart_benchmark_runs
from tests.support.doubles.benchmark_chaos import TENANT, MadeRows
from tests.support.samples.sample_benchmarks import new_benchmark_run

ROWS = 60


def parts_of(aws: LocalAws) -> Parts:
    """Of a process."""
    parts = whole(Settings(auth="open"), dict(aws.names), aws.clients)
    parts.benchmark_work._known._datasets = MadeRows(ROWS, poison=False)  # type: ignore[assignment]
    return parts


async def pumped(parts: Parts, run: BenchmarkRun, until: int) -> None:
    """Carry messages until so many cells are done; then the process ends."""
    pumping = asyncio.create_task(pump_of(parts).run())
    async with asyncio.timeout(60):
        while (await parts.benchmarks.cells.progress(run)).counts.done < until:
            await asyncio.sleep(0.01)
        while until == ROWS and (await parts.benchmarks.run_store.get(TENANT, run.id)).status in GOING_ON:
            await asyncio.sleep(0.01)
    pumping.cancel()
    with suppress(asyncio.CancelledError):
        await pumping
    await parts.running.executor.close()


async def forget_messages(parts: Parts) -> None:
    """They were in the process's memory."""
    queue, client = parts.benchmarks.queue, parts.clients.get("sqs")
    client._queues.clear()
    for name in ("promptyard-benchmarks", "promptyard-benchmarks-aside"):
        client.create_queue(QueueName=name, Attributes={"VisibilityTimeout": "900"})
    assert await queue.receive(10) == []


async def test_a_run_goes_on_after_a_restart_and_no_cell_is_answered_twice(local_aws: LocalAws) -> None:
    target = Target(model="demo/echo", parameters=Parameters(extra={"delay_ms": 20}))
    columns = [Column(index=0, name="echo", target=target)]
    run = new_benchmark_run(tenant=TENANT, rows=ROWS, concurrency=10).model_copy(update={"columns": columns})
    first = parts_of(local_aws)
    await first.benchmarks.run_store.add(run)
    await first.benchmarks.queue.send([PlanMessage(tenant=TENANT, benchmark_run_id=run.id)])
    await pumped(first, run, until=15)
    done = (await first.benchmarks.cells.progress(run)).counts.done
    assert done < ROWS

    await forget_messages(first)
    second = parts_of(local_aws)
    await restart_benchmark_runs(second, alone=True)
    await pumped(second, run, until=ROWS)
    ended = await second.benchmarks.run_store.get(TENANT, run.id)
    assert (ended.status, ended.cells.done) == (BenchmarkStatus.COMPLETED, ROWS)
    pages = second.runs.history.pages(TENANT, RunFilter(status=RunStatus.SUCCEEDED))
    answered = [one async for page in pages for one in page]
    assert len({str(one.messages[0].content) for one in answered}) == len(answered) == ROWS
    await restart_benchmark_runs(second, alone=True)
    assert second.clients.get("sqs").texts("promptyard-benchmarks") == []
