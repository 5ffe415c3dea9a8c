"""How often what a report says is true: python -m tests.performance.evidence

Simulated benchmarks, whose truth is known. Coverage: in what share of them the 95 % interval of the difference between
two columns holds the true difference, of those that have an interval. False verdicts: in what share of whole reports
(two metrics, latency and tokens, by each column) any column is called better or worse, though none is.
"""

from collections.abc import Iterable

from tests.support.checks.interval_coverage import Cell, coverage, false_verdicts
from tests.support.samples.simulated_benchmarks import KINDS

BENCHMARKS = 2_000
ROWS = (30, 100, 500)
REPEATS = (1, 5, 10)
COLUMNS = (2, 10)


def main() -> None:
    print(f"Coverage of the 95 % interval, % of {BENCHMARKS:,} benchmarks\n")
    _head("scores", "repeats", *(f"{rows} rows" for rows in ROWS))
    for kind in KINDS:
        for repeats in REPEATS:
            _line(kind, repeats, (_coverage(Cell(kind, rows, repeats)) for rows in ROWS))
    print(f"\nFalse verdicts, % of {BENCHMARKS:,} reports, in brackets without Holm\n")
    _head("scores", "columns", *(f"{rows} rows" for rows in ROWS[:2]))
    for kind in KINDS:
        for columns in COLUMNS:
            _line(kind, columns, (_false_verdicts(Cell(kind, rows, 1), columns) for rows in ROWS[:2]))


def _coverage(cell: Cell) -> str:
    return f"{100 * coverage(cell, BENCHMARKS):.1f}"


def _false_verdicts(cell: Cell, columns: int) -> str:
    found = false_verdicts(cell, columns, BENCHMARKS)
    return f"{100 * found.holm:.1f} ({100 * found.unadjusted:.0f})"


def _head(*words: str) -> None:
    print(f"| {' | '.join(words)} |\n{'|---' * len(words)}|")


def _line(kind: str, number: int, found: Iterable[str]) -> None:
    print(f"| {kind} | {number} | {' | '.join(found)} |", flush=True)


if __name__ == "__main__":
    main()
