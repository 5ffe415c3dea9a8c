"""Several comparisons in one report, and how many rows one of them needs."""

import math
from collections.abc import Sequence

from promptyard.domain.benchmarks.evidence.distributions import normal_quantile

LEVEL = 0.05
POWER = 0.8


def holm(p_values: Sequence[float]) -> list[float]:
    """The p values, in their order, so adjusted that comparing each with 0.05 says something false in 5 % of reports,
    of all their comparisons together (Holm, Scandinavian Journal of Statistics 6, 1979, 65-70)."""
    adjusted, so_far = [0.0] * len(p_values), 0.0
    for index, left in _by_rank(p_values):
        so_far = max(so_far, min(1.0, left * p_values[index]))
        adjusted[index] = so_far
    return adjusted


def levels(p_values: Sequence[float]) -> list[float]:
    """The level that Holm holds each of them to."""
    found = [LEVEL] * len(p_values)
    for index, left in _by_rank(p_values):
        found[index] = LEVEL / left
    return found


def _by_rank(p_values: Sequence[float]) -> list[tuple[int, int]]:
    """(index, how many are not smaller), from the smallest on."""
    order = sorted(range(len(p_values)), key=lambda index: p_values[index])
    return [(index, len(order) - rank) for rank, index in enumerate(order)]


def rows_needed(difference: float, deviation: float, level: float = LEVEL, *, binary: bool = False) -> int | None:
    """With how many rows a paired comparison shows a difference of that size with 80 % probability, where the rows'
    differences have that standard deviation. `level`: the p value that it must stay below. None without a difference or
    without a deviation."""
    if not difference or deviation <= 0:
        return None
    effect = abs(difference) / deviation
    critical, power = normal_quantile(1 - level / 2), normal_quantile(POWER)
    if binary:  # the score's error is what it would be without a difference, which is more than the deviation
        return math.ceil(((critical * math.sqrt(1 + effect**2) + power) / effect) ** 2)
    # For t instead of the normal distribution: Guenther, The American Statistician 35, 1981, 243-244.
    return max(2, math.ceil(((critical + power) / effect) ** 2 + critical**2 / 2))
