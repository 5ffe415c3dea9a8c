"""Everybody has a turn, however little time there is."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptyard.domain.account.tenants import Tenant
from promptyard.services.account.tenant_directory import TenantDirectory
from promptyard.services.account.tenant_rounds import TenantRound, TenantRounds
from tests.support.doubles.account_doubles import MemoryRounds, MemoryTenants


class Clock:
    """Stands still but for the work."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


class Work:
    """Takes so long with a tenant."""

    def __init__(self, clock: Clock, takes: float) -> None:
        self._clock, self._takes = clock, takes
        self.on: list[str] = []

    async def __call__(self, tenant: Tenant) -> int:
        self.on.append(tenant.id)
        self._clock.seconds += self._takes
        return 1


def rounds_of(names: list[str], clock: Callable[[], float]) -> TenantRounds:
    store = MemoryTenants()
    for name in sorted(names):
        store.tenants[name] = Tenant(id=name, name=name, created_at=datetime.now(UTC))
    return TenantRounds(TenantDirectory(store), MemoryRounds(), clock)


def everybody(_: Tenant) -> bool:
    return True


def test_with_time_for_one_a_day_three_have_had_a_turn_in_three_days() -> None:
    clock = Clock()
    work, rounds = Work(clock, takes=900), rounds_of(["a", "b", "c"], clock)
    found = [asyncio.run(rounds.go_on("x", work, due=everybody, seconds=900)) for _ in range(4)]
    assert work.on == ["a", "b", "c", "a"]
    assert found == [TenantRound(done=1, whole=False)] * 4


@given(
    names=st.lists(
        st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,3}", fullmatch=True), min_size=1, max_size=9, unique=True
    ),
    times=st.lists(st.integers(1, 12), min_size=1, max_size=8),
)
def test_turns_go_round_whatever_the_time(names: list[str], times: list[int]) -> None:
    """In every round each at most once, all of them where there is time, and over all rounds nobody is passed by."""
    clock = Clock()
    work, rounds = Work(clock, takes=1), rounds_of(names, clock)
    for seconds in times:
        before = len(work.on)
        found = asyncio.run(rounds.go_on("x", work, due=everybody, seconds=seconds))
        had = work.on[before:]
        assert len(set(had)) == len(had) == found.done == min(seconds, len(names))
        assert found.whole == (len(had) == len(names))
    expected = sorted(names) * (len(work.on) // len(names) + 1)
    assert work.on == expected[: len(work.on)]


def test_work_is_cut_when_the_time_is_over_and_the_next_is_taken_up() -> None:
    cut: list[str] = []

    async def never(tenant: Tenant) -> int:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cut.append(tenant.id)
            raise
        raise AssertionError

    rounds = rounds_of(["a", "b"], time.monotonic)
    for _ in range(3):
        assert asyncio.run(rounds.go_on("x", never, due=everybody, seconds=0.02)) == TenantRound(0, whole=False)
    assert cut == ["a", "b", "a"]


def test_whoever_the_work_fails_on_keeps_nobody_else_from_it() -> None:
    clock = Clock()
    rounds, done = rounds_of(["a", "b", "c"], clock), []

    async def work(tenant: Tenant) -> int:
        if tenant.id == "b":
            raise ValueError("of b")
        done.append(tenant.id)
        return 1

    with pytest.raises(ValueError, match="of b"):
        asyncio.run(rounds.go_on("x", work, due=everybody, seconds=10))
    assert done == ["a"]
    with pytest.raises(ValueError, match="of b"):
        asyncio.run(rounds.go_on("x", work, due=everybody, seconds=10))
    assert done == ["a", "c", "a"]


def test_who_is_not_due_costs_nothing() -> None:
    clock, marks = Clock(), MemoryRounds()
    store = MemoryTenants()
    for name in ("a", "b"):
        store.tenants[name] = Tenant(id=name, name=name, created_at=datetime.now(UTC))
    work = Work(clock, takes=1)
    rounds = TenantRounds(TenantDirectory(store), marks, clock)
    assert asyncio.run(rounds.go_on("x", work, due=lambda tenant: tenant.id == "b", seconds=10)) == TenantRound(
        1, whole=True
    )
    assert (work.on, marks.begun) == (["b"], ["b"])
