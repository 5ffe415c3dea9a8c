"""How often what the statistics say of simulated benchmarks is true."""

from dataclasses import dataclass

import numpy as np

from promptyard.domain.benchmarks.evidence.paired import paired_difference
from tests.support.samples.simulated_benchmarks import Kind, simulated, true_mean

SHIFT = 0.25


@dataclass(frozen=True, slots=True)
class Cell:
    kind: Kind
    rows: int
    repeats: int


def coverage(cell: Cell, benchmarks: int, *, row_is_the_unit: bool = True) -> float:
    """The share of simulated benchmarks of two columns in which the interval of the difference holds the true one, of
    those that have an interval. `row_is_the_unit` False takes each repeat for a row of its own, which is wrong."""
    random = np.random.default_rng([cell.rows, cell.repeats, *cell.kind.encode()])
    truth = true_mean(cell.kind, SHIFT) - true_mean(cell.kind, 0.0)
    held = intervals = 0
    for _ in range(benchmarks):
        scores = simulated(cell.kind, [SHIFT, 0.0], cell.rows, cell.repeats, random)
        first, second = scores.mean(axis=2) if row_is_the_unit else scores.reshape(2, -1)
        binary = bool(np.isin(scores.mean(axis=2), (0, 1)).all())
        found = paired_difference(first.tolist(), second.tolist(), binary=binary)
        if found is not None and found.interval is not None:
            intervals += 1
            held += found.interval[0] <= truth <= found.interval[1]
    return held / intervals
