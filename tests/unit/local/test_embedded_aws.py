"""AWS embedded in the process: safe under threads, kept through a kill, and out of other clients' way."""

import gc
import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto.s3.models import FakeKey

from promptyard.domain.paging import PageRequest, each_page
from promptyard.domain.runs.run import RunLinks
from promptyard.services.ports.runs import RunFilter
from promptyard.storage.runs.runs import DynamoRunStore
from promptyard_local import embedded_aws
from promptyard_local.aws import LocalAws, open_aws
from promptyard_local.embedded_aws import EmbeddedAws
from promptyard_local.journal import DataUnusable, Journal
from tests.support.aws.local_aws import RUNS_BUCKET, RUNS_TABLE, begin, object_keys, store_of_runs
from tests.support.doubles.metering_chaos import Stores
from tests.support.samples.sample_runs import new_run, settled


@contextmanager
def kept_in(directory: Path) -> Iterator[LocalAws]:
    aws = open_aws({"PROMPTYARD_DATA_DIR": str(directory)})
    try:
        yield aws
    finally:
        aws.close()


def test_no_update_is_lost_between_threads(local_aws: LocalAws) -> None:
    client, table = local_aws.clients.dynamodb(), local_aws.names[RUNS_TABLE]
    key = {"pk": {"S": "t#count"}, "sk": {"S": "all"}}

    def increment(_: int) -> None:
        client.update_item(
            TableName=table,
            Key=key,  # type: ignore[arg-type]
            UpdateExpression="ADD #n :one",
            ExpressionAttributeNames={"#n": "n"},
            ExpressionAttributeValues={":one": {"N": "1"}},
        )

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)  # threads take turns in the middle of an update
    try:
        with ThreadPoolExecutor(16) as threads:
            list(threads.map(increment, range(1600)))
    finally:
        sys.setswitchinterval(interval)
    assert client.get_item(TableName=table, Key=key)["Item"]["n"] == {"N": "1600"}  # type: ignore[arg-type]


async def test_everything_is_there_after_a_restart(tmp_path: Path) -> None:
    run, large, deleted = new_run(links=RunLinks(prompt_id="p")), new_run(reference="x" * 60_000), new_run()
    with kept_in(tmp_path) as aws:
        store = store_of_runs(aws)
        for each in (run, large, deleted):
            await begin(store, each)
        await store.settle(settled(run))
        await store.delete("local", deleted.id)
        await store.counted()  # runs are counted beside what they do
    with kept_in(tmp_path) as aws:
        store = store_of_runs(aws)
        page = await store.page("local", RunFilter(), PageRequest(10))
        assert page.items == [large, settled(run).model_copy(update={"settled_at": page.items[1].settled_at})]
        assert page.total == 2
        assert (await store.page("local", RunFilter(prompt_id="p"), PageRequest(10))).total == 1
        assert await store.settle(settled(large))
    with kept_in(tmp_path) as aws:
        assert (await store_of_runs(aws).get("local", large.id)).settled


WRITER = """
import asyncio, json, os, sys
from promptyard.domain.metering.limits import NO_LIMITS
from promptyard.services.metering.meter import Meter
from promptyard_local.aws import open_aws
from tests.support.aws.local_aws import begin
from tests.support.doubles.metering import catalogue
from tests.support.doubles.metering_chaos import Stores
from tests.support.samples.sample_runs import new_run, settled

async def write():
    stores = Stores.of(open_aws(os.environ))
    store, meter = stores.runs, Meter(stores.months, stores.ledger, catalogue())
    async def one(number):
        run = new_run(reference="x" * (60_000 if number % 10 == 0 else 10))
        planned = meter.plan(run, NO_LIMITS)
        await meter.reserve(planned, NO_LIMITS)
        await begin(store, run.model_copy(update={"reservation_id": planned.id}))
        print(json.dumps([run.id, "running"]), flush=True)
        if number % 2:
            await store.settle(settled(run))
            print(json.dumps([run.id, "succeeded"]), flush=True)
    for batch in range(1000):
        await asyncio.gather(*(one(batch * 8 + number) for number in range(8)))

asyncio.run(write())
"""


