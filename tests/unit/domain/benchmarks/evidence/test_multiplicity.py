"""Holm's p values and the rows needed."""

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from promptyard.domain.benchmarks.evidence.multiplicity import LEVEL, holm, levels, rows_needed
from promptyard.domain.benchmarks.evidence.paired import paired_difference

P_VALUES = st.lists(st.floats(0, 1), max_size=20)


@pytest.mark.parametrize(
    ("given_", "expected"),
    [
        ([], []),
        ([0.03], [0.03]),
        ([0.01, 0.02, 0.03, 0.04], [0.04, 0.06, 0.06, 0.06]),
        ([0.04, 0.01, 0.03], [0.06, 0.03, 0.06]),
        ([0.5, 0.9], [1.0, 1.0]),
    ],
)
def test_holm(given_: list[float], expected: list[float]) -> None:
    """As R's p.adjust gives them."""
    assert holm(given_) == pytest.approx(expected)


@given(P_VALUES)
def test_holm_refuses_as_its_steps_do(p_values: list[float]) -> None:
    """From the smallest on, each against 0.05 over how many are left, until one is not below."""
    adjusted, refused, left = holm(p_values), set(), len(p_values)
    for p, index in sorted((p, index) for index, p in enumerate(p_values)):
        if left * p >= LEVEL:
            break
        refused.add(index)
        left -= 1
    assert {index for index, p in enumerate(adjusted) if p < LEVEL} == refused
    assert all(0 <= p <= q <= 1 for p, q in zip(p_values, adjusted, strict=True))
    in_order = [adjusted[index] for index in sorted(range(len(p_values)), key=p_values.__getitem__)]
    assert all(earlier <= later for earlier, later in pairwise(in_order))


def test_levels() -> None:
    assert levels([0.04, 0.01, 0.03]) == pytest.approx([LEVEL, LEVEL / 3, LEVEL / 2])


@pytest.mark.parametrize("effect", [0.05, 0.2, 0.5, 1, 3])
@pytest.mark.parametrize("level", [0.05, 0.005])
def test_rows_needed_give_that_power(effect: float, level: float) -> None:
    def power(n: int) -> float:
        critical = stats.t.ppf(1 - level / 2, n - 1)
        return float(stats.nct.sf(critical, n - 1, effect * n**0.5))

    needed = rows_needed(effect, 1.0, level)
    assert needed is not None
    assert needed == rows_needed(-10 * effect, 10.0, level)
    assert power(needed + 1) > 0.8
    assert needed < 8 or power(needed - 3) < 0.8


def test_rows_needed_for_yes_and_no() -> None:
    chance = random.Random(3)
    better, worse = 0.12, 0.05
    spread = (better + worse - (better - worse) ** 2) ** 0.5
    needed = rows_needed(better - worse, spread, binary=True)
    assert needed is not None
    shown = 0
    for _ in range(1_000):
        draws = [chance.random() for _ in range(needed)]
        first = [float(draw < better) for draw in draws]
        second = [float(better <= draw < better + worse) for draw in draws]
        found = paired_difference(first, second, binary=True)
        shown += found is not None and found.p is not None and found.p < LEVEL
    assert shown / 1_000 == pytest.approx(0.8, abs=0.05)


@pytest.mark.parametrize(("difference", "deviation"), [(0.0, 1.0), (0.2, 0.0)])
def test_no_number_of_rows(difference: float, deviation: float) -> None:
    assert rows_needed(difference, deviation) is None
