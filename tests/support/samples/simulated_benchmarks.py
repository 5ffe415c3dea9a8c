"""Benchmarks whose truth is known: scores of columns on the same rows, drawn at random.

A cell's score is a function of a normal number: its column's shift, plus what the row adds in every column, plus what
the row adds in this column, plus what each repeat adds. So rows are hard or easy, columns are not alike in which, and
repeats of a row resemble each other.
"""

import math
from typing import Literal

import numpy as np
from scipy import stats

Kind = Literal["normal", "lognormal", "graded", "yes_no", "rare_failure"]
KINDS: tuple[Kind, ...] = ("normal", "lognormal", "graded", "yes_no", "rare_failure")

Scores = np.ndarray[tuple[int, int, int], np.dtype[np.float64]]

_ROW, _ROW_IN_COLUMN, _REPEAT = 0.4, 0.3, 0.3
"""Variances; they add up to 1."""
_GRADES = (-1.2, -0.4, 0.4, 1.2)
"""A grade of 1 to 5, as a score of 0 to 1: one more for each that is passed."""
_YES = {"yes_no": -0.5, "rare_failure": -2.05}


def simulated(kind: Kind, shifts: list[float], rows: int, repeats: int, random: np.random.Generator) -> Scores:
    """Scores by column, row and repeat."""
    columns = len(shifts)
    cells = math.sqrt(_ROW) * random.standard_normal((1, rows, 1))
    cells = cells + math.sqrt(_ROW_IN_COLUMN) * random.standard_normal((columns, rows, 1))
    cells = cells + math.sqrt(_REPEAT) * random.standard_normal((columns, rows, repeats))
    cells = cells + np.array(shifts)[:, None, None]
    match kind:
        case "normal":
            return cells
        case "lognormal":
            return np.exp(cells)
        case "graded":
            return sum(cells > grade for grade in _GRADES) / len(_GRADES)
        case _:
            return (cells > _YES[kind]).astype(float)


def true_mean(kind: Kind, shift: float) -> float:
    match kind:
        case "normal":
            return shift
        case "lognormal":
            return math.exp(shift + 0.5)
        case "graded":
            return float(np.mean([stats.norm.sf(grade - shift) for grade in _GRADES]))
        case _:
            return float(stats.norm.sf(_YES[kind] - shift))
