"""The items of the embedded DynamoDB: their texts, how large they are, what sums and updates make of them."""

import json
from contextlib import suppress
from copy import deepcopy
from fractions import Fraction
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from promptyard_local.dynamodb import values
from promptyard_local.dynamodb.client import EmbeddedDynamoDBClient
from promptyard_local.dynamodb.database import Database
from promptyard_local.dynamodb.large_items import text_of
from promptyard_local.dynamodb.requests import expressions_of
from tests.support.aws.random_expressions import Builder
from tests.support.aws.random_requests import DESCRIPTION, TABLE, RandomRequests

KEY = {"pk": {"S": "p"}, "sk": {"S": "a"}}
UPDATE: dict[str, Any] = {"TableName": TABLE, "Key": KEY, "UpdateExpression": "SET a = :a"}


def named(entries: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(TEXTS.filter(bool), entries, max_size=5)


def of_kind(kind: str, values_of_it: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return values_of_it.map(lambda value: {kind: value})


TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
WHOLE = st.integers(-(10**38) + 1, 10**38 - 1).map(str)
FRACTIONS = st.decimals(-(10**12), 10**12, places=9).map(lambda number: values.canonical(str(number)))
NUMBERS = WHOLE | st.integers(-999, 999).map(str) | FRACTIONS
ATTRIBUTES = st.recursive(
    of_kind("S", TEXTS)
    | of_kind("N", NUMBERS)
    | of_kind("BOOL", st.booleans())
    | of_kind("NULL", st.just(True))
    | of_kind("SS", st.lists(TEXTS, min_size=1, unique=True))
    | of_kind("NS", st.lists(NUMBERS, min_size=1, unique=True)),
    lambda entries: of_kind("L", st.lists(entries, max_size=5)) | of_kind("M", named(entries)),
)


def test_items_are_counted_as_dynamodb_counts_them() -> None:
    item = {
        "s": {"S": "üa"},
        "n": {"N": "-12.5"},
        "é": {"N": "0.000001"},
        "t": {"BOOL": True},
        "l": {"L": [{"N": "100"}]},
        "m": {"M": {"k": {"S": ""}}},
    }
    assert values.item_size(item) == (1 + 3) + (1 + 4) + (2 + 2) + (1 + 1) + (1 + 3 + 1 + 2) + (1 + 3 + 1 + 1)


@given(named(ATTRIBUTES))
def test_the_text_of_an_item_is_its_json_and_never_shorter_than_the_item_is_counted(item: dict[str, Any]) -> None:
    text = text_of(item)
    assert text == json.dumps(item, ensure_ascii=False, separators=(",", ":"))
    assert values.item_size(item) <= len(text.encode())


@pytest.mark.parametrize("character", ["x", "ü", "\x00", "🐻"])
def test_an_item_may_be_as_large_as_dynamodb_lets_it_be(character: str) -> None:
    client = EmbeddedDynamoDBClient(Database())
    client.create_table(**DESCRIPTION)
    room = values.MAX_ITEM_BYTES - values.item_size({**KEY, "a": {"S": ""}})
    width = len(character.encode())
    fits = character * (room // width) + "x" * (room % width)
    too_large: dict[str, Any] = {**KEY, "a": {"S": fits + "x"}}
    refusal = pytest.raises(ClientError, match="maximum allowed size")
    with refusal:
        client.put_item(TableName=TABLE, Item=too_large)
    with refusal:
        client.batch_write_item(RequestItems={TABLE: [{"PutRequest": {"Item": too_large}}]})
    with refusal:
        client.update_item(**UPDATE, ExpressionAttributeValues={":a": too_large["a"]})
    assert client.scan(TableName=TABLE)["Items"] == []
    client.put_item(TableName=TABLE, Item={**KEY, "a": {"S": fits}})
    client.update_item(**UPDATE, ExpressionAttributeValues={":a": {"S": fits}})
    assert client.scan(TableName=TABLE)["Items"] == [{**KEY, "a": {"S": fits}}]


@given(NUMBERS, NUMBERS, st.sampled_from((1, -1)))
def test_a_sum_is_exact_or_refused(one: str, other: str, sign: int) -> None:
    exact = Fraction(one) + sign * Fraction(other)
    try:
        found = values.total(one, other, sign)
    except ClientError:
        assert len(str(abs(exact) * 10**9).strip("0")) > 38
    else:
        assert Fraction(found) == exact
        assert values.canonical(found) == found


def test_an_update_leaves_the_item_that_it_reads_as_it_was() -> None:
    changed = 0
    for seed in range(1000):
        made = RandomRequests(seed)
        built, item = Builder(made), made.item()
        params = {"UpdateExpression": built.update(), **built.placeholders()}
        before = deepcopy(item)
        with suppress(ClientError):  # what cannot be done, to any item or to this one
            asked = expressions_of(params, "UpdateExpression")
            assert asked.update is not None
            changed += asked.update.changed(item, asked.given) != before
        assert item == before, params
    assert changed > 300
