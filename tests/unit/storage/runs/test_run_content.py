"""The content of runs beside their items: what is left of those that were refused, or that DynamoDB has removed."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from promptyard.domain.account.tenants import Tenant
from promptyard.domain.errors import StoreBusy, StoreUnavailable
from promptyard.domain.identifiers import first_id_at, time_ordered_id
from promptyard.domain.models.messages import user_prompt
from promptyard.domain.runs.run import Run
from promptyard.domain.runs.saved_runs import SavedRun
from promptyard.services.runs.retention import Retention
from promptyard.storage.runs.run_content import DynamoRunContent
from promptyard.storage.runs.run_objects import RunObjects
from promptyard.storage.runs.runs import DynamoRunStore
from promptyard.storage.runs.saved_runs import DynamoSavedRunStore
from promptyard.storage.table import keys
from promptyard.storage.table.objects import Objects
from promptyard.storage.table.table import Table
from promptyard_local.aws import LocalAws
from tests.support.aws.local_aws import RUNS_BUCKET, counted_requests, object_keys, store_of_runs
from tests.support.samples.sample_runs import run_at, settled

LARGE = "long " * 20_000
MONTH = timedelta(days=30)


@pytest.fixture
def objects(local_aws: LocalAws) -> Objects:
    return Objects(local_aws.clients.s3, local_aws.names[RUNS_BUCKET])


@pytest.fixture
def retention(runs_table: Table, objects: Objects) -> Retention:
    return Retention(DynamoRunContent(runs_table, objects), MONTH)


def tenant(tenant_id: str = "local", retention_days: int | None = None) -> Tenant:
    return Tenant(id=tenant_id, name="T", created_at=datetime.now(UTC), retention_days=retention_days)


async def keep(store: DynamoRunStore, age_days: float, **changes: object) -> Run:
    run = run_at(datetime.now(UTC) - timedelta(days=age_days), messages=user_prompt(LARGE), **changes)
    await store.start(run)
    await store.settle(settled(run, output=LARGE))
    return run


def runs_with_content(aws: LocalAws) -> set[str]:
    return {keys.run_of_object(key) for key in object_keys(aws)}


async def test_what_expired_runs_have_left_is_deleted(
    local_aws: LocalAws, runs_table: Table, retention: Retention
) -> None:
    store = store_of_runs(local_aws, retention=MONTH)
    removed, waiting, younger = await keep(store, 50), await keep(store, 40), await keep(store, 20)
    kept, others = await keep(store, 60, retention_days=365), await keep(store, 50, tenant="another")
    for run in (removed, others):
        await runs_table.delete(keys.run_key(run.tenant, run.id))  # as DynamoDB does, in its own time
    assert await retention.delete_expired_content(tenant()) == 4
    assert runs_with_content(local_aws) == {younger.id, kept.id, others.id}
    assert (await store.get("local", kept.id)).output == LARGE
    assert await retention.delete_expired_content(tenant()) == 0
    assert waiting.id not in runs_with_content(local_aws), "its item is there, and is shown to nobody any more"
    assert await retention.delete_expired_content(tenant("another", retention_days=365)) == 0
    assert await retention.delete_expired_content(tenant("another")) == 2


@pytest.mark.parametrize(("failure", "left"), [(StoreBusy, 0), (StoreUnavailable, 1)])
async def test_what_is_refused_leaves_no_content(
    local_aws: LocalAws, monkeypatch: pytest.MonkeyPatch, failure: type[StoreUnavailable], left: int
) -> None:
    """After a failure that leaves open what was done, the item may be there, and names the object."""

    async def refuse(*_: object) -> None:
        raise failure("No")

    monkeypatch.setattr(Table, "put", refuse)
    with pytest.raises(failure):
        await store_of_runs(local_aws).start(run_at(datetime.now(UTC), messages=user_prompt(LARGE)))
    assert len(object_keys(local_aws)) == left


async def test_content_that_fails_is_on_its_way_no_more(
    objects: Objects, runs_table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    put, there = objects.put, []

    async def put_slowly(key: str, body: bytes) -> None:
        if key == "a":
            raise StoreBusy("No")
        await asyncio.sleep(0.05)
        await put(key, body)
        there.append(key)

    monkeypatch.setattr(objects, "put", put_slowly)
    with pytest.raises(StoreBusy):
        await RunObjects(runs_table, objects).put({"a": b"1", "b": b"2"})
    assert there == ["b"]


async def test_saved_runs_are_looked_for_too(
    local_aws: LocalAws, runs_table: Table, objects: Objects, retention: Retention
) -> None:
    store = DynamoSavedRunStore(runs_table, objects, retention=MONTH)
    content = {"prompt_id": "p", "config": {"text": LARGE}, "results": []}
    ids = []
    for retention_days in (None, 365):
        began = datetime.now(UTC) - timedelta(days=50)
        ids.append(first_id_at(int(began.timestamp() * 1000))[:14] + "7" + time_ordered_id()[15:])
        saved = {"id": ids[-1], "tenant": "local", "created_at": began, "retention_days": retention_days, **content}
        await store.add(SavedRun.model_validate(saved))
    assert await retention.delete_expired_content(tenant()) == 1
    assert runs_with_content(local_aws) == {ids[1]}


async def test_while_runs_are_kept_nothing_is_read(local_aws: LocalAws, runs_table: Table, objects: Objects) -> None:
    await keep(store_of_runs(local_aws), 50)
    for_ever = Retention(DynamoRunContent(runs_table, objects), None)
    with counted_requests(local_aws.clients.s3()) as requests:
        assert await for_ever.delete_expired_content(tenant()) == 0
    assert requests == {}


async def test_only_what_may_have_expired_is_read(
    local_aws: LocalAws, objects: Objects, retention: Retention, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("promptyard.storage.table.objects.LIST_PAGE", 10)
    now = datetime.now(UTC)
    for age, number in ((50, 35), (5, 30)):
        for place in range(number):
            began = now - timedelta(days=age) + timedelta(seconds=place)
            await objects.put(keys.run_object("local", first_id_at(int(began.timestamp() * 1000)), "answer", "0"), b"")
    with (
        counted_requests(local_aws.clients.s3()) as requests,
        counted_requests(local_aws.clients.dynamodb()) as reads,
    ):
        assert await retention.delete_expired_content(tenant()) == 35
    assert requests == {"ListObjectsV2": 4, "DeleteObject": 35}
    assert reads == {"BatchGetItem": 4}
    assert len(object_keys(local_aws)) == 30
