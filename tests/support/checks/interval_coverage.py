"""How often what the statistics say of simulated benchmarks is true."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from promptyard.domain.benchmarks.benchmark import CellResult, CellStatus
from promptyard.domain.benchmarks.evidence.comparing import comparisons
from promptyard.domain.benchmarks.evidence.multiplicity import LEVEL
from promptyard.domain.benchmarks.evidence.paired import paired_difference
from promptyard.domain.benchmarks.evidence.scores import ScoreTable
from promptyard.domain.runs.metrics.spec import MetricSpec
from tests.support.samples.sample_evidence import run_of
from tests.support.samples.simulated_benchmarks import Kind, simulated, true_mean

SHIFT = 0.25
_FIRST, _GRADED = MetricSpec(metric="rouge_1", name="first"), MetricSpec(metric="rouge_1", name="graded")
_ANSWERED = CellResult(row=1, column=0, repeat=0, status=CellStatus.DONE, input_tokens=0).__dict__


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


@dataclass(frozen=True, slots=True)
class FalseVerdicts:
    """Shares of simulated reports that say of any column that it is better or worse, though none is."""

    holm: float
    unadjusted: float
    """If each comparison were read by itself."""


def false_verdicts(cell: Cell, columns: int, reports: int) -> FalseVerdicts:
    """Of reports with two metrics, of which the second is graded, latency and tokens, which are skewed. Columns differ
    in single rows, and in none of these in the mean of all rows that there could be."""
    random = np.random.default_rng([columns, cell.rows, cell.repeats, *cell.kind.encode()])
    run = run_of([f"column {index}" for index in range(columns)], cell.rows, [_FIRST, _GRADED], repeats=cell.repeats)
    by_holm = by_itself = 0
    for _ in range(reports):
        table = ScoreTable(run)
        table.add_all(_alike(cell, columns, random))
        found = comparisons(table)
        by_holm += any(one.verdict != "not_shown" for one in found)
        by_itself += any(one.p is not None and one.p < LEVEL for one in found)
    return FalseVerdicts(by_holm / reports, by_itself / reports)


def _alike(cell: Cell, columns: int, random: np.random.Generator) -> Iterator[CellResult]:
    shifts = [0.0] * columns
    kinds: tuple[Kind, ...] = (cell.kind, "graded", "lognormal", "lognormal")
    drawn = [simulated(kind, shifts, cell.rows, cell.repeats, random).tolist() for kind in kinds]
    first, graded, latency, tokens = drawn
    for column in range(columns):
        for row in range(cell.rows):
            for repeat in range(cell.repeats):
                place = {"row": row + 1, "column": column, "repeat": repeat}
                scores = {"first": first[column][row][repeat], "graded": graded[column][row][repeat]}
                known = {"latency_ms": latency[column][row][repeat], "output_tokens": tokens[column][row][repeat]}
                yield _unchecked(_ANSWERED | place | known | {"scores": scores})


def _unchecked(fields: dict[str, Any]) -> CellResult:
    """Millions of them are made."""
    made = CellResult.__new__(CellResult)
    object.__setattr__(made, "__dict__", fields)
    return made
