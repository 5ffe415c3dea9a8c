"""PutItem, UpdateItem, DeleteItem and BatchWriteItem."""

from typing import Any

from promptyard_local.dynamodb.database import Database, Write
from promptyard_local.dynamodb.documents import chosen_parts
from promptyard_local.dynamodb.large_items import Key, Parts, joined, text_of
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
_TOO_LARGE = "Item size has exceeded the maximum allowed size"
_OF_FAILURE = "ReturnValuesOnConditionCheckFailure"
_CONDITIONAL = ("ConditionExpression", *PLACEHOLDERS, "ReturnValues", _OF_FAILURE)


def put_item(database: Database, parameters: Parameters) -> dict[str, Any]:
    check_parameters("PutItem", parameters, ("TableName", "Item"), _CONDITIONAL)
    table = database.table(parameters["TableName"])
    returned, of_failure = one_of(parameters, "ReturnValues", "NONE", "ALL_OLD"), _returned_of_failure(parameters)
    expressions = expressions_of(parameters, "ConditionExpression")
    item = kept(parameters["Item"])
    key = table.key_of_item(item)
    text = _text(item, _TOO_LARGE)
    with database.lock:
        before = table.item(key)
        expressions.require(before, of_failure)
        database.write([Write(table, key, before, item, text)])
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
            database.write([Write(table, key, before)])
    return {"Attributes": before} if returned == "ALL_OLD" and before is not None else {}


def update_item(database: Database, parameters: Parameters) -> dict[str, Any]:
    """What is answered of a large item is the store's own, too: to be read, not to be changed."""
    check_parameters("UpdateItem", parameters, ("TableName", "Key"), ("UpdateExpression", *_CONDITIONAL))
    table = database.table(parameters["TableName"])
    returned = one_of(parameters, "ReturnValues", "NONE", "ALL_OLD", "ALL_NEW", "UPDATED_OLD", "UPDATED_NEW")
    of_failure = _returned_of_failure(parameters)
    expressions = expressions_of(parameters, "UpdateExpression", "ConditionExpression")
    key = table.key(kept(parameters["Key"]))
    _check_paths(table, expressions)
    with database.lock:
        at_hand = table.large.get(key)
        before = table.item(key) if at_hand is None else at_hand.item
        expressions.require(before, of_failure)
        item = table.key_attributes(key) if before is None else before
        if expressions.update is not None:
            item = expressions.update.changed(item, expressions.given)
            if expressions.update.nests:
                check_depth(item)
        table.check_index_keys(item)
        parts = None if at_hand is None else at_hand.parts_of(item, {str(head) for head, *_ in expressions.changes})
        text = _text(item, "Item size to update has exceeded the maximum allowed size", parts)
        database.write([Write(table, key, before, item, text)])
        table.large.keep(key, item, text, parts)
    shown = before if returned.endswith("OLD") else item
    if returned == "NONE" or shown is None:
        return {}
    if returned.startswith("UPDATED"):
        shown = chosen_parts(expressions.changes, shown)
        return {"Attributes": shown} if shown else {}
    return {"Attributes": dict(shown)}


def batch_write_item(database: Database, parameters: Parameters) -> dict[str, Any]:
    check_parameters("BatchWriteItem", parameters, ("RequestItems",))
    wanted = [
        (database.table(name), *_batch_write(database.table(name), request))
        for name, requests in parameters["RequestItems"].items()
        for request in requests
    ]
    if not 1 <= len(wanted) <= MAX_BATCH_WRITES:
        raise invalid(f"BatchWriteItem takes 1 to {MAX_BATCH_WRITES} requests")
    if len({(table.name, key) for table, key, *_ in wanted}) != len(wanted):
        raise invalid("Provided list of item keys contains duplicates")
    with database.lock:
        database.write([Write(table, key, table.item(key), item, text) for table, key, item, text in wanted])
    return {"UnprocessedItems": {}}


def _batch_write(table: EmbeddedTable, request: Parameters) -> tuple[Key, Attributes | None, str | None]:
    """The key, the item and its text; None for a deletion."""
    [(kind, content)] = request.items()
    if kind == "DeleteRequest":
        return table.key(kept(content["Key"])), None, None
    item = kept(content["Item"])
    return table.key_of_item(item), item, _text(item, _TOO_LARGE)


def _check_paths(table: EmbeddedTable, expressions: Expressions) -> None:
    for head, *rest in expressions.changes:
        if head in table.keys:
            raise invalid(
                "One or more parameter values were invalid: "
                f"Cannot update attribute {head}. This attribute is part of the key"
            )
        if rest and any(head in index.keys for index in table.indexes.values()):
            raise invalid("Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed")


def _text(item: Attributes, refusal: str, parts: Parts | None = None) -> str:
    """The item's text, of its parts where they are there. Raises ValidationException for an item that is too large: one
    is counted only where its text, which is never shorter in UTF-8, may be."""
    text = text_of(item) if parts is None else joined(item, parts)
    if 4 * len(text) > MAX_ITEM_BYTES and item_size(item) > MAX_ITEM_BYTES:
        raise invalid(refusal)
    return text


def _returned_of_failure(parameters: Parameters) -> str:
    return one_of(parameters, _OF_FAILURE, "NONE", "ALL_OLD")
