"""What is counted and charged: usage and the ledger over real HTTP."""

import asyncio
import csv
import io
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from promptyard.bootstrap.whole import whole
from promptyard.domain.errors import StoreUnavailable
from promptyard.domain.metering.limits import NO_LIMITS
from promptyard.domain.models.targets import Parameters
from promptyard.domain.models.usage import Usage
from promptyard.services.metering import meter
from promptyard.settings import Settings
from promptyard_local.aws import LocalAws
from tests.support.aws.events import read_events
from tests.support.aws.local_aws import USAGE_TABLE, counted_requests
from tests.support.doubles.metering import settle
from tests.support.samples.chat_answers import broken_stream, chat_stream, failure, usage
from tests.support.samples.sample_runs import new_run, run_at, settled
from tests.support.servers.fake_upstream import End, FakeUpstream
from tests.support.servers.server import RunningServer, StartServer

RUN = "/api/v1/playground/run"
USAGE = "/api/v1/usage"
LEDGER = "/api/v1/usage/ledger"
DEMO = {"provider": "demo", "model": "echo", "prompt_text": "Hi"}
GPT = {"provider": "openai", "model": "gpt-4o", "prompt_text": "Hi", "provider_key": "sk-test"}
ESTIMATE = 1024 + 16 + 2
"""What is reserved for the input `Hi`."""


@pytest.fixture
def server(start_server: StartServer, upstream: FakeUpstream) -> RunningServer:
    """Open, with OpenAI at the fake upstream."""
    return start_server({"OPENAI_API_KEY": "sk-test", "OPENAI_BASE_URL": upstream.url})


def month() -> str:
    return f"{datetime.now(UTC):%Y-%m}"


# --- what is counted


def test_a_run_is_counted_and_in_the_ledger(server: RunningServer, upstream: FakeUpstream) -> None:
    upstream.answer(chat_stream("Hello there", counts=usage(1000, 200, cached=400)), model="gpt-4o")
    run = server.client.post(RUN, json=GPT | {"parameters": {"max_tokens": 500}}).json()
    told = server.client.get(USAGE).json()
    sums = {
        "runs": 1,
        "input_tokens": 1000,
        "output_tokens": 200,
        "cached_tokens": 400,
        "cost_usd": run["cost_usd"],
        "unpriced_runs": 0,
        "platform_units": 1,
    }
    assert told["total"] == sums
    assert told["by_day"] == [{"day": f"{datetime.now(UTC):%Y-%m-%d}"} | sums]
    assert told["by_model"] == [{"model": "openai/gpt-4o"} | sums]
    assert told["by_key"] == [{"key": "local"} | sums]
    assert told["by_endpoint"] == [{"endpoint": "playground/run"} | sums]
    assert (told["month"], told["quotas"]) == (month(), [])
    assert (told["requests_per_minute"], told["runs_at_once"]) == (None, None)
    assert told["reserved"] == {"runs": 0, "tokens": 0, "cost_usd": 0.0}
    [entry] = server.client.get(LEDGER).json()["items"]
    price_date = entry.pop("price_date")
    assert entry == {
        "run_id": run["id"],
        "at": entry["at"],
        "key": "local",
        "endpoint": "playground/run",
        "provider": "openai",
        "model": "gpt-4o",
        "input_tokens": 1000,
        "output_tokens": 200,
        "cached_tokens": 400,
        "cost_usd": run["cost_usd"],
        "platform_units": 1,
        "source": "reported",
        "estimated_tokens": ESTIMATE + 500,
        "estimated_cost_usd": entry["estimated_cost_usd"],
        "text_units": None,
    }
    assert entry["estimated_cost_usd"] > entry["cost_usd"]
    assert price_date == server.client.get(f"/api/v1/playground/runs/{run['id']}").json()["price_date"]


def test_metering_a_run_is_three_writes(server: RunningServer) -> None:
    client = server.aws.clients
    written: list[str] = []

    def note(params: dict[str, Any], model: Any, **_: Any) -> None:
        if params["TableName"] == server.aws.names[USAGE_TABLE]:
            written.append(model.name)

    for dynamodb in (client.dynamodb(), client.dynamodb_once()):
        dynamodb.meta.events.register("provide-client-params", note)
    server.client.post(RUN, json=DEMO)
    assert written == ["UpdateItem", "PutItem", "UpdateItem"]


