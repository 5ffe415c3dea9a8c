"""Events come out of where they are packed as they went in, and take little room there."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptyard.domain.models.provider_events import ReasoningDelta, TextDelta, ToolCallDelta
from promptyard.services.runs.comparisons import parts_of_comparison
from promptyard.services.runs.resuming.packed_events import LENGTH, PackedEvents, Parts, whole
from promptyard.services.runs.run_events import RunEvent, parts_of_event
from tests.support.doubles.sample_events import comparison_events, run_events

TEXTS: Sequence[Callable[[str], RunEvent]] = (
    TextDelta,
    ReasoningDelta,
    lambda text: ToolCallDelta(3, arguments=text),
)


@given(st.lists(run_events, min_size=1, max_size=LENGTH))
def test_a_runs_events_come_out_as_they_went_in(events: list[RunEvent]) -> None:
    packed = PackedEvents(events, parts_of_event)
    assert len(packed) == len(events)
    assert packed.unpacked() == events


@given(st.lists(comparison_events, min_size=1, max_size=LENGTH))
def test_a_comparisons_events_come_out_as_they_went_in(events: list[Any]) -> None:
    assert PackedEvents(events, parts_of_comparison).unpacked() == events


def test_as_many_kinds_as_there_are_events_can_be_told_apart() -> None:
    events: list[RunEvent] = [ToolCallDelta(index, arguments="{}") for index in range(LENGTH)]
    assert PackedEvents(events, parts_of_event).unpacked() == events


@given(st.lists(run_events, min_size=1, max_size=20))
def test_what_is_kept_as_it_is_can_be_something_else(events: list[RunEvent]) -> None:
    packed = PackedEvents(events, parts_of_event)
    changed = packed.changed(lambda place, event: (place, event))
    for place, (event, told) in enumerate(zip(events, changed.unpacked(), strict=True)):
        assert told in (event, (place, event))
        assert (told == event) == (parts_of_event(event)[0] is not whole(event)[0])
    assert packed.unpacked() == events


@pytest.mark.parametrize("maker", TEXTS)
@pytest.mark.parametrize("parts", [parts_of_event])
def test_it_takes_little_more_than_the_texts(maker: Callable[[str], RunEvent], parts: Parts[RunEvent]) -> None:
    events = [maker(f"{number:05}") for number in range(LENGTH)]
    assert PackedEvents(events, parts).size <= LENGTH * (5 + 8)
