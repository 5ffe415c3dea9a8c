"""What came out of a benchmark run, in one sentence for whoever reads nothing else."""

from promptyard.domain.benchmarks.benchmark import BenchmarkStatus
from promptyard.domain.benchmarks.evidence.report import (
    BenchmarkReport,
    ColumnSummary,
    MeasureSummary,
    PairedComparison,
)
from promptyard.domain.benchmarks.evidence.wording import amount, change, counted, listed, name_of, percent

_STOPPED = {
    BenchmarkStatus.CANCELLED: "it was cancelled",
    BenchmarkStatus.OVER_BUDGET: "its budget was used up",
    BenchmarkStatus.FAILED: "it failed",
}


def sentence(report: BenchmarkReport) -> str:
    said = [_finding(report) if len(report.columns) > 1 else _alone(report)]
    said += _missing(report)
    said += [f"the benchmark ended early: {_STOPPED[report.status]}"] if report.status in _STOPPED else []
    said += _gates(report)
    return f"On {counted(report.rows, 'row')}, {'; '.join(said)}."


def summary_of(column: ColumnSummary, metric: str) -> MeasureSummary | None:
    """A metric's, or that of what every answer costs and takes; None for one that the column has not."""
    found = column.metrics.get(metric) or getattr(column, metric, None)
    return found if isinstance(found, MeasureSummary) else None


def _alone(report: BenchmarkReport) -> str:
    column, metric = report.columns[0], report.main_metric
    summary = summary_of(column, metric)
    if summary is None or summary.mean is None:
        return f"{name_of(metric)} of {column.column} is not known"
    between = ""
    if summary.interval is not None:
        between = " (between {} and {})".format(*(amount(metric, end) for end in summary.interval))
    return f"{name_of(metric)} of {column.column} is {amount(metric, summary.mean)}{between}"


def _finding(report: BenchmarkReport) -> str:
    found = [one for one in report.comparisons if one.metric == report.main_metric and one.difference is not None]
    if not found:
        return "nothing can be compared: no row was answered by both the baseline and another column"
    better = [one for one in found if one.verdict == "better"]
    worse = [one for one in found if one.verdict == "worse"]
    if better:
        best = max(better, key=_gain)
        others = [one.column for one in better if one is not best]
        also = f" (so {'does' if len(others) == 1 else 'do'} {_some(others)})" if others else ""
        return f"{best.column} does better than {best.baseline}{also}: {_difference(best, report)}"
    if worse:
        worst = min(worse, key=_gain)
        start = f"{worst.column} does worse than {worst.baseline}"
        if len(found) > 1:
            does = "does" if len(worse) == 1 else "do"
            names = _some([one.column for one in worse])
            start = f"no column is shown to do better than {worst.baseline}, and {names} {does} worse"
        return f"{start}: {_difference(worst, report)}"
    return _not_shown(found, report)


def _gain(one: PairedComparison) -> float:
    return (one.difference or 0.0) * (1 if one.better == "higher" else -1)


def _difference(one: PairedComparison, report: BenchmarkReport) -> str:
    means = [_mean(report, name, one.metric) for name in (one.column, one.baseline)]
    text = name_of(one.metric)
    if None not in means:
        text += " " + " instead of ".join(amount(one.metric, mean) for mean in means if mean is not None)
    text += f", a difference of {change(one.metric, one.difference or 0.0)}"
    return text + (f" ({_ends(one)})" if one.interval is not None else "") + _beside(one, report)


def _ends(one: PairedComparison) -> str:
    low, high = one.interval or (0.0, 0.0)
    return f"between {change(one.metric, low)} and {change(one.metric, high)}"


def _mean(report: BenchmarkReport, name: str, metric: str) -> float | None:
    summary = next((summary_of(column, metric) for column in report.columns if column.column == name), None)
    return None if summary is None else summary.mean


def _beside(one: PairedComparison, report: BenchmarkReport) -> str:
    """What else is shown of that column."""
    others = [other for other in report.comparisons if other.column == one.column and other.metric != one.metric]
    said = [
        f"{verdict} in {listed(found)}"
        for verdict in ("better", "worse")
        if (found := [_named(other, report) for other in others if other.verdict == verdict])
    ]
    return f"; {one.column} is {' and '.join(said)}" if said else ""


def _named(one: PairedComparison, report: BenchmarkReport) -> str:
    before, difference = _mean(report, one.baseline, one.metric), one.difference or 0.0
    if one.metric in report.columns[0].metrics or not before:
        return f"{name_of(one.metric)} ({change(one.metric, difference)})"
    share = 100 * difference / before
    return f"{name_of(one.metric)} ({'+' if share > 0 else ''}{percent(share)})"


def _not_shown(found: list[PairedComparison], report: BenchmarkReport) -> str:
    first = max(found, key=_gain)
    if len(found) == 1:
        text = f"no difference in {name_of(first.metric)} is shown between {first.column} and {first.baseline}"
        text += f": {_place(first, report)}" if first.interval is not None else ""
    else:
        text = f"no column is shown to differ from {first.baseline} in {name_of(first.metric)}"
        text += f": the best, {first.column}, differs by {change(first.metric, first.difference or 0.0)}"
        text += f" ({_ends(first)})" if first.interval is not None else ""
    if first.n_needed is not None and first.n < first.n_needed <= 100 * first.n:
        text += f", and some {_rounded(first.n_needed)} rows would be needed to show one as large as was seen"
    return text + _beside(first, report)


def _place(one: PairedComparison, report: BenchmarkReport) -> str:
    low, high = one.interval or (0.0, 0.0)
    if low <= 0 <= high:
        return f"it lies {_ends(one)}"
    among = sum(other.p is not None for other in report.comparisons)
    return f"taken alone it lies {_ends(one)}, but among {among} comparisons that may be chance"


def _rounded(count: int) -> str:
    """To two digits, upwards: it is an estimate."""
    step = 10 ** max(0, len(str(count)) - 2)
    return f"{-(-count // step) * step:,}"


def _some(names: list[str]) -> str:
    return listed(names) if len(names) <= 2 else f"{len(names)} others"


def _missing(report: BenchmarkReport) -> list[str]:
    columns = report.columns
    cells = sum(column.cells for column in columns)
    lost = {
        "failed": sum(column.failures for column in columns),
        "could not be run": sum(column.poison for column in columns),
        "were not run": sum(column.missing for column in columns),
    }
    told = [f"{count:,} {word}" for word, count in lost.items() if count]
    return [f"of {counted(cells, 'answer')} {listed(told)}"] if told else []


def _gates(report: BenchmarkReport) -> list[str]:
    gates = report.gates
    failed = [gate for gate in gates if not gate.passed]
    if not gates:
        return []
    if not failed:
        return ["its gate holds" if len(gates) == 1 else f"all {len(gates)} gates hold"]
    if len(failed) > 1:
        return [f"{len(failed)} of {len(gates)} gates fail"]
    return [f"{'its gate' if len(gates) == 1 else f'1 of {len(gates)} gates'} fails: {failed[0].words}"]