def test_a_caller_who_leaves_is_charged_what_is_known(server: RunningServer, upstream: FakeUpstream) -> None:
    upstream.answer(broken_stream("Some words of an answer", End.CUT), model="gpt-4o")
    server.client.post(RUN, json=GPT)
    [entry] = server.client.get(LEDGER).json()["items"]
    assert entry["source"] == "estimated"
    assert (entry["input_tokens"], entry["output_tokens"]) == (8 + 5 + 1, 1 + 6), "what stands around a text counts"
    assert entry["cost_usd"] > 0


def test_a_call_that_the_provider_refused_costs_nothing(server: RunningServer, upstream: FakeUpstream) -> None:
    upstream.answer(failure(401, "Bad key"), model="gpt-4o")
    server.client.post(RUN, json=GPT)
    [entry] = server.client.get(LEDGER).json()["items"]
    assert (entry["source"], entry["input_tokens"], entry["output_tokens"], entry["cost_usd"]) == ("reported", 0, 0, 0)


def test_a_model_without_a_price_has_a_cost_that_nobody_knows(server: RunningServer, upstream: FakeUpstream) -> None:
    upstream.answer(chat_stream("Hello"), model="gpt-new")
    server.client.post(RUN, json=GPT | {"model": "gpt-new"})
    [entry] = server.client.get(LEDGER).json()["items"]
    assert (entry["cost_usd"], entry["estimated_cost_usd"]) == (None, None)
    total = server.client.get(USAGE).json()["total"]
    assert (total["unpriced_runs"], total["cost_usd"], total["input_tokens"]) == (1, 0, 10)


def test_every_target_of_a_comparison_is_a_run_of_its_own(server: RunningServer) -> None:
    targets = [{"provider": "demo", "model": "echo"}] * 3
    body = {"targets": targets, "prompt_text": "Hi", "stream": False}
    server.client.post("/api/v1/playground/compare", json=body)
    told = server.client.get(USAGE).json()
    assert told["by_endpoint"][0]["endpoint"] == "playground/compare"
    assert told["total"]["runs"] == 3


@pytest.mark.parametrize("path", [RUN, "/api/v1/playground/rerun"])
def test_more_tokens_than_can_be_counted_are_no_number_of_tokens(server: RunningServer, path: str) -> None:
    body: dict[str, Any] = DEMO
    if path != RUN:
        path, body = f"/api/v1/playground/runs/{ran(server, 1)[0]}/rerun", {}
    for many in (10**12 + 1, 10**40):
        refused = server.client.post(path, json=body | {"parameters": {"max_tokens": many}})
        assert refused.status_code == 422, refused.text
    assert server.client.get(USAGE).json()["reserved"]["runs"] == 0


def test_without_limits_there_are_no_such_headers(server: RunningServer) -> None:
    headers = server.client.post(RUN, json=DEMO).headers
    assert not [name for name in headers if name.startswith("x-ratelimit")]


# --- the ledger's pages and files


def ran(server: RunningServer, number: int) -> list[str]:
    return [server.client.post(RUN, json=DEMO).json()["id"] for _ in range(number)]


def test_the_ledger_in_pages_newest_first(server: RunningServer) -> None:
    ids = ran(server, 5)
    first = server.client.get(LEDGER, params={"limit": 3}).json()
    rest = server.client.get(LEDGER, params={"limit": 3, "cursor": first["next_cursor"]}).json()
    assert [entry["run_id"] for entry in first["items"] + rest["items"]] == ids[::-1]
    assert (first["total"], rest["next_cursor"]) == (None, None)
    assert server.client.get(LEDGER, params={"month": month(), "offset": 4}).json()["items"][0]["run_id"] == ids[0]
    assert server.client.get(LEDGER, params={"month": "2020-01"}).json()["items"] == []
    assert server.client.get(LEDGER, params={"month": month(), "cursor": first["next_cursor"]}).status_code == 400


