"""From the cells of a benchmark run to its report."""

import math
from collections.abc import Iterable, Sequence

from promptyard.domain.benchmarks.benchmark import BenchmarkRun, BenchmarkStatus, CellResult
from promptyard.domain.benchmarks.evidence.changes import changed_rows
from promptyard.domain.benchmarks.evidence.columns import column_summary
from promptyard.domain.benchmarks.evidence.comparing import comparisons
from promptyard.domain.benchmarks.evidence.compression import compression_savings
from promptyard.domain.benchmarks.evidence.gates import gate_verdicts
from promptyard.domain.benchmarks.evidence.intervals import mean
from promptyard.domain.benchmarks.evidence.measure_names import COST
from promptyard.domain.benchmarks.evidence.report import BenchmarkReport, ColumnSummary, JudgeRepeatability, PoisonRow
from promptyard.domain.benchmarks.evidence.scores import ScoreTable
from promptyard.domain.benchmarks.evidence.sentence import sentence


def build_report(run: BenchmarkRun, cells: Iterable[CellResult]) -> BenchmarkReport:
    """`cells` in any order, each as often as it comes. Raises ValueError for a cell that the run does not have."""
    table = ScoreTable(run)
    table.add_all(cells)
    return report_of(table, run.status)


def report_of(table: ScoreTable, status: BenchmarkStatus) -> BenchmarkReport:
    """Of a table that has all the cells there are. `status` is the one that the run has or is about to have."""
    run = table.run
    main_metric = table.metrics[0].name if table.metrics else COST
    columns = [column_summary(table, column.index) for column in run.columns]
    compared = comparisons(table)
    gates = gate_verdicts(run.benchmark.gates, columns, compared, run.baseline)
    report = BenchmarkReport(
        sentence="",
        benchmark_id=run.benchmark.id,
        benchmark=run.benchmark.name,
        run_id=run.id,
        status=status,
        started_at=run.started_at,
        dataset_version=run.dataset_version,
        rows=run.row_count,
        repeats=run.benchmark.repeats,
        baseline=run.columns[run.baseline].name,
        main_metric=main_metric,
        passed=all(gate.passed for gate in gates) if gates else None,
        columns=columns,
        comparisons=compared,
        gates=gates,
        frontier=_frontier(columns, main_metric),
        compression=compression_savings(table),
        poison=_poison(table),
        judges={measure.name: _repeatability(table, measure.name) for measure in table.metrics if measure.judged},
        changed_rows=changed_rows(table, main_metric),
    )
    return report.model_copy(update={"sentence": sentence(report)})


def _poison(table: ScoreTable) -> list[PoisonRow]:
    names = [column.name for column in table.run.columns]
    return [
        PoisonRow(row=row, columns=[names[column] for column in sorted(found)], error=found[min(found)])
        for row, found in sorted(table.poison.items())
    ]


def _repeatability(table: ScoreTable, metric: str) -> JudgeRepeatability | None:
    """The deviation is that of a single score: half the mean square of the differences is its variance."""
    pairs = [pair for _, pair in sorted(table.judged_twice.get(metric, {}).items())]
    if not pairs:
        return None
    differences = [second - first for first, second in pairs]
    return JudgeRepeatability(
        n=len(pairs),
        same=sum(abs(difference) < 1e-9 for difference in differences) / len(pairs),
        mean_difference=mean([abs(difference) for difference in differences]),
        deviation=math.sqrt(mean([difference**2 for difference in differences]) / 2) if len(pairs) > 1 else None,
    )


def _frontier(columns: Sequence[ColumnSummary], metric: str) -> list[str]:
    placed: list[tuple[str, float, float]] = []
    for column in columns:
        quality = column.metrics.get(metric)
        if quality is not None and quality.mean is not None and column.cost_usd.mean is not None:
            gain = quality.mean if quality.better == "higher" else -quality.mean
            placed.append((column.column, column.cost_usd.mean, gain))
    return [
        name
        for name, cost, gain in placed
        if not any(c <= cost and g >= gain and (c < cost or g > gain) for _, c, g in placed)
    ]
