"""Benchmark runs on the local server's parts, its data on disk: how long 1,000 cells take whose model takes a second,
50 at a time; and the memory that planning and working take over 10,000 cells.

    python -m tests.performance.benchmarks [cells of the second part]
"""

import asyncio
import sys
import tempfile
import time
import tracemalloc
from datetime import UTC, datetime

from promptyard.bootstrap.parts import Parts
from promptyard.bootstrap.whole import whole
from promptyard.domain.benchmarks.benchmark import GOING_ON, BenchmarkRun, Column
from promptyard.domain.benchmarks.messages import PlanMessage
from promptyard.domain.models.targets import Parameters, Target
from promptyard.settings import Settings
from promptyard_local.aws import LAPTOP_DEFAULTS, open_aws
from promptyard_local.pump import pump_of
from tests.support.doubles.benchmark_chaos import TENANT, MadeRows
from tests.support.samples.sample_benchmarks import new_benchmark_run

CELLS, UPSTREAM_MS, AT_ONCE = 1_000, 1_000, 50
LOOK_SECONDS = 0.2


def run_of(rows: int, delay_ms: int) -> BenchmarkRun:
    """On one word, which `demo/echo` says after that time."""
    target = Target(model="demo/echo", parameters=Parameters(extra={"delay_ms": delay_ms}))
    columns = [Column(index=0, name="echo", target=target)]
    return new_benchmark_run(tenant=TENANT, rows=rows, concurrency=AT_ONCE).model_copy(update={"columns": columns})


async def carried_out(parts: Parts, run: BenchmarkRun) -> float:
    """The seconds that it took. Says what is held at each tenth of it, where Python counts that."""
    parts.benchmark_work._known._datasets = MadeRows(run.row_count, poison=False)  # type: ignore[assignment]
    kept = parts.benchmarks
    await kept.run_store.add(run)
    pumping = asyncio.create_task(pump_of(parts).run())
    tenths = 0
    started = time.monotonic()
    await kept.queue.send([PlanMessage(tenant=TENANT, benchmark_run_id=run.id)])
    while (await kept.run_store.get(TENANT, run.id)).status in GOING_ON:
        await asyncio.sleep(LOOK_SECONDS)
        if tracemalloc.is_tracing():
            counts = (await kept.cells.progress(run)).counts
            if counts.done >= (tenths + 1) * run.row_count / 10:
                tenths += 1
                print(
                    f"  {counts.done:>7,} cells: {working_bytes() / 2**20:6.1f} MB held beside the stores", flush=True
                )
    seconds = time.monotonic() - started
    pumping.cancel()
    await asyncio.gather(pumping, return_exceptions=True)
    counts = (await kept.cells.progress(run)).counts
    assert counts.done == run.row_count, counts
    return seconds


def working_bytes() -> int:
    """What Python holds, but for the embedded stores, which keep all that there is."""
    stores = tracemalloc.Filter(False, "*/promptyard_local/*"), tracemalloc.Filter(False, "*/moto/*")
    snapshot = tracemalloc.take_snapshot().filter_traces((*stores, tracemalloc.Filter(False, tracemalloc.__file__)))
    return sum(trace.size for trace in snapshot.traces)


async def main(cells: int) -> None:
    with tempfile.TemporaryDirectory() as directory:
        aws = open_aws({**LAPTOP_DEFAULTS, "PROMPTYARD_DATA_DIR": directory})
        parts = whole(Settings.from_environment(LAPTOP_DEFAULTS), {**LAPTOP_DEFAULTS, **aws.names}, aws.clients)
        try:
            parts.benchmark_work.warm()
            cpu = time.process_time()
            seconds = await carried_out(parts, run_of(CELLS, UPSTREAM_MS))
            cpu = time.process_time() - cpu
            ideal = CELLS / AT_ONCE * UPSTREAM_MS / 1000
            print(
                f"{datetime.now(UTC):%Y-%m-%d}: {CELLS:,} cells of {UPSTREAM_MS} ms, {AT_ONCE} at a time: "
                f"{seconds:.1f} s, {seconds / ideal:.2f} × the ideal {ideal:.0f} s; {cpu:.1f} s of CPU",
                flush=True,
            )
            tracemalloc.start()
            await carried_out(parts, run_of(cells, 1))
        finally:
            await parts.close()
            aws.close()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000))
