"""Paired differences, against scipy's and against Tango's interval found by brute force."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats

from promptyard.domain.benchmarks.evidence.paired import mcnemar_p_value, paired_difference, tango_interval

NUMBERS = st.integers(-1_000, 1_000).map(lambda eighths: eighths / 8)
PAIRS = st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=40)
COUNTS = st.tuples(st.integers(0, 40), st.integers(0, 40), st.integers(0, 100)).filter(lambda counts: sum(counts) > 0)


@given(PAIRS)
def test_t(pairs: list[tuple[float, float]]) -> None:
    first, second = [one for one, _ in pairs], [other for _, other in pairs]
    found = paired_difference(first, second, binary=False)
    assert found is not None
    assert (found.higher, found.lower) == (sum(a - b > 1e-6 for a, b in pairs), sum(b - a > 1e-6 for a, b in pairs))
    assert found.n == len(pairs) == found.higher + found.equal + found.lower
    if found.method is None:
        assert found.interval is found.p is None
        return
    expected = stats.ttest_rel(first, second)
    assert found.p == pytest.approx(expected.pvalue, rel=1e-5, abs=1e-12)
    assert found.interval == pytest.approx(tuple(expected.confidence_interval()), rel=1e-5, abs=1e-6)


@pytest.mark.parametrize(
    ("first", "second"),
    [([0.3], [0.1]), ([0.3, 0.5], [0.1, 0.3]), ([0.1 + 0.2, 0.7], [0.3, 0.7]), ([1.0, 0.0], [1.0, 0.0])],
)
def test_equal_differences_of_numbers_show_nothing(first: list[float], second: list[float]) -> None:
    found = paired_difference(first, second, binary=False)
    assert found is not None
    assert found.method is found.interval is found.p is None


def test_equal_answers_to_yes_and_no_have_an_interval() -> None:
    found = paired_difference([1.0] * 30, [1.0] * 30, binary=True)
    assert found is not None
    assert found.p == 1
    z2 = stats.norm.ppf(0.975) ** 2
    assert found.interval == pytest.approx((-z2 / (30 + z2), z2 / (30 + z2)), abs=1e-9)


def test_no_rows() -> None:
    assert paired_difference([], [], binary=False) is None


def _greatest_likelihood_score(delta: float, higher: int, lower: int, n: int) -> float:
    """The score with the share of the second's own yeses found by a search, not by the quadratic's root."""

    def unlikeliness(share: float) -> float:
        cells = [(higher, share + delta), (lower, share), (n - higher - lower, 1 - delta - 2 * share)]
        return -sum(count * math.log(max(size, 1e-300)) for count, size in cells if count)

    share = optimize.minimize_scalar(
        unlikeliness, bounds=(max(0.0, -delta), (1 - delta) / 2), method="bounded", options={"xatol": 1e-12}
    ).x
    return (higher - lower - n * delta) / math.sqrt(n * (2 * share + delta * (1 - delta)))


@settings(max_examples=60)
@given(COUNTS)
def test_tango_ends_where_the_score_is_z(counts: tuple[int, int, int]) -> None:
    higher, lower, _ = counts
    n = sum(counts)
    low, high = tango_interval(higher, lower, n)
    assert -1 <= low <= (higher - lower) / n <= high <= 1
    z = stats.norm.ppf(0.975)
    if low > -0.999:
        assert _greatest_likelihood_score(low, higher, lower, n) == pytest.approx(z, rel=1e-3)
    if high < 0.999:
        assert _greatest_likelihood_score(high, higher, lower, n) == pytest.approx(-z, rel=1e-3)


@given(COUNTS)
def test_tango_is_the_same_from_either_side(counts: tuple[int, int, int]) -> None:
    higher, lower, _ = counts
    low, high = tango_interval(higher, lower, sum(counts))
    assert tango_interval(lower, higher, sum(counts)) == pytest.approx((-high, -low), abs=1e-9)


@given(COUNTS)
def test_p_of_yes_and_no_is_mcnemars_mid_p(counts: tuple[int, int, int]) -> None:
    """The exact test's p value, less half of what is observed itself, on either side."""
    higher, lower, _ = counts
    binomial = stats.binom(higher + lower, 0.5)
    fewer = min(higher, lower)
    expected = 2 * binomial.cdf(fewer) - binomial.pmf(fewer) if higher != lower else 1.0
    assert mcnemar_p_value(higher, lower) == pytest.approx(expected, rel=1e-9)
    assert mcnemar_p_value(lower, higher) == mcnemar_p_value(higher, lower)
