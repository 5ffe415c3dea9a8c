"""Every column against the baseline, by every measure, and what of that is shown when all of it is read together."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from promptyard.domain.benchmarks.benchmark import CellStatus
from promptyard.domain.benchmarks.evidence.measure_names import FAILURES
from promptyard.domain.benchmarks.evidence.measures import Measure, is_binary
from promptyard.domain.benchmarks.evidence.multiplicity import LEVEL, holm, levels, rows_needed
from promptyard.domain.benchmarks.evidence.paired import PairedDifference, paired_difference
from promptyard.domain.benchmarks.evidence.report import PairedComparison, Verdict

if TYPE_CHECKING:
    from promptyard.domain.benchmarks.evidence.scores import ScoreTable


@dataclass(frozen=True, slots=True)
class _Pair:
    column: int
    measure: Measure
    found: PairedDifference | None


def comparisons(table: "ScoreTable") -> list[PairedComparison]:
    """By column, in the order of the measures. What no column was measured by is not compared."""
    pairs = list(_pairs(table))
    tested = [index for index, pair in enumerate(pairs) if pair.found is not None and pair.found.p is not None]
    p_values = [p for index in tested if (found := pairs[index].found) and (p := found.p) is not None]
    adjusted = dict(zip(tested, zip(holm(p_values), levels(p_values), strict=True), strict=True))
    return [_comparison(table, pair, *adjusted.get(index, (None, LEVEL))) for index, pair in enumerate(pairs)]


def _pairs(table: "ScoreTable") -> Iterator[_Pair]:
    baseline = table.run.baseline
    measured = [measure for measure in table.measures if _is_measured(table, measure)]
    for column in table.run.columns:
        if column.index == baseline:
            continue
        for measure in measured:
            first, second = table.pairs(column.index, baseline, measure.name)
            binary = is_binary(measure, first, second)
            yield _Pair(column.index, measure, paired_difference(first, second, binary=binary))


def _is_measured(table: "ScoreTable", measure: Measure) -> bool:
    columns = range(len(table.run.columns))
    if measure.name == FAILURES:  # where nothing failed there is no question, and one more would weaken the others
        return any(table.count(column, CellStatus.FAILED) for column in columns)
    return measure.is_metric or any(table.values(column, measure.name) for column in columns)


def _comparison(table: "ScoreTable", pair: _Pair, p_holm: float | None, level: float) -> PairedComparison:
    run, found, higher_is_better = table.run, pair.found, pair.measure.better == "higher"
    wins, losses = (found.higher, found.lower) if found else (0, 0)
    return PairedComparison(
        column=run.columns[pair.column].name,
        baseline=run.columns[run.baseline].name,
        metric=pair.measure.name,
        better=pair.measure.better,
        n=found.n if found else 0,
        missing=run.row_count - (found.n if found else 0),
        difference=found.difference if found else None,
        interval=found.interval if found else None,
        method=found.method if found else None,
        wins=wins if higher_is_better else losses,
        ties=found.equal if found else 0,
        losses=losses if higher_is_better else wins,
        p=found.p if found else None,
        p_holm=p_holm,
        verdict=_verdict(found, p_holm, higher_is_better=higher_is_better),
        n_needed=_rows_needed(found, level),
    )


def _verdict(found: PairedDifference | None, p_holm: float | None, *, higher_is_better: bool) -> Verdict:
    if found is None or p_holm is None or p_holm >= LEVEL:
        return "not_shown"
    return "better" if (found.difference > 0) == higher_is_better else "worse"


def _rows_needed(found: PairedDifference | None, level: float) -> int | None:
    if found is None or found.deviation is None or found.method is None:
        return None
    return rows_needed(found.difference, found.deviation, level, binary=found.method == "tango")
