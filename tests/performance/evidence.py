"""How often what a report says is true: python -m tests.performance.evidence

Simulated benchmarks, whose truth is known. Coverage: in what share of them the 95 % interval of the difference between
two columns holds the true difference, of those that have an interval.
"""

from tests.support.checks.interval_coverage import Cell, coverage
from tests.support.samples.simulated_benchmarks import KINDS

BENCHMARKS = 2_000
ROWS = (30, 100, 500)
REPEATS = (1, 5, 10)


def main() -> None:
    print(f"Coverage of the 95 % interval, % of {BENCHMARKS:,} benchmarks\n")
    print("| scores | repeats | " + " | ".join(f"{rows} rows" for rows in ROWS) + " |")
    print("|---|---|" + "---|" * len(ROWS))
    for kind in KINDS:
        for repeats in REPEATS:
            found = [coverage(Cell(kind, rows, repeats), BENCHMARKS) for rows in ROWS]
            print(f"| {kind} | {repeats} | " + " | ".join(f"{100 * share:.1f}" for share in found) + " |", flush=True)


if __name__ == "__main__":
    main()
