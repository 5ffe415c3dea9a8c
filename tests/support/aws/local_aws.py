"""An AWS of its own for each test: embedded in the process, empty, in memory only."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from moto.core.botocore_stubber import MockRawResponse

from promptyard.domain.runs.run import Run
from promptyard.storage.prompts.prompts import DynamoPromptStore
from promptyard.storage.runs.run_items import ROOM_AT_ONCE, to_stored
from promptyard.storage.runs.runs import DynamoRunStore
from promptyard.storage.table.attributes import Item, to_attributes
from promptyard.storage.table.objects import Objects
from promptyard.storage.table.table import Table
from promptyard_local.aws import LocalAws, open_aws
from promptyard_local.dynamodb.large_items import text_of
from promptyard_local.dynamodb.values import item_size
from tests.support.aws.observed_client import ObservedRequest, observed
from tests.support.aws.referee import RefereedClient

RUNS_TABLE = "PROMPTYARD_RUNS_TABLE"
RUNS_BUCKET = "PROMPTYARD_RUNS_BUCKET"
PROMPTS_TABLE = "PROMPTYARD_PROMPTS_TABLE"
USAGE_TABLE = "PROMPTYARD_USAGE_TABLE"


@pytest.fixture
def local_aws() -> Iterator[LocalAws]:
    """DynamoDB as the laptop has it; its clients have the hooks of boto3's."""
    aws = open_aws({"PROMPTYARD_DATA_DIR": ":memory:"})
    watched = observed(aws)
    yield watched
    watched.clients.close()
    aws.close()


@pytest.fixture
def plain_aws() -> Iterator[LocalAws]:
    """As a laptop has it, without hooks: what is asked of DynamoDB is answered at once and by no other thread, which
    takes less than half of the time."""
    aws = open_aws({"PROMPTYARD_DATA_DIR": ":memory:"})
    yield aws
    aws.clients.close()
    aws.close()


@pytest.fixture
def run_store(local_aws: LocalAws) -> DynamoRunStore:
    return store_of_runs(local_aws)


@pytest.fixture
def runs_table(local_aws: LocalAws) -> Table:
    return Table(local_aws.clients.dynamodb, local_aws.names[RUNS_TABLE])


def store_of_runs(aws: LocalAws, *, kind: type[DynamoRunStore] = DynamoRunStore, **options: Any) -> DynamoRunStore:
    name = aws.names[RUNS_TABLE]
    tables = Table(aws.clients.dynamodb, name), Table(aws.clients.dynamodb_once, name)
    return kind(*tables, Objects(aws.clients.s3, aws.names[RUNS_BUCKET]), **options)


async def begin(store: DynamoRunStore, run: Run) -> None:
    """As a run begins: its start record is written, and it is counted, though its time may be over."""
    await store.start(run)
    store.count(run.model_copy(update={"deadline_at": datetime.now(UTC) + timedelta(minutes=5)}))


def store_of_prompts(aws: LocalAws) -> DynamoPromptStore:
    return DynamoPromptStore(
        Table(aws.clients.dynamodb, aws.names[PROMPTS_TABLE]), Objects(aws.clients.s3, aws.names[RUNS_BUCKET])
    )


def object_keys(aws: LocalAws) -> list[str]:
    """The keys of all objects in the bucket of runs."""
    listed = aws.clients.s3().list_objects_v2(Bucket=aws.names[RUNS_BUCKET])
    return [entry["Key"] for entry in listed.get("Contents", [])]


def load_items(aws: LocalAws, setting: str, items: Iterable[Item]) -> None:
    """Put many new items into an embedded table, without a request for each."""
    client: Any = aws.clients.dynamodb()
    table = client.database.table(aws.names[setting])
    attributes = [to_attributes(item) for item in items]
    table.load(((item["pk"]["S"], item["sk"]["S"]), text_of(item)) for item in attributes)
    if isinstance(client.store, RefereedClient):
        client.store.referee.load(table.name, attributes)


def load_runs(aws: LocalAws, runs: Iterable[Run]) -> None:
    """Put many small runs into the store at once, and count them."""
    stored = (to_stored(run, write_id="w", expires_at=None, room=ROOM_AT_ONCE) for run in runs)
    load_items(aws, RUNS_TABLE, (run.item for run in stored))
    asyncio.run(store_of_runs(aws).repair_counters("local"))


@contextmanager
def counted_requests(client: Any, *, but_of: str | None = None) -> Iterator[Counter[str]]:
    """Counts the requests that a client sends, by operation. `but_of`: a table that others work on meanwhile."""
    counts: Counter[str] = Counter()

    def count(event_name: str, params: dict[str, Any] | None = None, **_: Any) -> None:
        if but_of is None or params is None or params.get("TableName") != but_of:
            counts[event_name.rpartition(".")[2]] += 1

    event = "before-send" if but_of is None else "provide-client-params.dynamodb"
    client.meta.events.register_first(event, count)
    try:
        yield counts
    finally:
        client.meta.events.unregister(event, count)


@contextmanager
def counted_read_units(client: Any) -> Iterator[Counter[str]]:
    """Counts, by table, the half read units (0.5 of 4 KB) that a client's GetItem requests cost: of the whole item,
    whatever is asked for of it, twice as much when it is read consistently. Other reads count as an error: none here
    costs what it could be told by its answer alone."""
    halves: Counter[str] = Counter()
    looking: list[bool] = []

    def count(params: dict[str, Any], event_name: str, **_: Any) -> None:
        assert not event_name.endswith(("Query", "BatchGetItem", "Scan")), event_name
        if looking or not event_name.endswith("GetItem"):
            return
        looking.append(True)
        item = client.get_item(TableName=params["TableName"], Key=params["Key"]).get("Item", {})
        looking.pop()
        blocks = max(1, ceil(item_size(item) / 4096))
        halves[params["TableName"]] += blocks * (2 if params.get("ConsistentRead") else 1)

    client.meta.events.register("provide-client-params.dynamodb", count)
    try:
        yield halves
    finally:
        client.meta.events.unregister("provide-client-params.dynamodb", count)


@contextmanager
def counted_item_units(client: Any) -> Iterator[list[int]]:
    """The write units (1 KB) of each item that a client puts, indexes aside."""
    units: list[int] = []

    def count(params: dict[str, Any], **_: Any) -> None:
        units.append(ceil(item_size(params["Item"]) / 1024))

    client.meta.events.register("provide-client-params.dynamodb.PutItem", count)
    try:
        yield units
    finally:
        client.meta.events.unregister("provide-client-params.dynamodb.PutItem", count)


@contextmanager
def first_answer_lost(client: Any, operation: str) -> Iterator[list[int]]:
    """The first such request is carried out, but its caller gets a 500. Yields the statuses as they were answered."""
    statuses: list[int] = []

    def lose(request: ObservedRequest, **_: Any) -> AWSResponse:
        client.meta.events.unregister(event, lose)
        request.carry_out()
        client.meta.events.register_first(event, count)
        statuses.append(200)
        return AWSResponse(request.url, 500, HTTPHeaders(), MockRawResponse(b""))

    def count(**_: Any) -> None:
        statuses.append(200)

    event = f"before-send.dynamodb.{operation}"
    client.meta.events.register_first(event, lose)
    try:
        yield statuses
    finally:
        client.meta.events.unregister(event, count)
