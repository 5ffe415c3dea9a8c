"""What a report compares columns by: the benchmark's metrics, and what every answer costs and takes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from promptyard.domain.benchmarks.benchmark import MEASURES, Benchmark, CellResult, CellStatus
from promptyard.domain.benchmarks.evidence.measure_names import (
    COST,
    FAILURES,
    LATENCY,
    OUTPUT_TOKENS,
    SPENT,
    TOKENS,
    TTFT,
)
from promptyard.domain.runs.metrics.registry import METRICS
from promptyard.domain.runs.metrics.spec import MetricSpec
from promptyard.domain.runs.metrics.specs import is_measure, says_yes_or_no

_VIOLATIONS = frozenset({"pii_violation", "toxicity_violation", "jailbreak_violation"})


@dataclass(frozen=True, slots=True)
class Measure:
    name: str
    """A metric's label, or one of `MEASURES`."""
    better: Literal["higher", "lower"]
    is_metric: bool
    yes_or_no: bool
    """Every value is 1 or 0 by its nature, and not by chance."""
    judged: bool = False


def measures(benchmark: Benchmark) -> list[Measure]:
    """The metrics first, in the benchmark's order."""
    metrics = [_of_metric(spec) for spec in benchmark.metrics]
    return metrics + [Measure(name, "lower", is_metric=False, yes_or_no=name == FAILURES) for name in MEASURES]


def _of_metric(spec: MetricSpec) -> Measure:
    """What passes at a threshold, or was turned round, is wanted."""
    passes = spec.threshold is not None
    lower = (is_measure(spec) or spec.metric in _VIOLATIONS) and not passes and not spec.negated
    return Measure(
        spec.label,
        "lower" if lower else "higher",
        is_metric=True,
        yes_or_no=passes or says_yes_or_no(spec),
        judged=METRICS[spec.metric].judge is not None,
    )


def is_binary(measure: Measure, *row_means: Sequence[float]) -> bool:
    """Whether these are shares of yes: every row's mean is 1 or 0, and either that is the measure's nature, or both are
    there. A row of several repeats that do not agree is neither."""
    seen = {value for means in row_means for value in means}
    return seen <= {0.0, 1.0} and (measure.yes_or_no or (measure.is_metric and len(seen) == 2))


def values_of(cell: CellResult, *, judged: bool) -> dict[str, float | None]:
    """What is known of a cell, by measure. Of one that gave no answer that it failed, and what it cost. `judged`: a
    model scores the benchmark's answers, so that what one has cost is not known without what that has."""
    spent = cell.cost_usd
    if spent is not None and cell.judge_cost_usd is not None:
        spent += cell.judge_cost_usd
    elif judged and cell.status is CellStatus.DONE:
        spent = None
    values = {SPENT: None if spent is None else float(spent)}
    if cell.status is CellStatus.FAILED:
        return values | {FAILURES: 1.0}
    if cell.status is CellStatus.POISON:
        return values
    known = None not in (cell.input_tokens, cell.output_tokens)
    return {
        **values,
        COST: None if cell.cost_usd is None else float(cell.cost_usd),
        LATENCY: cell.latency_ms,
        TTFT: cell.ttft_ms,
        TOKENS: (cell.input_tokens or 0) + (cell.output_tokens or 0) if known else None,
        OUTPUT_TOKENS: cell.output_tokens,
        FAILURES: 0.0,
        **cell.scores,
    }
