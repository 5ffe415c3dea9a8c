"""Savings and Fieller's interval."""

import random

import pytest
from scipy import optimize, stats

from promptyard.domain.benchmarks.evidence.ratios import savings


def test_fieller_ends_where_the_t_test_turns() -> None:
    chance = random.Random(5)
    before = [chance.lognormvariate(5, 0.8) for _ in range(40)]
    after = [0.6 * value * chance.lognormvariate(0, 0.3) for value in before]
    found = savings(before, after)
    assert found is not None
    value, interval = found
    assert value == pytest.approx(100 * (1 - sum(after) / sum(before)))
    assert interval is not None

    def refusal(percent: float) -> float:
        ratio = 1 - percent / 100
        return float(stats.ttest_rel(after, [ratio * one for one in before]).pvalue) - 0.05

    assert interval[0] == pytest.approx(optimize.brentq(refusal, -200, value), abs=1e-6)
    assert interval[1] == pytest.approx(optimize.brentq(refusal, value, 100), abs=1e-6)


def test_fieller_covers() -> None:
    chance, held = random.Random(11), 0
    for _ in range(1_000):
        before = [chance.lognormvariate(0, 0.7) for _ in range(60)]
        after = [0.5 * value * chance.lognormvariate(0, 0.5) / 1.1331485 for value in before]
        found = savings(before, after)
        assert found is not None
        assert found[1] is not None
        held += found[1][0] <= 50 <= found[1][1]
    assert 0.925 <= held / 1_000 <= 0.975


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ([], [], None),
        ([0.0, 0.0], [0.0, 1.0], None),
        ([2.0], [1.0], (50.0, None)),
        ([1.0, 2.0, 3.0], [0.5, 1.0, 1.5], (50.0, None)),
        ([1.0, -0.9, 1.0, -0.9], [0.5, 1.0, 1.5, 0.1], None),
    ],
)
def test_what_gives_no_interval(before: list[float], after: list[float], expected: object) -> None:
    found = savings(before, after)
    assert found == expected or (found is not None and expected is None and found[1] is None)
