"""Benchmarks: a dataset over a matrix of prompt versions, targets and intensities, measured by metrics."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from pydantic import ConfigDict, Field

from promptyard.domain.account.quotas import UNLIMITED, Quotas
from promptyard.domain.deferred import DeferredModel, FrozenModel
from promptyard.domain.models.targets import Target
from promptyard.domain.prompts.compression import Intensity
from promptyard.domain.prompts.origin import Template
from promptyard.domain.runs.metrics.spec import MetricSpec

MAX_COLUMNS = 50
MAX_REPEATS = 20
MAX_METRICS = 30
MAX_TARGETS = 50
MAX_GATES = 50
MAX_CONCURRENCY = 200
MAX_JUDGED_TWICE = 100
MAX_CELLS = 1_000_000
MAX_BYTES = 100_000
"""Of a definition as JSON: a benchmark, and a run with all its columns, is one item of the store."""
MAX_RUN_BYTES = 350_000

MEASURES = ("cost_usd", "latency_ms", "ttft_ms", "tokens", "failures")
"""What every run has, whatever its metrics."""

ColumnIntensity = Intensity | Literal["raw", "brief"]
"""`raw` sends the prompt as it is; `brief` is the control of compression: it only says to be brief."""

COMPRESSION_PRESET: tuple[ColumnIntensity, ...] = ("raw", "brief", *Intensity)
"""What a benchmark of compression compares. A level that saves no more than the control does is not worth its rules."""


class Gate(DeferredModel):
    """What a benchmark run must hold to pass, of every column but the baseline: exactly one of `value`,
    `baseline_times` and `verdict`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    metric: str
    """The metric's name, or one of the measures `cost_usd`, `latency_ms`, `ttft_ms`, `tokens`, `failures`."""
    op: Literal[">=", "<=", ">", "<"] | None = None
    """How the column's statistic has to stand to the bound."""
    value: float | None = None
    """The bound. It is in the metric's own unit: US dollars, milliseconds, tokens, or from 0 to 1."""
    baseline_times: float | None = None
    """How many times the baseline's statistic is the bound, in the place of `value`."""
    stat: Literal["mean", "median", "p95", "pass_all"] = "mean"
    """Which statistic is held to the bound."""
    verdict: Literal["better", "not_worse"] | None = None
    """What the comparison with the baseline has to show: that the column is `better`, or `not_worse`."""


class Watch(DeferredModel):
    """What starts the benchmark by itself, and what it guards."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    prompt_id: str | None = None
    """The prompt whose new versions start the benchmark. None: none does."""
    label: str | None = None
    """The label of that prompt that moves only to a version which has passed. The version that has it is the baseline.
    None: no label is guarded."""
    dataset: bool = False
    """Whether a new version of the benchmark's dataset, from an upload, starts it."""

    def watched(self, dataset_id: str) -> list[str]:
        """The ids of what is watched."""
        return [watched for watched in (self.prompt_id, dataset_id if self.dataset else None) if watched is not None]


class Watching(FrozenModel):
    """A benchmark that watches something."""

    benchmark_id: str
    label: str | None = None
    """The label that it guards, of a prompt."""


class Column(FrozenModel):
    """One way of answering every row."""

    index: int
    name: str
    """`v3·openai/gpt-4o·full`, unique within its benchmark."""
    version_id: str | None = None
    """None: the benchmark's template, or the rows' own messages."""
    target: Target
    intensity: ColumnIntensity = "raw"


class BenchmarkDefinition(FrozenModel):
    """What a benchmark's owner says of it."""

    name: str
    """What the benchmark is called."""
    dataset_id: str
    """The id of the dataset whose rows are run."""
    dataset_version: int | None = None
    """The number of the dataset's version, from 1. None: the newest one when a run begins."""
    prompt_id: str | None = None
    """The prompt whose newest version is run, as it is when a run begins. None: no prompt of the registry, or
    `version_ids`."""
    version_ids: list[str] = Field(default_factory=list)
    """The ids of the prompt versions that are run, from 1 to 50, each in columns of its own."""
    template: Template | None = None
    """A text or messages with `{{variables}}`, in a registry prompt's place. None: there is none."""
    targets: list[Target]
    """The models that are run, from 1 to 50."""
    intensities: list[ColumnIntensity] = Field(default_factory=list)
    """At most 5, each in columns of its own: `lite`, `full` and `ultra` put rules before the prompt that make the model
    terse, `brief` the one sentence “Be brief.”, `raw` nothing. Without any the prompt is sent as it is."""
    repeats: int = 1
    """How often each row is run in each column, from 1 to 20."""
    judge_twice: int = 0
    """In how many rows, spread evenly, judges score the first answer of each column once more, from 0 to 100, so that
    the report can say how far they agree with themselves."""
    metrics: list[MetricSpec]
    """What the answers are measured by, from 1 to 30 metrics."""
    baseline: str | None = None
    """The name of the column that the others are compared with. None: the first column."""
    gates: list[Gate] = Field(default_factory=list)
    """What a run has to hold to pass, at most 50 gates."""
    budget_usd: Decimal | None = None
    """How many US dollars a run may cost, more than 0: it stops before. None: there is no budget."""
    concurrency: int = 10
    """How many cells of a run go on at once, from 1 to 200."""
    provider_concurrency: dict[str, int] = Field(default_factory=dict)
    """How many cells of a provider go on at once in one run, by the provider's id, where that are fewer; from 1 to
    200."""
    watch: Watch | None = None
    """What starts the benchmark by itself, and which label it guards. None: nothing."""
    webhook_url: str | None = None
    """The address that is told when a run has ended, as Standard Webhooks has it; its secret is shown once. None:
    nobody is told."""


