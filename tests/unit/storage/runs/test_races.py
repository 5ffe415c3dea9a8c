"""The conditional writes under many writers at once, on a store that is not moto."""

import asyncio

import pytest

from promptyard.domain.errors import Conflict
from promptyard.domain.identifiers import random_id
from promptyard.domain.paging import PageRequest
from promptyard.domain.runs.run import RunLinks, RunStatus
from promptyard.services.ports.runs import RunFilter
from promptyard_local.aws import LocalAws
from tests.support.aws.local_aws import begin, object_keys, store_of_runs
from tests.support.samples.sample_runs import new_run, settled

WRITERS = 64
LARGE = "x" * 50_000


async def test_one_of_many_starts_of_one_id_wins(dynalite_aws: LocalAws) -> None:
    store = store_of_runs(dynalite_aws)
    run = new_run(tenant=random_id())
    claims = [run.model_copy(update={"caller": f"writer {number}"}) for number in range(WRITERS)]
    outcomes = await asyncio.gather(*(store.start(claim) for claim in claims), return_exceptions=True)
    winners = [claim for claim, outcome in zip(claims, outcomes, strict=True) if outcome is None]
    assert len(winners) == 1
    assert all(isinstance(outcome, Conflict) for outcome in outcomes if outcome is not None)
    assert await store.get(run.tenant, run.id) == winners[0]
    store.count(winners[0])
    assert (await store.page(run.tenant, RunFilter(), PageRequest(1))).total == 1


async def test_one_of_many_settlements_wins_with_its_own_content(dynalite_aws: LocalAws) -> None:
    store = store_of_runs(dynalite_aws)
    run = new_run(tenant=random_id())
    await store.start(run)
    ends = [settled(run, output=f"{number} {LARGE}", status=RunStatus.CANCELLED) for number in range(WRITERS)]
    outcomes = await asyncio.gather(*(store.settle(end) for end in ends))
    winners = [end for end, won in zip(ends, outcomes, strict=True) if won]
    assert len(winners) == 1
    assert await store.get(run.tenant, run.id) == winners[0]
    assert len(object_keys(dynalite_aws)) == 1


async def test_a_run_deleted_while_it_is_settled_stays_deleted(dynalite_aws: LocalAws) -> None:
    store = store_of_runs(dynalite_aws)
    runs = [new_run(tenant=random_id()) for _ in range(WRITERS)]
    await asyncio.gather(*(store.start(run) for run in runs))
    settlements = (store.settle(settled(run, output=LARGE)) for run in runs)
    deletions = (store.delete(run.tenant, run.id) for run in runs)
    await asyncio.gather(*(write for pair in zip(settlements, deletions, strict=True) for write in pair))
    for run in runs:
        assert (await store.page(run.tenant, RunFilter(), PageRequest(1))).items == []
    assert object_keys(dynalite_aws) == []


async def test_no_increment_is_lost(dynalite_aws: LocalAws) -> None:
    store = store_of_runs(dynalite_aws)
    tenant = random_id()
    await asyncio.gather(
        *(begin(store, new_run(tenant=tenant, links=RunLinks(prompt_id=f"p{n % 2}"))) for n in range(WRITERS))
    )
    assert (await store.page(tenant, RunFilter(), PageRequest(1))).total == WRITERS
    assert (await store.page(tenant, RunFilter(prompt_id="p1"), PageRequest(1))).total == WRITERS // 2


@pytest.mark.parametrize("link", ["prompt", "version", "playground", "comparison"])
async def test_pages_by_what_a_run_belongs_to(dynalite_aws: LocalAws, link: str) -> None:
    store = store_of_runs(dynalite_aws)
    tenant = random_id()
    runs = [new_run(tenant=tenant, links=RunLinks(**{f"{link}_id": "mine"})) for _ in range(7)]
    for run in [*runs, new_run(tenant=tenant)]:
        await begin(store, run)
    where = RunFilter(**{f"{link}_id": "mine"})
    first = await store.page(tenant, where, PageRequest(5))
    rest = await store.page(tenant, where, PageRequest(5, cursor=first.next_cursor))
    assert first.items + rest.items == runs[::-1]
    assert (first.total, rest.total, rest.next_cursor) == (7, 7, None)
