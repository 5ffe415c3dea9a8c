"""What a column saves against another, in percent, with its interval."""

import math
from collections.abc import Sequence

from promptyard.domain.benchmarks.evidence.distributions import t_quantile
from promptyard.domain.benchmarks.evidence.intervals import CONFIDENCE, Interval, all_equal, deviation, mean


def savings(before: Sequence[float], after: Sequence[float]) -> tuple[float, Interval | None] | None:
    """By how many percent the mean of `after` is below that of `before`, negative where it is above, on the same rows
    in the same order. The interval is Fieller's; None where it has no ends, or for fewer than two rows. None without
    rows, or where the mean of `before` is not above 0.
    """
    if not before or mean(before) <= 0:
        return None
    bounds = _ratio_interval(after, before)
    interval = None if bounds is None else (100 * (1 - bounds[1]), 100 * (1 - bounds[0]))
    return 100 * (1 - mean(after) / mean(before)), interval


def _ratio_interval(numerator: Sequence[float], denominator: Sequence[float]) -> Interval | None:
    """The ratios R that the paired t test does not refuse as `mean(numerator - R * denominator) = 0`."""
    n = len(numerator)
    top, bottom = mean(numerator), mean(denominator)
    left = [x - top / bottom * y for x, y in zip(numerator, denominator, strict=True)]
    if n < 2 or all_equal(left, max(map(abs, numerator))):  # the same ratio in every row says nothing of other rows
        return None
    factor = t_quantile((1 + CONFIDENCE) / 2, n - 1) ** 2 / n
    covariance = math.fsum((x - top) * (y - bottom) for x, y in zip(numerator, denominator, strict=True)) / (n - 1)
    a = bottom**2 - factor * deviation(denominator) ** 2
    b = top * bottom - factor * covariance
    c = top**2 - factor * deviation(numerator) ** 2
    root = b * b - a * c
    if a <= 0 or root < 0:
        return None
    half = math.sqrt(root)
    return (b - half) / a, (b + half) / a
