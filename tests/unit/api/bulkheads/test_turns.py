"""Whoever sends many requests has a few turns at a time, and nobody else waits for the rest of them."""

import asyncio
import random

import pytest

from promptyard.api.bulkheads import turns as turns_module
from promptyard.api.bulkheads.turns import AT_ONCE, Turn, Turns
from promptyard.domain.errors import RateLimited


async def test_of_one_tenant_a_few_are_worked_on_and_of_another_at_once() -> None:
    turns = Turns(at_once=2)
    held = [await turns.take("flood") for _ in range(2)]
    third = asyncio.create_task(turns.take("flood"))
    other = await asyncio.wait_for(turns.take("other"), 5)
    assert not third.done()
    other.leave()
    await asyncio.sleep(0)
    assert not third.done()
    held[0].leave()
    (await third).leave()
    held[1].leave()
    assert turns._working == turns._waiting == {}


async def test_who_waits_is_served_in_its_order() -> None:
    turns = Turns(at_once=1)
    first = await turns.take("t")
    served: list[int] = []

    async def ask(number: int) -> None:
        turn = await turns.take("t")
        served.append(number)
        turn.leave()

    waiting = [asyncio.create_task(ask(number)) for number in range(20)]
    await asyncio.sleep(0)
    first.leave()
    await asyncio.gather(*waiting)
    assert served == list(range(20))


async def test_what_more_would_wait_is_refused_by_itself() -> None:
    turns = Turns(at_once=1, max_waiting=3)
    turn = await turns.take("flood")
    waiting = [asyncio.create_task(turns.take("flood")) for _ in range(3)]
    await asyncio.sleep(0)
    with pytest.raises(RateLimited) as refused:
        await turns.take("flood")
    assert (refused.value.retry_after, refused.value.numbers["unit"]) == (1.0, "waiting_requests")
    (await turns.take("other")).leave()
    turn.leave()
    for left in waiting:
        (await left).leave()
    assert turns._working == turns._waiting == {}


async def test_a_turn_that_waits_for_something_else_ends_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns_module, "HELD_SECONDS", 0.01)
    turns = Turns(at_once=1)
    slow = await turns.take("t")
    next_one = await asyncio.wait_for(turns.take("t"), 5)
    slow.leave()
    assert turns._working == {"t": 1}
    next_one.leave()
    next_one.leave()
    assert turns._working == {}


async def test_whatever_is_asked_left_and_cancelled_none_is_lost_and_none_too_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A property over generated orders of events."""
    monkeypatch.setattr(turns_module, "HELD_SECONDS", 600)  # none ends by itself, however slow the machine is
    chance = random.Random(seed := random.randrange(10**6))
    turns = Turns()
    held: list[tuple[str, Turn]] = []
    asked: list[asyncio.Task[None]] = []

    async def ask(tenant: str) -> None:
        turn = await turns.take(tenant)
        held.append((tenant, turn))
        assert sum(other == tenant for other, _ in held) <= AT_ONCE, f"seed {seed}"

    for _ in range(2_000):
        match chance.randrange(4):
            case 0 | 1:
                asked.append(asyncio.create_task(ask(chance.choice("abc"))))
            case 2 if held:
                held.pop(chance.randrange(len(held)))[1].leave()
            case 3 if asked:
                chance.choice(asked).cancel()
        if chance.random() < 0.5:
            await asyncio.sleep(0)
    while not all(task.done() for task in asked):
        while held:
            held.pop()[1].leave()
        await asyncio.sleep(0)
    for _, turn in held:
        turn.leave()
    failed = [task.exception() for task in asked if not task.cancelled() and task.exception()]
    assert (failed, turns._working, turns._waiting) == ([], {}, {}), f"seed {seed}"
