"""Our distributions against scipy's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats

from promptyard.domain.benchmarks.evidence.distributions import (
    binomial_at_least,
    incomplete_beta,
    normal_quantile,
    t_p_value,
    t_quantile,
)

DEGREES = [1, 2, 3, 4.5, 7, 10, 29, 99, 499, 999, 9_999, 99_999]


@pytest.mark.parametrize("degrees", DEGREES)
@pytest.mark.parametrize("probability", [0.001, 0.025, 0.4, 0.5, 0.8, 0.9, 0.975, 0.995, 0.9999])
def test_t_quantile(degrees: float, probability: float) -> None:
    assert t_quantile(probability, degrees) == pytest.approx(stats.t.ppf(probability, degrees), rel=1e-7, abs=1e-9)


@pytest.mark.parametrize("degrees", DEGREES)
@pytest.mark.parametrize("t", [0, 1e-9, 0.1, 1, 1.96, -3, 5, 20, 200])
def test_t_p_value(degrees: float, t: float) -> None:
    assert t_p_value(t, degrees) == pytest.approx(2 * stats.t.sf(abs(t), degrees), rel=1e-7, abs=1e-290)


@given(st.floats(-100, 100), st.floats(0.5, 1e5))
def test_t_p_value_anywhere(t: float, degrees: float) -> None:
    assert t_p_value(t, degrees) == pytest.approx(2 * stats.t.sf(abs(t), degrees), rel=1e-6, abs=1e-250)


@given(st.floats(0, 1), st.floats(0.1, 1e4), st.floats(0.1, 1e4))
def test_incomplete_beta(x: float, a: float, b: float) -> None:
    assert incomplete_beta(x, a, b) == pytest.approx(special.betainc(a, b, x), rel=1e-8, abs=1e-12)


@given(st.integers(0, 3_000), st.integers(1, 3_000), st.floats(0.001, 0.999))
def test_binomial_tail(successes: int, trials: int, probability: float) -> None:
    expected = stats.binom.sf(successes - 1, trials, probability)
    assert binomial_at_least(successes, trials, probability) == pytest.approx(expected, rel=1e-7, abs=1e-12)


@pytest.mark.parametrize("probability", [1e-9, 0.025, 0.5, 0.9, 0.999])
def test_normal(probability: float) -> None:
    assert normal_quantile(probability) == pytest.approx(stats.norm.ppf(probability), rel=1e-9, abs=1e-12)
