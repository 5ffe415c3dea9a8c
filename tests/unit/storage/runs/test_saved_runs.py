"""The store of saved runs on the embedded AWS."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from promptyard.domain.errors import Conflict, NotFound
from promptyard.domain.identifiers import time_ordered_id
from promptyard.domain.paging import PageRequest
from promptyard.domain.runs.run import RunLinks
from promptyard.domain.runs.saved_runs import SavedRun
from promptyard.services.ports.runs import RunFilter
from promptyard.storage.runs.saved_runs import DynamoSavedRunStore
from promptyard.storage.table.objects import Objects
from promptyard.storage.table.table import Table
from promptyard_local.aws import LocalAws
from tests.support.aws.local_aws import RUNS_BUCKET, RUNS_TABLE, begin, counted_requests, object_keys, store_of_runs
from tests.support.samples.sample_runs import new_run

LARGE = {"output": "long " * 20_000}


def store_of(aws: LocalAws, **options: Any) -> DynamoSavedRunStore:
    table = Table(aws.clients.dynamodb, aws.names[RUNS_TABLE])
    return DynamoSavedRunStore(table, Objects(aws.clients.s3, aws.names[RUNS_BUCKET]), **options)


@pytest.fixture
def store(local_aws: LocalAws) -> DynamoSavedRunStore:
    return store_of(local_aws)


def saved(**changes: Any) -> SavedRun:
    fields = {
        "id": time_ordered_id(),
        "tenant": "local",
        "prompt_id": "p",
        "version_id": "v",
        "config": {"nothing": None, "Grüße": ["世界", 1.5, True]},
        "results": [{}],
        "created_at": datetime.now(UTC),
    }
    return SavedRun.model_validate(fields | changes)


@pytest.mark.parametrize("changes", [{}, {"version_id": None}, {"results": [LARGE]}, {"retention_days": 3}], ids=str)
async def test_it_comes_back_as_it_was_written(store: DynamoSavedRunStore, changes: Any) -> None:
    run = saved(**changes)
    await store.add(run)
    with pytest.raises(Conflict):
        await store.add(run)
    assert await store.get("local", run.id) == run
    assert await store.newest("local", "v", 10) == ([run] if run.version_id else [])
    for tenant, run_id in (("another", run.id), ("local", "x" * 3000), ("local", "")):
        with pytest.raises(NotFound):
            await store.get(tenant, run_id)


async def test_deleting_leaves_nothing(store: DynamoSavedRunStore, local_aws: LocalAws) -> None:
    run = saved(results=[LARGE])
    await store.add(run)
    assert object_keys(local_aws)[0].startswith(f"local/runs/{run.id}/saved-")
    await store.delete("local", run.id)
    assert object_keys(local_aws) == []
    for operation in (store.get, store.delete):
        with pytest.raises(NotFound):
            await operation("local", run.id)


async def test_one_whose_content_is_gone_is_being_deleted(store: DynamoSavedRunStore, local_aws: LocalAws) -> None:
    run, other = saved(results=[LARGE]), saved()
    await store.add(run)
    await store.add(other)
    local_aws.clients.s3().delete_object(Bucket=local_aws.names[RUNS_BUCKET], Key=object_keys(local_aws)[0])
    assert await store.newest("local", "v", 10) == [other]
    with pytest.raises(NotFound):
        await store.get("local", run.id)


async def test_the_newest_of_a_version_cost_two_requests(store: DynamoSavedRunStore, local_aws: LocalAws) -> None:
    runs = [saved(version_id=f"v{number % 2}") for number in range(30)]
    for run in [*runs, saved(tenant="another", version_id="v0")]:
        await store.add(run)
    with counted_requests(local_aws.clients.dynamodb()) as requests:
        assert await store.newest("local", "v0", 10) == runs[-2::-2][:10]
    assert requests == {"Query": 1, "BatchGetItem": 1}
    with counted_requests(local_aws.clients.dynamodb()) as requests:
        assert await store.newest("local", "v1", 100) == runs[::-1][::2]
    assert requests == {"Query": 1, "BatchGetItem": 1}
    assert await store.newest("local", "v", 10) == []


async def test_executed_runs_are_apart(store: DynamoSavedRunStore, local_aws: LocalAws) -> None:
    run, executed = saved(), new_run(links=RunLinks(prompt_id="p", version_id="v"))
    await store.add(run)
    runs = store_of_runs(local_aws)
    await begin(runs, executed)
    assert await store.newest("local", "v", 10) == [run]
    for where in (RunFilter(), RunFilter(version_id="v"), RunFilter(prompt_id="p")):
        assert (await runs.page("local", where, PageRequest(10))).items == [executed]
    assert await runs.repair_counters("local") == 0


async def test_they_expire_too(local_aws: LocalAws) -> None:
    store = store_of(local_aws, retention=timedelta(days=30))
    now = datetime.now(UTC)
    kept = [saved(created_at=now - timedelta(days=age)) for age in (29, 1)]
    kept.append(saved(created_at=now - timedelta(days=50), retention_days=90))
    expired = [
        saved(created_at=now - timedelta(days=40)),
        saved(created_at=now - timedelta(days=10), retention_days=7),
    ]
    for run in kept + expired:
        await store.add(run)
    assert await store.newest("local", "v", 3) == kept[::-1]
    for run in expired:
        with pytest.raises(NotFound):
            await store.get("local", run.id)
