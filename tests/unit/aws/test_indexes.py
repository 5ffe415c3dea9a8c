"""A table of an earlier version is brought up to this one."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from promptyard.aws.indexes import add_missing, lacking
from promptyard.aws.resources import create_tables, indexed_tables, local_names
from promptyard.domain.errors import StoreUnavailable
from tests.support.aws.moto_dynamodb import emptied_moto

NAMES = local_names()


@pytest.fixture
def client() -> Iterator[Any]:
    """moto's, with every table, none of which has an index."""
    moto = emptied_moto()
    for name, properties in indexed_tables(NAMES):
        keys = {key["AttributeName"] for key in properties["KeySchema"]}
        moto.create_table(
            TableName=name,
            KeySchema=properties["KeySchema"],
            AttributeDefinitions=[each for each in properties["AttributeDefinitions"] if each["AttributeName"] in keys],
            BillingMode="PAY_PER_REQUEST",
        )
    yield moto
    emptied_moto()


def indexes_of(client: Any, table: str) -> dict[str, Any]:
    described = client.describe_table(TableName=table)["Table"].get("GlobalSecondaryIndexes", [])
    return {index["IndexName"]: (index["KeySchema"], index["Projection"]) for index in described}


def expected() -> dict[str, dict[str, Any]]:
    return {
        name: {
            index["IndexName"]: (index["KeySchema"], index["Projection"])
            for index in properties.get("GlobalSecondaryIndexes", [])
        }
        for name, properties in indexed_tables(NAMES)
    }


def test_what_is_missing_is_told_added_and_found(client: Any) -> None:
    needed = {name: sorted(indexes) for name, indexes in expected().items() if indexes}
    assert len(needed) == 2
    assert {name: sorted(indexes) for name, indexes in lacking(lambda: client, NAMES).items()} == needed
    client.put_item(
        TableName=NAMES["PROMPTYARD_RUNS_TABLE"],
        Item={"pk": {"S": "a#run"}, "sk": {"S": "1"}, "prompt_key": {"S": "a#prompt#p"}},
    )
    told: list[str] = []
    add_missing(lambda: client, NAMES, told.append, sleep=lambda _: None)
    assert {name: indexes_of(client, name) for name, _ in indexed_tables(NAMES)} == expected()
    assert len(told) == sum(map(len, needed.values()))
    assert lacking(lambda: client, NAMES) == {}
    found = client.query(
        TableName=NAMES["PROMPTYARD_RUNS_TABLE"],
        IndexName="by_prompt",
        KeyConditionExpression="prompt_key = :key",
        ExpressionAttributeValues={":key": {"S": "a#prompt#p"}},
    )
    assert found["Count"] == 1
    add_missing(lambda: client, NAMES, told.append, sleep=lambda _: None)
    assert len(told) == sum(map(len, needed.values())), "what is there is not added again"


def test_tables_as_this_version_makes_them_lack_nothing() -> None:
    moto = emptied_moto()
    create_tables(moto, NAMES)
    assert lacking(lambda: moto, NAMES) == {}
    emptied_moto()


class SlowTables:
    """As DynamoDB does it: an index is made after a while, and no second change is taken meanwhile."""

    def __init__(self, polls: int) -> None:
        self._polls = polls
        self.waiting: dict[str, int] = {}
        self.indexes: dict[str, list[dict[str, Any]]] = {name: [] for name, _ in indexed_tables(NAMES)}
        self.updates: list[Mapping[str, Any]] = []

    def describe_table(self, TableName: str) -> dict[str, Any]:  # noqa: N803 - boto3's name
        left = self.waiting.get(TableName, 0)
        statuses = ["ACTIVE"] * len(self.indexes[TableName])
        if left:
            self.waiting[TableName] = left - 1
            statuses[-1] = "CREATING"
        named = [
            {"IndexName": index["IndexName"], "IndexStatus": status}
            for index, status in zip(self.indexes[TableName], statuses, strict=True)
        ]
        return {"Table": {"TableStatus": "UPDATING" if left else "ACTIVE", "GlobalSecondaryIndexes": named}}

    def update_table(self, **asked: Any) -> None:
        assert not self.waiting.get(asked["TableName"]), "ResourceInUseException"
        [update] = asked["GlobalSecondaryIndexUpdates"]
        keys = {key["AttributeName"] for key in update["Create"]["KeySchema"]}
        assert {each["AttributeName"] for each in asked["AttributeDefinitions"]} == keys
        self.indexes[asked["TableName"]].append(update["Create"])
        self.waiting[asked["TableName"]] = self._polls
        self.updates.append(asked)


def test_indexes_are_added_one_after_another_and_waited_for() -> None:
    slow: Any = SlowTables(polls=3)
    waits: list[float] = []
    add_missing(lambda: slow, NAMES, lambda _: None, sleep=waits.append)
    added = {name: {index["IndexName"] for index in indexes} for name, indexes in slow.indexes.items()}
    assert added == {name: set(indexes) for name, indexes in expected().items()}
    assert len(waits) == 3 * len(slow.updates)
    assert not any(slow.waiting.values())


def test_one_that_is_being_made_already_is_waited_for() -> None:
    """Whoever began it was stopped."""
    slow: Any = SlowTables(polls=2)
    runs = NAMES["PROMPTYARD_RUNS_TABLE"]
    slow.indexes[runs] = [{"IndexName": name} for name in expected()[runs]]
    slow.waiting[runs] = 2
    waits: list[float] = []
    add_missing(lambda: slow, {"PROMPTYARD_RUNS_TABLE": runs}, lambda _: None, sleep=waits.append)
    assert (len(waits), slow.updates) == (2, [])


def test_a_table_that_is_not_there_is_said_by_its_name() -> None:
    with pytest.raises(StoreUnavailable, match="gone: DynamoDB answers ResourceNotFoundException"):
        lacking(emptied_moto, {"PROMPTYARD_RUNS_TABLE": "gone"})
