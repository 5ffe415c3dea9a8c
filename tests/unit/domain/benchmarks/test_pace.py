"""How long a benchmark run will take still."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptyard.domain.benchmarks.pace import WINDOW_SECONDS, Pace


def test_nothing_is_said_before_anything_has_ended() -> None:
    pace = Pace()
    assert pace.seconds_left(10) is None
    pace.note(0, 0)
    assert pace.seconds_left(10) is None
    pace.note(5, 0)
    assert pace.seconds_left(10) is None
    assert pace.seconds_left(0) == 0


@given(st.floats(0.01, 100), st.integers(1, 50), st.integers(1, 1000), st.integers(2, 100))
def test_a_steady_pace_goes_on(seconds: float, cells: int, left: int, notes: int) -> None:
    pace = Pace()
    for number in range(notes):
        pace.note(number * seconds, number * cells)
    assert pace.seconds_left(left) == pytest.approx(left * seconds / cells)


def test_what_is_long_ago_is_forgotten() -> None:
    pace = Pace()
    for second in range(100):
        pace.note(second, second * 100)
    for second in range(100, 100 + int(WINDOW_SECONDS) + 1):
        pace.note(second, 9_900 + second - 99)
    assert pace.seconds_left(30) == pytest.approx(30, rel=0.05)
    pace.note(10_000, 10_061)
    assert pace.seconds_left(1) is not None
