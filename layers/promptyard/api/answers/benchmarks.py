"""Benchmarks and their runs, as answers show them."""

from promptyard.api.answers.fields import Timestamp, Usd, WithoutNulls
from promptyard.domain.benchmarks.benchmark import (
    Benchmark,
    BenchmarkRun,
    BenchmarkStatus,
    CellCounts,
    ColumnIntensity,
    Gate,
    Trigger,
    Watch,
)
from promptyard.domain.deferred import DeferredModel
from promptyard.domain.models.messages import Message
from promptyard.domain.models.targets import Parameters, Target
from promptyard.domain.runs.metrics.spec import MetricSpec


class BenchmarkTargetAnswer(DeferredModel):
    provider: str | None
    model: str | None
    parameters: WithoutNulls[Parameters]
    custom_base_url: str | None

    @classmethod
    def of(cls, target: Target) -> "BenchmarkTargetAnswer":
        return BenchmarkTargetAnswer(
            provider=target.provider,
            model=target.model,
            parameters=target.parameters,
            custom_base_url=target.custom_base_url,
        )


class BenchmarkAnswer(DeferredModel):
    """A benchmark. One of `prompt_id`, `version_ids` and `template` is its prompt; none: the rows' own messages."""

    id: str
    name: str
    dataset_id: str
    dataset_version: int | None
    prompt_id: str | None
    version_ids: list[str]
    template: str | list[WithoutNulls[Message]] | None
    targets: list[BenchmarkTargetAnswer]
    intensities: list[ColumnIntensity]
    repeats: int
    judge_twice: int
    metrics: list[WithoutNulls[MetricSpec]]
    baseline: str | None
    gates: list[WithoutNulls[Gate]]
    budget_usd: Usd | None
    concurrency: int
    provider_concurrency: dict[str, int]
    watch: WithoutNulls[Watch] | None
    webhook_url: str | None
    created_at: Timestamp
    created_by: str
    updated_at: Timestamp

    @classmethod
    def of(cls, benchmark: Benchmark) -> "BenchmarkAnswer":
        template = benchmark.template
        return BenchmarkAnswer(
            id=benchmark.id,
            name=benchmark.name,
            dataset_id=benchmark.dataset_id,
            dataset_version=benchmark.dataset_version,
            prompt_id=benchmark.prompt_id,
            version_ids=benchmark.version_ids,
            template=None if template is None else template.messages or template.text,
            targets=[BenchmarkTargetAnswer.of(target) for target in benchmark.targets],
            intensities=benchmark.intensities,
            repeats=benchmark.repeats,
            judge_twice=benchmark.judge_twice,
            metrics=benchmark.metrics,
            baseline=benchmark.baseline,
            gates=benchmark.gates,
            budget_usd=benchmark.budget_usd,
            concurrency=benchmark.concurrency,
            provider_concurrency=benchmark.provider_concurrency,
            watch=benchmark.watch,
            webhook_url=benchmark.webhook_url,
            created_at=benchmark.created_at,
            created_by=benchmark.created_by,
            updated_at=benchmark.updated_at,
        )


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
