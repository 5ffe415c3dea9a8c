"""The runs store on the embedded AWS: single runs."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from botocore.awsrequest import AWSRequest, AWSResponse
from botocore.compat import HTTPHeaders
from moto.core.botocore_stubber import MockRawResponse

from promptyard.domain.errors import Conflict, NotFound, StoreUnavailable
from promptyard.domain.models.messages import user_prompt
from promptyard.domain.models.targets import Parameters
from promptyard.domain.models.usage import Usage, UsageSource
from promptyard.domain.paging import PageRequest
from promptyard.domain.prompts.origin import Template
from promptyard.domain.runs.failures import RunFailure
from promptyard.domain.runs.run import RunLinks, RunStatus
from promptyard.services.ports.runs import RunFilter
from promptyard.storage.runs import run_claims
from promptyard.storage.runs.run_items import ROOM_IN_AWS
from promptyard.storage.runs.runs import LEASE, DynamoRunStore
from promptyard.storage.table import keys
from promptyard.storage.table.objects import Objects
from promptyard.storage.table.table import Table
from promptyard_local.aws import LocalAws
from tests.support.aws.local_aws import (
    RUNS_BUCKET,
    begin,
    counted_requests,
    first_answer_lost,
    object_keys,
    store_of_runs,
)
from tests.support.samples.sample_runs import new_run, run_at, settled

LARGE = "long " * 20_000


async def test_a_run_comes_back_as_it_was_written(run_store: DynamoRunStore) -> None:
    run = new_run(
        label="A",
        caller="key-1",
        template=Template(text="Say {{word}}", variables={"word": "hello", "none": None, "often": 3}),
        parameters=Parameters(temperature=0.25, stop=["\n"], response_format={"type": "json_object", "x": None}),
        reference="Hello",
        documents=["one", "two"],
        links=RunLinks(prompt_id="p", version_id="v", version_number=3, comparison_id="c", comparison_index=0),
    )
    await run_store.start(run)
    assert await run_store.get("local", run.id) == run
    end = settled(
        run,
        output="Grüße, 世界 🎉",
        usage=Usage(input_tokens=12, output_tokens=0),
        usage_source=UsageSource.REPORTED,
        cost_usd=Decimal("0.0000123"),
        price_date="2026-11-01",
        latency_ms=1250,
        ttft_ms=0,
        status=RunStatus.FAILED,
        error=RunFailure(code="deadline", message="too late", retryable=True),
    )
    assert await run_store.settle(end)
    assert await run_store.get("local", run.id) == end


async def test_what_is_not_known_stays_unknown(run_store: DynamoRunStore) -> None:
    run = new_run()
    await run_store.start(run)
    await run_store.settle(settled(run, output=None, usage=Usage()))
    found = await run_store.get("local", run.id)
    assert (found.output, found.cost_usd, found.latency_ms, found.finish_reason) == (None, None, None, None)
    assert found.usage == Usage()


async def test_an_id_is_taken_once(run_store: DynamoRunStore) -> None:
    run = new_run()
    await begin(run_store, run)
    with pytest.raises(Conflict):
        await run_store.start(run.model_copy(update={"caller": "another"}))
    assert (await run_store.get("local", run.id)).caller is None
    assert (await run_store.page("local", RunFilter(), PageRequest(1))).total == 1


async def test_a_start_that_lost_leaves_no_content(run_store: DynamoRunStore, local_aws: LocalAws) -> None:
    run = new_run(messages=user_prompt(LARGE))
    await run_store.start(run)
    for prompt in (LARGE, LARGE + "!"):
        with pytest.raises(Conflict):
            await run_store.start(run.model_copy(update={"messages": user_prompt(prompt)}))
    assert await run_store.get("local", run.id) == run
    assert len(object_keys(local_aws)) == 1


async def test_the_first_settlement_stands(run_store: DynamoRunStore) -> None:
    run = new_run()
    await run_store.start(run)
    assert await run_store.settle(settled(run, output="first"))
    assert not await run_store.settle(settled(run, output="second", status=RunStatus.CANCELLED))
    assert (await run_store.get("local", run.id)).output == "first"


async def test_a_run_that_never_started_is_not_settled(run_store: DynamoRunStore) -> None:
    run = new_run()
    assert not await run_store.settle(settled(run))
    with pytest.raises(NotFound):
        await run_store.get("local", run.id)


@pytest.mark.parametrize("operation", ["get", "delete", "request_cancel"])
@pytest.mark.parametrize("run_id", ["", "nothing", "x" * 2000, "own"])
async def test_what_is_not_there_or_another_tenants_is_not_found(
    run_store: DynamoRunStore, operation: str, run_id: str
) -> None:
    run = new_run(tenant="another")
    await run_store.start(run)
    with pytest.raises(NotFound):
        await getattr(run_store, operation)("local", run.id if run_id == "own" else run_id)
    assert await run_store.get("another", run.id) == run


@pytest.mark.parametrize("tenant", ["", "a#b", "a/b"])
async def test_a_tenant_cannot_reach_into_another_ones_keys(run_store: DynamoRunStore, tenant: str) -> None:
    with pytest.raises(ValueError, match="tenant"):
        await run_store.get(tenant, "x")


async def test_cancelling_asks_running_runs_only(run_store: DynamoRunStore) -> None:
    run, ended = new_run(), new_run()
    for begun in (run, ended):
        await run_store.start(begun)
    assert await run_store.settle(settled(ended))
    assert not await run_store.cancel_requested("local", run.id)
    for asked in (run, ended):
        await run_store.request_cancel("local", asked.id)
    assert await run_store.cancel_requested("local", run.id)
    assert not await run_store.cancel_requested("local", ended.id)
    assert not await run_store.cancel_requested("another", run.id)
    assert not await run_store.cancel_requested("local", "nothing")


async def test_what_asked_a_run_to_stop_expires(run_store: DynamoRunStore, runs_table: Table) -> None:
    run = new_run()
    await run_store.start(run)
    await run_store.request_cancel("local", run.id)
    item = await runs_table.get(keys.cancel_key("local", run.id))
    assert item is not None
    assert item["expires_at"] == int((run.deadline_at + timedelta(hours=1)).timestamp())


@pytest.mark.parametrize(("prompt", "answer", "objects"), [("short", LARGE, 1), (LARGE, "short", 1), (LARGE, LARGE, 2)])
async def test_content_that_is_too_large_for_an_item_is_kept_whole(
    run_store: DynamoRunStore, local_aws: LocalAws, prompt: str, answer: str, objects: int
) -> None:
    run = new_run(messages=user_prompt(prompt))
    await run_store.start(run)
    end = settled(run, output=answer)
    await run_store.settle(end)
    assert await run_store.get("local", run.id) == end
    assert (await run_store.page("local", RunFilter(), PageRequest(10))).items == [end]
    assert len(object_keys(local_aws)) == objects
    assert all(key.startswith(f"local/runs/{run.id}/") for key in object_keys(local_aws))


async def test_deleting_leaves_nothing_of_a_run(run_store: DynamoRunStore, local_aws: LocalAws) -> None:
    run = new_run(messages=user_prompt(LARGE))
    await run_store.start(run)
    await run_store.settle(settled(run, output=LARGE))
    await run_store.delete("local", run.id)
    assert object_keys(local_aws) == []
    assert not await run_store.settle(settled(run, output=LARGE))
    assert object_keys(local_aws) == []
    assert (await run_store.page("local", RunFilter(), PageRequest(1))).total == 0
    with pytest.raises(NotFound):
        await run_store.delete("local", run.id)


async def test_a_run_settled_while_it_is_deleted_leaves_no_content(
    runs_table: Table, run_store: DynamoRunStore, local_aws: LocalAws
) -> None:
    run = new_run(messages=user_prompt(LARGE))

    class SettlesMeanwhile(Objects):
        async def delete(self, key: str) -> None:
            await super().delete(key)
            await run_store.settle(settled(run, output=LARGE))

    await run_store.start(run)
    objects = SettlesMeanwhile(local_aws.clients.s3, local_aws.names[RUNS_BUCKET])
    await DynamoRunStore(runs_table, runs_table, objects).delete("local", run.id)
    assert object_keys(local_aws) == []


async def test_a_run_whose_content_is_gone_is_being_deleted(run_store: DynamoRunStore, local_aws: LocalAws) -> None:
    run, other = new_run(messages=user_prompt(LARGE)), new_run()
    await run_store.start(run)
    await run_store.start(other)
    [key] = object_keys(local_aws)
    local_aws.clients.s3().delete_object(Bucket=local_aws.names[RUNS_BUCKET], Key=key)
    with pytest.raises(NotFound):
        await run_store.get("local", run.id)
    assert (await run_store.page("local", RunFilter(), PageRequest(10))).items == [other]
    await run_store.delete("local", run.id)


async def test_a_prompt_is_put_beside_its_record_once(run_store: DynamoRunStore, local_aws: LocalAws) -> None:
    run = new_run(messages=user_prompt("x" * ROOM_IN_AWS.prompt))
    with counted_requests(local_aws.clients.s3()) as requests:
        await run_store.start(run)
        [prompt] = object_keys(local_aws)
        assert await run_store.settle(settled(run, output="y" * ROOM_IN_AWS.answer))
    assert requests["PutObject"] == 2
    assert prompt in object_keys(local_aws)
    assert len(object_keys(local_aws)) == 2
    assert (await run_store.get("local", run.id)).messages == run.messages


async def test_a_prompt_that_is_withheld_in_the_end_leaves_nothing(
    run_store: DynamoRunStore, local_aws: LocalAws
) -> None:
    run = new_run(messages=user_prompt("x" * ROOM_IN_AWS.prompt))
    await run_store.start(run)
    assert await run_store.settle(settled(run, messages=user_prompt("[withheld]")))
    assert object_keys(local_aws) == []
    assert (await run_store.get("local", run.id)).messages == user_prompt("[withheld]")


async def test_half_an_emoji_does_not_lose_a_run(run_store: DynamoRunStore) -> None:
    run = new_run()
    await run_store.start(run)
    assert await run_store.settle(settled(run, output="joined \ud83d\ude00, alone \ud83d"))
    assert (await run_store.get("local", run.id)).output == "joined 😀, alone \ufffd"


@pytest.mark.parametrize("operation", ["start", "settle"])
async def test_a_write_whose_answer_was_lost_is_repeated_without_harm(
    run_store: DynamoRunStore, local_aws: LocalAws, operation: str
) -> None:
    run = new_run()
    if operation == "settle":
        await begin(run_store, run)
    with first_answer_lost(local_aws.clients.dynamodb(), "PutItem") as statuses:
        if operation == "start":
            await begin(run_store, run)
        else:
            assert await run_store.settle(settled(run))
    assert statuses == [200, 200]
    assert (await run_store.page("local", RunFilter(), PageRequest(1))).total == 1


async def test_runs_expire_at_the_midnight_after_their_retention(local_aws: LocalAws) -> None:
    store = store_of_runs(local_aws, retention=timedelta(days=3))
    now = datetime.now(UTC)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    expired = run_at(midnight - timedelta(days=3, seconds=1), links=RunLinks(prompt_id="p"))
    kept = run_at(midnight - timedelta(days=3), links=RunLinks(prompt_id="p"))
    await begin(store, expired)
    await begin(store, kept)
    for where in (RunFilter(), RunFilter(prompt_id="p"), RunFilter(provider="demo")):
        page = await store.page("local", where, PageRequest(10))
        assert page.items == [kept]
        assert page.total == (None if where.provider else 1)
    for operation in (store.get, store.delete):
        with pytest.raises(NotFound):
            await operation("local", expired.id)


async def test_a_store_that_cannot_be_reached_is_unavailable(local_aws: LocalAws) -> None:
    from promptyard.aws.clients import Clients

    def nowhere(made: Callable[[], Any]) -> Any:
        import boto3

        config = made()
        quick = config.merge(type(config)(connect_timeout=0.2, retries={"total_max_attempts": 1}))
        return boto3.client(
            "dynamodb",
            endpoint_url="http://127.0.0.1:9",
            region_name="us-east-1",
            aws_access_key_id="x",
            aws_secret_access_key="x",
            config=quick,
        )

    clients = Clients({"dynamodb": nowhere})
    nowhere_table = Table(clients.dynamodb, "runs")
    store = DynamoRunStore(nowhere_table, nowhere_table, Objects(local_aws.clients.s3, "none"))
    for attempt in (store.start(new_run()), store.get("local", "x"), store.page("local", RunFilter(), PageRequest(1))):
        with pytest.raises(StoreUnavailable) as caught:
            await attempt
        assert caught.value.retry_after is not None
        assert "127.0.0.1" not in caught.value.message
    clients.close()


async def test_a_run_is_written_twice_and_counted_once(run_store: DynamoRunStore, local_aws: LocalAws) -> None:
    run = new_run(links=RunLinks(prompt_id="p", version_id="v"))
    clients = local_aws.clients
    with counted_requests(clients.dynamodb()) as requests, counted_requests(clients.dynamodb_once()) as once:
        await begin(run_store, run)
        await run_store.settle(settled(run))
    assert (requests, once) == ({"PutItem": 2}, {"UpdateItem": 3})


async def test_a_run_that_could_not_be_counted_is_a_run_all_the_same(
    run_store: DynamoRunStore, local_aws: LocalAws, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_claims, "PAUSE_SECONDS", 0.0)
    client = local_aws.clients.dynamodb_once()

    def fail(request: AWSRequest, **_: object) -> AWSResponse:
        return AWSResponse(request.url, 500, HTTPHeaders(), MockRawResponse(b""))

    client.meta.events.register_first("before-send.dynamodb.UpdateItem", fail)
    run = new_run()
    await begin(run_store, run)
    assert await run_store.settle(settled(run))
    assert [record.message for record in caplog.records] == ["run not counted"]
    client.meta.events.unregister("before-send.dynamodb.UpdateItem", fail)
    before = datetime.now(UTC) + LEASE
    [left] = await run_store.half_done(before)
    await run_store.finish(*left, before)
    assert await run_store.half_done(datetime.now(UTC) + LEASE) == []
    assert (await run_store.page("local", RunFilter(), PageRequest(1))).total == 1
    assert await run_store.repair_counters("local") == 0
