"""What a cell's run comes to: an answer, a failure, or another attempt."""

from typing import TYPE_CHECKING, Literal

from promptyard.domain.benchmarks.benchmark import CellResult, CellStatus
from promptyard.domain.errors import DeadlineExceeded, PromptyardError
from promptyard.domain.runs.run import RunStatus

if TYPE_CHECKING:
    from promptyard.domain.benchmarks.cells import Cell
    from promptyard.domain.runs.run import Run
    from promptyard.services.benchmarks.work.cell_scoring import CellScoring

MAX_OUTPUT = 2_000
"""Characters of an answer that a result holds; the run has all of it."""

Step = Literal["done", "failed", "again"]


def step_after(run: "Run", error: PromptyardError | None) -> Step:
    """`again`: what the provider throttled or failed at, what took too long or was left by a process that died, and
    what somebody stopped may come out otherwise the next time."""
    if run.status is RunStatus.SUCCEEDED:
        return "done"
    if run.status is RunStatus.CANCELLED:
        return "again"
    if run.status is RunStatus.FAILED and error is not None:
        return "again" if error.retryable or isinstance(error, DeadlineExceeded) else "failed"
    return "failed"


def result_of(cell: "Cell", run: "Run", scores: "CellScoring | None") -> CellResult:
    """`scores` of an answer; without, the cell has failed."""
    error = run.error.message if run.error is not None else None
    if scores is None and error is None:
        error = f"The run was {run.status.value}"
    usage = run.usage
    return CellResult(
        row=cell.row,
        column=cell.column,
        repeat=cell.repeat,
        status=CellStatus.FAILED if scores is None else CellStatus.DONE,
        run_id=run.id,
        scores={} if scores is None else dict(scores.scores),
        reasons={} if scores is None else dict(scores.reasons),
        scores_again={} if scores is None else dict(scores.again),
        output=None if run.output is None else run.output[:MAX_OUTPUT],
        input_tokens=usage.input_tokens if usage else None,
        output_tokens=usage.output_tokens if usage else None,
        cost_usd=run.cost_usd,
        judge_cost_usd=None if scores is None else scores.judge_cost_usd,
        latency_ms=run.latency_ms,
        ttft_ms=run.ttft_ms,
        error=error if scores is None else None,
    )


def poison_of(cell: "Cell", why: str) -> CellResult:
    return CellResult(row=cell.row, column=cell.column, repeat=cell.repeat, status=CellStatus.POISON, error=why)
