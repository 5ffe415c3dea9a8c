"""Totals: which day a run is counted for, and how counters are mended."""

from datetime import UTC, datetime, timedelta

import pytest

from promptyard.domain.errors import Conflict
from promptyard.domain.paging import PageRequest
from promptyard.domain.runs.run import RunLinks
from promptyard.services.ports.runs import RunFilter
from promptyard.storage.runs.run_counts import expiry_of, live_count
from promptyard.storage.runs.runs import DynamoRunStore
from promptyard.storage.table import keys
from promptyard.storage.table.table import Table
from promptyard_local.aws import LocalAws
from tests.support.aws.local_aws import begin, store_of_runs
from tests.support.samples.sample_runs import new_run, run_at, settled


@pytest.mark.parametrize(
    ("created", "expires"),
    [
        ("2026-11-21T00:00:00+00:00", "2026-12-22T00:00:00+00:00"),
        ("2026-11-21T23:59:59+00:00", "2026-12-22T00:00:00+00:00"),
        ("2026-11-21T23:30:00-01:00", "2026-12-23T00:00:00+00:00"),
    ],
)
def test_the_runs_of_a_day_expire_together(created: str, expires: str) -> None:
    expiry = expiry_of(datetime.fromisoformat(created), timedelta(days=30))
    assert expiry == datetime.fromisoformat(expires).timestamp()


def test_without_a_retention_nothing_expires() -> None:
    assert expiry_of(datetime.now(UTC), None) is None


def test_a_day_that_has_come_is_not_counted() -> None:
    counter = {
        "pk": "t#count",
        "v": 1,
        "forever": 1,
        "until_20261121": 10,
        "until_20261122": 100,
        "until_20261201": 1000,
    }
    assert live_count(counter, datetime(2026, 11, 20, 23, 59, tzinfo=UTC)) == 1111
    assert live_count(counter, datetime(2026, 11, 21, 0, 0, tzinfo=UTC)) == 1101
    assert live_count(counter, datetime(2026, 12, 1, tzinfo=UTC)) == 1
    assert live_count(None, datetime.now(UTC)) == 0


async def totals(store: DynamoRunStore) -> list[int | None]:
    filters = (RunFilter(), RunFilter(prompt_id="p"), RunFilter(version_id="v"), RunFilter(playground_id="g"))
    return [(await store.page("local", where, PageRequest(1))).total for where in filters]


async def test_totals_follow_what_is_started_and_deleted(run_store: DynamoRunStore) -> None:
    first = new_run(links=RunLinks(prompt_id="p", version_id="v", playground_id="g"))
    second = new_run(links=RunLinks(prompt_id="p"))
    for run in (first, second, new_run()):
        await begin(run_store, run)
    assert await totals(run_store) == [3, 2, 1, 1]
    await run_store.delete("local", first.id)
    assert await totals(run_store) == [2, 1, 0, 0]


async def test_counters_are_mended(local_aws: LocalAws, runs_table: Table) -> None:
    store = store_of_runs(local_aws)
    expiring = store_of_runs(local_aws, retention=timedelta(days=2))
    for kept_by in (store, store, store, expiring):
        run = new_run(links=RunLinks(prompt_id="p"))
        await begin(kept_by, run)
        await kept_by.settle(settled(run))
    await totals(store)  # whoever looks waits until what it has begun itself is counted
    assert await totals(expiring) == [4, 4, 0, 0]
    assert await store.repair_counters("local") == 0
    await runs_table.put({**keys.count_key("local", keys.COUNT_ALL), "v": 1, "forever": 70, "until_20200101": 5})
    await runs_table.delete(keys.count_key("local", keys.count_of("prompt", "p")))
    await runs_table.put({**keys.count_key("local", keys.count_of("version", "gone")), "v": 1, "forever": 7})
    assert await store.repair_counters("local") == 3
    assert await totals(store) == [4, 4, 0, 0]
    assert (await store.page("local", RunFilter(version_id="gone"), PageRequest(1))).total == 0
    mended = await runs_table.get(keys.count_key("local", keys.COUNT_ALL))
    assert mended is not None
    assert "until_20200101" not in mended
    assert await store.repair_counters("local") == 0


async def test_a_deleted_run_is_taken_from_its_own_day(local_aws: LocalAws) -> None:
    now = datetime.now(UTC)
    store = store_of_runs(local_aws, retention=timedelta(days=30))
    runs = [run_at(now - timedelta(days=age)) for age in (0, 1, 31, 40)]
    for run in runs:
        await begin(store, run)
    assert (await store.page("local", RunFilter(), PageRequest(1))).total == 2
    await store.delete("local", runs[1].id)
    assert (await store.page("local", RunFilter(), PageRequest(1))).total == 1


@pytest.mark.parametrize("by", ["the same process", "another one"])
async def test_a_run_that_was_deleted_and_comes_back_is_counted(local_aws: LocalAws, by: str) -> None:
    """As often as that happens, whatever was claimed for it before and is still to be forgotten."""
    links = RunLinks(prompt_id="p", version_id="v", playground_id="g")
    run, other = (settled(new_run(links=links)) for _ in range(2))
    store = store_of_runs(local_aws)
    await store.add(run)
    for _ in range(3):
        await store.delete("local", run.id)
        assert await totals(store) == [0, 0, 0, 0]
        if by == "another one":
            store = store_of_runs(local_aws)
        await store.bring(run)
        assert await totals(store) == [1, 1, 1, 1]
        with pytest.raises(Conflict):
            await store.bring(run)
    await store.add(other)
    assert await totals(store) == [2, 2, 2, 2]
    assert await store.repair_counters("local") == 0
    await store.delete("local", run.id)
    await store.delete("local", other.id)
    assert await totals(store) == [0, 0, 0, 0]
