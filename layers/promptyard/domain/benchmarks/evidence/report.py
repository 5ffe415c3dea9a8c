"""The report of a benchmark run: what was measured, what of it is shown, and what is concluded."""

from datetime import datetime
from typing import Literal

from promptyard.domain.benchmarks.benchmark import BenchmarkStatus, ColumnIntensity, Gate
from promptyard.domain.deferred import FrozenModel

MeanMethod = Literal["t", "wilson"]
PairedMethod = Literal["t", "tango"]
Verdict = Literal["better", "worse", "not_shown"]


class MeasureSummary(FrozenModel):
    """One measure of one column. Intervals are for 95 %; whatever so few rows do not give is None."""

    n: int
    """Rows in which it is known."""
    mean: float | None
    """Of the rows' means over their repeats."""
    interval: tuple[float, float] | None
    """Of the mean."""
    method: MeanMethod | None
    """How the interval was found: Student's t, or Wilson's score for a share of yes."""
    median: float | None
    """Of single answers, as `p95`."""
    median_interval: tuple[float | None, float | None]
    p95: float | None
    p95_interval: tuple[float | None, float | None]


class MetricSummary(MeasureSummary):
    better: Literal["higher", "lower"]
    pass_all: float | None = None
    """The share of rows that passed in every repeat, of those scored in all; None where it is no yes or no."""
    pass_all_interval: tuple[float, float] | None = None


class ColumnSummary(FrozenModel):
    column: str
    index: int
    intensity: ColumnIntensity
    n: int
    """Rows with an answer."""
    cells: int
    """Rows × repeats."""
    failures: int
    """Cells without an answer: the model failed, or the answer was blocked."""
    poison: int
    """Cells that could not be run."""
    missing: int
    """Cells that were never run, because the benchmark was stopped."""
    metrics: dict[str, MetricSummary]
    latency_ms: MeasureSummary
    ttft_ms: MeasureSummary
    tokens: MeasureSummary
    """Prompt and answer."""
    output_tokens: MeasureSummary
    cost_usd: MeasureSummary
    """An answer's, without judges."""
    total_cost_usd: float | None
    """Of all cells, with judges; None where that of any is not known."""
    latency_curve: list[float]
    """Latencies of answers, ascending, evenly spaced by rank: the first is the least, the last the greatest."""

    @property
    def failure_share(self) -> float | None:
        """Of the cells that were run."""
        run = self.cells - self.missing - self.poison
        return self.failures / run if run else None


class PairedComparison(FrozenModel):
    """A column against the baseline, on the rows that have both."""

    column: str
    baseline: str
    metric: str
    """A metric's label, or `cost_usd`, `latency_ms`, `ttft_ms`, `tokens` or `failures`."""
    better: Literal["higher", "lower"]
    n: int
    missing: int
    """Rows that lack either, and so are left out."""
    difference: float | None
    """The column's mean less the baseline's."""
    interval: tuple[float, float] | None
    """None where all differences are equal: they say nothing of how much others would differ."""
    method: PairedMethod | None
    wins: int
    """Rows in which the column is better."""
    ties: int
    losses: int
    p: float | None
    p_holm: float | None
    """Adjusted for all comparisons of the report."""
    verdict: Verdict
    n_needed: int | None
    """How many rows would show a difference of this size with 80 % probability, among as many comparisons."""


class GateVerdict(FrozenModel):
    gate: Gate
    column: str
    passed: bool
    observed: float | None
    """What was held to the gate: a statistic, or the difference."""
    bound: float | None
    words: str


class CompressionSavings(FrozenModel):
    """What a level of compression saves against the same target without it, in percent of the means, negative where it
    takes more; and what that does to quality."""

    column: str
    raw: str
    """The column that it is compared with."""
    intensity: ColumnIntensity
    output_tokens: "Saving"
    tokens: "Saving"
    """Prompt and answer: the rules themselves are prompt."""
    cost_usd: "Saving"
    quality: dict[str, "QualityDifference"]


class Saving(FrozenModel):
    percent: float | None
    interval: tuple[float, float] | None


class QualityDifference(FrozenModel):
    difference: float | None
    interval: tuple[float, float] | None


class PoisonRow(FrozenModel):
    """A row that could not be run."""

    row: int
    columns: list[str]
    error: str | None


class JudgeRepeatability(FrozenModel):
    """How a judge scored a sample of answers the second time."""

    n: int
    same: float
    """The share that it scored alike."""
    mean_difference: float
    """The mean of the absolute differences."""
    deviation: float | None
    """The standard deviation of a single score, from one time to the next; None for fewer than two."""


class ChangedRow(FrozenModel):
    """A row, and where it changed most against the baseline."""

    row: int
    column: str | None
    """None where nothing changed."""
    metric: str | None
    difference: float | None
    scores: list[float | None]
    """Of the report's first metric, by column."""
    input: str | None = None
    """The row's own text, cut."""
    baseline_answer: str | None = None
    answer: str | None = None
    """The column's. Both are cut, and of the first repeat that has both."""


class BenchmarkReport(FrozenModel):
    sentence: str
    """What came out, for whoever reads nothing else."""
    benchmark_id: str
    benchmark: str
    run_id: str
    status: BenchmarkStatus
    started_at: datetime | None
    dataset_version: int
    rows: int
    repeats: int
    baseline: str
    main_metric: str
    """What `changed_rows` shows the scores of, and the sentence speaks of first."""
    passed: bool | None
    """Whether it holds all gates; None where there are none."""
    columns: list[ColumnSummary]
    comparisons: list[PairedComparison]
    gates: list[GateVerdict]
    frontier: list[str]
    """The columns than which none is both cheaper and better."""
    compression: list[CompressionSavings]
    poison: list[PoisonRow]
    judges: dict[str, JudgeRepeatability | None]
    """By metric that a judge scores; None: nothing was judged twice, so how far a judge agrees with itself is not
    known."""
    changed_rows: list[ChangedRow]
    """Those that changed most first, some 1,000 at most."""

    @property
    def failed_gates(self) -> list[str]:
        return [gate.words for gate in self.gates if not gate.passed]