def test_the_ledger_as_files(server: RunningServer, upstream: FakeUpstream) -> None:
    upstream.answer(chat_stream("Hello", counts=usage(1, 1)), model="gpt-4o-mini")
    server.client.post(RUN, json=GPT | {"model": "gpt-4o-mini"})
    ids = ran(server, 3)
    whole = server.client.get(LEDGER).json()["items"]
    lines = server.client.get(LEDGER, params={"format": "jsonl"})
    assert [json.loads(line) for line in lines.text.splitlines()] == whole
    assert lines.headers["content-type"] == "application/x-ndjson"
    assert "x-next-cursor" not in lines.headers
    first = server.client.get(LEDGER, params={"format": "csv", "limit": 2})
    assert "promptyard-ledger.csv" in first.headers["content-disposition"]
    rest = server.client.get(LEDGER, params={"format": "csv", "cursor": first.headers["x-next-cursor"]})
    rows = list(csv.DictReader(io.StringIO(first.text + rest.text)))
    assert [row["run_id"] for row in rows][:3] == ids[::-1]
    assert Decimal(rows[3]["cost_usd"]) == Decimal(str(whole[3]["cost_usd"]))
    assert "E" not in rows[3]["cost_usd"]


@pytest.mark.parametrize(
    "path",
    [
        f"{USAGE}?month=2026-13",
        f"{USAGE}?month=1999-01",
        f"{LEDGER}?month=x",
        f"{LEDGER}?limit=101",
        f"{LEDGER}?limit=5001&format=csv",
        f"{LEDGER}?format=xml",
    ],
)
def test_what_cannot_be_asked_for(server: RunningServer, path: str) -> None:
    assert server.client.get(path).status_code == 422


def test_another_month_is_empty(server: RunningServer) -> None:
    ran(server, 1)
    told = server.client.get(USAGE, params={"month": "2024-02"}).json()
    assert (told["total"]["runs"], told["by_day"], told["month"]) == (0, [], "2024-02")


def test_while_a_run_goes_on_it_is_reserved(server: RunningServer) -> None:
    body = DEMO | {"stream": True, "prompt_text": "one two three", "parameters": {"extra": {"delay_ms": 300}}}
    with server.client.stream("POST", RUN, json=body) as response:
        events = read_events(response)
        next(events)
        told = server.client.get(USAGE).json()
        run_id = response.headers["x-run-id"]
        refused = server.client.delete(f"/api/v1/playground/runs/{run_id}")
        list(events)
    assert told["reserved"]["runs"] == 1
    assert told["reserved"]["tokens"] > 0
    assert refused.status_code == 409
    assert server.client.get(USAGE).json()["reserved"]["runs"] == 0
    assert server.client.delete(f"/api/v1/playground/runs/{run_id}").status_code == 204


@pytest.mark.parametrize("stream", [False, True])
def test_when_the_meter_does_not_answer_nothing_is_let_through(
    server: RunningServer, upstream: FakeUpstream, monkeypatch: pytest.MonkeyPatch, stream: bool
) -> None:
    monkeypatch.setattr(meter, "RESERVE_PAUSE_SECONDS", 0.0)

    async def away(*_: Any) -> Any:
        raise StoreUnavailable("away")

    with monkeypatch.context() as patched:
        patched.setattr(server.services.metering.months, "reserve", away)
        refused = server.client.post(RUN, json=GPT | {"stream": stream})
    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "store_unavailable")
    assert int(refused.headers["retry-after"]) > 0
    assert upstream.requests == []
    assert server.client.get("/api/v1/playground/history").json()["total"] == 0
    assert server.client.get(LEDGER).json()["items"] == []


