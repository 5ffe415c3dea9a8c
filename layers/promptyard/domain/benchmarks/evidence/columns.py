"""What each column of a benchmark run is like by itself."""

from typing import TYPE_CHECKING

from promptyard.domain.benchmarks.benchmark import CellStatus
from promptyard.domain.benchmarks.evidence.intervals import (
    mean,
    quantile,
    quantile_interval,
    t_interval,
    wilson_interval,
)
from promptyard.domain.benchmarks.evidence.measure_names import (
    COST,
    FAILURES,
    LATENCY,
    OUTPUT_TOKENS,
    SPENT,
    TOKENS,
    TTFT,
)
from promptyard.domain.benchmarks.evidence.measures import Measure, is_binary
from promptyard.domain.benchmarks.evidence.report import ColumnSummary, MeanMethod, MeasureSummary, MetricSummary

if TYPE_CHECKING:
    from promptyard.domain.benchmarks.evidence.scores import ScoreTable

CURVE_POINTS = 201


def column_summary(table: "ScoreTable", index: int) -> ColumnSummary:
    column, counts = table.run.columns[index], table.run.row_count * table.run.benchmark.repeats
    spent = table.values(index, SPENT)
    never_run = table.count(index, None)
    answered = sum(any(value == 0 for value in row) for row in table.row_values(index, FAILURES))
    return ColumnSummary(
        column=column.name,
        index=index,
        intensity=column.intensity,
        n=answered,
        cells=counts,
        failures=table.count(index, CellStatus.FAILED),
        poison=table.count(index, CellStatus.POISON),
        missing=never_run,
        metrics={measure.name: _metric(table, index, measure) for measure in table.metrics},
        latency_ms=_plain(table, index, LATENCY),
        ttft_ms=_plain(table, index, TTFT),
        tokens=_plain(table, index, TOKENS),
        output_tokens=_plain(table, index, OUTPUT_TOKENS),
        cost_usd=_plain(table, index, COST),
        total_cost_usd=_total(spent, counts - never_run - table.count(index, CellStatus.POISON)),
        latency_curve=_curve(sorted(table.values(index, LATENCY))),
    )


def _total(spent: list[float], cells: int) -> float | None:
    return mean(spent) * len(spent) if spent and len(spent) >= cells else None


def _curve(ordered: list[float]) -> list[float]:
    if len(ordered) <= CURVE_POINTS:
        return ordered
    return [ordered[round(point * (len(ordered) - 1) / (CURVE_POINTS - 1))] for point in range(CURVE_POINTS)]


def _plain(table: "ScoreTable", index: int, name: str) -> MeasureSummary:
    return _summary(table, index, Measure(name, "lower", is_metric=False, yes_or_no=False))


def _summary(table: "ScoreTable", index: int, measure: Measure) -> MeasureSummary:
    means = table.known_row_means(index, measure.name)
    if not means:
        nothing = (None, None)
        return MeasureSummary(
            n=0, mean=None, interval=None, method=None,
            median=None, median_interval=nothing, p95=None, p95_interval=nothing,
        )  # fmt: skip
    ordered = sorted(table.values(index, measure.name))
    method: MeanMethod | None = "wilson" if measure.is_metric and is_binary(measure, means) else "t"
    interval = wilson_interval(round(sum(means)), len(means)) if method == "wilson" else t_interval(means)
    return MeasureSummary(
        n=len(means),
        mean=mean(means),
        interval=interval,
        method=None if interval is None else method,
        median=quantile(ordered, 0.5),
        median_interval=quantile_interval(ordered, 0.5, len(means)),
        p95=quantile(ordered, 0.95),
        p95_interval=quantile_interval(ordered, 0.95, len(means)),
    )


def _metric(table: "ScoreTable", index: int, measure: Measure) -> MetricSummary:
    summary = MetricSummary(**_summary(table, index, measure).model_dump(), better=measure.better)
    if not measure.yes_or_no:
        return summary
    repeats = table.run.benchmark.repeats
    whole = [row for row in table.row_values(index, measure.name) if len(row) == repeats]
    if not whole:
        return summary
    wanted = 1.0 if measure.better == "higher" else 0.0
    passed = sum(all(value == wanted for value in row) for row in whole)
    return summary.model_copy(
        update={"pass_all": passed / len(whole), "pass_all_interval": wilson_interval(passed, len(whole))}
    )
