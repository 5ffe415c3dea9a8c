"""Runs of saved prompts over real HTTP: by name, by version, several versions at once."""

import asyncio
import json
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.support.aws.events import post_for_events
from tests.support.samples.chat_answers import chat_stream, failure, usage
from tests.support.samples.sample_prompts import caller_of, text_draft
from tests.support.servers.fake_upstream import FakeUpstream
from tests.support.servers.server import RunningServer, StartServer

SAVE = "/api/v1/playground/save-version"
RUN = "/api/v1/playground/run"
COMPARE = "/api/v1/playground/compare"
RUN_VERSIONS = "/api/v1/playground/run-versions"
REGISTRY_EXAMPLE = {
    "provider": "openai",
    "model": "gpt-4o",
    "prompt_id": "billing/invoice-parser",
    "variables": {"invoice_text": "Order #1234\nTotal: $99.00"},
    "stream": True,
}
CHAT = [
    {"role": "system", "content": "You are a helpful assistant for {{company_name}}."},
    {"role": "user", "content": "{{question}}"},
]
VERSION_EXAMPLE = {
    "variables": {"company_name": "Acme Inc", "question": "What's your refund policy?"},
    "model_config": {"id": "version-run-1", "model": "gpt-4o", "temperature": 0.7},
}


@pytest.fixture
def server(start_server: StartServer, upstream: FakeUpstream) -> RunningServer:
    return start_server({"OPENAI_API_KEY": "sk-test", "OPENAI_BASE_URL": upstream.url})


@pytest.fixture
def client(server: RunningServer) -> httpx.Client:
    return server.client


def save(client: httpx.Client, **fields: Any) -> Any:
    """A version of billing/invoice-parser."""
    response = client.post(SAVE, json={"namespace": "billing", "slug": "invoice-parser"} | fields)
    assert response.status_code == 201, response.text
    return response.json()


def run_version(client: httpx.Client, version_id: str, **changes: Any) -> httpx.Response:
    return client.post(f"/api/v1/playground/run-version/{version_id}", json=VERSION_EXAMPLE | changes)


def record(client: httpx.Client, run_id: str) -> Any:
    return client.get(f"/api/v1/playground/runs/{run_id}").json()


def links(run: Any) -> tuple[str, str, int]:
    return run["prompt_id"], run["version_id"], run["version_number"]


def ids(saved: Any) -> tuple[str, str, int]:
    return saved["prompt_id"], saved["version_id"], saved["version_number"]


# --- run with prompt_id


def test_the_example_of_a_prompt_from_the_registry(client: httpx.Client, upstream: FakeUpstream) -> None:
    saved = save(client, content="Parse:\n{{invoice_text}}")
    upstream.answer(chat_stream("Total 99.00"))
    response, events = post_for_events(client, RUN, REGISTRY_EXAMPLE)
    assert [event.name for event in events] == ["message", "message", "done"]
    assert upstream.requests[0].json["messages"] == [{"role": "user", "content": "Parse:\nOrder #1234\nTotal: $99.00"}]
    run = record(client, response.headers["x-run-id"])
    assert links(run) == ids(saved)
    assert run["template"] == {"text": "Parse:\n{{invoice_text}}", "variables": REGISTRY_EXAMPLE["variables"]}


def test_which_version_is_meant(client: httpx.Client, subtests: pytest.Subtests) -> None:
    versions = [save(client, content=f"Version {number}") for number in (1, 2, 3)]
    for label, labelled in (("production", 2), ("2026-11.rc_1", 1)):
        path = f"/api/v1/prompts/billing%2Finvoice-parser/labels/{label}"
        assert client.put(path, json={"version_number": labelled}).status_code == 200
    for name in ("billing/invoice-parser", versions[0]["prompt_id"]):
        for selector, number in (("", 3), ("@1", 1), ("@2", 2), ("@production", 2), ("@2026-11.rc_1", 1)):
            with subtests.test(prompt_id=name + selector):
                run = client.post(RUN, json={"model": "demo/echo", "prompt_id": name + selector}).json()
                assert run["output"] == f"Version {number}"
                assert links(record(client, run["id"])) == ids(versions[number - 1])


def test_a_chat_with_a_system_prompt_beside_it(client: httpx.Client, upstream: FakeUpstream) -> None:
    save(client, messages=CHAT)
    upstream.answer(chat_stream("ok"))
    body = REGISTRY_EXAMPLE | {"variables": VERSION_EXAMPLE["variables"], "system": "Be brief.", "stream": False}
    assert client.post(RUN, json=body).status_code == 200
    assert [message["content"] for message in upstream.requests[0].json["messages"]] == [
        "Be brief.",
        "You are a helpful assistant for Acme Inc.",
        "What's your refund policy?",
    ]


