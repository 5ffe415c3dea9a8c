"""Whose heavy work waits for whom."""

import asyncio
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest

from promptyard.domain.account.access import Caller, Role
from promptyard.domain.runs.metrics.registry import METRICS
from promptyard.domain.runs.metrics.spec import MetricSpec
from promptyard.domain.runs.metrics.types import MetricInput
from promptyard.services.playgrounds import scoring
from promptyard.services.playgrounds.judge import Judge
from promptyard.services.playgrounds.scored import Case
from promptyard.services.playgrounds.scoring import Scorer
from promptyard.services.playgrounds.work_pool import MOST_OF_ONE_TENANT, NoTurn, WorkPool


async def test_one_tenants_work_never_takes_every_thread() -> None:
    pool, free = WorkPool("test"), threading.Event()
    heavy = [asyncio.create_task(pool.run("heavy", 60, free.wait)) for _ in range(20)]
    try:
        for number in range(10):
            assert await pool.run("light", 10, lambda given: given, number) == number
    finally:
        free.set()
    assert all(await asyncio.gather(*heavy))


async def test_what_takes_too_long_is_given_up_and_keeps_its_turn_while_it_goes_on() -> None:
    pool, free = WorkPool("test"), threading.Event()
    going_on = [asyncio.create_task(pool.run("heavy", 0.05, free.wait)) for _ in range(MOST_OF_ONE_TENANT)]
    outcomes = await asyncio.gather(*going_on, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [TimeoutError] * MOST_OF_ONE_TENANT
    with pytest.raises(TimeoutError):
        await pool.run("heavy", 0.05, int)
    assert await pool.run("light", 10, int) == 0
    free.set()
    assert await pool.run("heavy", 10, int) == 0


async def test_the_time_is_counted_from_the_turn_on() -> None:
    pool = WorkPool("test")
    many = [pool.run("one", 1, time.sleep, 0.02, patience=60) for _ in range(150)]
    assert await asyncio.gather(*many) == [None] * 150  # 1.5 s, two at a time
    free = threading.Event()
    going_on = [asyncio.create_task(pool.run("one", 60, free.wait)) for _ in range(MOST_OF_ONE_TENANT)]
    await asyncio.sleep(0)
    with pytest.raises(NoTurn):
        await pool.run("one", 60, int, patience=0.05)
    free.set()
    await asyncio.gather(*going_on)


async def test_the_cells_of_a_benchmark_do_not_take_each_others_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits for its turn longer than a metric may take has all of its own time then."""
    monkeypatch.setattr(scoring, "MAX_SECONDS", 1.0)
    scorer, free = Scorer(cast(Judge, None), None), threading.Event()
    _hold("citations", free, monkeypatch)
    case = Case(Caller(tenant="acme", role=Role.MEMBER, id="x"), "run", datetime.now(UTC) + timedelta(minutes=5))
    material = MetricInput(output="Hi", reference="Hi", documents=("Hi",))
    held = [scorer.score(MetricSpec(metric="citations"), material, case) for _ in range(MOST_OF_ONE_TENANT)]
    quick = [scorer.score(MetricSpec(metric="rouge_n"), material, case) for _ in range(200)]
    going_on = [asyncio.create_task(score) for score in held + quick]
    try:
        late = await asyncio.gather(*going_on[:MOST_OF_ONE_TENANT])  # given up, each with its turn kept
        assert [one.result.score for one in late] == [None] * MOST_OF_ONE_TENANT
        done, _ = await asyncio.wait(going_on[MOST_OF_ONE_TENANT:], timeout=0.3)
        assert not done
    finally:
        free.set()
    scored = await asyncio.gather(*going_on[MOST_OF_ONE_TENANT:])
    assert [one.result.error_message for one in scored if one.result.score is None] == []


async def test_a_metric_that_is_not_done_in_time_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scoring, "MIN_SECONDS", 0.05)
    scorer, free = Scorer(cast(Judge, None), None), threading.Event()
    _hold("citations", free, monkeypatch)
    case = Case(Caller(tenant="acme", role=Role.MEMBER, id="x"), "run", datetime.now(UTC) + timedelta(seconds=1))
    material = MetricInput(output="Hi", documents=("Hi",))
    began = time.monotonic()
    for is_guard in (False, True):
        scored = await scorer.score(MetricSpec(metric="citations"), material, case, is_guard=is_guard)
        assert scored.result.score is None
        assert scored.result.inconclusive
        assert "in time" in str(scored.result.error_message)
    assert time.monotonic() - began < 10
    free.set()


def _hold(metric: str, free: threading.Event, monkeypatch: pytest.MonkeyPatch) -> None:
    """Has the metric take until `free` is set."""
    real = METRICS[metric]
    held = real.__class__(metric, real.side, lambda _: free.wait() and None, needs=real.needs)
    monkeypatch.setitem(METRICS, metric, held)
