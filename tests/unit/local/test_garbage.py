"""Garbage that has lived for a while is looked for when nothing goes on."""

import asyncio
import gc
import time
import weakref
from collections.abc import Iterator

import pytest

from promptyard_local import garbage
from promptyard_local.garbage import YOUNG, collect_when_idle


class Cycle:
    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def moment(monkeypatch: pytest.MonkeyPatch) -> Iterator[float]:
    """How long one is in these tests; the process's own collector is as it was before afterwards."""
    thresholds = gc.get_threshold()
    monkeypatch.setattr(garbage, "MOMENT_SECONDS", 0.05)
    yield 0.05
    gc.unfreeze()
    gc.set_threshold(*thresholds)


def one_that_has_lived() -> "weakref.ref[Cycle]":
    cycle = Cycle()
    gc.collect(0)
    return weakref.ref(cycle)


async def test_what_has_lived_is_looked_for_in_an_idle_moment(moment: float) -> None:
    collecting = asyncio.create_task(collect_when_idle())
    await asyncio.sleep(0)
    left = one_that_has_lived()
    until = time.monotonic() + 10
    while left() is not None and time.monotonic() < until:
        await asyncio.sleep(moment)
    collecting.cancel()
    assert left() is None


async def test_nothing_stops_a_busy_process(moment: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(garbage.time, "process_time", time.monotonic)
    looks: list[int] = []
    monkeypatch.setattr(garbage.gc, "collect", looks.append)
    collecting = asyncio.create_task(collect_when_idle())
    await asyncio.sleep(0)
    for _ in range(3 * YOUNG):
        Cycle()  # so that new objects are looked at, and there is something to look for
    await asyncio.sleep(4 * moment)
    collecting.cancel()
    assert looks == []


async def test_all_of_it_is_looked_at_now_and_then(moment: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(garbage.gc, "get_count", lambda: (0, 1, garbage.WHOLE))
    looked, looks = asyncio.Event(), list[int]()

    def look(generation: int) -> None:
        looks.append(generation)
        looked.set()

    monkeypatch.setattr(garbage.gc, "collect", look)
    collecting = asyncio.create_task(collect_when_idle())
    await asyncio.wait_for(looked.wait(), 10)
    collecting.cancel()
    assert looks == [2]