NOT_RUNNABLE = [
    "billing/reminder",
    "billing/invoice-parser@2",
    "billing/invoice-parser@staging",
    "billing/empty",
    str(uuid4()),
    "invoice-parser",
    "billing/Invoice",
    "billing/invoice-parser@",
    "billing/invoice-parser@0",
]


def test_prompts_that_cannot_be_run(client: httpx.Client, subtests: pytest.Subtests) -> None:
    save(client, content="Parse {{invoice_text}}")
    assert client.post("/api/v1/prompts", json={"namespace": "billing", "slug": "empty"}).status_code == 201
    targets = {RUN: {"model": "demo/echo"}, COMPARE: {"targets": [{"model": "demo/echo"}, {"model": "demo/writer"}]}}
    for prompt_id in NOT_RUNNABLE:
        for path, target in targets.items():
            with subtests.test(prompt_id=prompt_id, path=path):
                body = {**target, "prompt_id": prompt_id, "variables": {"invoice_text": "x"}}
                response = client.post(path, json=body)
                assert response.status_code == 422
                assert response.json()["detail"][0]["loc"] == ["body", "prompt_id"]
    assert client.get("/api/v1/playground/history").json()["total"] == 0


def test_missing_variables_are_named(client: httpx.Client) -> None:
    saved = save(client, messages=CHAT)
    for response in (
        client.post(RUN, json={"model": "demo/echo", "prompt_id": "billing/invoice-parser"}),
        run_version(client, saved["version_id"], variables={}),
    ):
        assert response.status_code == 422
        assert response.json()["detail"][0]["msg"] == "Missing variables: company_name, question"


# --- what a version says of model and parameters


def test_a_versions_own_model_and_parameters(client: httpx.Client, upstream: FakeUpstream) -> None:
    saved = save(client, content="Hi", default_model="openai/gpt-4o", parameters={"temperature": 0.1, "top_p": 0.5})
    upstream.answer(chat_stream("ok"))
    body = {"prompt_id": "billing/invoice-parser", "parameters": {"temperature": 0.9}}
    assert client.post(RUN, json=body).json()["model_id"] == "openai/gpt-4o"
    version_run = client.post(f"/api/v1/playground/run-version/{saved['version_id']}", json={"variables": {}})
    assert (version_run.status_code, version_run.json()["model_id"]) == (200, "openai/gpt-4o")
    sent = [request.json for request in upstream.requests]
    assert [(each["model"], each["temperature"], each["top_p"]) for each in sent] == [
        ("gpt-4o", 0.9, 0.5),
        ("gpt-4o", 0.1, 0.5),
    ]


def test_a_named_model_wins(client: httpx.Client) -> None:
    saved = save(client, content="Hi", default_model="openai/gpt-4o")
    for body in ({"model": "demo/echo"}, {"provider": "demo"}):
        run = client.post(RUN, json={"prompt_id": "billing/invoice-parser"} | body).json()
        assert run["provider"] == "demo"
    config = {"model_config": {"id": "a", "model": "demo/echo"}}
    assert run_version(client, saved["version_id"], **config).json()["model_id"] == "a"


def test_a_comparison_of_a_version_with_itself_elsewhere(client: httpx.Client, upstream: FakeUpstream) -> None:
    saved = save(client, content="Hi", default_model="openai/gpt-4o", parameters={"temperature": 0.1})
    upstream.answer(chat_stream("Hello"))
    body = {
        "prompt_id": "billing/invoice-parser",
        "targets": [{}, {"model": "demo/echo", "parameters": {"temperature": 1}}],
        "stream": False,
    }
    answer = client.post(COMPARE, json=body).json()
    assert [(each["model_id"], each["output"]) for each in answer["results"]] == [
        ("openai/gpt-4o", "Hello"),
        ("demo/echo", "Hi"),
    ]
    runs = [record(client, each["id"]) for each in answer["results"]]
    assert [run["parameters"] for run in runs] == [{"temperature": 0.1}, {"temperature": 1}]
    assert [links(run) for run in runs] == [ids(saved)] * 2
    assert [run["comparison_id"] for run in runs] == [answer["comparison_id"]] * 2


def test_no_model_at_all(client: httpx.Client) -> None:
    saved = save(client, content="Hi")
    for response in (
        client.post(RUN, json={"prompt_id": "billing/invoice-parser"}),
        client.post(f"/api/v1/playground/run-version/{saved['version_id']}", json={"variables": {}}),
    ):
        assert response.status_code == 422
        assert "model" in response.json()["detail"][0]["loc"]


