"""The embedded DynamoDB answers random requests as two others do. Where one of these differs, it is for a reason named
here, and the other one takes our side."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

import boto3
import pytest

from promptyard_local.dynamodb import large_items
from promptyard_local.dynamodb.client import EmbeddedDynamoDBClient
from promptyard_local.dynamodb.database import Database
from tests.support.aws.moto_dynamodb import emptied_moto
from tests.support.aws.random_requests import DESCRIPTION, TABLE, RandomRequests
from tests.support.aws.random_values import GROUPS, PARTITIONS
from tests.support.aws.referee import Outcome, agree

REQUESTS = 700

Params = Mapping[str, Any]


def expressions(params: Params) -> str:
    asked = params.get("RequestItems", {}).get(TABLE, {})
    every = [params, asked] if isinstance(asked, Mapping) else [params]
    return " ".join(str(text) for each in every for name, text in each.items() if name.endswith("Expression"))


def values(params: Params) -> str:
    return str(params.get("ExpressionAttributeValues", ""))


MOTO_IS_WRONG: dict[str, Callable[[Params, Outcome], bool]] = {
    "it adds no number with an exponent": lambda _, moto: "invalid literal for int()" in str(moto.error),
    "it cannot read a path with a list's place": lambda params, _: "[" in expressions(params),
    "it fails over the size of what is missing or has none": lambda params, _: "size(" in expressions(params),
    "it fails over, or orders, values of two types": lambda params, _: bool(
        re.search("[<>]|BETWEEN", expressions(params))
    ),
    "it takes what is missing for NULL, and 0 for false": lambda params, _: bool(
        re.search("NULL|BOOL", values(params))
    ),
    "it does not know what an update has changed": lambda params, _: "UPDATED" in params.get("ReturnValues", ""),
}
DYNALITE_IS_WRONG: dict[str, Callable[[Params, Outcome], bool]] = {
    "it orders by a hash what has the same place in an index, which is not wrong": lambda params, _: (
        "IndexName" in params
    ),
    "it changes a copy within an item together with what was copied": lambda params, _: "= #" in expressions(params),
}


@pytest.fixture
def dynalite(dynalite_url: str) -> Iterator[Any]:
    """With the table, and nothing in it."""
    client: Any = boto3.client(
        "dynamodb",
        endpoint_url=dynalite_url,
        region_name="us-east-1",
        aws_access_key_id="x",
        aws_secret_access_key="x",
    )
    with suppress(client.exceptions.ResourceInUseException):
        client.create_table(**DESCRIPTION)
    client.get_waiter("table_exists").wait(TableName=TABLE, WaiterConfig={"Delay": 1})
    for item in client.scan(TableName=TABLE)["Items"]:
        client.delete_item(TableName=TABLE, Key={name: item[name] for name in ("pk", "sk")})
    yield client
    client.close()


@pytest.mark.parametrize("seed", range(3))
def test_random_requests_are_answered_as_by_two_others(
    seed: int, dynalite: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    if seed:  # every item is a large one
        monkeypatch.setattr(large_items, "LARGE", 0)
    ours, moto = EmbeddedDynamoDBClient(Database()), emptied_moto()
    for client in (ours, moto):
        client.create_table(**DESCRIPTION)
    requests, seen, differed = RandomRequests(seed), Counter[str](), Counter[str]()
    for number in range(REQUESTS):
        operation, params = requests.request()
        answer, by_moto, by_dynalite = (
            Outcome.of(getattr(client, operation), params) for client in (ours, moto, dynalite)
        )
        said = (
            f"seed {seed}, request {number}: {operation} {params}\n"
            f"  ours: {answer}\n  moto: {by_moto}\n  dynalite: {by_dynalite}"
        )
        seen[f"{operation} {answer.code}"] += 1
        with_moto = agree(operation, answer, by_moto)
        # It knows no ReturnValuesOnConditionCheckFailure.
        with_dynalite = agree(operation, replace(answer, item=by_dynalite.item), by_dynalite)
        if with_moto and with_dynalite:
            continue
        assert with_moto or with_dynalite, said
        known = DYNALITE_IS_WRONG if with_moto else MOTO_IS_WRONG
        wrong = by_dynalite if with_moto else by_moto
        reason = next((name for name, fits in known.items() if fits(params, wrong)), None)
        assert reason is not None, said
        differed[reason] += 1
        make_alike(params, ours, moto, dynalite)
    assert_same_state(ours, moto, dynalite)
    assert seen["update_item "] > REQUESTS / 20, seen
    assert seen["update_item ConditionalCheckFailedException"] > REQUESTS / 50, seen
    assert differed.total() < REQUESTS / 5, differed


def make_alike(params: Params, ours: Any, *others: Any) -> None:
    """Give the others the item that we have, where the request was to write one."""
    written = params.get("Key") or params.get("Item")
    if written is None:
        return
    key = {name: written[name] for name in ("pk", "sk")}
    item = ours.get_item(TableName=TABLE, Key=key).get("Item")
    for client in others:
        if item is None:
            client.delete_item(TableName=TABLE, Key=key)
        else:
            client.put_item(TableName=TABLE, Item=item)


def assert_same_state(ours: Any, *others: Any) -> None:
    """The table and every partition of its indexes hold the same."""
    reads: list[tuple[str, dict[str, Any]]] = [("scan", {})]
    for index in (None, "by_group", "by_rank", "all_by_group"):
        name, among = ("pk", PARTITIONS) if index is None else ("group", GROUPS)
        for value in among:
            condition = {
                "KeyConditionExpression": "#name = :value",
                "ExpressionAttributeNames": {"#name": name},
                "ExpressionAttributeValues": {":value": {"S": value}},
            }
            reads.append(("query", condition | ({} if index is None else {"IndexName": index})))
    for operation, params in reads:
        mine, *theirs = (
            Outcome.of(getattr(client, operation), {"TableName": TABLE, **params}) for client in (ours, *others)
        )
        for other in theirs:
            assert agree("scan", mine, other), f"{operation} {params}\n ours: {mine}\n theirs: {other}"
