"""Answers about benchmark runs."""

from decimal import Decimal
from typing import Literal

from functions.benchmarks.benchmark_answers import BenchmarkTargetAnswer
from promptyard.api.answers.fields import Timestamp, Usd
from promptyard.api.paging import PageAnswer
from promptyard.domain.benchmarks.benchmark import (
    BenchmarkRun,
    BenchmarkStatus,
    CellCounts,
    CellResult,
    CellStatus,
    ColumnIntensity,
    Trigger,
)
from promptyard.domain.benchmarks.webhooks import WebhookDelivery
from promptyard.domain.deferred import DeferredModel


class StartedAnswer(DeferredModel):
    """A run in the queue. `cells` is how many there are: rows × columns × repeats. The estimate is made of a sample of
    the rows; null where a price is not known."""

    id: str
    status: BenchmarkStatus
    cells: int
    estimate_usd: Usd | None

    @classmethod
    def of(cls, run: BenchmarkRun) -> "StartedAnswer":
        return StartedAnswer(id=run.id, status=run.status, cells=run.cells.total, estimate_usd=run.estimate_usd)


class ColumnAnswer(DeferredModel):
    name: str
    version_id: str | None
    target: BenchmarkTargetAnswer
    intensity: ColumnIntensity


class CountsAnswer(DeferredModel):
    """Cells: `failed` are those that the model gave no answer to, `poison` those that could not be run at all."""

    total: int
    done: int
    failed: int
    poison: int

    @classmethod
    def of(cls, counts: CellCounts) -> "CountsAnswer":
        return CountsAnswer(total=counts.total, done=counts.done, failed=counts.failed, poison=counts.poison)


class BenchmarkRunAnswer(DeferredModel):
    """A benchmark run. `cost_usd` is of the cells so far, null where the cost of any is not known; `passed` is null
    until it has ended, where it did not end as it should, and where there are no gates. `trigger` is what started it,
    `created_by` who did, or who made the benchmark."""

    id: str
    benchmark_id: str
    name: str
    status: BenchmarkStatus
    cells: CountsAnswer
    cost_usd: Usd | None
    estimate_usd: Usd | None
    budget_usd: Usd | None
    passed: bool | None
    failed_gates: list[str]
    dataset_id: str
    dataset_version: int
    row_count: int
    repeats: int
    columns: list[ColumnAnswer]
    baseline: str
    version_id: str | None
    request_id: str | None
    trigger: Trigger
    error: str | None
    created_at: Timestamp
    created_by: str
    started_at: Timestamp | None
    ended_at: Timestamp | None

    @classmethod
    def of(cls, run: BenchmarkRun) -> "BenchmarkRunAnswer":
        columns = [
            ColumnAnswer(
                name=column.name,
                version_id=column.version_id,
                target=BenchmarkTargetAnswer.of(column.target),
                intensity=column.intensity,
            )
            for column in run.columns
        ]
        return BenchmarkRunAnswer(
            id=run.id,
            benchmark_id=run.benchmark.id,
            name=run.benchmark.name,
            status=run.status,
            cells=CountsAnswer.of(run.cells),
            cost_usd=run.cost_usd,
            estimate_usd=run.estimate_usd,
            budget_usd=run.benchmark.budget_usd,
            passed=run.passed,
            failed_gates=run.failed_gates,
            dataset_id=run.benchmark.dataset_id,
            dataset_version=run.dataset_version,
            row_count=run.row_count,
            repeats=run.benchmark.repeats,
            columns=columns,
            baseline=run.columns[run.baseline].name,
            version_id=run.version_id,
            request_id=run.request_id,
            trigger=run.trigger,
            error=run.error,
            created_at=run.created_at,
            created_by=run.created_by,
            started_at=run.started_at,
            ended_at=run.ended_at,
        )


class BenchmarkRunPageAnswer(PageAnswer[BenchmarkRunAnswer]):
    pass


class BenchmarkProgressEvent(DeferredModel):
    """How far the run has come. `seconds_left` goes by the pace that was seen, and is null before any was."""

    id: str
    status: BenchmarkStatus
    cells: CountsAnswer
    cost_usd: Usd | None
    seconds_left: float | None

    @classmethod
    def of_run(cls, run: BenchmarkRun, seconds_left: float | None) -> "BenchmarkProgressEvent":
        return BenchmarkProgressEvent(
            id=run.id,
            status=run.status,
            cells=CountsAnswer.of(run.cells),
            cost_usd=run.cost_usd,
            seconds_left=None if seconds_left is None else round(seconds_left, 1),
        )


class BenchmarkDoneEvent(DeferredModel):
    """The last event: how the run ended."""

    done: Literal[True]
    id: str
    status: BenchmarkStatus
    cells: CountsAnswer
    cost_usd: Usd | None
    passed: bool | None
    failed_gates: list[str]
    error: str | None

    @classmethod
    def of_run(cls, run: BenchmarkRun) -> "BenchmarkDoneEvent":
        return BenchmarkDoneEvent(
            done=True,
            id=run.id,
            status=run.status,
            cells=CountsAnswer.of(run.cells),
            cost_usd=run.cost_usd,
            passed=run.passed,
            failed_gates=run.failed_gates,
            error=run.error,
        )


class CellAnswer(DeferredModel):
    """What became of one row in one column, once. `repeat` counts from 0; durations are in milliseconds; `output` is
    cut at 2,000 characters: the run has all of it. What is not known is null."""

    row: int
    column: str
    repeat: int
    status: CellStatus
    run_id: str | None
    scores: dict[str, float | None]
    reasons: dict[str, str]
    scores_again: dict[str, float | None]
    output: str | None
    input_tokens: int | None
    output_tokens: int | None
    cost_usd: Usd | None
    judge_cost_usd: Usd | None
    latency_ms: int | None
    ttft_ms: int | None
    error: str | None

    @classmethod
    def of(cls, column: str, result: CellResult) -> "CellAnswer":
        known = {name: getattr(result, name) for name in CellAnswer.model_fields if name != "column"}
        return CellAnswer(column=column, **known)


class WebhookDeliveryAnswer(DeferredModel):
    """One attempt at telling the webhook. `status` is what was answered, null where nothing was; `error` then says why.
    `next_at` is when it is tried again."""

    id: str
    webhook_id: str
    run_id: str
    attempt: int
    at: Timestamp
    status: int | None
    error: str | None
    delivered: bool
    next_at: Timestamp | None

    @classmethod
    def of(cls, delivery: WebhookDelivery) -> "WebhookDeliveryAnswer":
        return WebhookDeliveryAnswer(**dict(delivery))


class WebhookDeliveryPageAnswer(PageAnswer[WebhookDeliveryAnswer]):
    pass


def plain_usd(amount: Decimal | None) -> str | None:
    """As a file has it: exact."""
    return None if amount is None else format(amount, "f")