# --- run-version


def test_the_example_of_a_run_of_a_version(client: httpx.Client, upstream: FakeUpstream) -> None:
    saved = save(client, messages=CHAT)
    save(client, content="A later version")
    upstream.answer(chat_stream("30 days.", counts=usage(45, 42)))
    response = run_version(client, saved["version_id"])
    run = response.json()
    assert response.status_code == 200
    assert (run["output"], run["model_id"], run["tokens"]["total"]) == ("30 days.", "version-run-1", 87)
    assert response.headers["x-run-id"] == run["id"]
    assert upstream.requests[0].json["messages"][1]["content"] == "What's your refund policy?"
    assert upstream.requests[0].json["temperature"] == 0.7
    stored = record(client, run["id"])
    assert links(stored) == ids(saved)
    assert stored["endpoint"] == "playground/run-version"


def test_the_second_example_of_a_run_of_a_version(client: httpx.Client, upstream: FakeUpstream) -> None:
    saved = save(client, messages=CHAT)
    upstream.answer(chat_stream("Hello!"))
    body = {
        "variables": {"company_name": "Test Co", "question": "Hello"},
        "model_config": {"id": "test", "model": "gpt-4o-mini"},
    }
    assert run_version(client, saved["version_id"], **body).json()["output"] == "Hello!"
    assert upstream.requests[0].json["model"] == "gpt-4o-mini"


def test_a_run_of_a_version_streamed(client: httpx.Client, upstream: FakeUpstream) -> None:
    saved = save(client, messages=CHAT)
    upstream.answer(chat_stream("30 days."))
    path = f"/api/v1/playground/run-version/{saved['version_id']}"
    response, events = post_for_events(client, path, VERSION_EXAMPLE | {"stream": True})
    *chunks, done = events
    assert "".join(chunk.data["content"] for chunk in chunks) == "30 days."
    assert (done.name, done.data["id"]) == ("done", response.headers["x-run-id"])


def test_a_failing_run_of_a_version(client: httpx.Client, upstream: FakeUpstream) -> None:
    saved = save(client, messages=CHAT)
    upstream.answer(failure(429, "Rate limit exceeded", code="insufficient_quota"))
    response = run_version(client, saved["version_id"])
    assert (response.status_code, response.json()["detail"]) == (502, "LLM API error: Rate limit exceeded")
    assert links(record(client, response.headers["x-run-id"])) == ids(saved)


def other_tenants_version(server: RunningServer) -> str:
    saving = server.services.prompts.prompts.save_version(
        caller_of("other"), "billing", "invoice-parser", text_draft("Secret")
    )
    return asyncio.run(saving).version.id


def test_versions_that_are_not_there(server: RunningServer) -> None:
    client = server.client
    save(client, content="Hi")
    for version_id in ("880e8400-e29b-41d4-a716-446655440000", other_tenants_version(server)):
        assert run_version(client, version_id).status_code == 404
    assert run_version(client, "7").status_code == 422
    assert client.get("/api/v1/playground/history").json()["total"] == 0


# --- run-versions


def versions_example(client: httpx.Client) -> dict[str, Any]:
    """The example, with versions that are there."""
    saved = [save(client, messages=[CHAT[0], CHAT[1] | {"name": name}]) for name in ("a", "b")]
    return {
        "versions": [
            {"version_id": version["version_id"], "model": "gpt-4o", "temperature": 0.7, "max_tokens": 1024}
            for version in saved
        ],
        "variables": {"company_name": "Acme Inc", "question": "What are your business hours?"},
    }


def test_the_example_of_several_versions(client: httpx.Client, upstream: FakeUpstream) -> None:
    body = versions_example(client)
    upstream.answer(chat_stream("Our hours are nine to five.", counts=usage(45, 42)))
    response = client.post(RUN_VERSIONS, json=body)
    assert response.status_code == 200
    answer = response.json()
    assert answer.keys() == {"results"}
    for number, (result, version) in enumerate(zip(answer["results"], body["versions"], strict=True), 1):
        assert result == {
            "version_id": version["version_id"],
            "version_number": number,
            "output": "Our hours are nine to five.",
            "metrics": {
                "latency_ms": result["metrics"]["latency_ms"],
                "prompt_tokens": 45,
                "completion_tokens": 42,
                "total_tokens": 87,
                "cost_usd": pytest.approx(45 * 2.5e-6 + 42 * 10e-6),
            },
            "error": None,
        }
        assert result["metrics"]["latency_ms"] >= 0
    assert all(request.json["max_completion_tokens"] == 1024 for request in upstream.requests)
    path = f"/api/v1/playground/comparisons/{response.headers['x-comparison-id']}"
    runs = client.get(path).json()["runs"]
    assert [run["version_number"] for run in runs] == [1, 2]
    assert {run["endpoint"] for run in runs} == {"playground/run-versions"}


