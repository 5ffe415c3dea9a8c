"""Events come out of where they are packed as they went in, and take little room there."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptyard.api.answers.comparison_frames import final_result
from promptyard.domain.models.provider_events import ReasoningDelta, TextDelta, ToolCallDelta
from promptyard.services.runs import log
from promptyard.services.runs.comparisons import TargetPiece, parts_of_comparison
from promptyard.services.runs.log import EventLog
from promptyard.services.runs.resuming.packed_events import LENGTH, PackedEvents, Parts, whole
from promptyard.services.runs.run_events import RunEvent, parts_of_event
from tests.support.doubles.sample_events import comparison_events, run_events

ALL = ("reasoning", "tool_calls")
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


@given(st.lists(comparison_events, max_size=60), st.integers(1, 20), st.integers(0, 5))
def test_joined_they_come_to_the_same_result_of_a_comparison(events: list[Any], length: int, recent: int) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(log, "LENGTH", length)
        patched.setattr(log, "RECENT", recent)

        async def told() -> list[Any]:
            comparison = EventLog(parts_of_comparison)
            comparison.extend(events)
            return list(comparison.joined())

        joined = asyncio.run(told())
    assert final_result(ALL, joined) == final_result(ALL, events)
    assert len(joined) <= len(events)


async def test_of_what_goes_on_alike_few_events_are_left() -> None:
    comparison = EventLog(parts_of_comparison)
    for number in range(log.RECENT + 2 * LENGTH):
        comparison.append(TargetPiece(number % 3, TextDelta("word ")))
    assert len(list(comparison.joined())) == log.RECENT + 2 * 3


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
