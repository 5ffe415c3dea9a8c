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
    """How many seconds the run may yet take, by the pace that was seen. Null before any was."""

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
    """Always true."""
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
    """The row's number, from 1."""
    column: str
    """The column's name."""
    repeat: int
    """Which repeat of the row in the column it is, from 0."""
    status: CellStatus
    """`done`; `failed` where the model gave no answer; `poison` where the cell could not be run at all."""
    run_id: str | None
    """The id of the run that answered. Null where nothing was sent."""
    scores: dict[str, float | None]
    """The scores by the metrics' names; of a yes or no 1 or 0. Null where one could not be computed."""
    reasons: dict[str, str]
    """Why a score is null, or what the judge said, by the metrics' names."""
    scores_again: dict[str, float | None]
    """What judges said the second time, by the metrics' names, where they were asked twice."""
    output: str | None
    """The answer's text, cut at 2,000 characters. Null where there is none."""
    input_tokens: int | None
    """Input tokens of the answer's run. Null where they are not known."""
    output_tokens: int | None
    """Output tokens of the answer's run. Null where they are not known."""
    cost_usd: Usd | None
    """What the answer costs, in US dollars, without judges. Null where that is not known."""
    judge_cost_usd: Usd | None
    """What its judges cost, in US dollars. Null where that is not known."""
    latency_ms: int | None
    """Milliseconds from sending the request to the last token. Null where that is not known."""
    ttft_ms: int | None
    """Milliseconds to the first of the answer. Null where that is not known."""
    error: str | None
    """Why there is no answer, in a sentence. Null where there is one."""

    @classmethod
    def of(cls, column: str, result: CellResult) -> "CellAnswer":
        known = {name: getattr(result, name) for name in CellAnswer.model_fields if name != "column"}
        return CellAnswer(column=column, **known)


class WebhookDeliveryAnswer(DeferredModel):
    """One attempt at telling the webhook. `status` is what was answered, null where nothing was; `error` then says why.
    `next_at` is when it is tried again."""

    id: str
    """The attempt's id. Ids sort by time."""
    webhook_id: str
    """The message's id, the same for every attempt at it."""
    run_id: str
    """The id of the benchmark run that it tells of."""
    attempt: int
    """Which attempt it is, from 1 to 8."""
    at: Timestamp
    """When it was made, in UTC."""
    status: int | None
    """The HTTP status that was answered. Null where nothing was."""
    error: str | None
    """Why there was no answer, in a sentence. Null where there was one."""
    delivered: bool
    """Whether the message has arrived."""
    next_at: Timestamp | None
    """When it is tried again, in UTC. Null where it is not."""

    @classmethod
    def of(cls, delivery: WebhookDelivery) -> "WebhookDeliveryAnswer":
        return WebhookDeliveryAnswer(**dict(delivery))


class WebhookDeliveryPageAnswer(PageAnswer[WebhookDeliveryAnswer]):
    pass


def plain_usd(amount: Decimal | None) -> str | None:
    """As a file has it: exact."""
    return None if amount is None else format(amount, "f")
