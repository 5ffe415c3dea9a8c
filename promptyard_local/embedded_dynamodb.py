"""DynamoDB by moto, with what makes moto slow at thousands of items replaced, and its items kept."""

import base64
import json
import time
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any

from botocore.awsrequest import AWSPreparedRequest
from moto.core.common_types import TYPE_RESPONSE
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.core.request import normalize_request
from moto.core.responses import ActionResult
from moto.dynamodb.models import DynamoDBBackend, dynamodb_backends
from moto.dynamodb.responses import DynamoHandler, DynamoResult
from werkzeug.exceptions import HTTPException

from promptyard_local.journal import DataUnusable, Journal
from promptyard_local.ordered_table import Attributes, OrderedTable


class EmbeddedDynamoDB:
    """Implements `embedded_aws.EmbeddedService`."""

    region = "us-east-1"
    reads = frozenset({"GetItem", "BatchGetItem", "Query", "Scan", "DescribeTable", "ListTables", "DescribeTimeToLive"})
    changes = frozenset({"CreateTable", "UpdateTimeToLive", "PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem"})

    def handle(self, request: AWSPreparedRequest) -> TYPE_RESPONSE:
        normalized = normalize_request(request)
        try:
            answer: TYPE_RESPONSE = _Handler.dispatch(normalized, normalized.raw_url, normalized.headers)
        except HTTPException as error:
            return error.code or 500, dict(error.get_headers()), error.get_body()
        return answer

    def record(self, operation: str, request: AWSPreparedRequest, journal: Journal | None) -> None:
        assert isinstance(request.body, bytes)
        body = json.loads(request.body)
        if operation == "CreateTable":
            OrderedTable.take_over(self._backend.tables[body["TableName"]])
        rows = []
        for table_name, key in _touched(operation, body):
            table, pk, sk = self.table(table_name), key["pk"]["S"], key["sk"]["S"]
            table.refresh(pk, sk)
            item = table.item(pk, sk)
            attributes = None if item is None else json.dumps(item.to_json()["Attributes"], ensure_ascii=False)
            rows.append((table_name, pk, sk, attributes))
        if journal is not None and rows:
            journal.put_items(rows)

    def load(self, journal: Journal) -> None:
        """Also forgets the items whose time to live is over, as DynamoDB would have."""
        now = time.time()
        for table_name, rows in groupby(journal.items(), key=itemgetter(0)):
            if table_name not in self._backend.tables:
                raise DataUnusable(f"{journal.path} holds a table that this version does not have: {table_name}")
            table = self.table(table_name)
            live: list[Attributes] = []
            expired: list[Attributes] = []
            for _, attributes in rows:
                item = json.loads(attributes)
                (expired if _is_expired(table, item, now) else live).append(item)
            table.load(live)
            journal.put_items([(table_name, item["pk"]["S"], item["sk"]["S"], None) for item in expired])

    def reset(self) -> None:
        self._backend.reset()

    def table(self, name: str) -> OrderedTable:
        table = self._backend.tables[name]
        assert isinstance(table, OrderedTable)
        return table

    @property
    def _backend(self) -> DynamoDBBackend:
        backend: DynamoDBBackend = dynamodb_backends[DEFAULT_ACCOUNT_ID][self.region]
        return backend


_ITEM_OPERATIONS = frozenset({"GetItem", "BatchGetItem", "Query", "Scan", "PutItem", "UpdateItem", "DeleteItem"})


class _Handler(DynamoHandler):
    """Moto fits every answer to the service's model, by all names that each member might have: 30 ms for 20 items.
    What it makes of items already has the members' own names."""

    def serialized(self, action_result: ActionResult) -> TYPE_RESPONSE:
        if not (isinstance(action_result, DynamoResult) and self._get_action() in _ITEM_OPERATIONS):
            return super().serialized(action_result)
        headers = {"Content-Type": "application/x-amz-json-1.0", **self.response_headers}
        return 200, headers, json.dumps(action_result.result, default=_base64)


def _base64(value: Any) -> str:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    raise TypeError(f"not part of an item: {type(value).__name__}")


def _touched(operation: str, body: Any) -> Iterator[tuple[str, Attributes]]:
    """(table, key) of every item that a request has written."""
    if operation == "PutItem":
        yield body["TableName"], body["Item"]
    elif operation in {"UpdateItem", "DeleteItem"}:
        yield body["TableName"], body["Key"]
    elif operation == "BatchWriteItem":
        for table_name, writes in body["RequestItems"].items():
            for write in writes:
                yield (
                    table_name,
                    write["PutRequest"]["Item"] if "PutRequest" in write else write["DeleteRequest"]["Key"],
                )


def _is_expired(table: OrderedTable, item: Attributes, now: float) -> bool:
    """TTL takes no notice of what is no number."""
    number = item.get(table.ttl.get("AttributeName", ""), {}).get("N")
    return table.ttl["TimeToLiveStatus"] == "ENABLED" and number is not None and float(number) <= now
