"""Playgrounds in the playgrounds table, and what reading them costs."""

from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import EndpointConnectionError

from promptyard.domain.errors import NotFound, StoreUnavailable
from promptyard.domain.identifiers import time_ordered_id
from promptyard.domain.playgrounds.playground import Playground
from promptyard.storage.playgrounds.playgrounds import DynamoPlaygroundStore
from promptyard.storage.table import keys
from promptyard.storage.table.table import Table
from promptyard.storage.table.tombstones import DELETED_FOR
from promptyard_local.aws import LocalAws
from tests.support.aws.local_aws import counted_requests, first_answer_lost, load_items
from tests.support.samples.sample_playgrounds import new_playground

TABLE = "PROMPTYARD_PLAYGROUNDS_TABLE"
NOW = datetime(2026, 11, 21, 10, 30, tzinfo=UTC)


@pytest.fixture
def table(local_aws: LocalAws) -> Table:
    return Table(local_aws.clients.dynamodb, local_aws.names[TABLE])


@pytest.fixture
def store(table: Table) -> DynamoPlaygroundStore:
    return DynamoPlaygroundStore(table)


async def test_what_is_stored_comes_back(store: DynamoPlaygroundStore) -> None:
    playground = new_playground(blueprints={"b1": True, "b2": False}, keep_blocked=True)
    await store.add(playground)
    assert await store.get("local", playground.id) == playground
    assert await store.all("local") == [playground]
    assert (playground.llm_blueprints_count, playground.saved_llm_blueprints_count) == (2, 1)


async def test_a_write_whose_answer_is_lost_still_succeeds(store: DynamoPlaygroundStore, local_aws: LocalAws) -> None:
    playground = new_playground()
    with first_answer_lost(local_aws.clients.dynamodb(), "PutItem") as statuses:
        await store.add(playground)
    assert len(statuses) == 2
    assert await store.all("local") == [playground]


async def test_another_tenants_is_not_there(store: DynamoPlaygroundStore) -> None:
    playground = new_playground()
    await store.add(playground)
    with pytest.raises(NotFound):
        await store.get("other", playground.id)
    with pytest.raises(NotFound):
        await store.change("other", playground.id, {"name": "mine"}, "me", NOW)
    with pytest.raises(NotFound):
        await store.delete("other", playground.id, NOW)
    assert await store.all("other") == []
    assert await store.get("local", playground.id) == playground


async def test_a_change_leaves_the_rest(store: DynamoPlaygroundStore) -> None:
    playground = new_playground(blueprints={"b1": True})
    await store.add(playground)
    await store.change("local", playground.id, {"name": "new"}, "key-2", NOW)
    expected = playground.model_copy(update={"name": "new", "updated_by": "key-2", "updated_at": NOW})
    assert await store.get("local", playground.id) == expected


async def test_nothing_brings_back_what_was_deleted(store: DynamoPlaygroundStore) -> None:
    playground = new_playground()
    await store.add(playground)
    await store.delete("local", playground.id, NOW)
    with pytest.raises(NotFound):
        await store.change("local", playground.id, {"name": "new"}, "key-2", NOW)
    with pytest.raises(NotFound):
        await store.get("local", playground.id)
    assert await store.all("local") == []


async def test_deleting_takes_all_that_is_in_it_and_nothing_else(store: DynamoPlaygroundStore, table: Table) -> None:
    doomed, other = new_playground(blueprints={"b1": True}), new_playground(blueprints={"b2": True})
    for playground in (doomed, other):
        await store.add(playground)
    for where in ("b1", "b2"):
        await table.put({**keys.blueprint_key("local", where), "v": 1})
    for playground in (doomed, other):
        await table.put({**keys.metric_key("local", playground.id, "m"), "v": 1})
        await table.put({**keys.report_key("local", playground.id, "r"), "v": 1})
    await store.delete("local", doomed.id, NOW)
    assert await table.get(keys.blueprint_key("local", "b1")) is None
    assert await table.get(keys.metric_key("local", doomed.id, "m")) is None
    assert await table.get(keys.report_key("local", doomed.id, "r")) is None
    assert await table.get(keys.blueprint_key("local", "b2")) is not None
    assert await table.get(keys.metric_key("local", other.id, "m")) is not None
    assert await table.get(keys.report_key("local", other.id, "r")) is not None


async def test_a_deletion_that_broke_off_is_finished_by_the_next(
    store: DynamoPlaygroundStore, table: Table, local_aws: LocalAws
) -> None:
    playground = new_playground(blueprints={"b1": True})
    await store.add(playground)
    await table.put({**keys.blueprint_key("local", "b1"), "v": 1})
    client = local_aws.clients.dynamodb()

    def fail(**_: object) -> None:
        raise EndpointConnectionError(endpoint_url="http://store")

    client.meta.events.register("before-call.dynamodb.DeleteItem", fail)
    with pytest.raises(StoreUnavailable):
        await store.delete("local", playground.id, NOW)
    client.meta.events.unregister("before-call.dynamodb.DeleteItem", fail)
    assert await store.all("local") == []
    assert await table.get(keys.blueprint_key("local", "b1")) is not None
    await store.delete("local", playground.id, NOW + timedelta(hours=1))
    assert await table.get(keys.blueprint_key("local", "b1")) is None


async def test_what_a_deletion_leaves_is_empty_and_expires(store: DynamoPlaygroundStore, table: Table) -> None:
    playground = new_playground()
    await store.add(playground)
    await store.delete("local", playground.id, NOW)
    left = await table.get(keys.playground_key("local", playground.id))
    assert left is not None
    assert left["expires_at"] == int((NOW + DELETED_FOR).timestamp())
    assert left.keys() == {"pk", "sk", "v", "write_id", "blueprints", "deleted_at", "expires_at"}


def fill(aws: LocalAws, number: int, text_bytes: int) -> None:
    content = new_playground(description="d" * text_bytes).model_dump(mode="json", exclude={"id", "tenant"})
    load_items(
        aws,
        TABLE,
        ({**keys.playground_key("local", time_ordered_id()), "v": 1, **content} for _ in range(number)),
    )


@pytest.mark.parametrize(("text_bytes", "requests"), [(200, 1), (1_000, 2)])
async def test_a_thousand_of_them_are_read_in_a_request_a_megabyte(
    store: DynamoPlaygroundStore, local_aws: LocalAws, text_bytes: int, requests: int
) -> None:
    fill(local_aws, 999, text_bytes)
    with counted_requests(local_aws.clients.dynamodb()) as counted:
        found: list[Playground] = await store.all("local")
    assert len(found) == 999
    assert counted == {"Query": requests}
