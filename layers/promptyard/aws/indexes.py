"""Indexes that tables lack: of a restored table, or one that is not the stack's own, nobody makes those that a later
version has added."""

import time
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from promptyard.aws.failures import failure_of
from promptyard.aws.resources import indexed_tables, missing_indexes
from promptyard.domain.errors import StoreUnavailable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

POLL_SECONDS = 5.0

MakesClient = Callable[[], "DynamoDBClient"]
"""Called with each request, so that what keeps a client from being made is told as what keeps it from being asked."""


def lacking(client: MakesClient, names: Mapping[str, str]) -> dict[str, list[str]]:
    """The names of the indexes that tables lack, by table: of those that `names` has, by setting, and that lack any.

    Raises StoreUnavailable, with DynamoDB's word for why.
    """
    found = {
        table: [index["IndexName"] for index in missing_indexes(_described(client, table), properties)]
        for table, properties in indexed_tables(names)
    }
    return {table: indexes for table, indexes in found.items() if indexes}


def add_missing(
    client: MakesClient,
    names: Mapping[str, str],
    told: Callable[[str], None],
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Add them, one after another, as DynamoDB takes them; `told` is told of each. Returns when DynamoDB has filled
    all. May be stopped, and run again. Raises StoreUnavailable, with DynamoDB's word for why."""
    for table, properties in indexed_tables(names):
        _wait_until_active(client, table, sleep)
        for index in missing_indexes(_described(client, table), properties):
            told(f"{table}: {index['IndexName']} is being added")
            _add(client, table, index, properties["AttributeDefinitions"])
            _wait_until_active(client, table, sleep)


def _add(client: MakesClient, table: str, index: Any, attributes: Any) -> None:
    keys = {key["AttributeName"] for key in index["KeySchema"]}
    definitions = [attribute for attribute in attributes if attribute["AttributeName"] in keys]
    _asked(
        table,
        lambda: client().update_table(
            TableName=table, AttributeDefinitions=definitions, GlobalSecondaryIndexUpdates=[{"Create": index}]
        ),
    )


def _wait_until_active(client: MakesClient, table: str, sleep: Callable[[float], None]) -> None:
    while any(status != "ACTIVE" for status in _statuses(_described(client, table))):
        sleep(POLL_SECONDS)


def _statuses(description: Mapping[str, Any]) -> Iterator[str]:
    yield description["TableStatus"]
    for index in description.get("GlobalSecondaryIndexes", ()):
        yield index.get("IndexStatus", "ACTIVE")


def _described(client: MakesClient, table: str) -> Mapping[str, Any]:
    described: Mapping[str, Any] = _asked(table, lambda: client().describe_table(TableName=table)["Table"])
    return described


def _asked(table: str, request: Callable[[], Any]) -> Any:
    try:
        return request()
    except Exception as error:
        failure = failure_of(error)
        if failure is None:
            raise
        raise StoreUnavailable(f"{table}: DynamoDB answers {failure.code}") from None
