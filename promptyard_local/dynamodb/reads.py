"""GetItem and BatchGetItem."""

from typing import Any

from promptyard_local.dynamodb.database import Database
from promptyard_local.dynamodb.refusals import invalid
from promptyard_local.dynamodb.requests import Parameters, check_parameters, expressions_of
from promptyard_local.dynamodb.values import Attributes, item_size, kept

MAX_BATCH_KEYS = 100
MAX_BATCH_BYTES = 16 * 1024 * 1024
_PROJECTED = ("ProjectionExpression", "ExpressionAttributeNames", "ConsistentRead")


def get_item(database: Database, parameters: Parameters) -> dict[str, Any]:
    check_parameters("GetItem", parameters, ("TableName", "Key"), _PROJECTED)
    table = database.table(parameters["TableName"])
    expressions = expressions_of(parameters, "ProjectionExpression")
    key = table.key(kept(parameters["Key"]))
    with database.lock:
        item = table.item(key)
    return {} if item is None else {"Item": expressions.projected(item)}


def batch_get_item(database: Database, parameters: Parameters) -> dict[str, Any]:
    """What does not fit into an answer comes back as unprocessed."""
    check_parameters("BatchGetItem", parameters, ("RequestItems",))
    number = sum(len(asked.get("Keys", ())) for asked in parameters["RequestItems"].values())
    if not 1 <= number <= MAX_BATCH_KEYS:
        raise invalid(f"BatchGetItem takes 1 to {MAX_BATCH_KEYS} keys")
    answers: dict[str, list[Attributes]] = {}
    unprocessed: dict[str, Any] = {}
    size = 0
    for name, asked in parameters["RequestItems"].items():
        check_parameters("BatchGetItem", asked, ("Keys",), _PROJECTED)
        table, expressions = database.table(name), expressions_of(asked, "ProjectionExpression")
        keys = [table.key(kept(key)) for key in asked["Keys"]]
        if len(set(keys)) != len(keys):
            raise invalid("Provided list of item keys contains duplicates")
        answers[name] = []
        with database.lock:
            items = [table.item(key) for key in keys]
        for key, item in zip(asked["Keys"], items, strict=True):
            size += 0 if item is None else item_size(item)
            if size > MAX_BATCH_BYTES:
                unprocessed.setdefault(name, {**asked, "Keys": []})["Keys"].append(key)
            elif item is not None:
                answers[name].append(expressions.projected(item))
    return {"Responses": answers, "UnprocessedKeys": unprocessed}
