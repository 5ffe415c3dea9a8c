"""The log of events: every reader sees the same events under the same numbers."""

import asyncio
import gc
import weakref
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptyard.services.runs import log
from promptyard.services.runs.log import EventLog, LogReader


@dataclass
class Reading:
    """A reader in a task of its own."""

    after: int
    task: "asyncio.Task[None]"
    seen: list[tuple[int, str]] = field(default_factory=list)


def start_reading(events: EventLog[str], after: int) -> Reading:
    async def read() -> None:
        async for batch in events.read(after):
            assert batch, "nobody nudges it"
            reading.seen += batch
            if after % 2 == 0:
                await asyncio.sleep(0)

    reading = Reading(after, asyncio.create_task(read()))
    return reading


Steps = Sequence[tuple[str, int]]
steps = st.lists(
    st.tuples(st.sampled_from(["append", "append", "extend", "join", "drop", "turn"]), st.integers(0, 12)), max_size=60
)


async def play(script: Steps) -> tuple[list[str], list[Reading], list[Reading]]:
    """What was told, who read to the end, and who went away before it."""
    events: EventLog[str] = EventLog()
    told: list[str] = []
    reading, dropped = [start_reading(events, 0)], []
    for action, number in script:
        if action == "append":
            told.append(f"event {len(told)}")
            events.append(told[-1])
        elif action == "extend":
            more = [f"event {len(told) + offset}" for offset in range(number)]
            told += more
            events.extend(iter(more))
        elif action == "join":
            reading.append(start_reading(events, number))
        elif action == "drop" and len(reading) > 1:
            leaving = reading.pop(1 + number % (len(reading) - 1))
            leaving.task.cancel()
            dropped.append(leaving)
        else:
            for _ in range(number % 4):
                await asyncio.sleep(0)
    events.close()
    reading.append(start_reading(events, len(told) // 2))
    await asyncio.wait_for(asyncio.gather(*(one.task for one in reading)), 10)
    await asyncio.gather(*(one.task for one in dropped), return_exceptions=True)
    assert asyncio.all_tasks() == {asyncio.current_task()}
    assert list(events) == told
    return told, reading, dropped


@pytest.mark.parametrize("longest", [1, 3, 500])
@pytest.mark.parametrize(("packed", "recent"), [(250, 500), (3, 4), (1, 0)])
@given(script=steps)
def test_every_reader_sees_every_event_after_its_number_once_and_in_order(
    longest: int, packed: int, recent: int, script: Steps
) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(log, "LONGEST_BATCH", longest)
        patched.setattr(log, "LENGTH", packed)
        patched.setattr(log, "RECENT", recent)
        told, reading, dropped = asyncio.run(play(script))
    numbered = list(enumerate(told, 1))
    for one in reading:
        assert one.seen == numbered[one.after :]
    for one in dropped:
        assert one.seen == numbered[one.after :][: len(one.seen)]


async def test_what_is_there_is_given_at_once_and_what_comes_together_together() -> None:
    events: EventLog[str] = EventLog()
    events.extend(["a", "b"])
    reader = events.read()
    assert await anext(reader) == [(1, "a"), (2, "b")]
    waiting = asyncio.ensure_future(anext(reader))
    await asyncio.sleep(0)
    events.append("c")
    events.append("d")
    assert await waiting == [(3, "c"), (4, "d")]
    events.append("e")
    events.close()
    assert [batch async for batch in reader] == [[(5, "e")]]
    assert [batch async for batch in events.read(after=4)] == [[(5, "e")]]
    assert [batch async for batch in events.read(after=9)] == []


async def test_a_reader_far_behind_lets_others_run_between_its_batches() -> None:
    events: EventLog[int] = EventLog()
    number = 5 * log.LONGEST_BATCH + 1
    events.extend(range(number))
    events.close()
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    running = asyncio.create_task(others())
    sizes = [len(batch) async for batch in events.read()]
    running.cancel()
    assert (sum(sizes), max(sizes)) == (number, log.LONGEST_BATCH)
    assert turns >= number // log.LONGEST_BATCH


async def test_a_reader_that_is_stopped_while_it_waits_misses_nothing_when_it_goes_on() -> None:
    events: EventLog[str] = EventLog()
    reader = events.read()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(anext(reader), 0.001)
    events.append("a")
    assert await anext(reader) == [(1, "a")]


async def test_of_readers_that_have_gone_nothing_is_left() -> None:
    events: EventLog[str] = EventLog()

    async def look(reader: LogReader[str]) -> None:
        async for _ in reader:
            return

    readers = [events.read() for _ in range(3)]
    tasks = [asyncio.create_task(look(reader)) for reader in readers]
    await asyncio.sleep(0)
    tasks[0].cancel()
    await asyncio.sleep(0)
    assert len(events._waiting) == 2
    events.append("a")
    await asyncio.gather(*tasks, return_exceptions=True)
    gone = [weakref.ref(reader) for reader in readers]
    del readers, tasks
    await asyncio.sleep(0)  # the loop's last step holds what it was called with
    gc.collect()
    assert [reference() for reference in gone] == [None] * 3
    assert asyncio.all_tasks() == {asyncio.current_task()}
    assert events._waiting == []


async def test_who_waits_for_the_end_is_not_woken_before_it() -> None:
    events: EventLog[str] = EventLog()
    waiting = asyncio.create_task(events.closed())
    events.append("a")
    for _ in range(5):
        await asyncio.sleep(0)
    assert not waiting.done()
    assert not events.ended
    events.close()
    await waiting
    assert events.ended
    with pytest.raises(AssertionError):
        events.append("b")


async def test_a_nudged_reader_is_given_an_empty_batch_and_no_other_is() -> None:
    events: EventLog[str] = EventLog()
    nudged, other = events.read(), events.read()
    waiting = [asyncio.ensure_future(anext(reader)) for reader in (nudged, other)]
    await asyncio.sleep(0)
    nudged.nudge()
    assert await waiting[0] == []
    assert not waiting[1].done()
    assert len(events._waiting) == 1
    events.append("a")
    assert await waiting[1] == await anext(nudged) == [(1, "a")]
