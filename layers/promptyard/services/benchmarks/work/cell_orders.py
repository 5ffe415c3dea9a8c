"""What is run of a cell: its row in its column."""

from typing import TYPE_CHECKING

from promptyard.domain.runs.run import RunLinks
from promptyard.services.benchmarks.row_prompts import compose_row
from promptyard.services.runs.orders import RunOrder

if TYPE_CHECKING:
    from promptyard.domain.benchmarks.benchmark import BenchmarkRun
    from promptyard.domain.benchmarks.cells import Cell
    from promptyard.domain.benchmarks.datasets import Row
    from promptyard.services.benchmarks.work.known_runs import KnownRuns

ENDPOINT = "benchmarks"


async def order_of(known: "KnownRuns", run: "BenchmarkRun", cell: "Cell", seconds: float) -> tuple[RunOrder, "Row"]:
    """`seconds`: how long it may take. Raises InvalidRequest for a row that does not fit the prompt, NotFound where its
    dataset or prompt version is gone."""
    column = run.columns[cell.column]
    row = await known.row(run, cell.row)
    version = None
    if column.version_id is not None:
        version = await known.version(run.benchmark.tenant, column.version_id)
    order = RunOrder(
        endpoint=ENDPOINT,
        target=column.target,
        prompt=compose_row(run.benchmark, column, version, row),
        deadline_seconds=seconds,
        label=column.name,
        links=RunLinks(benchmark_run_id=run.id),
        reference=row.reference if isinstance(row.reference, str) else None,
        documents=row.documents or None,
    )
    return order, row
