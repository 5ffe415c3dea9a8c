"""Each run is counted once, though two processes count and delete it at once, and one stands still in between."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from datetime import UTC, datetime

import pytest

from promptyard.domain.paging import PageRequest
from promptyard.domain.runs.run import Run, RunLinks
from promptyard.services.ports.runs import RunFilter
from promptyard.storage.runs.runs import LEASE, DynamoRunStore
from promptyard.storage.table import keys
from promptyard.storage.table.expressions import Changes
from promptyard.storage.table.objects import Objects
from promptyard.storage.table.table import Table
from promptyard_local.aws import LocalAws
from tests.support.aws.local_aws import RUNS_BUCKET, RUNS_TABLE, begin, store_of_runs
from tests.support.samples.sample_runs import new_run, settled

FILTERS = (RunFilter(), RunFilter(prompt_id="p"))


class Gate(Table):
    """A table whose updates wait as long as it is shut. `reached`: one does."""

    def __init__(self, aws: LocalAws) -> None:
        super().__init__(aws.clients.dynamodb, aws.names[RUNS_TABLE])
        self._open = asyncio.Event()
        self.reached = asyncio.Event()
        self.open()

    def shut(self) -> None:
        self._open.clear()

    def open(self) -> None:
        self._open.set()

    async def update(self, key: keys.Key, changes: Changes) -> None:
        await self._pass()
        await super().update(key, changes)

    async def update_and_names(self, key: keys.Key, changes: Changes) -> Collection[str]:
        await self._pass()
        return await super().update_and_names(key, changes)

    async def _pass(self) -> None:
        if not self._open.is_set():
            self.reached.set()
            await self._open.wait()


class GatedRuns(DynamoRunStore):
    """A process of its own: what it changes of runs goes through `records`, what it counts through `counters`."""

    def __init__(self, aws: LocalAws) -> None:
        self.records, self.counters = Gate(aws), Gate(aws)
        super().__init__(self.records, self.counters, Objects(aws.clients.s3, aws.names[RUNS_BUCKET]))


async def others_go_by(store: DynamoRunStore) -> None:
    """Their writes take with them the claims that may be forgotten."""
    for _ in range(2):
        run = linked_run()
        await begin(store, run)
        await store.counted()
        await store.settle(settled(run))
        await store.counted()


def linked_run() -> Run:
    return new_run(links=RunLinks(prompt_id="p"))


async def check(aws: LocalAws) -> None:
    for where in FILTERS:
        page = await store_of_runs(aws).page("local", where, PageRequest(50))
        assert page.total == len(page.items), where


async def start(store: GatedRuns, run: Run) -> None:
    await store.start(run)
    store.count(run)
    await store.counted()


async def add(store: GatedRuns, run: Run) -> None:
    await store.add(settled(run))


async def settle_uncounted(store: GatedRuns, run: Run) -> None:
    await store.start(run)
    await store.settle(settled(run))


Story = Callable[[GatedRuns, Run], Awaitable[None]]


@pytest.mark.parametrize("story", [start, add, settle_uncounted])
async def test_a_run_deleted_while_another_process_counts_it(local_aws: LocalAws, story: Story) -> None:
    counting, deleting = GatedRuns(local_aws), store_of_runs(local_aws)
    run = linked_run()
    counting.counters.shut()
    counted = asyncio.ensure_future(story(counting, run))
    await counting.counters.reached.wait()
    await deleting.delete("local", run.id)
    await others_go_by(deleting)
    counting.counters.open()
    await counted
    await check(local_aws)


@pytest.mark.parametrize("story", [add, settle_uncounted])
async def test_a_deletion_begins_between_anothers_counting_and_its_mark(local_aws: LocalAws, story: Story) -> None:
    counting, deleting = GatedRuns(local_aws), GatedRuns(local_aws)
    run = linked_run()
    counting.records.shut()
    counted = asyncio.ensure_future(story(counting, run))
    await counting.records.reached.wait()
    deleting.counters.shut()
    deleted = asyncio.create_task(deleting.delete("local", run.id))
    await deleting.counters.reached.wait()
    counting.records.open()
    await counted
    await others_go_by(counting)
    deleting.counters.open()
    await deleted
    await check(local_aws)


@pytest.mark.parametrize("story", [start, add, settle_uncounted])
async def test_what_is_repaired_while_a_process_counts_is_not_counted_again(local_aws: LocalAws, story: Story) -> None:
    counting, repairing = GatedRuns(local_aws), store_of_runs(local_aws)
    run = linked_run()
    counting.counters.shut()
    counted = asyncio.ensure_future(story(counting, run))
    await counting.counters.reached.wait()
    assert await repairing.repair_counters("local") == 0
    counting.counters.open()
    await counted
    await check(local_aws)
    assert await repairing.repair_counters("local") == 0


async def test_what_is_counted_and_not_marked_yet_is_in_order(local_aws: LocalAws) -> None:
    counting, repairing = GatedRuns(local_aws), store_of_runs(local_aws)
    counting.records.shut()
    added = asyncio.create_task(counting.add(settled(linked_run())))
    await counting.records.reached.wait()
    assert await repairing.repair_counters("local") == 0
    counting.records.open()
    await added
    await check(local_aws)


async def test_what_is_repaired_while_a_run_is_deleted_is_not_taken_off_again(local_aws: LocalAws) -> None:
    deleting, repairing = GatedRuns(local_aws), store_of_runs(local_aws)
    runs = [linked_run(), linked_run()]
    for run in runs:
        await deleting.add(settled(run))
    deleting.counters.shut()
    deleted = asyncio.create_task(deleting.delete("local", runs[0].id))
    await deleting.counters.reached.wait()
    assert await repairing.repair_counters("local") == 0
    deleting.counters.open()
    await deleted
    await check(local_aws)
    assert await repairing.repair_counters("local") == 0


async def test_a_lease_that_is_alive_is_nobody_elses(local_aws: LocalAws, runs_table: Table) -> None:
    """Two sweepers found the same run; one has begun when the other one comes to it."""
    dead, first, second = GatedRuns(local_aws), GatedRuns(local_aws), store_of_runs(local_aws)
    run = linked_run()
    dead.counters.shut()
    dying = asyncio.create_task(dead.add(settled(run)))
    await dead.counters.reached.wait()
    dying.cancel()
    before = datetime.now(UTC) + LEASE  # the dead one's lease is over by then, the first one's is not
    [left] = await first.half_done(before)
    first.counters.shut()
    finishing = asyncio.create_task(first.finish(*left, before))
    await first.counters.reached.wait()
    leased = await runs_table.get(keys.run_key("local", run.id))
    await second.finish(*left, before)
    assert await runs_table.get(keys.run_key("local", run.id)) == leased
    first.counters.open()
    await finishing
    await check(local_aws)
