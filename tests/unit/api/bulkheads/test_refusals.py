"""Who is refused again and again is refused at a bounded pace, and does not hold up others."""

import asyncio

import pytest

from promptyard.api.bulkheads import refusals as refusals_module
from promptyard.api.bulkheads.refusals import INTERVAL_SECONDS, LONGEST_SECONDS, MAX_REMEMBERED, RefusalPace


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr(refusals_module.asyncio, "sleep", sleep)
    return waits


async def test_the_first_waits_for_nothing_and_each_further_one_for_those_before(slept: list[float]) -> None:
    refusals = RefusalPace()
    await refusals.wait("other")
    for _ in range(11):
        await refusals.wait("flood")
    await refusals.wait("another")
    assert len(slept) == 10
    assert slept == sorted(slept)
    assert 8 * INTERVAL_SECONDS < slept[-1] <= 10 * INTERVAL_SECONDS


async def test_who_has_too_many_waiting_is_told_at_once(slept: list[float]) -> None:
    refusals = RefusalPace()
    most = round(LONGEST_SECONDS / INTERVAL_SECONDS)
    for _ in range(3 * most):
        await refusals.wait("flood")
    assert most - 1 <= len(slept) <= 2 * most
    assert max(slept) <= LONGEST_SECONDS


async def test_after_a_pause_nobody_waits() -> None:
    refusals = RefusalPace()
    loop = asyncio.get_running_loop()
    for _ in range(5):
        await refusals.wait("flood")
    refusals._next["flood"] = loop.time() - 1
    began = loop.time()
    await asyncio.wait_for(refusals.wait("flood"), 5)
    assert refusals._next["flood"] < began + 1


async def test_it_remembers_so_many(slept: list[float]) -> None:
    refusals = RefusalPace()
    for number in range(3 * MAX_REMEMBERED):
        await refusals.wait(str(number))
    assert len(refusals._next) == MAX_REMEMBERED
    assert slept == []
