"""LLM blueprints in the playgrounds table: their playground's item says which there are."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from promptyard.domain.errors import Conflict, NotFound, StoreUnavailable
from promptyard.domain.identifiers import time_ordered_id
from promptyard.domain.models.targets import Parameters
from promptyard.domain.playgrounds.blueprints import CustomModel, LlmBlueprint
from promptyard.domain.playgrounds.playground import MAX_BLUEPRINTS, Playground
from promptyard.storage.playgrounds.blueprints import DynamoBlueprintStore
from promptyard.storage.playgrounds.playgrounds import DynamoPlaygroundStore
from promptyard.storage.table import keys
from promptyard.storage.table.table import Table
from promptyard_local.aws import LocalAws
from tests.support.aws.local_aws import counted_requests, first_answer_lost
from tests.support.samples.sample_playgrounds import new_playground

NOW = datetime(2026, 11, 21, 10, 30, tzinfo=UTC)


@pytest.fixture
def table(local_aws: LocalAws) -> Table:
    return Table(local_aws.clients.dynamodb, local_aws.names["PROMPTYARD_PLAYGROUNDS_TABLE"])


@pytest.fixture
def playgrounds(table: Table) -> DynamoPlaygroundStore:
    return DynamoPlaygroundStore(table)


@pytest.fixture
def store(table: Table) -> DynamoBlueprintStore:
    return DynamoBlueprintStore(table)


@pytest.fixture
async def playground(playgrounds: DynamoPlaygroundStore) -> Playground:
    playground = new_playground()
    await playgrounds.add(playground)
    return playground


def new_blueprint(playground: Playground, **changes: Any) -> LlmBlueprint:
    fields = {
        "id": time_ordered_id(),
        "tenant": playground.tenant,
        "playground_id": playground.id,
        "name": "Careful",
        "description": "",
        "llm_id": "openai/gpt-4o",
        "created_at": NOW,
        "created_by": "key-1",
        "created_by_name": "Ada",
        "updated_at": NOW,
        "updated_by": "key-1",
    }
    return LlmBlueprint.model_validate(fields | changes)


@contextmanager
def away(aws: LocalAws, operation: str) -> Iterator[None]:
    """The store does not answer requests of that kind."""
    client = aws.clients.dynamodb()

    def fail(**_: object) -> None:
        raise EndpointConnectionError(endpoint_url="http://store")

    client.meta.events.register(f"before-call.dynamodb.{operation}", fail)
    try:
        yield
    finally:
        client.meta.events.unregister(f"before-call.dynamodb.{operation}", fail)


async def test_what_is_stored_comes_back(store: DynamoBlueprintStore, playground: Playground) -> None:
    plain = new_blueprint(playground)
    rich = new_blueprint(
        playground,
        llm_id="custom-model",
        custom_model=CustomModel(base_url="https://llm.example/v1", model="mine"),
        system_prompt="Be brief.",
        parameters=Parameters(temperature=0.1 + 0.2, extra={"top_k": 3, "none": None, "ratio": 1e-40}),
        prompt_version_id="v",
        is_saved=True,
    )
    for blueprint in (plain, rich):
        await store.add(blueprint)
        assert await store.get("local", blueprint.id) == blueprint
    with pytest.raises(NotFound):
        await store.get("other", plain.id)


async def test_writes_whose_answers_are_lost_count_once(
    store: DynamoBlueprintStore,
    playgrounds: DynamoPlaygroundStore,
    playground: Playground,
    local_aws: LocalAws,
) -> None:
    client = local_aws.clients.dynamodb()
    first, second = new_blueprint(playground, is_saved=True), new_blueprint(playground)
    with first_answer_lost(client, "PutItem"):
        await store.add(first)
    with first_answer_lost(client, "UpdateItem"):
        await store.add(second)
    with first_answer_lost(client, "UpdateItem"):
        await store.save("local", playground.id, second.id, True)
    after = await playgrounds.get("local", playground.id)
    assert (after.llm_blueprints_count, after.saved_llm_blueprints_count) == (2, 2)
    with first_answer_lost(client, "UpdateItem"):
        await store.delete("local", first.id, NOW)
    after = await playgrounds.get("local", playground.id)
    assert (after.llm_blueprints_count, after.saved_llm_blueprints_count) == (1, 1)


async def test_many_at_once_are_all_counted(
    store: DynamoBlueprintStore, playgrounds: DynamoPlaygroundStore, playground: Playground
) -> None:
    made = [new_blueprint(playground, is_saved=number % 2 == 0) for number in range(40)]
    await asyncio.gather(*(store.add(blueprint) for blueprint in made))
    await asyncio.gather(*(store.delete("local", blueprint.id, NOW) for blueprint in made[:10]))
    after = await playgrounds.get("local", playground.id)
    assert (after.llm_blueprints_count, after.saved_llm_blueprints_count) == (30, 15)
    assert {blueprint.id for blueprint in await store.of_playground(after)} == {blueprint.id for blueprint in made[10:]}


async def test_one_that_was_not_made_to_the_end_is_not_there(
    store: DynamoBlueprintStore, table: Table, playground: Playground, local_aws: LocalAws
) -> None:
    blueprint = new_blueprint(playground)
    with away(local_aws, "UpdateItem"), pytest.raises(StoreUnavailable):
        await store.add(blueprint)
    assert await table.get(keys.blueprint_key("local", blueprint.id)) is not None
    with pytest.raises(NotFound):
        await store.get("local", blueprint.id)
    assert await store.all("local") == []
    assert await store.of_playground(playground) == []


async def test_a_deletion_that_broke_off_is_finished_by_the_next(
    store: DynamoBlueprintStore, table: Table, playground: Playground, local_aws: LocalAws
) -> None:
    blueprint = new_blueprint(playground)
    await store.add(blueprint)
    with away(local_aws, "PutItem"), pytest.raises(StoreUnavailable):
        await store.delete("local", blueprint.id, NOW)
    with pytest.raises(NotFound):
        await store.get("local", blueprint.id)
    for _ in range(2):
        await store.delete("local", blueprint.id, NOW)
    left = await table.get(keys.blueprint_key("local", blueprint.id))
    assert left is not None
    assert left.keys() == {"pk", "sk", "v", "deleted_at", "expires_at"}


async def test_a_change_cannot_bring_back_what_was_deleted(store: DynamoBlueprintStore, playground: Playground) -> None:
    blueprint = new_blueprint(playground)
    await store.add(blueprint)
    await store.delete("local", blueprint.id, NOW)
    with pytest.raises(NotFound):
        await store.change("local", blueprint.id, {"name": "back"}, "key-2", NOW)
    with pytest.raises(NotFound):
        await store.save("local", playground.id, blueprint.id, True)


async def test_a_change_leaves_the_rest_and_takes_away(store: DynamoBlueprintStore, playground: Playground) -> None:
    blueprint = new_blueprint(playground, prompt_version_id="v", system_prompt="Be brief.")
    await store.add(blueprint)
    changes = {"parameters": Parameters(top_p=0.5), "prompt_version_id": None}
    await store.change("local", blueprint.id, changes, "key-2", NOW)
    assert await store.get("local", blueprint.id) == blueprint.model_copy(update={**changes, "updated_by": "key-2"})


async def test_a_full_playground_takes_no_more(
    store: DynamoBlueprintStore, playgrounds: DynamoPlaygroundStore, table: Table
) -> None:
    names = {time_ordered_id(): False for _ in range(MAX_BLUEPRINTS)}
    full = new_playground(blueprints=names)
    await playgrounds.add(full)
    late = new_blueprint(full)
    with pytest.raises(Conflict):
        await store.add(late)
    assert await table.get(keys.blueprint_key("local", late.id)) is None
    with pytest.raises(NotFound):
        await store.add(new_blueprint(new_playground()))


async def test_what_reading_them_costs(
    store: DynamoBlueprintStore, playgrounds: DynamoPlaygroundStore, playground: Playground, local_aws: LocalAws
) -> None:
    for _ in range(120):
        await store.add(new_blueprint(playground))
    playground = await playgrounds.get("local", playground.id)
    client = local_aws.clients.dynamodb()
    with counted_requests(client) as counted:
        assert len(await store.of_playground(playground)) == 120
    assert counted == {"BatchGetItem": 2}
    with counted_requests(client) as counted:
        assert len(await store.all("local")) == 120
    assert counted == {"Query": 2}
    with counted_requests(client) as counted:
        await store.get("local", next(iter(playground.blueprints)))
    assert counted == {"GetItem": 2}
