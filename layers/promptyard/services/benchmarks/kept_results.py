"""What a benchmark run has measured, as it is kept when it ends."""

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from promptyard.domain.benchmarks.benchmark import BenchmarkRun, CellResult
    from promptyard.services.ports.benchmark_work import EvidenceStore
    from promptyard.services.ports.benchmarks import CellStore

PART = 1_000
"""Results in an object of them."""


async def keep_results(
    run: "BenchmarkRun",
    cells: "CellStore",
    evidence: "EvidenceStore",
    seen: "Callable[[list[CellResult]], None] | None" = None,
) -> None:
    """The results of the run's cells, in order; `seen` is given each page of them. One part at a time is held."""
    number = 0
    part: list[CellResult] = []
    async for page in cells.pages(run.benchmark.tenant, run.id):
        if seen is not None:
            seen(page)
        part += page
        if len(part) >= PART:
            await evidence.put_results(run, number, part)
            part, number = [], number + 1
    if part or not number:
        await evidence.put_results(run, number, part)
