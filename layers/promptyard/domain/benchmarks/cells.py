"""The cells of a benchmark run: rows × columns × repeats, numbered from 0 in that order."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal, Self

from promptyard.domain.benchmarks.benchmark import BenchmarkRun, CellCounts

BLOCK = 100
"""The cells that are counted in one item."""

MAX_DEATHS = 5
"""After so many workers that did not come back the cell is taken for what ended them: it is poison."""
MAX_ATTEMPTS = 4
"""How many runs a cell may have: what a provider throttles or fails at is tried again, and so is what a process that
died has left."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One row in one column, once. `row` is the row's number, from 1; `column` and `repeat` count from 0."""

    number: int
    row: int
    column: int
    repeat: int

    @classmethod
    def of(cls, run: BenchmarkRun, number: int) -> Self:
        """Raises ValueError for a number that the run does not have."""
        if not 0 <= number < cell_count(run):
            raise ValueError("the benchmark run has no such cell")
        repeats = run.benchmark.repeats
        rest, repeat = divmod(number, repeats)
        row, column = divmod(rest, len(run.columns))
        return cls(number, row + 1, column, repeat)

    @staticmethod
    def is_of(run: BenchmarkRun, row: int, column: int, repeat: int) -> bool:
        """Whether the run has such a cell."""
        return 1 <= row <= run.row_count and 0 <= column < len(run.columns) and 0 <= repeat < run.benchmark.repeats

    @staticmethod
    def number_of(run: BenchmarkRun, row: int, column: int, repeat: int) -> int:
        return ((row - 1) * len(run.columns) + column) * run.benchmark.repeats + repeat


def is_judged_twice(run: BenchmarkRun, cell: Cell) -> bool:
    rows = min(run.benchmark.judge_twice, run.row_count)
    return cell.repeat == 0 and cell.row * rows // run.row_count > (cell.row - 1) * rows // run.row_count


def cell_count(run: BenchmarkRun) -> int:
    return run.row_count * len(run.columns) * run.benchmark.repeats


@dataclass(frozen=True, slots=True)
class CellProgress:
    """How far a benchmark run has come, each cell counted once."""

    counts: CellCounts
    cost_usd: Decimal = Decimal(0)
    """Of the cells whose cost is known, with what their failed attempts and their judges cost."""
    unpriced: int = 0
    """The cells whose cost is not known."""

    @property
    def known_cost_usd(self) -> Decimal | None:
        """None where the cost of any cell is not known."""
        return None if self.unpriced else self.cost_usd


@dataclass(frozen=True, slots=True)
class CountedCell:
    """What counting a cell has shown."""

    anew: bool
    """It was not counted before."""
    block_done: bool
    """All cells of its block are counted: perhaps all of the run are."""


@dataclass(frozen=True, slots=True)
class CellClaim:
    """One worker's right to work on a cell. Until its end nobody else may."""

    run_id: str
    """Of the run that answers the cell."""
    until: datetime
    reserved_usd: Decimal
    attempt: int
    provider: str | None = None
    """The one whose own limit it counts to, where there is one."""
    deaths: int = 0
    """How many workers have had it and did not come back, the last of which may have begun the run."""
    taken_over: tuple[datetime, ...] = ()
    """When, in order, and by this worker last."""


@dataclass(frozen=True, slots=True)
class RefusedCell:
    """Why a cell cannot be worked on now."""

    why: Literal["full", "provider_full", "paused", "busy", "budget"]
    """`full`: as many cells as may go on do; `provider_full`: as many of its provider; `paused`: its provider wants no
    calls; `busy`: another worker has it; `budget`: what is left of it does not reach, though nothing else that goes on
    may give something back."""
    wait_seconds: float = 0
