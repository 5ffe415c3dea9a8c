"""Answers about benchmark runs."""

from decimal import Decimal
from typing import Literal

from promptyard.api.answers.benchmarks import BenchmarkRunAnswer, CountsAnswer
from promptyard.api.answers.fields import Timestamp, Usd
from promptyard.api.paging import PageAnswer
from promptyard.domain.benchmarks.benchmark import BenchmarkRun, BenchmarkStatus, CellResult, CellStatus
from promptyard.domain.benchmarks.webhooks import WebhookDelivery
from promptyard.domain.deferred import DeferredModel


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
