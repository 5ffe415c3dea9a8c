"""The numbers of a benchmark run's cells, and nothing else of them: 8 bytes for each measure of each."""

import math
from array import array
from collections.abc import Iterable
from functools import cached_property

from promptyard.domain.benchmarks.benchmark import BenchmarkRun, CellResult, CellStatus
from promptyard.domain.benchmarks.evidence.intervals import mean
from promptyard.domain.benchmarks.evidence.measure_names import OUTPUT_TOKENS, SPENT
from promptyard.domain.benchmarks.evidence.measures import Measure, measures, values_of

_MISSING, _STATUSES = 0, {CellStatus.DONE: 1, CellStatus.FAILED: 2, CellStatus.POISON: 3}
_LONGEST_ERROR = 200


class ScoreTable:
    """Takes cells in any order. A cell that comes twice counts once."""

    def __init__(self, run: BenchmarkRun) -> None:
        self.run = run
        self.measures = measures(run.benchmark)
        self._judged = any(measure.judged for measure in self.measures)
        self._repeats = run.benchmark.repeats
        self._size = run.row_count * self._repeats
        self._names = {measure.name for measure in self.measures} | {OUTPUT_TOKENS, SPENT}
        self._values: dict[tuple[int, str], array[float]] = {}
        self._means: dict[tuple[int, str], list[float]] = {}
        self._statuses = [bytearray(self._size) for _ in run.columns]
        self.poison: dict[int, dict[int, str | None]] = {}
        """What is wrong with a row in a column, by row and column."""
        self.judged_twice: dict[str, dict[tuple[int, int], tuple[float, float]]] = {}
        """The scores of answers that were judged twice, by metric, row and column."""

    def add(self, cell: CellResult) -> None:
        """Raises ValueError for a cell that the run does not have."""
        if not (
            1 <= cell.row <= self.run.row_count
            and 0 <= cell.column < len(self.run.columns)
            and 0 <= cell.repeat < self._repeats
        ):
            raise ValueError("the benchmark run has no such cell")
        place = (cell.row - 1) * self._repeats + cell.repeat
        self._means.clear()
        self._statuses[cell.column][place] = _STATUSES[cell.status]
        if cell.status is CellStatus.POISON:
            error = None if cell.error is None else cell.error[:_LONGEST_ERROR]
            self.poison.setdefault(cell.row, {})[cell.column] = error
        for name, second in cell.scores_again.items():
            first = cell.scores.get(name)
            if first is not None and second is not None:
                self.judged_twice.setdefault(name, {})[cell.row, cell.column] = (first, second)
        for name, value in values_of(cell, judged=self._judged).items():
            if name in self._names and value is not None and math.isfinite(value):
                self._array(cell.column, name)[place] = value

    def add_all(self, cells: Iterable[CellResult]) -> None:
        for cell in cells:
            self.add(cell)

    def _array(self, column: int, measure: str) -> "array[float]":
        found = self._values.get((column, measure))
        if found is None:
            found = self._values[column, measure] = array("d", [math.nan]) * self._size
        return found

    def count(self, column: int, status: CellStatus | None) -> int:
        """The cells of a column with that status; None: those that are missing."""
        return self._statuses[column].count(_MISSING if status is None else _STATUSES[status])

    def values(self, column: int, measure: str) -> list[float]:
        """Of every cell in which it is known."""
        return [value for value in self._values.get((column, measure), ()) if value == value]  # noqa: PLR0124 not NaN

    def row_values(self, column: int, measure: str) -> list[list[float]]:
        """By row: what is known of its repeats."""
        all_values = self._values.get((column, measure), array("d", [math.nan]) * self._size)
        rows = (all_values[first : first + self._repeats] for first in range(0, self._size, self._repeats))
        return [[value for value in row if value == value] for row in rows]  # noqa: PLR0124 not NaN

    def row_means(self, column: int, measure: str) -> list[float]:
        """By row: the mean of its repeats as far as it is known, NaN where it is not at all."""
        found = self._means.get((column, measure))
        if found is None:
            rows = self.row_values(column, measure)
            found = self._means[column, measure] = [mean(row) if row else math.nan for row in rows]
        return found

    def known_row_means(self, column: int, measure: str) -> list[float]:
        return [value for value in self.row_means(column, measure) if not math.isnan(value)]

    def pairs(self, column: int, other: int, measure: str) -> tuple[list[float], list[float]]:
        """The row means of the rows in which both are known."""
        both = zip(self.row_means(column, measure), self.row_means(other, measure), strict=True)
        known = [(one, two) for one, two in both if not math.isnan(one) and not math.isnan(two)]
        return [one for one, _ in known], [two for _, two in known]

    @cached_property
    def metrics(self) -> list[Measure]:
        return [measure for measure in self.measures if measure.is_metric]
