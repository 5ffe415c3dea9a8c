"""PutItem, UpdateItem, DeleteItem and BatchWriteItem."""

from typing import Any

from promptyard_local.dynamodb.database import Database, Write
from promptyard_local.dynamodb.documents import chosen_parts
from promptyard_local.dynamodb.refusals import invalid
from promptyard_local.dynamodb.requests import (
    PLACEHOLDERS,
    Expressions,
    Parameters,
    check_parameters,
    expressions_of,
    one_of,
)
from promptyard_local.dynamodb.tables import EmbeddedTable
from promptyard_local.dynamodb.values import MAX_ITEM_BYTES, Attributes, check_depth, item_size, kept

MAX_BATCH_WRITES = 25
_OF_FAILURE = "ReturnValuesOnConditionCheckFailure"
_CONDITIONAL = ("ConditionExpression", *PLACEHOLDERS, "ReturnValues", _OF_FAILURE)


def put_item(database: Database, parameters: Parameters) -> dict[str, Any]:
    check_parameters("PutItem", parameters, ("TableName", "Item"), _CONDITIONAL)
    table = database.table(parameters["TableName"])
    returned, of_failure = one_of(parameters, "ReturnValues", "NONE", "ALL_OLD"), _returned_of_failure(parameters)
    expressions = expressions_of(parameters, "ConditionExpression")
    item = kept(parameters["Item"])
    key = table.key_of_item(item)
    _check_size(item, "Item size has exceeded the maximum allowed size")
    with database.lock:
        before = table.item(key)
        expressions.require(before, of_failure)
        database.write([(table, key, before, item)])
    return {"Attributes": before} if returned == "ALL_OLD" and before is not None else {}


def delete_item(database: Database, parameters: Parameters) -> dict[str, Any]:
    check_parameters("DeleteItem", parameters, ("TableName", "Key"), _CONDITIONAL)
    table = database.table(parameters["TableName"])
    returned, of_failure = one_of(parameters, "ReturnValues", "NONE", "ALL_OLD"), _returned_of_failure(parameters)
    expressions = expressions_of(parameters, "ConditionExpression")
    key = table.key(kept(parameters["Key"]))
    with database.lock:
        before = table.item(key)
        expressions.require(before, of_failure)
        if before is not None:
            database.write([(table, key, before, None)])
    return {"Attributes": before} if returned == "ALL_OLD" and before is not None else {}


def update_item(database: Database, parameters: Parameters) -> dict[str, Any]:
    check_parameters("UpdateItem", parameters, ("TableName", "Key"), ("UpdateExpression", *_CONDITIONAL))
    table = database.table(parameters["TableName"])
    returned = one_of(parameters, "ReturnValues", "NONE", "ALL_OLD", "ALL_NEW", "UPDATED_OLD", "UPDATED_NEW")
    of_failure = _returned_of_failure(parameters)
    expressions = expressions_of(parameters, "UpdateExpression", "ConditionExpression")
    key = table.key(kept(parameters["Key"]))
    _check_paths(table, expressions)
    with database.lock:
        before = table.item(key)
        expressions.require(before, of_failure)
        item = table.item(key) or table.key_attributes(key)
        if expressions.update is not None:
            item = expressions.update.changed(item, expressions.given)
            if expressions.update.nests:
                check_depth(item)
        table.check_index_keys(item)
        _check_size(item, "Item size to update has exceeded the maximum allowed size")
        database.write([(table, key, before, item)])
    shown = before if returned.endswith("OLD") else item
    if returned == "NONE" or shown is None:
        return {}
    if returned.startswith("UPDATED"):
        paths = [] if expressions.update is None else expressions.update.paths(expressions.given)
        shown = chosen_parts(paths, shown)
        return {"Attributes": shown} if shown else {}
    return {"Attributes": shown}


def batch_write_item(database: Database, parameters: Parameters) -> dict[str, Any]:
    check_parameters("BatchWriteItem", parameters, ("RequestItems",))
    wanted = [
        (database.table(name), *_batch_write(database.table(name), request))
        for name, requests in parameters["RequestItems"].items()
        for request in requests
    ]
    if not 1 <= len(wanted) <= MAX_BATCH_WRITES:
        raise invalid(f"BatchWriteItem takes 1 to {MAX_BATCH_WRITES} requests")
    if len({(table.name, key) for table, key, _ in wanted}) != len(wanted):
        raise invalid("Provided list of item keys contains duplicates")
    with database.lock:
        writes: list[Write] = [(table, key, table.item(key), item) for table, key, item in wanted]
        database.write(writes)
    return {"UnprocessedItems": {}}


def _batch_write(table: EmbeddedTable, request: Parameters) -> tuple[tuple[str, str], Attributes | None]:
    """The key, and the item; None for a deletion."""
    [(kind, content)] = request.items()
    if kind == "DeleteRequest":
        return table.key(kept(content["Key"])), None
    item = kept(content["Item"])
    _check_size(item, "Item size has exceeded the maximum allowed size")
    return table.key_of_item(item), item


def _check_paths(table: EmbeddedTable, expressions: Expressions) -> None:
    if expressions.update is None:
        return
    index_keys = {name for index in table.indexes.values() for name in index.keys}
    for head, *rest in expressions.update.paths(expressions.given):
        if head in table.keys:
            raise invalid(
                "One or more parameter values were invalid: "
                f"Cannot update attribute {head}. This attribute is part of the key"
            )
        if rest and head in index_keys:
            raise invalid("Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed")


def _check_size(item: Attributes, message: str) -> None:
    if item_size(item) > MAX_ITEM_BYTES:
        raise invalid(message)


def _returned_of_failure(parameters: Parameters) -> str:
    return one_of(parameters, _OF_FAILURE, "NONE", "ALL_OLD")
