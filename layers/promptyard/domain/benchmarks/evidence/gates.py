"""Whether a benchmark run's columns hold what its gates ask."""

import operator
from collections.abc import Sequence

from promptyard.domain.benchmarks.benchmark import Gate
from promptyard.domain.benchmarks.evidence.measure_names import FAILURES
from promptyard.domain.benchmarks.evidence.report import ColumnSummary, GateVerdict, MetricSummary, PairedComparison
from promptyard.domain.benchmarks.evidence.wording import amount, change

_HOLDS = {">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt}
_ASKED = {">=": "at least", "<=": "at most", ">": "more than", "<": "less than"}


def gate_verdicts(
    gates: Sequence[Gate], columns: Sequence[ColumnSummary], comparisons: Sequence[PairedComparison], baseline: int
) -> list[GateVerdict]:
    """Of every column but the baseline; of a column that stands alone, which has no baseline, too. What is not known
    holds no gate."""
    held = [column for column in columns if column.index != baseline] or list(columns)
    against = columns[baseline] if len(columns) > 1 else None
    return [
        _of_difference(gate, column, comparisons) if gate.verdict else _of_statistic(gate, column, against)
        for gate in gates
        for column in held
    ]


def _of_statistic(gate: Gate, column: ColumnSummary, baseline: ColumnSummary | None) -> GateVerdict:
    observed, bound = _statistic(gate, column), gate.value
    if gate.baseline_times is not None:
        reference = None if baseline is None else _statistic(gate, baseline)
        bound = None if reference is None else gate.baseline_times * reference
    asked_op = gate.op or ">="
    passed = observed is not None and bound is not None and _HOLDS[asked_op](observed, bound)
    what = gate.metric if gate.stat == "mean" else f"{gate.metric} ({gate.stat})"
    is_ = "is not known" if observed is None else f"is {amount(gate.metric, observed)}"
    asked = "" if bound is None else amount(gate.metric, bound)
    if gate.baseline_times is not None:
        asked = f"{gate.baseline_times:g} × the baseline's {f'({asked})' if asked else 'value, which is not known'}"
    words = f"{what} of {column.column} {is_}; it must be {_ASKED[asked_op]} {asked}"
    return GateVerdict(gate=gate, column=column.column, passed=passed, observed=observed, bound=bound, words=words)


def _statistic(gate: Gate, column: ColumnSummary) -> float | None:
    if gate.metric == FAILURES and gate.metric not in column.metrics:
        return column.failure_share
    summary = column.metrics.get(gate.metric)
    found = summary if summary is not None else getattr(column, gate.metric, None)
    if gate.stat == "pass_all" and not isinstance(found, MetricSummary):
        return None
    value: float | None = getattr(found, gate.stat, None)
    return value


def _of_difference(gate: Gate, column: ColumnSummary, comparisons: Sequence[PairedComparison]) -> GateVerdict:
    """By the interval of this one difference: a gate is a single question, asked before."""
    found = next((one for one in comparisons if (one.column, one.metric) == (column.column, gate.metric)), None)
    difference = None if found is None else found.difference
    if found is None or difference is None:
        passed, words = False, f"{gate.metric} of {column.column} has nothing to be compared with"
    else:
        sign = 1 if found.better == "higher" else -1
        ends = sorted(sign * end for end in found.interval or (difference, difference))
        shown_better = found.interval is not None and ends[0] > 0
        passed = shown_better if gate.verdict == "better" else ends[1] >= 0
        asked = "must be shown to be better" if gate.verdict == "better" else "must not be worse"
        words = f"{gate.metric} of {column.column} differs by {change(found.metric, difference)}"
        if found.interval is not None:
            words += f" ({change(found.metric, found.interval[0])} to {change(found.metric, found.interval[1])})"
        words += f"; it {asked}"
    return GateVerdict(gate=gate, column=column.column, passed=passed, observed=difference, bound=0, words=words)
