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
    """The provider's id. Null where the model's name says it, or a version's default model."""
    model: str | None
    """The model, with or without its provider's prefix. Null: a version's default model."""
    parameters: WithoutNulls[Parameters]
    """What is asked of the model. What was not given is left out."""
    custom_base_url: str | None
    """The address of an OpenAI-compatible server that is called. Null: the provider's own."""

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
    """The benchmark's id. Ids sort by the time at which the benchmarks were made."""
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
    """When the benchmark was made, in UTC."""
    created_by: str
    """Who made the benchmark, as a run names its `caller`."""
    updated_at: Timestamp
    """When the benchmark was last changed, in UTC."""

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
    """How many cells there are: rows × columns × repeats."""
    estimate_usd: Usd | None

    @classmethod
    def of(cls, run: BenchmarkRun) -> "StartedAnswer":
        return StartedAnswer(id=run.id, status=run.status, cells=run.cells.total, estimate_usd=run.estimate_usd)


class ColumnAnswer(DeferredModel):
    name: str
    """The column's name, such as `v3·openai/gpt-4o·full`, unique in its benchmark."""
    version_id: str | None
    """The id of the prompt version that is run. Null: the benchmark's template, or the rows' own messages."""
    target: BenchmarkTargetAnswer
    """The model that is run."""
    intensity: ColumnIntensity
    """How terse the rules before the prompt make the model."""


class CountsAnswer(DeferredModel):
    """Cells: `failed` are those that the model gave no answer to, `poison` those that could not be run at all."""

    total: int
    """How many cells there are."""
    done: int
    """How many cells have an answer."""
    failed: int
    """How many cells the model gave no answer to."""
    poison: int
    """How many cells could not be run at all."""

    @classmethod
    def of(cls, counts: CellCounts) -> "CountsAnswer":
        return CountsAnswer(total=counts.total, done=counts.done, failed=counts.failed, poison=counts.poison)


class BenchmarkRunAnswer(DeferredModel):
    """A benchmark run. `cost_usd` is of the cells so far, null where the cost of any is not known; `passed` is null
    until it has ended, where it did not end as it should, and where there are no gates. `trigger` is what started it,
    `created_by` who did, or who made the benchmark."""

    id: str
    """The benchmark run's id. Ids sort by the time at which the runs were asked for."""
    benchmark_id: str
    """The benchmark's id."""
    name: str
    """What the benchmark is called."""
    status: BenchmarkStatus
    """How far the run is: `queued` or `running`, or how it ended."""
    cells: CountsAnswer
    """How many cells there are, and what became of them."""
    cost_usd: Usd | None
    """What the cells so far cost, in US dollars, with judges. Null where the cost of any is not known."""
    estimate_usd: Usd | None
    """What the run may cost, in US dollars, by a sample of the rows. Null where a price is not known."""
    budget_usd: Usd | None
    """How many US dollars the run may cost. Null: there is no budget."""
    passed: bool | None
    """Whether it holds all gates. Null until it has ended, where it did not end as it should, and where there are no
    gates."""
    failed_gates: list[str]
    """The gates that it does not hold, in words."""
    dataset_id: str
    """The dataset's id."""
    dataset_version: int
    """The number of the dataset's version, from 1."""
    row_count: int
    """How many rows the version has."""
    repeats: int
    """How often each row is run in each column, from 1 to 20."""
    columns: list[ColumnAnswer]
    """The ways of answering every row: a version, a target and an intensity each."""
    baseline: str
    """The name of the column that the others are compared with."""
    version_id: str | None
    """The id of the prompt version that the run was asked for. Null where it was asked for none."""
    request_id: str | None
    """The caller's own word for it. Null where none was given."""
    trigger: Trigger
    """What started the run. `import`: nothing was run, its results were made elsewhere."""
    error: str | None
    """Why it failed, in a sentence. Null where it did not."""
    created_at: Timestamp
    """When the run was asked for, in UTC."""
    created_by: str
    """Who started it, or made the benchmark, as a run names its `caller`."""
    started_at: Timestamp | None
    """When the first cells were run, in UTC. Null until then."""
    ended_at: Timestamp | None
    """When the run ended, in UTC. Null until then."""

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