class Benchmark(BenchmarkDefinition):
    id: str
    """Time-ordered."""
    tenant: str
    created_at: datetime
    created_by: str
    quotas: Quotas = UNLIMITED
    """Of the API key that made it: what a trigger starts is held to them."""
    updated_at: datetime


class BenchmarkStatus(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    OVER_BUDGET = "over_budget"


Trigger = Literal["api", "event", "schedule", "dataset", "prompt", "import"]
"""What started a run. `import`: nothing is run of it, its results were made elsewhere."""

GOING_ON = frozenset({BenchmarkStatus.QUEUED, BenchmarkStatus.RUNNING})


class CellCounts(FrozenModel):
    total: int = 0
    done: int = 0
    failed: int = 0
    poison: int = 0

    @property
    def left(self) -> int:
        return self.total - self.done - self.failed - self.poison


class BenchmarkRun(FrozenModel):
    """One execution of a benchmark, with all that it was made from, so that a later change of the benchmark changes
    nothing of it."""

    id: str
    """Time-ordered."""
    benchmark: Benchmark
    dataset_version: int
    row_count: int
    columns: list[Column]
    baseline: int
    """A column's index."""
    version_id: str | None = None
    """The prompt version that it was asked for, where it was asked for one."""
    request_id: str | None = None
    trigger: Trigger = "api"
    status: BenchmarkStatus = BenchmarkStatus.QUEUED
    cells: CellCounts = CellCounts()
    cost_usd: Decimal | None = None
    """Of the cells so far; None where the cost of any is not known."""
    estimate_usd: Decimal | None = None
    passed: bool | None = None
    """None until it has ended, and where it did not end as it should."""
    failed_gates: list[str] = Field(default_factory=list)
    """In words."""
    created_at: datetime
    created_by: str
    quotas: Quotas = UNLIMITED
    """Of the API key that asked for it, which its runs are held to."""
    started_at: datetime | None = None
    ended_at: datetime | None = None
    error: str | None = None


class VersionVerdict(FrozenModel):
    """What a benchmark's gates have said of a prompt version."""

    run_id: str
    passed: bool
    failed_gates: list[str] = Field(default_factory=list)


class CellStatus(StrEnum):
    DONE = "done"
    FAILED = "failed"
    """The model gave no answer: a run that failed, or was blocked."""
    POISON = "poison"
    """It could not be run at all: the row does not fit the prompt, or working on it ends the worker."""


class CellResult(FrozenModel):
    """What became of one row in one column, once. Durations are in milliseconds; what is not known is None."""

    row: int
    """The row's number."""
    column: int
    """The column's index."""
    repeat: int
    """From 0."""
    status: CellStatus
    run_id: str | None = None
    """The run that answered; None where nothing was sent."""
    scores: dict[str, float | None] = Field(default_factory=dict)
    """By the metric's label: a number (of a yes or no 1 or 0), None where it could not be computed."""
    reasons: dict[str, str] = Field(default_factory=dict)
    """Why a score is None, or what the judge said."""
    scores_again: dict[str, float | None] = Field(default_factory=dict)
    """What judges said the second time, where they were asked twice."""
    output: str | None = None
    """The answer, cut at 2,000 characters."""
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost_usd: Decimal | None = None
    judge_cost_usd: Decimal | None = None
    latency_ms: int | None = None
    ttft_ms: int | None = None
    error: str | None = None

    @property
    def whole_cost_usd(self) -> Decimal | None:
        """With its judges; None where any of it is not known."""
        if self.cost_usd is None or (self.judge_cost_usd is None and self.status is CellStatus.DONE):
            return None
        return self.cost_usd + (self.judge_cost_usd or 0)
