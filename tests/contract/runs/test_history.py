"""The history over real HTTP: pages, filters, totals, and what is refused."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from promptyard.domain.account.access import Role
from promptyard.domain.runs.run import Run, RunLinks, RunStatus
from promptyard.storage.table import keys
from promptyard_local.aws import LocalAws
from tests.support.aws.local_aws import RUNS_BUCKET, load_runs, object_keys
from tests.support.doubles.tenancy import Tenancy
from tests.support.samples.sample_runs import run_at, settled
from tests.support.servers.server import RunningServer, StartServer

HISTORY = "/api/v1/playground/history"
RUN = "/api/v1/playground/run"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def sample(number: int) -> Run:
    run = run_at(
        NOON + timedelta(seconds=number),
        provider=("openai", "demo")[number % 2],
        model=("gpt-4o", "echo")[number % 2],
        links=RunLinks(
            prompt_id=f"prompt-{number % 2}",
            version_id=f"version-{number % 4}",
            playground_id="ours" if number % 5 == 0 else None,
            comparison_id=f"comparison-{number // 8}",
        ),
    )
    return settled(run, status=(RunStatus.SUCCEEDED, RunStatus.FAILED, RunStatus.CANCELLED)[number % 3])


RUNS = [sample(number) for number in range(40)]


@pytest.fixture
def history(server: RunningServer) -> RunningServer:
    """A server with 40 runs, a second apart."""
    load_runs(server.aws, RUNS)
    return server


def get(server: RunningServer, **query: Any) -> Any:
    response = server.client.get(HISTORY, params=query)
    assert response.status_code == 200, response.text
    return response.json()


def ids(page: Any) -> list[str]:
    return [item["id"] for item in page["items"]]


def newest(*numbers: int) -> list[str]:
    return [RUNS[number].id for number in sorted(numbers, reverse=True)]


def where(condition: Callable[[int], bool]) -> list[str]:
    return newest(*(number for number in range(40) if condition(number)))


# --- pages


def test_every_execution_is_in_the_history(server: RunningServer) -> None:
    body = {"model": "demo/echo", "prompt_text": "Explain quantum computing in one sentence."}
    answer = server.client.post(RUN, json=body).json()
    [item] = get(server, limit=10, offset=0)["items"]
    assert {name: item[name] for name in answer} == answer | {"tokens": item["tokens"]}
    assert item["messages"] == [{"role": "user", "content": body["prompt_text"]}]
    assert item["output"] == body["prompt_text"]
    assert answer["tokens"].items() <= item["tokens"].items()
    assert (item["tokens"]["total"], item["cost_usd"], item["endpoint"]) == (12, 0, "playground/run")
    assert item["latency_ms"] >= 0
    assert get(server)["total"] == 1


def test_limit_and_offset(history: RunningServer) -> None:
    page = get(history)
    assert (ids(page), page["total"], page["limit"], page["offset"]) == (newest(*range(20, 40)), 40, 20, 0)
    page = get(history, limit=7, offset=35)
    assert (ids(page), page["total"], page["next_cursor"]) == (newest(*range(5)), 40, None)
    page = get(history, offset=1000)
    assert (ids(page), page["total"], page["next_cursor"]) == ([], 40, None)


def test_a_cursor_goes_on_beyond_what_an_offset_reaches(server: RunningServer) -> None:
    runs = [run_at(NOON + timedelta(seconds=number)) for number in range(1_230)]
    load_runs(server.aws, runs)
    page = get(server, limit=100, offset=1000)
    found = ids(page)
    while page["next_cursor"] is not None:
        page = get(server, limit=100, cursor=page["next_cursor"])
        found += ids(page)
    assert found == [run.id for run in reversed(runs[:230])]


# --- filters


FILTERS: list[tuple[dict[str, str], Callable[[int], bool], int | None]] = [
    ({"provider": "openai"}, lambda n: n % 2 == 0, None),
    ({"model": "echo"}, lambda n: n % 2 == 1, None),
    ({"status": "failed"}, lambda n: n % 3 == 1, None),
    ({"status": "blocked"}, lambda n: False, None),
    ({"prompt_id": "prompt-1"}, lambda n: n % 2 == 1, 20),
    ({"version_id": "version-3"}, lambda n: n % 4 == 3, 10),
    ({"comparison_id": "comparison-2"}, lambda n: n // 8 == 2, 8),
    ({"playground_id": "ours"}, lambda n: n % 5 == 0, 8),
    ({"prompt_id": "nobody's"}, lambda n: False, 0),
    ({"from": "2026-03-01T12:00:30Z"}, lambda n: n >= 30, None),
    ({"to": "2026-03-01T12:00:30Z"}, lambda n: n < 30, None),
    ({"from": "2026-03-01T12:00:10", "to": "2026-03-01T14:00:12+02:00"}, lambda n: 10 <= n < 12, None),
    ({"from": "2026-03-02"}, lambda n: False, None),
    ({"prompt_id": "prompt-0", "status": "cancelled"}, lambda n: n % 2 == 0 and n % 3 == 2, None),
    ({"comparison_id": "comparison-0", "provider": "demo"}, lambda n: n < 8 and n % 2 == 1, None),
    ({"version_id": "version-0", "from": "2026-03-01T12:00:20Z"}, lambda n: n % 4 == 0 and n >= 20, None),
    ({"provider": "demo", "model": "gpt-4o"}, lambda n: False, None),
]


def test_filters(history: RunningServer) -> None:
    for query, condition, total in FILTERS:
        page = get(history, limit=100, **query)
        assert (ids(page), page["total"]) == (where(condition), total), query
        first = get(history, limit=3, offset=1, **query)
        cursor = first["next_cursor"]
        rest = [] if cursor is None else ids(get(history, limit=100, cursor=cursor, **query))
        assert ids(first) + rest == where(condition)[1:], query


# --- what is refused


BAD_QUERIES = [
    ({"limit": "0"}, 422, "limit"),
    ({"limit": "many"}, 422, "limit"),
    ({"offset": "-1"}, 422, "offset"),
    ({"offset": "1001"}, 422, "offset"),
    ({"status": "done"}, 422, "status"),
    ({"from": "yesterday"}, 422, "from"),
    ({"to": "2026-13-01"}, 422, "to"),
    ({"providers": "openai"}, 422, "providers"),
    ({"cursor": "abc"}, 400, "cursor"),
    ({"cursor": "x" * 2049}, 422, "cursor"),
]


def test_bad_queries_name_their_field(server: RunningServer) -> None:
    for query, status, field in BAD_QUERIES:
        response = server.client.get(HISTORY, params=query)
        assert (response.status_code, response.json()["error"]["code"]) == (status, "validation"), query
        assert field in response.json()["error"]["message"], query


def test_a_cursor_belongs_to_its_filters(history: RunningServer) -> None:
    cursor = get(history, limit=5)["next_cursor"]
    response = history.client.get(HISTORY, params={"cursor": cursor, "provider": "demo"})
    assert (response.status_code, response.json()["error"]["code"]) == (400, "validation")


# --- one run


def test_one_run_and_its_end(history: RunningServer) -> None:
    path = f"/api/v1/playground/runs/{RUNS[3].id}"
    assert history.client.get(path).json()["version_id"] == "version-3"
    assert history.client.delete(path).status_code == 204
    for response in (history.client.get(path), history.client.delete(path)):
        assert (response.status_code, response.json()["error"]["code"]) == (404, "not_found")
    assert get(history)["total"] == 39
    assert get(history, version_id="version-3")["total"] == 9


def test_the_runs_of_an_archived_prompt_stay(server: RunningServer) -> None:
    saved = {"namespace": "support", "slug": "greeting", "content": "Hello {{name}}"}
    version = server.client.post("/api/v1/playground/save-version", json=saved).json()
    body = {"model": "demo/echo", "prompt_id": "support/greeting", "variables": {"name": "Ada"}}
    run = server.client.post(RUN, json=body).json()
    assert server.client.delete(f"/api/v1/prompts/{version['prompt_id']}").status_code == 204
    page = get(server, prompt_id=version["prompt_id"])
    assert (ids(page), page["total"]) == ([run["id"]], 1)


# --- retention


def days_left(server: RunningServer, partition: str) -> float:
    """Until the one item of that partition expires."""
    [item] = server.aws.clients.dynamodb().query(
        TableName=server.aws.names["PROMPTYARD_RUNS_TABLE"],
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": partition}},
    )["Items"]
    return (datetime.fromtimestamp(int(item["expires_at"]["N"]), UTC) - datetime.now(UTC)) / timedelta(days=1)


def test_runs_expire_by_the_setting(start_server: StartServer) -> None:
    server = start_server({"PROMPTYARD_RETENTION_DAYS": "30"})
    server.client.post(RUN, json={"model": "demo/echo", "prompt_text": "Hi"})
    assert 30 <= days_left(server, "local#run") <= 31
    assert get(server)["total"] == 1


def test_a_tenants_runs_expire_by_its_own_setting(tenancy: Tenancy) -> None:
    tenancy.make_tenant("brief", retention_days=7)
    key = tenancy.key("brief", Role.MEMBER)
    tenancy.request("POST", RUN, key, json={"model": "demo/echo", "prompt_text": "Hi"})
    saved = {"namespace": "support", "slug": "greeting", "content": "Hello"}
    prompt_id = tenancy.request("POST", "/api/v1/playground/save-version", key, json=saved).json()["prompt_id"]
    body = {"prompt_id": prompt_id, "config": {}, "results": []}
    assert tenancy.request("POST", "/api/v1/playground/runs", key, json=body).status_code == 201
    for partition in ("brief#run", "brief#saved-run"):
        assert 7 <= days_left(tenancy.server, partition) <= 8


def test_runs_of_a_prompt_by_its_name(server: RunningServer) -> None:
    saved = {"namespace": "support", "slug": "greeting", "content": "Greet {{name}}."}
    prompt = server.client.post("/api/v1/playground/save-version", json=saved).json()
    for body in ({"prompt_id": "support/greeting", "variables": {"name": "Ada"}}, {"prompt_text": "Hi"}):
        assert server.client.post(RUN, json=body | {"model": "demo/echo"}).status_code == 200
    by_name = get(server, prompt_id="support/greeting")
    assert by_name == get(server, prompt_id=prompt["prompt_id"])
    assert (by_name["total"], by_name["items"][0]["output"]) == (1, "Greet Ada.")
    exported = server.client.get(f"{HISTORY}/export", params={"prompt_id": "support/greeting"})
    assert len(exported.text.splitlines()) == 1
    assert get(server, prompt_id="support/unknown")["items"] == []
    refused = server.client.get(HISTORY, params={"prompt_id": "support/greeting@1"})
    assert (refused.status_code, refused.json()["detail"][0]["loc"]) == (422, ["query", "prompt_id"])


def test_what_expired_runs_have_left_is_gone_after_a_start(local_aws: LocalAws, start_server: StartServer) -> None:
    ids = [run_at(datetime.now(UTC) - timedelta(days=age)).id for age in (50, 20)]
    for run_id in ids:
        key = keys.run_object("local", run_id, "answer", "0")
        local_aws.clients.s3().put_object(Bucket=local_aws.names[RUNS_BUCKET], Key=key, Body=b"{}")
    start_server({"PROMPTYARD_RETENTION_DAYS": "30"})
    assert [keys.run_of_object(key) for key in object_keys(local_aws)] == ids[1:]
