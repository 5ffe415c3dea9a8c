"""Saving runs, and the runs of a version, over real HTTP."""

import json
from typing import Any
from uuid import UUID

import pytest

from promptyard.domain.account.access import Role
from tests.support.aws.local_aws import counted_requests, object_keys
from tests.support.doubles.tenancy import Tenancy
from tests.support.samples.chat_answers import failure
from tests.support.servers.fake_upstream import FakeUpstream
from tests.support.servers.server import RunningServer

RUNS = "/api/v1/playground/runs"
EXAMPLE = {
    "config": {
        "templateType": "chat",
        "templateText": None,
        "templateMessages": [{"role": "user", "content": "{{question}}"}],
        "variables": {"question": "Hello"},
        "models": ["gpt-4o"],
    },
    "results": [
        {
            "modelId": "gpt-4o",
            "output": "Hello! How can I help?",
            "latencyMs": 450,
            "tokens": {"prompt": 10, "completion": 8, "total": 18},
        }
    ],
}
"""The document's own, but for the ids."""
FIELDS = ["id", "prompt_id", "version_id", "config", "results", "created_at"]
NOWHERE = "880e8400-e29b-41d4-a716-446655440001"


@pytest.fixture
def version(server: RunningServer) -> Any:
    return save_version(server, "greeting")


def save_version(server: RunningServer, slug: str) -> Any:
    body = {
        "namespace": "support",
        "slug": slug,
        "messages": [{"role": "system", "content": "You are {{tone}}."}, {"role": "user", "content": "{{question}}"}],
    }
    return server.client.post("/api/v1/playground/save-version", json=body).json()


def save(server: RunningServer, version: Any, **changes: Any) -> Any:
    body = EXAMPLE | {"prompt_id": version["prompt_id"], "version_id": version["version_id"]} | changes
    response = server.client.post(RUNS, json=body)
    assert response.status_code == 201, response.text
    return response.json()


def execute(server: RunningServer, version: Any, **model_config: Any) -> Any:
    body = {
        "variables": {"question": "Hello?", "tone": "kind"},
        "model_config": {"id": "mine", "model": "demo/echo", **model_config},
    }
    return server.client.post(f"/api/v1/playground/run-version/{version['version_id']}", json=body).json()


def by_version(server: RunningServer, version_id: str, **query: Any) -> Any:
    response = server.client.get(f"{RUNS}/by-version/{version_id}", params=query)
    assert response.status_code == 200, response.text
    return response.json()


def test_the_example(server: RunningServer, version: Any) -> None:
    saved = save(server, version)
    assert list(saved) == FIELDS
    assert {name: saved[name] for name in EXAMPLE} == EXAMPLE
    assert (saved["prompt_id"], saved["version_id"]) == (version["prompt_id"], version["version_id"])
    assert UUID(saved["id"]).version == 7
    assert saved["created_at"].endswith("Z")
    assert by_version(server, version["version_id"], limit=10) == [saved]
    assert server.client.get(f"{RUNS}/{saved['id']}").json() == saved


def test_a_version_need_not_be_named(server: RunningServer, version: Any) -> None:
    for prompt in (version["prompt_id"], "support/greeting", version["prompt_id"].upper()):
        saved = save(server, version, prompt_id=prompt, version_id=None)
        assert (saved["prompt_id"], saved["version_id"]) == (version["prompt_id"], None)
    assert by_version(server, version["version_id"]) == []


def test_saved_runs_are_not_in_the_history(server: RunningServer, version: Any) -> None:
    saved = save(server, version)
    for query in ({}, {"version_id": version["version_id"]}, {"prompt_id": version["prompt_id"]}):
        page = server.client.get("/api/v1/playground/history", params=query).json()
        assert (page["items"], page["total"]) == ([], 0)
    assert server.client.get("/api/v1/playground/history/export").text == ""
    assert saved["id"] not in server.client.get("/api/v1/playground/history/export?format=csv").text


