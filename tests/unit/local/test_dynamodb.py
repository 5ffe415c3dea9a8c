"""The embedded DynamoDB: what it refuses, as DynamoDB does, what it gives back, and where its pages end."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from promptyard_local.dynamodb import expressions, values
from promptyard_local.dynamodb.client import EmbeddedDynamoDBClient
from promptyard_local.dynamodb.database import Database
from promptyard_local.dynamodb.reserved_words import RESERVED_WORDS
from tests.support.aws.random_requests import DESCRIPTION, TABLE

KEY = {"pk": {"S": "p"}, "sk": {"S": "a"}}
ONE = {":v": {"N": "1"}}
DEEP: dict[str, Any] = {"S": "x"}
for _ in range(values.MAX_DEPTH + 2):
    DEEP = {"L": [DEEP]}


@pytest.fixture
def client() -> EmbeddedDynamoDBClient:
    made = EmbeddedDynamoDBClient(Database())
    made.create_table(**DESCRIPTION)
    return made


def refused(operation: Any, **params: Any) -> str:
    """The code that it is refused with."""
    with pytest.raises(ClientError) as caught:
        operation(TableName=TABLE, **params)
    return str(caught.value.response["Error"]["Code"])


@pytest.mark.parametrize(
    "value",
    [
        {"N": "1" * 39},
        {"N": "1e126"},
        {"N": "1e-131"},
        {"N": "NaN"},
        {"N": "Infinity"},
        {"N": ""},
        {"N": 1},
        {"S": None},
        {"S": "half of a character: \ud83d"},
        {"BOOL": "yes"},
        {"NULL": False},
        {"SS": []},
        {"SS": ["a", "a"]},
        {"NS": ["1", "1.0"]},
        {"S": "a", "N": "1"},
        {},
        {"X": "a"},
        DEEP,
        {"S": "x" * (400 * 1024)},
    ],
)
def test_a_value_that_dynamodb_does_not_keep_is_refused(client: EmbeddedDynamoDBClient, value: Any) -> None:
    assert refused(client.put_item, Item={**KEY, "a": value}) == "ValidationException"
    assert client.scan(TableName=TABLE)["Items"] == []


@pytest.mark.parametrize(
    "item",
    [
        {"pk": {"S": "p"}},
        {"pk": {"S": "p"}, "sk": {"S": ""}},
        {"pk": {"S": "p"}, "sk": {"N": "1"}},
        {"pk": {"S": "p" * 2049}, "sk": {"S": "a"}},
        {"pk": {"S": "p"}, "sk": {"S": "ü" * 513}},
        {**KEY, "group": {"N": "1"}},
        {**KEY, "group": {"S": ""}},
        {**KEY, "rank": {"S": "1"}},
    ],
)
def test_a_key_of_another_kind_is_refused(client: EmbeddedDynamoDBClient, item: Any) -> None:
    assert refused(client.put_item, Item=item) == "ValidationException"


@pytest.mark.parametrize(
    ("given", "kept"),
    [("1.0", "1"), ("-0", "0"), ("0e5", "0"), ("+1.50", "1.5"), ("1e2", "100"), ("1E-3", "0.001"), ("007", "7"),
     ("9" * 38, "9" * 38), ("1" + "0" * 60, "1" + "0" * 60), (".5", "0.5"), ("5.", "5")],
)  # fmt: skip
def test_numbers_come_back_in_full(client: EmbeddedDynamoDBClient, given: str, kept: str) -> None:
    client.put_item(TableName=TABLE, Item={**KEY, "n": {"N": given}})
    assert client.get_item(TableName=TABLE, Key=KEY)["Item"]["n"] == {"N": kept}
    condition = {"ConditionExpression": "n = :n", "ExpressionAttributeValues": {":n": {"N": given}}}
    client.delete_item(TableName=TABLE, Key=KEY, **condition)


def test_sums_are_exact(client: EmbeddedDynamoDBClient) -> None:
    add = {"UpdateExpression": "ADD n :v", "ReturnValues": "UPDATED_NEW"}
    for number, total in (("0.1", "0.1"), ("0.2", "0.3"), ("1e20", "100000000000000000000.3")):
        answer = client.update_item(TableName=TABLE, Key=KEY, ExpressionAttributeValues={":v": {"N": number}}, **add)
        assert answer["Attributes"] == {"n": {"N": total}}
    too_precise = {":v": {"N": "1e-30"}}
    assert refused(client.update_item, Key=KEY, ExpressionAttributeValues=too_precise, **add) == "ValidationException"


@pytest.mark.parametrize(
    "condition",
    [
        "",
        "n",
        "n =",
        "n = :v OR",
        "n = :v)",
        "(n = :v",
        "((n = :v))",
        "n == :v",
        "n = :v AND",
        "n BETWEEN :v",
        "n IN ()",
        "status = :v",
        "size(n) = size(n",
        "attribute_exists(:v)",
        "begins_with(n, :v)",
        "contains(n)",
        "nothing(n, :v)",
        "size(n)",
        "n < n AND n = :v",
        "n[x] = :v",
        "n. = :v",
        "n = :w AND n = :v",
        "#n = :v",
        "ATTRIBUTE_EXISTS(n) AND n = :v",
        "n = :v; m = :v",
        "n BETWEEN :v AND :v AND",
        "x" * 4097 + " = :v",
    ],
)
def test_a_condition_that_is_none_is_refused(client: EmbeddedDynamoDBClient, condition: str) -> None:
    given = {"ConditionExpression": condition, "ExpressionAttributeValues": ONE}
    assert refused(client.put_item, Item=KEY, **given) == "ValidationException"


@pytest.mark.parametrize(
    "update",
    [
        "",
        "SET",
        "SET n",
        "SET n = ",
        "n = :v",
        "SET n = :v SET m = :v",
        "SET n = :v, n = :v",
        "SET n.a = :v, n = :v",
        "SET n[0] = :v, n.a = :v",
        "SET pk = :v",
        "SET sk.a = :v",
        "SET group = :v",
        "SET rank.a = :v",
        "ADD n",
        "ADD n m, o :v",
        "DELETE n :v",
        "REMOVE n = :v",
        "SET n = if_not_exists(:v, n)",
        "SET n = list_append(n, :v)",
        "SET n = missing + :v",
        "SET n = :v + :v + :v",
        "SET n.m = :v",
        "SET name = :v",
    ],
)
def test_an_update_that_is_none_is_refused(client: EmbeddedDynamoDBClient, update: str) -> None:
    given = {"UpdateExpression": update, "ExpressionAttributeValues": ONE}
    assert refused(client.update_item, Key=KEY, **given) == "ValidationException"
    assert client.scan(TableName=TABLE)["Items"] == []


@pytest.mark.parametrize(
    "condition",
    ["pk > :v", "sk = :v", "pk = :v AND n = :v", "pk = :v OR sk = :v", "pk = :v AND sk <> :v", "pk = sk AND sk = :v",
     "pk = :v AND sk = :v AND sk = :v", "pk.a = :v", "NOT pk = :v", "attribute_exists(pk) AND pk = :v"],
)  # fmt: skip
def test_a_key_condition_that_is_none_is_refused(client: EmbeddedDynamoDBClient, condition: str) -> None:
    given = {"KeyConditionExpression": condition, "ExpressionAttributeValues": {":v": {"S": "p"}}}
    assert refused(client.query, **given) == "ValidationException"


PARTITION = {"KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": {":p": {"S": "p"}}}
BY_GROUP = {
    "KeyConditionExpression": "#group = :p",
    "ExpressionAttributeNames": {"#group": "group"},
    "ExpressionAttributeValues": {":p": {"S": "p"}},
    "IndexName": "by_group",
}


@pytest.mark.parametrize(
    "given",
    [
        {**PARTITION, "Limit": 0},
        {**PARTITION, "IndexName": "none"},
        {**PARTITION, "ExclusiveStartKey": {"pk": {"S": "p"}}},
        {**PARTITION, "ExclusiveStartKey": {"pk": {"S": "q"}, "sk": {"S": "a"}}},
        {**PARTITION, "FilterExpression": "attribute_exists(sk)"},
        {**PARTITION, "ExpressionAttributeNames": {"#unused": "a"}},
        {**PARTITION, "ExpressionAttributeNames": {}},
        {**PARTITION, "ProjectionExpression": "m, m.x"},
        {**PARTITION, "Select": "SPECIFIC_ATTRIBUTES"},
        {**BY_GROUP, "ConsistentRead": True},
        {**BY_GROUP, "Select": "ALL_ATTRIBUTES"},
        {**BY_GROUP, "ProjectionExpression": "a"},
        {**BY_GROUP, "ExclusiveStartKey": KEY},
    ],
)
def test_a_query_that_is_none_is_refused(client: EmbeddedDynamoDBClient, given: Any) -> None:
    assert refused(client.query, **given) == "ValidationException"


@pytest.mark.parametrize(
    ("operation", "given"),
    [
        ("put_item", {"Item": KEY, "ReturnConsumedCapacity": "TOTAL"}),
        ("put_item", {"Item": {**KEY, "b": {"B": b"x"}}}),
        ("update_item", {"Key": KEY, "AttributeUpdates": {}}),
        ("query", {**PARTITION, "QueryFilter": {}}),
        ("scan", {"TotalSegments": 2, "Segment": 0}),
        ("transact_write_items", {}),
        ("execute_statement", {}),
        ("get_waiter", {}),
    ],
)
def test_what_it_does_not_know_is_an_error(client: EmbeddedDynamoDBClient, operation: str, given: Any) -> None:
    with pytest.raises((NotImplementedError, TypeError)):
        getattr(client, operation)(TableName=TABLE, **given)


def test_a_table_that_is_not_there_is_an_error(client: EmbeddedDynamoDBClient) -> None:
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_item(TableName="other", Key=KEY)
    with pytest.raises(client.exceptions.ResourceInUseException):
        client.create_table(**DESCRIPTION)


def test_what_a_condition_failed_for_is_shown_where_it_is_asked_for(client: EmbeddedDynamoDBClient) -> None:
    client.put_item(TableName=TABLE, Item={**KEY, "n": {"N": "1"}})
    given = {"ConditionExpression": "attribute_not_exists(pk)"}
    for more, shown in (({}, None), ({"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}, {**KEY, "n": {"N": "1"}})):
        with pytest.raises(client.exceptions.ConditionalCheckFailedException) as caught:
            client.put_item(TableName=TABLE, Item=KEY, **given, **more)
        assert caught.value.response.get("Item") == shown


def test_nothing_that_is_given_or_given_back_is_shared(client: EmbeddedDynamoDBClient) -> None:
    item: Any = {**KEY, "m": {"M": {"x": {"S": "as it was"}}}}
    client.put_item(TableName=TABLE, Item=item)
    item["m"]["M"]["x"]["S"] = "changed"
    for _ in range(2):
        found = client.get_item(TableName=TABLE, Key=KEY)["Item"]
        assert found["m"] == {"M": {"x": {"S": "as it was"}}}
        found["m"]["M"]["x"]["S"] = "changed"


def test_a_page_ends_at_a_megabyte(client: EmbeddedDynamoDBClient) -> None:
    """The item that fills it is on it. DynamoDB counts names and values, not the text they are kept as."""
    for number in range(12):
        client.put_item(
            TableName=TABLE, Item={"pk": {"S": "p"}, "sk": {"S": f"{number:02}"}, "a": {"S": '"' * 200 * 1024}}
        )
    pages = [page["Items"] for page in client.get_paginator("query").paginate(TableName=TABLE, **PARTITION)]
    assert [len(page) for page in pages] == [6, 6, 0]
    backwards = client.query(TableName=TABLE, ScanIndexForward=False, **PARTITION)
    assert backwards["LastEvaluatedKey"] == {"pk": {"S": "p"}, "sk": {"S": "06"}}
    counted = client.query(TableName=TABLE, Select="COUNT", **PARTITION)
    assert (counted["Count"], "Items" in counted) == (6, False)


def test_a_batch_gives_back_what_does_not_fit(client: EmbeddedDynamoDBClient) -> None:
    keys = [{"pk": {"S": "p"}, "sk": {"S": f"{number:02}"}} for number in range(50)]
    for key in keys:
        client.put_item(TableName=TABLE, Item={**key, "a": {"S": "x" * 390 * 1024}})
    asked: Any = {TABLE: {"Keys": keys}}
    found = []
    while asked:
        answer = client.batch_get_item(RequestItems=asked)
        found += [item["sk"]["S"] for item in answer["Responses"][TABLE]]
        asked = answer["UnprocessedKeys"]
    assert found == [key["sk"]["S"] for key in keys]


def test_an_expression_is_parsed_once(client: EmbeddedDynamoDBClient) -> None:
    given = {"UpdateExpression": "ADD parsed_once :v", "ExpressionAttributeValues": ONE}
    client.update_item(TableName=TABLE, Key=KEY, **given)
    before = expressions.parsed.cache_info().misses
    for _ in range(5):
        client.update_item(TableName=TABLE, Key=KEY, **given)
    assert expressions.parsed.cache_info().misses == before


def test_threads_lose_no_update_and_index_entries_follow(client: EmbeddedDynamoDBClient) -> None:
    def move(number: int) -> None:
        group = {":g": {"S": "gh"[number % 2]}, ":one": {"N": "1"}}
        key = {"pk": {"S": "p"}, "sk": {"S": str(number % 7)}}
        client.update_item(
            TableName=TABLE,
            Key=key,
            UpdateExpression="SET #g = :g ADD n :one",
            ExpressionAttributeNames={"#g": "group"},
            ExpressionAttributeValues=group,
        )

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(move, range(700)))
    items = client.scan(TableName=TABLE)["Items"]
    assert [item["n"]["N"] for item in items] == ["100"] * 7
    in_index = [
        entry["sk"]["S"]
        for group in "gh"
        for entry in client.query(TableName=TABLE, **{**BY_GROUP, "ExpressionAttributeValues": {":p": {"S": group}}})[
            "Items"
        ]
    ]
    assert sorted(in_index) == sorted(item["sk"]["S"] for item in items)


def test_reserved_words_are_awss() -> None:
    assert len(RESERVED_WORDS) == 573
    assert {"STATUS", "NAME", "TTL", "SIZE"} <= RESERVED_WORDS