def test_a_run_that_is_deleted_is_charged_first(server: RunningServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meter, "SETTLE_PAUSE_SECONDS", 0.0)

    async def away(_: Any) -> Any:
        raise StoreUnavailable("away")

    with monkeypatch.context() as patched:
        patched.setattr(server.services.metering.ledger, "append", away)
        run = server.client.post(RUN, json=DEMO).json()
    assert server.client.get(LEDGER).json()["items"] == []
    assert server.client.delete(f"/api/v1/playground/runs/{run['id']}").status_code == 204
    [entry] = server.client.get(LEDGER).json()["items"]
    assert (entry["run_id"], entry["source"]) == (run["id"], "reported")
    told = server.client.get(USAGE).json()
    assert (told["total"]["runs"], told["reserved"]["runs"]) == (1, 0)


def test_a_run_belongs_to_the_month_in_which_it_began(server: RunningServer, upstream: FakeUpstream) -> None:
    """Also where it is charged, and settled by the sweeper, in the next one."""
    asyncio.run(_over_a_months_end(server))
    for month_name, runs in (("2024-02", 2), ("2024-03", 0)):
        told = server.client.get(USAGE, params={"month": month_name}).json()
        assert (told["total"]["runs"], told["reserved"]["runs"]) == (runs, 0)
        assert sum(day["runs"] for day in told["by_day"]) == runs
    assert {day["day"] for day in server.client.get(USAGE, params={"month": "2024-02"}).json()["by_day"]} == {
        "2024-02-29"
    }
    entries = server.client.get(LEDGER, params={"month": "2024-02"}).json()["items"]
    assert {entry["source"] for entry in entries} == {"reported", "expired"}


async def _over_a_months_end(server: RunningServer) -> None:
    """Two runs begin in February: the one ends in March, the other one's process dies."""
    last_second = datetime(2024, 2, 29, 23, 59, 59, tzinfo=UTC)
    services = whole(Settings(auth="open"), server.aws.names, server.aws.clients)
    ends, dies = run_at(last_second), run_at(last_second)
    held = {}
    for run in (ends, dies):
        planned = services.metering.meter.plan(run, NO_LIMITS)
        await services.runs.store.start(run.model_copy(update={"reservation_id": planned.id}))
        held[run.id] = await services.metering.meter.reserve(planned, NO_LIMITS)
    usage_of_it = Usage(input_tokens=1, output_tokens=1)
    done = settled(ends, usage=usage_of_it, settled_at=last_second + timedelta(seconds=5))
    await services.runs.store.settle(done)
    await settle(services.metering.meter, done, held[ends.id])
    await services.runs.sweeper.sweep(last_second + timedelta(minutes=10))
    found = await services.metering.reconciler.reconcile("local", "2024-02")
    assert found.differences == []


def test_what_a_dead_process_has_left_is_settled_when_the_server_starts(
    local_aws: LocalAws, start_server: StartServer
) -> None:
    run = new_run(provider="openai", model="gpt-4o", parameters=Parameters(max_tokens=100))

    async def die() -> None:
        services = whole(Settings(auth="open"), local_aws.names, local_aws.clients)
        planned = services.metering.meter.plan(run, NO_LIMITS)
        await services.runs.store.start(run.model_copy(update={"reservation_id": planned.id}))
        await services.metering.meter.reserve(planned, NO_LIMITS)

    asyncio.run(die())
    client = start_server({}).client
    [entry] = client.get(LEDGER).json()["items"]
    assert (entry["run_id"], entry["source"], entry["output_tokens"]) == (run.id, "expired", 100)
    assert entry["cost_usd"] == entry["estimated_cost_usd"] > 0
    record = client.get(f"/api/v1/playground/runs/{run.id}").json()
    assert (record["status"], record["error"]["code"]) == ("failed", "deadline")
    assert client.get(USAGE).json()["reserved"] == {"runs": 0, "tokens": 0, "cost_usd": 0.0}


def test_usage_is_summed_up_once(server: RunningServer) -> None:
    ran(server, 2)
    first = server.client.get(USAGE).json()
    account = server.aws.names["PROMPTYARD_ACCOUNT_TABLE"]  # whether there is a collector is asked for beside the runs
    with counted_requests(server.aws.clients.dynamodb(), but_of=account) as counts:
        again = server.client.get(USAGE).json()
    assert again["by_model"] == first["by_model"]
    assert counts == {"GetItem": 1, "Query": 2}
