"""Intervals of one column: of its mean, a share, its median and other quantiles. All for 95 %."""

import math
from collections.abc import Callable, Sequence

from promptyard.domain.benchmarks.evidence.distributions import binomial_at_least, normal_quantile, t_quantile

CONFIDENCE = 0.95
_UPPER = (1 + CONFIDENCE) / 2

Interval = tuple[float, float]
OpenInterval = tuple[float | None, float | None]
"""An end is None where so few values give none."""


def mean(values: Sequence[float]) -> float:
    """Of one or more, in whatever order they come: the same to the last digit."""
    return math.fsum(values) / len(values)


def deviation(values: Sequence[float]) -> float:
    """The sample's standard deviation, of two or more."""
    centre = mean(values)
    return math.sqrt(math.fsum((value - centre) ** 2 for value in values) / (len(values) - 1))


def all_equal(values: Sequence[float], scale: float | None = None) -> bool:
    """But for what computing with floats leaves. `scale` is the size of the numbers that they were computed from; None:
    their own."""
    low, high = min(values), max(values)
    return high - low <= 1e-9 * (max(abs(low), abs(high)) if scale is None else scale)


def t_interval(values: Sequence[float]) -> Interval | None:
    """Of the mean, by Student's t. None for fewer than two values, and where all are equal: they say nothing of how
    much others would differ."""
    if len(values) < 2 or all_equal(values):
        return None
    half = t_quantile(_UPPER, len(values) - 1) * deviation(values) / math.sqrt(len(values))
    centre = mean(values)
    return centre - half, centre + half


def wilson_interval(successes: int, trials: int) -> Interval:
    """Of a share, by Wilson's score; `trials` > 0."""
    z = normal_quantile(_UPPER)
    share, weight = successes / trials, z * z / trials
    centre = share + weight / 2
    half = z * math.sqrt(share * (1 - share) / trials + weight / (4 * trials))
    low = 0.0 if successes == 0 else (centre - half) / (1 + weight)
    high = 1.0 if successes == trials else (centre + half) / (1 + weight)
    return low, high


def quantile(ordered: Sequence[float], probability: float) -> float:
    """Of one or more values in ascending order, between two of them by their distance (Hyndman and Fan's type 7)."""
    place = probability * (len(ordered) - 1)
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])


def quantile_interval(ordered: Sequence[float], probability: float, rows: int | None = None) -> OpenInterval:
    """By order statistics: two of the values themselves, which hold the quantile between them with at least 95 %
    whatever the distribution, 2.5 % at most beyond each. `ordered` ascends. `rows`: from so many rows, where some have
    several values, which are then taken to say no more than one; None: one value each."""
    size, tail = rows or len(ordered), 1 - _UPPER
    # The r-th smallest lies above the quantile when fewer than r values lie below it.
    low = _last(size, lambda rank: 1 - binomial_at_least(rank, size, probability) <= tail)
    high = _last(size, lambda rank: binomial_at_least(size + 1 - rank, size, probability) <= tail)
    below = (low - 1) * len(ordered) // size
    above = -(-(size + 1 - high) * len(ordered) // size) - 1
    return (ordered[below] if low else None, ordered[above] if high else None)


def _last(count: int, holds: Callable[[int], bool]) -> int:
    """The greatest number of 1 … count for which that holds which holds up to some number; 0: for none."""
    low, high = 0, count
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if holds(middle) else (low, middle - 1)
    return low