def test_what_the_version_says_is_not_read(server: RunningServer) -> None:
    body = {"namespace": "support", "slug": "long", "content": "x" * 100_000}
    version = server.client.post("/api/v1/playground/save-version", json=body).json()
    dynamodb, benchmarks = server.aws.clients.dynamodb(), server.aws.names["PROMPTYARD_BENCHMARKS_TABLE"]
    # What watches the prompt is looked for beside it.
    with counted_requests(server.aws.clients.s3()) as objects, counted_requests(dynamodb, but_of=benchmarks) as items:
        saved = save(server, version)
        assert by_version(server, version["version_id"]) == [saved]
    assert objects == {}
    assert items["GetItem"] + items["Query"] + items["BatchGetItem"] <= 2 + 5


def test_executed_and_saved_runs_of_a_version_newest_first(server: RunningServer, version: Any) -> None:
    other = save_version(server, "other")
    made = []
    for _ in range(3):
        made += [save(server, version)["id"], execute(server, version)["id"]]
        save(server, other)
        execute(server, other)
    listed = by_version(server, version["version_id"].upper())
    assert [run["id"] for run in listed] == made[::-1]
    assert [run["id"] for run in by_version(server, version["version_id"], limit=4)] == made[:1:-1]
    assert {(run["prompt_id"], run["version_id"]) for run in listed} == {(version["prompt_id"], version["version_id"])}
    assert len(by_version(server, other["version_id"], limit=100)) == 6


def test_an_executed_run_in_the_form_of_a_saved_one(server: RunningServer, version: Any) -> None:
    executed = execute(server, version, max_tokens=50)
    [listed] = by_version(server, version["version_id"])
    assert list(listed) == FIELDS
    assert listed["config"] == {
        "templateType": "chat",
        "templateText": None,
        "templateMessages": [
            {"role": "system", "content": "You are {{tone}}."},
            {"role": "user", "content": "{{question}}"},
        ],
        "variables": {"question": "Hello?", "tone": "kind"},
        "models": ["demo/echo"],
        "parameters": {"temperature": 0.7, "max_tokens": 50},
    }
    assert listed["results"] == [
        {
            "modelId": "demo/echo",
            "output": "Hello?",
            "latencyMs": executed["latency_ms"],
            "tokens": executed["tokens"],
            "costUsd": 0.0,
            "status": "succeeded",
            "error": None,
        }
    ]
    assert (listed["id"], listed["created_at"]) == (executed["id"], executed["created_at"])


def test_a_failed_run_says_why(server: RunningServer, version: Any) -> None:
    with FakeUpstream() as upstream:
        upstream.answer(failure(404, "The model x does not exist", code="model_not_found"))
        response = execute(server, version, provider="custom", model="x", custom_base_url=upstream.url)
    assert response["error"]["code"] == "provider_error"
    [listed] = by_version(server, version["version_id"])
    [result] = listed["results"]
    assert (result["modelId"], result["status"]) == ("custom/x", "failed")
    assert result["error"] == "The model x does not exist"
    assert (result["output"], result["tokens"], result["costUsd"]) == (None, None, None)


def test_a_large_run_is_kept_whole_until_it_is_deleted(server: RunningServer, version: Any) -> None:
    results = [{"output": "Grüße 世界 " * 20_000, "number": 12345678901234567890, "pi": 3.5, "none": None}] * 3
    saved = save(server, version, results=results, config={})
    assert saved["results"] == results
    assert by_version(server, version["version_id"]) == [saved]
    assert len(object_keys(server.aws)) == 1
    path = f"{RUNS}/{saved['id']}"
    assert server.client.delete(path).status_code == 204
    assert object_keys(server.aws) == []
    assert by_version(server, version["version_id"]) == []
    for response in (server.client.get(path), server.client.delete(path)):
        assert (response.status_code, response.json()["error"]["code"]) == (404, "not_found")


# --- what is refused


def test_what_is_not_there(server: RunningServer, version: Any) -> None:
    for changes in (
        {"prompt_id": NOWHERE, "version_id": None},
        {"prompt_id": "support/nothing", "version_id": None},
        {"prompt_id": NOWHERE},
        {"version_id": NOWHERE},
        {"version_id": version["version_id"][:-1] + "2"},
        {"version_id": version["prompt_id"]},
    ):
        body = EXAMPLE | {"prompt_id": version["prompt_id"], "version_id": version["version_id"]} | changes
        response = server.client.post(RUNS, json=body)
        assert (response.status_code, response.json()["error"]["code"]) == (404, "not_found"), changes
    for version_id in (NOWHERE, version["version_id"][:-1] + "2", version["prompt_id"]):
        assert server.client.get(f"{RUNS}/by-version/{version_id}").status_code == 404