async def test_what_was_acknowledged_survives_a_kill(tmp_path: Path) -> None:
    environment = {**os.environ, "PROMPTYARD_DATA_DIR": str(tmp_path)}
    acknowledged: dict[str, str] = {}
    with subprocess.Popen([sys.executable, "-c", WRITER], env=environment, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        for line in writer.stdout:
            run_id, status = json.loads(line)
            acknowledged[run_id] = status
            if len(acknowledged) == 200:
                writer.send_signal(signal.SIGKILL)
                break
        for line in writer.stdout:  # what it had said before it died
            if line.endswith("\n"):
                run_id, status = json.loads(line)
                acknowledged[run_id] = status
    assert writer.returncode == -signal.SIGKILL
    with kept_in(tmp_path) as aws:
        store = store_of_runs(aws)
        for run_id, status in acknowledged.items():
            run = await store.get("local", run_id)
            assert status == "running" or run.status == status
        stores = Stores.of(aws)
        await stores.sweep(runs=DynamoRunStore)
        everything = partial(store.page, "local", RunFilter())
        there = sum([len(runs) async for runs in each_page(everything, 100)])
        assert (await everything(PageRequest(1))).total == there >= len(acknowledged)
        assert await store.repair_counters("local") == 0


async def test_nothing_is_kept_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for _ in range(2):
        aws = open_aws({"PROMPTYARD_DATA_DIR": ":memory:"})
        store = store_of_runs(aws)
        assert (await store.page("local", RunFilter(), PageRequest(10))).total == 0
        await store.start(new_run(reference="x" * 60_000))
        aws.close()
    assert list(tmp_path.iterdir()) == []


async def test_expired_items_are_forgotten_at_the_start(tmp_path: Path) -> None:
    item = {"pk": {"S": "local#run"}, "sk": {"S": "old"}, "expires_at": {"N": "1000"}}
    with kept_in(tmp_path) as aws:
        aws.clients.dynamodb().put_item(TableName=aws.names[RUNS_TABLE], Item=item)  # type: ignore[arg-type]
    with kept_in(tmp_path) as aws:
        scanned = aws.clients.dynamodb().scan(TableName=aws.names[RUNS_TABLE])
        assert scanned["Items"] == []
    journal = Journal(tmp_path)
    assert list(journal.items()) == []
    journal.close()


async def test_what_expires_at_no_number_is_kept_as_in_aws(tmp_path: Path) -> None:
    """TTL looks at numbers alone; an API key's `expires_at` is a text."""
    item = {"pk": {"S": "local#run"}, "sk": {"S": "new"}, "expires_at": {"S": "2020-01-01T00:00:00Z"}}
    with kept_in(tmp_path) as aws:
        aws.clients.dynamodb().put_item(TableName=aws.names[RUNS_TABLE], Item=item)  # type: ignore[arg-type]
    with kept_in(tmp_path) as aws:
        assert aws.clients.dynamodb().scan(TableName=aws.names[RUNS_TABLE])["Items"] == [item]


async def test_data_of_a_table_that_is_not_known_is_not_dropped(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.put_items([("another-table", "p", "s", "{}")])
    journal.close()
    with pytest.raises(DataUnusable, match="another-table"), kept_in(tmp_path):
        pass
    journal = Journal(tmp_path)
    assert list(journal.items()) == [("another-table", "p", "s", "{}")]
    journal.close()


async def test_what_cannot_be_kept_is_not_acknowledged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with kept_in(tmp_path) as aws:

        def full(*_: Any) -> None:
            raise sqlite3.OperationalError("database or disk is full")

        client, item = aws.clients.dynamodb(), {"pk": {"S": "local#run"}, "sk": {"S": "x"}}
        monkeypatch.setattr(Journal, "put_items", full)
        with pytest.raises(ClientError) as caught:
            client.put_item(TableName=aws.names[RUNS_TABLE], Item=item)  # type: ignore[arg-type]
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
        assert "Item" not in client.get_item(TableName=aws.names[RUNS_TABLE], Key=item)  # type: ignore[arg-type]


def test_what_would_not_be_kept_is_refused(local_aws: LocalAws) -> None:
    with pytest.raises(NotImplementedError, match="DeleteTable"):
        local_aws.clients.dynamodb().delete_table(TableName=local_aws.names[RUNS_TABLE])
    with pytest.raises(NotImplementedError, match="Expected"):
        local_aws.clients.dynamodb().put_item(TableName=local_aws.names[RUNS_TABLE], Item={}, Expected={})
    with pytest.raises(NotImplementedError, match="CopyObject"):
        local_aws.clients.s3().copy_object(Bucket="b", Key="k", CopySource="b/k")


def test_nothing_piles_up_in_memory(local_aws: LocalAws) -> None:
    objects, bucket = local_aws.clients.s3(), local_aws.names[RUNS_BUCKET]

    def alive() -> int:
        gc.collect()
        return sum(type(thing) is FakeKey for thing in gc.get_objects())

    before = alive()
    for _ in range(20):
        objects.put_object(Bucket=bucket, Key="k", Body=b"x")
        objects.delete_object(Bucket=bucket, Key="k")
    assert alive() == before


def test_one_at_a_time(local_aws: LocalAws) -> None:
    local_aws.clients.s3()
    with pytest.raises(RuntimeError, match="already"):
        EmbeddedAws([], None)


@pytest.mark.parametrize("service", ["EmbeddedS3", "EmbeddedSecrets"])
def test_where_a_service_cannot_be_started_another_try_may(service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any) -> None:
        raise ValueError("no")

    with monkeypatch.context() as failing:
        failing.setattr(embedded_aws, service, fails)
        with pytest.raises(ValueError, match="no"):
            EmbeddedAws(["some-bucket"], None)
    EmbeddedAws(["some-bucket"], None).close()


def test_moto_is_not_imported_before_it_is_used(tmp_path: Path) -> None:
    """It takes a quarter of a second, and 50 MB."""
    program = """
import json, os, sys
from promptyard_local.aws import open_aws
aws = open_aws(os.environ)
aws.clients.dynamodb().put_item(TableName=aws.names["PROMPTYARD_RUNS_TABLE"], Item={"pk": {"S": "p"}, "sk": {"S": "s"}})
before = sorted({name.partition(".")[0] for name in sys.modules} & {"moto", "boto3"})
aws.clients.s3().list_objects_v2(Bucket=aws.names["PROMPTYARD_RUNS_BUCKET"])
print(json.dumps([before, "moto" in sys.modules]))
aws.close()
"""
    environment = {**os.environ, "PROMPTYARD_DATA_DIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [[], True]


async def test_data_of_a_bucket_that_is_not_known_is_not_dropped(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.put_object("another-bucket", "k", "text/plain", b"x")
    journal.close()
    with pytest.raises(DataUnusable, match="another-bucket"), kept_in(tmp_path):
        pass


async def test_items_on_disk_are_left_alone_where_another_endpoint_holds_them(
    tmp_path: Path, dynalite_url: str
) -> None:
    item: Any = {"pk": {"S": "local#run"}, "sk": {"S": "x"}}
    with kept_in(tmp_path) as aws:
        aws.clients.dynamodb().put_item(TableName=aws.names[RUNS_TABLE], Item=item)
    open_aws({"AWS_ENDPOINT_URL_DYNAMODB": dynalite_url, "PROMPTYARD_DATA_DIR": str(tmp_path)}).close()
    with kept_in(tmp_path) as aws:
        assert aws.clients.dynamodb().scan(TableName=aws.names[RUNS_TABLE])["Items"] == [item]


async def test_the_users_aws_settings_change_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "config").write_text("[profile real]\nregion = eu-central-1\nendpoint_url = http://127.0.0.1:9\n")
    for name, value in {
        "AWS_PROFILE": "real",
        "AWS_CONFIG_FILE": str(tmp_path / "config"),
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "AWS_ENDPOINT_URL_DYNAMODB": "http://127.0.0.1:9",
        "AWS_USE_FIPS_ENDPOINT": "true",
        "AWS_CA_BUNDLE": "/nowhere",
        "AWS_DEFAULT_REGION": "eu-west-1",
    }.items():
        monkeypatch.setenv(name, value)
    before = dict(os.environ)
    aws = open_aws({"PROMPTYARD_DATA_DIR": ":memory:"})
    try:
        store = store_of_runs(aws)
        run = new_run(reference="x" * 60_000)
        await store.start(run)
        assert await store.get("local", run.id) == run
        assert dict(os.environ) == before
    finally:
        aws.close()


def test_other_clients_reach_what_their_own_settings_say(local_aws: LocalAws) -> None:
    sent: list[str] = []
    session = boto3.Session(aws_access_key_id="users", aws_secret_access_key="own", region_name="eu-west-1")
    for service, operation in (("bedrock-runtime", "converse"), ("dynamodb", "list_tables")):
        client: Any = session.client(service, endpoint_url="http://127.0.0.1:9")  # type: ignore[call-overload]
        client.meta.events.register("before-send", lambda request, **_: sent.append(request.headers["Authorization"]))
        with pytest.raises(Exception, match="Could not connect"):
            getattr(client, operation)(**({"modelId": "m", "messages": []} if operation == "converse" else {}))
        client.close()
    assert len(sent) >= 2
    assert all(b"Credential=users/" in header for header in sent)


def test_the_objects_of_a_store_are_listed_by_key(local_aws: LocalAws) -> None:
    client, bucket = local_aws.clients.s3(), local_aws.names[RUNS_BUCKET]
    for key in ("a b/ü?#%.json", "plain"):
        client.put_object(Bucket=bucket, Key=key, Body=b"x")
        client.put_object(Bucket=bucket, Key=key, Body=b"y", ContentType="text/plain")
    assert object_keys(local_aws) == ["a b/ü?#%.json", "plain"]
    answer = client.get_object(Bucket=bucket, Key="a b/ü?#%.json")
    assert (answer["Body"].read(), answer["ContentType"]) == (b"y", "text/plain")
