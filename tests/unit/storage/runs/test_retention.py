"""Runs whose time is over: gone for readers at once, whenever DynamoDB removes them."""

from datetime import UTC, datetime, timedelta

import pytest

from promptyard.domain.errors import NotFound
from promptyard.domain.paging import PageRequest
from promptyard.domain.runs.run import Run, RunLinks
from promptyard.services.ports.runs import RunFilter
from promptyard.storage.runs.runs import DynamoRunStore
from promptyard.storage.table import keys
from promptyard.storage.table.table import Table
from promptyard_local.aws import LocalAws
from tests.support.aws.local_aws import begin, store_of_runs
from tests.support.samples.sample_runs import run_at, settled

LINKS = RunLinks(prompt_id="p", version_id="v", playground_id="g", comparison_id="c")
COUNTED = [RunFilter(), RunFilter(prompt_id="p"), RunFilter(version_id="v"), RunFilter(playground_id="g")]


def run_of_age(days: float, **changes: object) -> Run:
    return run_at(datetime.now(UTC) - timedelta(days=days), links=LINKS, **changes)


async def totals(store: DynamoRunStore) -> set[int | None]:
    return {(await store.page("local", where, PageRequest(1))).total for where in COUNTED}


async def begin_and_settle(store: DynamoRunStore, run: Run) -> None:
    await begin(store, run)
    await store.settle(settled(run))


async def test_the_tenants_own_retention_wins(local_aws: LocalAws) -> None:
    store = store_of_runs(local_aws, retention=timedelta(days=30))
    kept = [run_of_age(3), run_of_age(40, retention_days=90)]
    for run in [run_of_age(3, retention_days=1), *kept, run_of_age(40)]:
        await begin_and_settle(store, run)
    page = await store.page("local", RunFilter(), PageRequest(10))
    assert [run.id for run in page.items] == [run.id for run in kept]
    assert page.total == 2


async def test_a_run_keeps_its_time_when_it_is_settled(local_aws: LocalAws, runs_table: Table) -> None:
    store = store_of_runs(local_aws, retention=timedelta(days=30))
    run = run_of_age(0, retention_days=7)
    await begin(store, run)
    started = await runs_table.get(keys.run_key("local", run.id), only=("expires_at",))
    await store.settle(settled(run))
    assert await runs_table.get(keys.run_key("local", run.id), only=("expires_at",)) == started


@pytest.mark.parametrize("retention", [None, timedelta(days=30)])
async def test_totals_are_right_after_a_repair_among_expired_runs(
    local_aws: LocalAws, runs_table: Table, retention: timedelta | None
) -> None:
    expiring = store_of_runs(local_aws, retention=timedelta(days=30))
    for age in (0, 1, 35, 50):
        await begin_and_settle(expiring, run_of_age(age))
    store = store_of_runs(local_aws, retention=retention)
    await begin_and_settle(store, run_of_age(2))
    assert await totals(store) == {3}
    for what in (keys.COUNT_ALL, keys.count_of("prompt", "p")):
        await runs_table.put({**keys.count_key("local", what), "v": 1, "forever": 1000})
    assert await store.repair_counters("local") == 2
    assert await totals(store) == {3}
    assert await store.repair_counters("local") == 0


async def test_a_comparison_counts_what_is_left_of_it(local_aws: LocalAws) -> None:
    store = store_of_runs(local_aws, retention=timedelta(days=30))
    for age in (0, 1, 50):
        await begin(store, run_of_age(age))
    page = await store.page("local", RunFilter(comparison_id="c"), PageRequest(10))
    assert (len(page.items), page.total, page.next_cursor) == (2, 2, None)
    page = await store.page("local", RunFilter(comparison_id="c"), PageRequest(1, offset=1))
    assert (len(page.items), page.total, page.next_cursor) == (1, 2, None)


async def test_an_expired_run_is_not_settled_back_to_life(local_aws: LocalAws) -> None:
    store = store_of_runs(local_aws, retention=timedelta(days=1))
    run = run_of_age(10)
    await begin(store, run)
    await store.settle(settled(run))
    with pytest.raises(NotFound):
        await store.get("local", run.id)
