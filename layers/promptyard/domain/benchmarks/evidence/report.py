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
    """In how many rows it is known."""
    mean: float | None
    """The mean of the rows' means over their repeats. None: no row gives it."""
    interval: tuple[float, float] | None
    """The 95 % confidence interval of the mean. None: so few rows do not give it."""
    method: MeanMethod | None
    """How the interval was found: `t`, Student's, or `wilson`, for a share of yes. None: there is none."""
    median: float | None
    """The median of single answers. None: no row gives it."""
    median_interval: tuple[float | None, float | None]
    """The 95 % confidence interval of the median. Null where so few rows do not give an end of it."""
    p95: float | None
    """The 95th percentile of single answers. None: no row gives it."""
    p95_interval: tuple[float | None, float | None]
    """The 95 % confidence interval of the 95th percentile. Null where so few rows do not give an end of it."""


class MetricSummary(MeasureSummary):
    better: Literal["higher", "lower"]
    """Whether `higher` or `lower` scores are better."""
    pass_all: float | None = None
    """The share of rows that passed in every repeat, of those scored in all, from 0 to 1. None: the metric is no yes or
    no."""
    pass_all_interval: tuple[float, float] | None = None
    """The 95 % confidence interval of `pass_all`. None: there is none."""


class ColumnSummary(FrozenModel):
    column: str
    """The column's name."""
    index: int
    """The column's place, from 0."""
    intensity: ColumnIntensity
    """How terse the rules before the prompt make the model."""
    n: int
    """How many rows have an answer."""
    cells: int
    """How many cells there are: rows × repeats."""
    failures: int
    """How many cells have no answer: the model failed, or the answer was blocked."""
    poison: int
    """How many cells could not be run."""
    missing: int
    """How many cells were never run, because the benchmark was stopped."""
    metrics: dict[str, MetricSummary]
    """What each metric gives, by its name."""
    latency_ms: MeasureSummary
    """Milliseconds from sending the request to the last token."""
    ttft_ms: MeasureSummary
    """Milliseconds to the first of the answer."""
    tokens: MeasureSummary
    """Tokens of prompt and answer together."""
    output_tokens: MeasureSummary
    """Tokens of the answer."""
    cost_usd: MeasureSummary
    """What an answer costs, in US dollars, without judges."""
    total_cost_usd: float | None
    """What all cells cost, in US dollars, with judges. None: that of any is not known."""
    latency_curve: list[float]
    """Latencies of answers in milliseconds, ascending, evenly spaced by rank: the first is the least, the last the
    greatest."""

    @property
    def failure_share(self) -> float | None:
        """Of the cells that were run."""
        run = self.cells - self.missing - self.poison
        return self.failures / run if run else None


class PairedComparison(FrozenModel):
    """A column against the baseline, on the rows that have both."""

    column: str
    """The column's name."""
    baseline: str
    """The baseline's name."""
    metric: str
    """The metric's name, or `cost_usd`, `latency_ms`, `ttft_ms`, `tokens` or `failures`."""
    better: Literal["higher", "lower"]
    """Whether `higher` or `lower` is better."""
    n: int
    """In how many rows both are known."""
    missing: int
    """How many rows lack either, and so are left out."""
    difference: float | None
    """The column's mean less the baseline's. None: no row has both."""
    interval: tuple[float, float] | None
    """The 95 % confidence interval of the difference. None: all differences are equal, and say nothing of how much
    others would differ."""
    method: PairedMethod | None
    """How the interval was found: `t`, Student's, or `tango`, for shares of yes. None: there is none."""
    wins: int
    """In how many rows the column is better."""
    ties: int
    """In how many rows both are alike."""
    losses: int
    """In how many rows the column is worse."""
    p: float | None
    """The probability of a difference at least as large where there is none, from 0 to 1. None: it cannot be told."""
    p_holm: float | None
    """`p`, adjusted for all comparisons of the report, from 0 to 1. None: it cannot be told."""
    verdict: Verdict
    """What is shown: that the column is `better`, that it is `worse`, or neither (`not_shown`)."""
    n_needed: int | None
    """How many rows would show a difference of this size with 80 % probability, among as many comparisons. None: it
    cannot be told."""


class GateVerdict(FrozenModel):
    gate: Gate
    """The gate."""
    column: str
    """The column's name."""
    passed: bool
    """Whether the column holds the gate."""
    observed: float | None
    """What was held to the gate: a statistic, or the difference. None: it is not known."""
    bound: float | None
    """What it was held to. None: there is no bound, or it is not known."""
    words: str
    """The gate and what came of it, in words."""


