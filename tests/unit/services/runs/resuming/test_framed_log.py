"""A stream that is read again from any of its events on is the same, byte for byte: while it goes on, however long ago
an event was told, and after its end."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptyard.api.answers.comparison_frames import comparison_frame
from promptyard.api.answers.frames import run_frame
from promptyard.api.sse import frames_after
from promptyard.domain.models.provider_events import ReasoningDelta, TextDelta, ToolCallDelta
from promptyard.services.runs import log
from promptyard.services.runs.comparisons import parts_of_comparison
from promptyard.services.runs.log import EventLog
from promptyard.services.runs.resuming.ended_stream import EndedStream
from promptyard.services.runs.resuming.framed_log import FramedLog
from promptyard.services.runs.resuming.packed_events import LENGTH, Parts
from promptyard.services.runs.run_events import RunBegan, parts_of_event
from tests.support.doubles.sample_events import comparison_events, run_events
from tests.support.doubles.streams import STREAM, TENANT

ALL = ("reasoning", "tool_calls", "replay")
Frame = Callable[[int, Any], bytes]


def run_parts(wanted: tuple[Any, ...]) -> tuple[Frame, Parts[Any]]:
    return partial(run_frame, wanted), parts_of_event


def comparison_parts(wanted: tuple[Any, ...]) -> tuple[Frame, Parts[Any]]:
    return partial(comparison_frame, wanted), parts_of_comparison


async def resumed_everywhere(events: list[Any], stretch: int, frame_of: Frame, parts: Parts[Any]) -> None:
    """`stretch`: so many are told at once."""
    expected = [frame_of(number, event) for number, event in enumerate(events, 1)]
    stream = FramedLog(TENANT, STREAM, EventLog(parts), frame_of)
    for begin in range(0, len(events), stretch):
        stream.log.extend(events[begin : begin + stretch])
        there = expected[: len(stream.log)]
        for after in {0, begin, len(there) // 2, len(there)}:
            told = [frame async for _, frame in stream.frames(after)]
            assert told == there[after:], "while it goes on"
    stream.log.close()
    assert list(stream.log) == events
    ended = EndedStream(stream)
    assert ended.last == len(events)
    for after in range(len(events) + 1):
        assert [frame async for _, frame in stream.frames(after)] == expected[after:]
        assert frames_after(after, await ended.frames(after)) == b"".join(expected[after:])


@pytest.mark.parametrize("wanted", [(), ALL], ids=["text", "all"])
@pytest.mark.parametrize(
    ("some", "parts_for"),
    [(run_events, run_parts), (comparison_events, comparison_parts)],
    ids=["run", "comparison"],
)
@given(data=st.data())
def test_from_every_event_on_a_stream_is_the_same(
    wanted: tuple[Any, ...], some: st.SearchStrategy[Any], parts_for: Callable[..., Any], data: st.DataObject
) -> None:
    events = data.draw(st.lists(some, max_size=40))
    stretch = data.draw(st.integers(1, 12))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(log, "RECENT", data.draw(st.integers(0, 8)))
        patched.setattr(log, "LENGTH", data.draw(st.integers(1, 5)))
        patched.setattr("promptyard.services.runs.resuming.ended_stream.LENGTH", log.LENGTH)
        patched.setattr(log, "LONGEST_BATCH", data.draw(st.integers(1, 7)))
        asyncio.run(resumed_everywhere(events, stretch, *parts_for(wanted)))


@pytest.mark.parametrize("stretch", [1, LENGTH - 1, 3 * LENGTH])
async def test_so_is_a_long_one(stretch: int) -> None:
    """As long as one has to be whose first events are packed."""
    kinds = (TextDelta, ReasoningDelta, lambda text: ToolCallDelta(1, arguments=text), lambda _: RunBegan())
    events = [kinds[number % 7 % 4](f"{number} ") for number in range(3 * log.RECENT)]
    frame_of, parts = run_parts(ALL)
    expected = [frame_of(number, event) for number, event in enumerate(events, 1)]
    stream = FramedLog(TENANT, STREAM, EventLog(parts), frame_of)
    for begin in range(0, len(events), stretch):
        stream.log.extend(events[begin : begin + stretch])
    stream.log.close()
    ended = EndedStream(stream)
    for after in range(0, len(events), 61):
        assert [frame async for _, frame in stream.frames(after)] == expected[after:]
        assert frames_after(after, await ended.frames(after)) == b"".join(expected[after:])