def test_several_versions_streamed(client: httpx.Client, upstream: FakeUpstream) -> None:
    body = versions_example(client)
    upstream.answer(chat_stream("Nine to five."))
    response, events = post_for_events(client, RUN_VERSIONS, body | {"stream": True})
    assert response.headers["content-type"].startswith("text/event-stream")
    for index in (0, 1):
        chunks = [event.data["content"] for event in events if event.name == f"chunk:{index}"]
        assert "".join(chunks) == "Nine to five."
        [done] = [event for event in events if event.name == f"done:{index}"]
        assert record(client, done.data["id"])["version_number"] == index + 1
    assert events[-1].name == "end"
    assert events[-1].data == {"comparison_id": response.headers["x-comparison-id"]}


def test_a_version_that_fails_has_its_own_error(client: httpx.Client, upstream: FakeUpstream) -> None:
    body = versions_example(client)
    body["versions"][0]["model"] = "no-such-model"
    body["versions"].append(body["versions"][1] | {"model": "gpt-4o-mini"})
    upstream.answer(chat_stream("Nine."), model="gpt-4o")
    upstream.answer(failure(400, "Nothing today"), model="gpt-4o-mini")
    unknown, good, failed = client.post(RUN_VERSIONS, json=body).json()["results"]
    assert (unknown["output"], unknown["error"]) == (None, "Model not found: no-such-model")
    assert unknown["metrics"]["prompt_tokens"] is None
    assert unknown["metrics"]["latency_ms"] >= 0
    assert (good["output"], good["error"]) == ("Nine.", None)
    assert (failed["version_number"], failed["error"]) == (2, "Nothing today")


def test_a_default_model_for_each_version(client: httpx.Client) -> None:
    versions = [save(client, content=f"Say {word}", default_model="demo/echo") for word in ("one", "two")]
    body = {"versions": [{"version_id": version["version_id"]} for version in versions], "variables": {}}
    results = client.post(RUN_VERSIONS, json=body).json()["results"]
    assert [result["output"] for result in results] == ["Say one", "Say two"]


def test_one_version_that_is_not_there_refuses_all(server: RunningServer) -> None:
    client = server.client
    body = versions_example(client)
    for version_id in (str(uuid4()), other_tenants_version(server)):
        versions = [body["versions"][0], body["versions"][1] | {"version_id": version_id}]
        response = client.post(RUN_VERSIONS, json=body | {"versions": versions})
        assert response.status_code == 422
        assert response.json()["detail"][0]["loc"] == ["body", "versions", 1, "version_id"]
    assert client.get("/api/v1/playground/history").json()["total"] == 0


def test_the_variables_that_any_version_lacks(client: httpx.Client) -> None:
    versions = [save(client, content=content)["version_id"] for content in ("{{a}} {{b}}", "{{a}} {{c}}")]
    body = {
        "versions": [{"version_id": version, "model": "demo/echo"} for version in versions],
        "variables": {"a": "x", "d": 1},
    }
    response = client.post(RUN_VERSIONS, json=body)
    assert response.status_code == 422
    assert response.json()["detail"][0]["msg"] == "Missing variables: b, c"


ANY_VERSION = {"version_id": str(uuid4()), "model": "demo/echo"}
BAD_REQUESTS = [
    ({"versions": []}, "versions"),
    ({"versions": [ANY_VERSION] * 11}, "versions"),
    ({"versions": [ANY_VERSION | {"version_id": "x"}]}, "version_id"),
    ({"versions": [{"model": "demo/echo"}]}, "version_id"),
    ({"versions": [ANY_VERSION | {"temperature": 3}]}, "temperature"),
    ({"variables": None}, "variables"),
    ({"variables": {"a": None}}, "variables"),
]


def test_bad_requests_name_their_field(client: httpx.Client, subtests: pytest.Subtests) -> None:
    example = versions_example(client)
    for changes, field in BAD_REQUESTS:
        with subtests.test(changes=changes):
            response = client.post(RUN_VERSIONS, json=example | changes)
            assert response.status_code == 422
            assert field in json.dumps([entry["loc"] for entry in response.json()["detail"]])