def test_another_tenants_are_not_there(tenancy: Tenancy) -> None:
    acme, other = (tenancy.key(tenant, Role.MEMBER) for tenant in ("acme", "other"))
    greeting = {"namespace": "support", "slug": "greeting", "content": "Hello"}
    version = tenancy.request("POST", "/api/v1/playground/save-version", acme, json=greeting).json()
    tenancy.request("POST", "/api/v1/playground/save-version", other, json=greeting)
    body = EXAMPLE | {"prompt_id": version["prompt_id"], "version_id": version["version_id"]}
    saved = tenancy.request("POST", RUNS, acme, json=body)
    assert saved.status_code == 201
    for response in (
        tenancy.request("POST", RUNS, other, json=body),
        tenancy.request("POST", RUNS, other, json=body | {"prompt_id": "support/greeting"}),
        tenancy.request("GET", f"{RUNS}/by-version/{version['version_id']}", other),
        tenancy.request("GET", f"{RUNS}/{saved.json()['id']}", other),
        tenancy.request("DELETE", f"{RUNS}/{saved.json()['id']}", other),
    ):
        assert response.status_code == 404
    assert tenancy.request("GET", f"{RUNS}/{saved.json()['id']}", acme).json() == saved.json()


def test_another_prompts_version(server: RunningServer, version: Any) -> None:
    other = save_version(server, "other")
    body = EXAMPLE | {"prompt_id": version["prompt_id"], "version_id": other["version_id"]}
    response = server.client.post(RUNS, json=body)
    assert response.status_code == 422
    assert response.json()["detail"][0]["loc"] == ["body", "version_id"]


def test_bad_bodies_name_their_field(server: RunningServer, version: Any) -> None:
    good = EXAMPLE | {"prompt_id": version["prompt_id"]}
    deep: Any = 1
    for _ in range(150):
        deep = [deep]
    for changes, loc in (
        ({"prompt_id": None}, ["body", "prompt_id"]),
        ({"prompt_id": "Not A Name"}, ["body", "prompt_id"]),
        ({"version_id": "v1"}, ["body", "version_id"]),
        ({"config": None}, ["body", "config"]),
        ({"config": []}, ["body", "config"]),
        ({"results": {}}, ["body", "results"]),
        ({"results": ["text"]}, ["body", "results", 0]),
        ({"note": "x"}, ["body", "note"]),
        ({"config": {"temperature": [float("nan")]}}, ["body", "config", "temperature", 0]),
        ({"results": [{"cost": float("-inf")}]}, ["body", "results", 0, "cost"]),
        ({"config": {"deep": deep}}, ["body", "config"]),
    ):
        content = json.dumps(good | changes)
        response = server.client.post(RUNS, content=content, headers={"content-type": "application/json"})
        assert response.status_code == 422, changes
        assert response.json()["detail"][0]["loc"] == loc
    for name in ("prompt_id", "config", "results"):
        response = server.client.post(RUNS, json={key: good[key] for key in good.keys() - {name}})
        assert response.json()["detail"][0]["loc"] == ["body", name]


def test_what_is_too_large(server: RunningServer, version: Any) -> None:
    for content in (
        {"config": {"text": "x" * 1_000_001}, "results": []},
        {"config": {}, "results": [{"outputs": ["é" * 500_001]}]},
        {"config": {"x" * 1_000_001: 1}, "results": []},
        {"config": {}, "results": [{"output": "x" * 900_000}] * 6},
    ):
        response = server.client.post(RUNS, json={"prompt_id": version["prompt_id"], **content})
        assert (response.status_code, response.json()["error"]["code"]) == (413, "too_large")


def test_limits_out_of_range(server: RunningServer, version: Any) -> None:
    for query in ({"limit": 0}, {"limit": "ten"}):
        assert server.client.get(f"{RUNS}/by-version/{version['version_id']}", params=query).status_code == 422
    assert server.client.get(f"{RUNS}/by-version/v1").status_code == 422