class CompressionSavings(FrozenModel):
    """What a level of compression saves against the same target without it, in percent of the means, negative where it
    takes more; and what that does to quality."""

    column: str
    """The column's name."""
    raw: str
    """The name of the column that it is compared with, which has no compression."""
    intensity: ColumnIntensity
    """The level of compression."""
    output_tokens: "Saving"
    """What it saves of the answer's tokens."""
    tokens: "Saving"
    """What it saves of the tokens of prompt and answer together; the rules themselves are prompt."""
    cost_usd: "Saving"
    """What it saves of the cost in US dollars."""
    quality: dict[str, "QualityDifference"]
    """What it does to each metric, by the metric's name."""


class Saving(FrozenModel):
    percent: float | None
    """How much is saved, in percent of the mean; negative where more is taken. None: it is not known."""
    interval: tuple[float, float] | None
    """The 95 % confidence interval of it, in percent. None: so few rows do not give it."""


class QualityDifference(FrozenModel):
    difference: float | None
    """The level's mean score less that of the column without it. None: it is not known."""
    interval: tuple[float, float] | None
    """The 95 % confidence interval of the difference. None: so few rows do not give it."""


class PoisonRow(FrozenModel):
    """A row that could not be run."""

    row: int
    """The row's number, from 1."""
    columns: list[str]
    """The names of the columns in which it could not be run."""
    error: str | None
    """Why it could not be run, in a sentence. None: it is not known."""


class JudgeRepeatability(FrozenModel):
    """How a judge scored a sample of answers the second time."""

    n: int
    """How many answers it scored twice."""
    same: float
    """The share of answers that it scored alike, from 0 to 1."""
    mean_difference: float
    """The mean of the absolute differences between the two scores."""
    deviation: float | None
    """The standard deviation of a single score, from one time to the next. None: fewer than two were judged twice."""


class ChangedRow(FrozenModel):
    """A row, and where it changed most against the baseline."""

    row: int
    """The row's number, from 1."""
    column: str | None
    """The column that changed most. None: nothing changed."""
    metric: str | None
    """The metric that changed most. None: nothing changed."""
    difference: float | None
    """The column's score less the baseline's. None: nothing changed."""
    scores: list[float | None]
    """The scores of the report's first metric, by column. Null where one is not known."""
    input: str | None = None
    """The row's own text, cut. None: it has none."""
    baseline_answer: str | None = None
    """The baseline's answer, cut. None: there is none."""
    answer: str | None = None
    """The column's answer, cut, of the first repeat that both have. None: there is none."""


class BenchmarkReport(FrozenModel):
    sentence: str
    """The outcome in one sentence, for whoever reads nothing else."""
    benchmark_id: str
    """The benchmark's id."""
    benchmark: str
    """What the benchmark is called."""
    run_id: str
    """The benchmark run's id."""
    status: BenchmarkStatus
    """How the run ended."""
    started_at: datetime | None
    """When the first cells were run, in UTC. None: none was."""
    dataset_version: int
    """The number of the dataset's version, from 1."""
    rows: int
    """How many rows the version has."""
    repeats: int
    """How often each row was run in each column."""
    baseline: str
    """The name of the column that the others are compared with."""
    main_metric: str
    """The metric that the sentence speaks of first, and `changed_rows` shows the scores of."""
    passed: bool | None
    """Whether the run holds all gates. None: there are none."""
    columns: list[ColumnSummary]
    """What each column gave."""
    comparisons: list[PairedComparison]
    """Each column against the baseline, by each measure."""
    gates: list[GateVerdict]
    """Each gate for each column."""
    frontier: list[str]
    """The names of the columns than which none is both cheaper and better."""
    compression: list[CompressionSavings]
    """What each level of compression saves, and what it does to the answers."""
    poison: list[PoisonRow]
    """The rows that could not be run."""
    judges: dict[str, JudgeRepeatability | None]
    """How far each judge agrees with itself, by the name of the metric. None: nothing was judged twice, so that it is
    not known."""
    changed_rows: list[ChangedRow]
    """The rows that changed most against the baseline, those first; some 1,000 at most."""

    @property
    def failed_gates(self) -> list[str]:
        return [gate.words for gate in self.gates if not gate.passed]
