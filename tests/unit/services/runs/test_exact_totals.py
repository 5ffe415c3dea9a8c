"""Totals are the number of records, whatever dies at whatever moment, and one sweep later: at every request to the
store, before it was carried out and after."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, cast

import pytest

from promptyard.domain.account.quotas import Quotas
from promptyard.domain.errors import LimitReached
from promptyard.domain.identifiers import random_id
from promptyard.domain.metering.limits import NO_LIMITS, Limits
from promptyard.domain.models.messages import user_prompt
from promptyard.domain.models.provider_events import Finished, FinishReason, TextDelta
from promptyard.domain.models.targets import Parameters, ProviderCall
from promptyard.domain.paging import PageRequest, each_page
from promptyard.domain.runs.run import Run, RunLinks, RunStatus
from promptyard.providers.registry import PROVIDERS
from promptyard.services.metering.meter import Meter
from promptyard.services.ports.runs import RunFilter
from promptyard.services.runs.execution import RunExecutor
from promptyard.services.runs.history import RunHistory
from promptyard.services.runs.resuming.kept_streams import KeptStreams
from promptyard.services.runs.settling.sweeper import Sweeper
from promptyard.storage.metering.ledger import DynamoLedger
from promptyard.storage.metering.months import DynamoMonths
from promptyard.storage.runs import run_claims
from promptyard.storage.runs.runs import DynamoRunStore
from promptyard.storage.table import keys
from promptyard.storage.table.expressions import Changes
from promptyard.storage.table.objects import Objects
from promptyard.storage.table.table import Table
from promptyard_local.aws import LocalAws
from tests.support.aws.local_aws import RUNS_BUCKET, RUNS_TABLE, USAGE_TABLE, store_of_runs
from tests.support.doubles.doubles import ScriptedGateway
from tests.support.doubles.metering import catalogue
from tests.support.doubles.mortal import Crash
from tests.support.samples.sample_runs import new_run, settled

DEMO = next(row for row in PROVIDERS if row.id == "demo")
LINKS = RunLinks(prompt_id="p", version_id="v", playground_id="g")
LARGE = "x" * 50_000
FILTERS = (RunFilter(), RunFilter(prompt_id="p"), RunFilter(version_id="v"), RunFilter(playground_id="g"))


class Life:
    """A process that dies at its nth moment; None: it lives. A request to the store has two: before it and after."""

    def __init__(self, moments: int | None = None) -> None:
        self._left = moments
        self._sent: set[asyncio.Future[Any]] = set()
        self.passed = 0

    async def request(self, work: Callable[[], Awaitable[Any]]) -> Any:
        self._pass()
        sent = asyncio.ensure_future(work())
        self._sent.add(sent)
        sent.add_done_callback(self._sent.discard)
        result = await sent
        self._pass()
        return result

    async def arrived(self) -> None:
        """Waits for what was sent beside the request that it died of."""
        if self._sent:
            await asyncio.wait(self._sent)

    @property
    def over(self) -> bool:
        return self._left is not None and self.passed >= self._left

    def _pass(self) -> None:
        if self.over:
            raise Crash
        self.passed += 1


def mortal(kind: type, life: Life, *arguments: Any) -> Any:
    """One of that kind, whose every method is a request of that process."""
    thing = kind(*arguments)
    for name in ("get", "get_many", "put", "update", "update_and_get", "update_and_names", "delete", "query"):
        if hasattr(thing, name):
            method = getattr(thing, name)
            setattr(thing, name, lambda *args, method=method, **kwargs: life.request(partial(method, *args, **kwargs)))
    return thing


class NoStreams:
    async def forget(self, tenant: str, stream_id: str) -> None:
        """None of these runs can be resumed."""


class House:
    """What a process works with."""

    def __init__(self, aws: LocalAws, life: Life) -> None:
        clients, names = aws.clients, aws.names
        runs, usage = names[RUNS_TABLE], names[USAGE_TABLE]
        once = mortal(Table, life, clients.dynamodb_once, usage)
        table = mortal(Table, life, clients.dynamodb, usage)
        tables = mortal(Table, life, clients.dynamodb, runs), mortal(Table, life, clients.dynamodb_once, runs)
        self.store = DynamoRunStore(*tables, mortal(Objects, life, clients.s3, names[RUNS_BUCKET]))
        months = DynamoMonths(table, once)
        self.meter = Meter(months, DynamoLedger(table), catalogue())
        self.sweeper = Sweeper(self.store, months, self.meter)
        self.history = RunHistory(self.store, self.sweeper, cast(KeptStreams, NoStreams()))

    async def run(self, run: Run, limits: Limits = NO_LIMITS) -> None:
        gateway = ScriptedGateway([TextDelta("Hello"), Finished(FinishReason.STOP)])
        call = ProviderCall(row=DEMO, model="echo", messages=tuple(run.messages), parameters=Parameters(), base_url="")
        executor = RunExecutor(self.store, gateway, self.meter)
        await executor.start(run, call, limits)
        await asyncio.gather(*executor.going_on)

    async def sweep(self) -> None:
        """As if it were another day."""
        await self.sweeper.sweep(datetime.now(UTC) + timedelta(days=1))


Story = Callable[[House, Run], Awaitable[object]]
SWEEP_MOMENTS = 40
NOTHING_LEFT = Limits(Quotas(tokens_per_month=0))


async def a_run(house: House, run: Run) -> None:
    await house.run(run)


async def a_refused_run(house: House, run: Run) -> None:
    with suppress(LimitReached):
        await house.run(run, NOTHING_LEFT)


async def a_run_that_never_began(house: House, run: Run) -> None:
    await house.store.add(settled(run, status=RunStatus.FAILED))


async def a_deletion(house: House, run: Run) -> None:
    await house.run(run)
    await house.history.delete(run.tenant, run.id)


async def a_deletion_before_its_end(house: House, run: Run) -> None:
    await house.meter.reserve(planned := house.meter.plan(run, NO_LIMITS), NO_LIMITS)
    await house.store.start(run.model_copy(update={"reservation_id": planned.id}))
    house.store.count(run)
    await house.store.delete(run.tenant, run.id)


async def told(aws: LocalAws, tenant: str, story: Story, *deaths: int | None) -> bool:
    """Tells the story of a run in a process that dies, sweeps in others that die, and once in one that lives: then
    everything has to add up. Returns whether all that were to die did."""
    run = new_run(tenant=tenant, links=LINKS, messages=user_prompt(LARGE))
    stories = [partial(story, run=run), *[House.sweep] * (len(deaths) - 1)]
    lives = [Life(moments) for moments in deaths]
    for life, tell in zip(lives, stories, strict=True):
        house = House(aws, life)
        with suppress(Crash):
            await tell(house)
        await life.arrived()  # a sweeper comes half a minute later
        await house.store.counted()
    await House(aws, Life()).sweep()
    await check(aws, tenant)
    return all(life.over for life in lives)


async def check(aws: LocalAws, tenant: str) -> None:
    store = store_of_runs(aws)
    for where in FILTERS:
        pages = partial(store.page, tenant, where)
        there = sum([len(runs) async for runs in each_page(pages, 100)])
        assert (await pages(PageRequest(1))).total == there, where
    assert await store.half_done(datetime.now(UTC) + timedelta(days=1)) == []


STORIES = [a_run, a_run_that_never_began, a_refused_run, a_deletion, a_deletion_before_its_end]


@pytest.mark.parametrize("story", STORIES)
async def test_whatever_dies_at_whatever_moment(local_aws: LocalAws, story: Story) -> None:
    moments, tenant = 0, random_id()
    while await told(local_aws, tenant, story, moments):
        moments += 1
    assert moments >= (2 if story is a_refused_run else 6)


@pytest.mark.parametrize("story", STORIES)
@pytest.mark.parametrize("pairs", [8, pytest.param(150, marks=pytest.mark.hard)])
async def test_whatever_dies_and_what_sweeps_after_it_dies_too(local_aws: LocalAws, story: Story, pairs: int) -> None:
    life, chance = Life(), random.Random(seed := random.randrange(10**6))
    await story(House(local_aws, life), new_run(links=LINKS, messages=user_prompt(LARGE)))
    tenants = [random_id() for _ in range(0, pairs, 10)]
    for pair in range(pairs):
        deaths = chance.randrange(life.passed), chance.randrange(SWEEP_MOMENTS)
        try:
            await told(local_aws, tenants[pair // 10], story, *deaths)
        except AssertionError as error:
            raise AssertionError(f"{deaths}, seed {seed}") from error


async def test_an_old_claim_of_a_process_that_is_no_more_is_forgotten(
    local_aws: LocalAws, runs_table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_claims, "OLD", timedelta(0))
    for _ in range(2 * run_claims.MAX_CLAIMS):
        await (house := House(local_aws, Life())).run(new_run(tenant="t"))
        await house.store.page("t", RunFilter(), PageRequest(1))
        assert len(await claims(runs_table)) <= run_claims.MAX_CLAIMS + 1
    total = (await store_of_runs(local_aws).page("t", RunFilter(), PageRequest(1))).total
    assert total == 2 * run_claims.MAX_CLAIMS


async def test_claims_do_not_pile_up(local_aws: LocalAws, runs_table: Table) -> None:
    house = House(local_aws, Life())
    for number in range(8):
        await house.run(run := new_run(tenant="t"))
        assert len(await claims(runs_table)) <= 3
        if number % 2:
            await house.history.delete("t", run.id)
    await asyncio.gather(*(house.run(new_run(tenant="t")) for _ in range(run_claims.MAX_CLAIMS + 5)))
    await check(local_aws, "t")
    await house.store.page("t", RunFilter(), PageRequest(1))
    assert len(await claims(runs_table)) <= run_claims.MAX_CLAIMS


async def claims(table: Table) -> list[str]:
    counter = await table.get(keys.count_key("t", keys.COUNT_ALL))
    return [name for name in counter or {} if "@" in name]


@pytest.mark.parametrize("broken", ["require_missing", "assign"])
async def test_a_mutation_is_seen(local_aws: LocalAws, monkeypatch: pytest.MonkeyPatch, broken: str) -> None:
    """Without the condition on a claim, or without what says that something is left to do, something is miscounted."""
    monkeypatch.setattr(Changes, broken, lambda changes, _: changes)
    with pytest.raises(AssertionError):
        await test_whatever_dies_at_whatever_moment(local_aws, a_deletion)
