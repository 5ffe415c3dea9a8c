"""What was asked of a store, asked again while random items are in it: so that every expression of the product meets
items that it holds for and others, attributes that are missing and those of another type."""

import re
from collections.abc import Callable, Iterator, Mapping
from random import Random
from typing import Any
from zlib import crc32

from promptyard_local.dynamodb.client import EmbeddedDynamoDBClient
from tests.support.aws.referee import Outcome, Referee, agree

TIMES = 6
KEYS = ("pk", "sk")
MOTO_IS_WRONG: dict[str, Callable[[Outcome, Outcome], bool]] = {
    "it fails over values of two types that are compared": lambda _, moto: crashed(
        moto, "TypeError", "'[<>]=?' not supported between instances of .*"
    ),
    "it fails over the size of what is missing or has none": lambda _, moto: crashed(
        moto, "ValueError", "Invalid filter expression|Invalid attribute name .*"
    ),
    "it fails over removing something from what is no map": lambda _, moto: crashed(
        moto, "TypeError", "pop not supported for DynamoType .*"
    ),
    "it puts something into what is no map": lambda ours, moto: (
        moto.error is None
        and str(ours.error).endswith("The document path provided in the update expression is invalid for update")
    ),
}
"""By our outcome and its own."""
_replayed: set[str] = set()
"""The kinds of requests that this process has gone through."""


def replay(client: EmbeddedDynamoDBClient, referee: Referee) -> Iterator[str]:
    """Every difference between the store and moto, for each kind of request that nobody has replayed."""
    if referee.dismissed:
        return
    for kind, (operation, params) in list(referee.requests.items()):
        if kind in _replayed or "TableName" not in params:
            continue
        _replayed.add(kind)
        random = Random(crc32(kind.encode()))
        for time in range(TIMES):
            for item in _items(operation, params, random):
                for store in (client, referee.moto):
                    store.put_item(TableName=params["TableName"], Item=item)
            ours, theirs = (Outcome.of(getattr(store, operation), params) for store in (client, referee.moto))
            wrong = any(fits(ours, theirs) for fits in MOTO_IS_WRONG.values())
            if not wrong and not agree(operation, ours, theirs):
                yield f"{kind}, time {time}: {params}\n  ours: {ours}\n  moto: {theirs}"
            if operation in {"put_item", "update_item", "delete_item"}:
                yield from _alike(client, referee.moto, params, same=not (wrong or leaves_a_half(theirs)))


def crashed(moto: Outcome, kind: str, message: str) -> bool:
    return moto.code == f"crash of {kind}" and re.fullmatch(message, str(moto.error)) is not None


def leaves_a_half(theirs: Outcome) -> bool:
    """Of an update that it refuses it has carried out what stands before what it refuses."""
    return theirs.code == "ValidationException"


def _alike(client: Any, moto: Any, params: Mapping[str, Any], *, same: bool) -> Iterator[str]:
    written = params.get("Key") or params["Item"]
    read = {"TableName": params["TableName"], "Key": {name: written[name] for name in KEYS}}
    ours, theirs = Outcome.of(client.get_item, read), Outcome.of(moto.get_item, read)
    if same and ours.answer != theirs.answer:
        yield f"after {params}\n  ours: {ours}\n  moto: {theirs}"
    if ours.answer is None or "Item" not in ours.answer:
        moto.delete_item(**read)
    else:
        moto.put_item(TableName=params["TableName"], Item=ours.raw["Item"])


def _items(operation: str, params: Mapping[str, Any], random: Random) -> Iterator[dict[str, Any]]:
    """One with the request's key; for a Query, some in the partition that it reads."""
    given = list(params.get("ExpressionAttributeValues", {}).values())
    names = [name for name in params.get("ExpressionAttributeNames", {}).values() if name not in KEYS]
    for _ in range(4 if operation == "query" else 1):
        written = params.get("Key") or params.get("Item") or {}
        item = {name: written.get(name) or {"S": _text(given, random)} for name in KEYS}
        for name in names:
            if random.random() < 0.8:
                item[name] = _value(name, names, given, random)
        yield item


def _value(name: str, names: list[str], given: list[dict[str, Any]], random: Random) -> dict[str, Any]:
    if name.endswith(("_key", "_until")):  # of an index, which takes texts alone
        return {"S": _text(given, random)}
    if random.random() < 0.2:
        return {"M": {other: _scalar(given, random) for other in names if random.random() < 0.5}}
    return _scalar(given, random)


def _scalar(given: list[dict[str, Any]], random: Random) -> dict[str, Any]:
    number: dict[str, Any] = {"N": str(random.randint(-2, 12))}
    return random.choice([*given, number, number, {"S": _text(given, random)}])


def _text(given: list[dict[str, Any]], random: Random) -> str:
    texts = [value["S"] for value in given if value.get("S")] or ["some"]
    return str(random.choice(texts)) + random.choice(("", "", "0", "~"))
