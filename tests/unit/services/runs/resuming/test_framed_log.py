"""The frames of a log's events: each is made once, whoever reads them and from wherever."""

from hypothesis import given
from hypothesis import strategies as st

from promptyard.services.runs.log import EventLog
from promptyard.services.runs.resuming.framed_log import FramedLog
from tests.support.doubles.streams import STREAM, TENANT, frame_of

EVENTS = [f"event {number}" for number in range(1, 9)]


@given(st.lists(st.integers(1, len(EVENTS)), max_size=40))
def test_each_reader_is_given_its_events_frames(numbers: list[int]) -> None:
    framed = FramedLog(TENANT, STREAM, EventLog[str](), frame_of)
    for number in numbers:
        assert framed.frame(number, EVENTS[number - 1]) == frame_of(number, EVENTS[number - 1])


async def test_a_frame_is_made_once() -> None:
    made: list[int] = []

    def making(number: int, event: str) -> bytes:
        made.append(number)
        return frame_of(number, event)

    log = EventLog[str]()
    framed = FramedLog(TENANT, STREAM, log, making)
    log.extend(EVENTS)
    log.close()
    first = [framed.frame(number, event) async for batch in log.read() for number, event in batch]
    assert [frame async for _, frame in framed.frames(0)] == first
    assert [frame async for _, frame in framed.frames(5)] == first[5:]
    assert made == list(range(1, len(EVENTS) + 1))
