"""Intervals of one column, against scipy's and by what they must hold."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from promptyard.domain.benchmarks.evidence.intervals import (
    mean,
    quantile,
    quantile_interval,
    t_interval,
    wilson_interval,
)

VALUES = st.lists(st.integers(-10_000, 10_000).map(lambda eighths: eighths / 8), min_size=2, max_size=60)


@given(VALUES)
def test_t_interval(values: list[float]) -> None:
    found = t_interval(values)
    if found is None:
        assert max(values) - min(values) <= 1e-9 * max(map(abs, values))
        return
    expected = stats.t.interval(0.95, len(values) - 1, mean(values), stats.sem(values))
    assert found == pytest.approx(expected, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("values", [[], [3.0], [0.1] * 5, [0.1 + 0.2, 0.3, 0.3]])
def test_what_does_not_differ_has_no_t_interval(values: list[float]) -> None:
    assert t_interval(values) is None


@given(st.integers(1, 2_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_interval(counts: tuple[int, int]) -> None:
    expected = stats.binomtest(*counts).proportion_ci(method="wilson")
    assert wilson_interval(*counts) == pytest.approx(tuple(expected), rel=1e-7, abs=1e-9)


@given(VALUES, st.floats(0, 1))
def test_quantile(values: list[float], probability: float) -> None:
    expected = stats.mstats.mquantiles(values, [probability], alphap=1, betap=1)[0]
    assert quantile(sorted(values), probability) == pytest.approx(expected, rel=1e-7, abs=1e-7)


@pytest.mark.parametrize("count", [1, 5, 6, 30, 72, 73, 100, 1_000])
@pytest.mark.parametrize("probability", [0.5, 0.95])
def test_quantile_interval(count: int, probability: float) -> None:
    """No one-sided bound that scipy's own test of a quantile would allow is missed, and none goes beyond."""
    values = [float(value) for value in range(count)]
    low, high = quantile_interval(values, probability)
    binomial = stats.binom(count, probability)
    below = [rank for rank in range(count) if binomial.cdf(rank) <= 0.025]
    above = [rank for rank in range(count) if binomial.sf(rank) <= 0.025]
    assert low == (below[-1] if below else None)
    assert high == (above[0] if above else None)


def test_a_quantile_interval_holds_the_quantile() -> None:
    chance = random.Random(7)
    held = 0
    for _ in range(1_000):
        low, high = quantile_interval(sorted(chance.lognormvariate(0, 1) for _ in range(100)), 0.95)
        held += (low or -math.inf) <= math.exp(1.6448536) <= (math.inf if high is None else high)
    assert held >= 940


def test_few_rows_give_no_upper_bound_of_p95() -> None:
    assert quantile_interval([float(value) for value in range(30)], 0.95)[1] is None


def test_a_mean_does_not_depend_on_the_order() -> None:
    values = [0.1, 1e16, 0.3, -1e16, 0.7]
    assert mean(values) == mean(sorted(values)) == pytest.approx(0.22)


@pytest.mark.parametrize("probability", [0.5, 0.95])
def test_repeats_of_a_row_do_not_narrow_a_quantiles_interval(probability: float) -> None:
    """Single answers vary by row and by repeat; however much they do by row, the interval holds their quantile."""
    chance = random.Random(11)
    truth, held = float(stats.norm.ppf(probability)) * math.hypot(1, 0.5), 0
    for _ in range(400):
        rows = [chance.gauss(0, 1) for _ in range(100)]
        ordered = sorted(row + chance.gauss(0, 0.5) for row in rows for _ in range(5))
        low, high = quantile_interval(ordered, probability, rows=100)
        held += (-math.inf if low is None else low) <= truth <= (math.inf if high is None else high)
    assert held >= 0.93 * 400
