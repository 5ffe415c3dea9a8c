"""The benchmark's statistics: what is said to hold does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.performance.bench.figures import FIGURES, Samples, Summary, Target, percentile, summary, verdicts
from tests.performance.bench.subjects import DIRECT, PROMPTYARD, RELAY

numbers = st.floats(0.001, 1e6)


def measured(**figures: dict[str, list[float | None]]) -> Samples:
    samples = Samples()
    for key, by_subject in figures.items():
        for subject, values in by_subject.items():
            for value in values:
                samples.add(subject, {key: value})
    return samples


@given(st.lists(numbers, min_size=1, max_size=50), st.floats(0.01, 1))
def test_a_percentile_is_a_value_that_so_large_a_share_is_not_above(values: list[float], share: float) -> None:
    found = percentile(values, share)
    assert found in values
    assert sum(value <= found for value in values) >= share * len(values)
    assert sum(value < found for value in values) < share * len(values)


def test_nothing_is_known_of_no_values() -> None:
    assert percentile([], 0.5) is None
    assert summary([]) is None
    assert summary([None, None]) is None


def test_a_summary_says_how_many_rounds_gave_none() -> None:
    assert summary([3.0, None, 1.0, 2.0]) == Summary(2.0, 1.0, 3.0, 1)


def test_what_is_added_is_over_the_direct_call_of_the_same_round() -> None:
    samples = measured(first_p50={DIRECT: [1.0, 5.0], RELAY: [3.0, 7.0], PROMPTYARD: [5.0, 9.0]})
    [verdict] = verdicts(samples)
    assert (verdict.direct, verdict.relay, verdict.promptyard) == (
        Summary(3.0, 1.0, 5.0, 0),
        Summary(2.0, 2.0, 2.0, 0),
        Summary(4.0, 4.0, 4.0, 0),
    )
    assert (verdict.ratio, verdict.met) == (2.0, True)


@pytest.mark.parametrize(
    ("key", "relay", "ours", "met"),
    [
        ("tokens", [100.0], [200.0], True),  # at least 2 ×
        ("tokens", [100.0], [199.0], False),
        ("cpu", [100.0], [50.0], True),  # at most 0.5 ×
        ("cpu", [100.0], [51.0], False),
        ("cpu", [0.0], [50.0], None),
        ("streams_300_failed", [0.0], [0.0, 0.0, 1.0], False),  # none in any round
        ("streams_300_failed", [9.0], [0.0, 0.0, 0.0], True),
        ("calls", [1.0, 1.0], [1.0, None], False),  # one round failed
        ("memory_idle", [], [110.0], True),
        ("memory_idle", [], [111.0], False),
        ("memory_peak", [1.0], [2.0], None),  # nothing has to hold
    ],
)
def test_what_must_hold(key: str, relay: list[float | None], ours: list[float | None], met: bool | None) -> None:
    [verdict] = verdicts(measured(**{key: {RELAY: relay, PROMPTYARD: ours}}))
    assert verdict.met is met


@given(numbers, numbers)
def test_a_bound_holds_on_one_side_of_it(bound: float, value: float) -> None:
    most, least = Target("value", bound), Target("value", bound, least=True)
    assert most.holds(value) == (value <= bound)
    assert most.holds(value) or least.holds(value)


def test_what_was_not_measured_is_not_shown() -> None:
    assert verdicts(Samples()) == []
    assert len({figure.key for figure in FIGURES}) == len(FIGURES)
