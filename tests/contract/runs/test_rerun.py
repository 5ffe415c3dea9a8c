"""Running a run of the history again, over real HTTP."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.support.aws.events import post_for_events
from tests.support.samples.chat_answers import chat_stream, failure
from tests.support.servers.fake_upstream import FakeUpstream
from tests.support.servers.server import RunningServer, StartServer

RUN = "/api/v1/playground/run"
RUNS = "/api/v1/playground/runs"
DEPLOYMENT_KEY = "sk-test-deployment"
CALLERS_KEY = "sk-test-callers-own"
TEMPLATE_RUN = {
    "type": "chat",
    "template_messages": [
        {"role": "system", "content": "You are a helpful assistant for {{company_name}}."},
        {"role": "user", "content": "{{question}}"},
    ],
    "variables": {"company_name": "Acme Inc", "question": "What are your business hours?"},
    "model_config": {"id": "run-1", "model": "gpt-4o", "max_tokens": 500},
}


@pytest.fixture
def upstream() -> Iterator[FakeUpstream]:
    with FakeUpstream() as upstream:
        upstream.answer(chat_stream("Nine to five."))
        yield upstream


@pytest.fixture
def server(start_server: StartServer, upstream: FakeUpstream) -> RunningServer:
    """With OpenAI at the fake upstream."""
    return start_server({"OPENAI_API_KEY": DEPLOYMENT_KEY, "OPENAI_BASE_URL": upstream.url})


def run(server: RunningServer, **body: Any) -> Any:
    response = server.client.post(RUN, json=body)
    assert response.status_code == 200, response.text
    return response.json()


def rerun(server: RunningServer, run_id: str, **changes: Any) -> httpx.Response:
    return server.client.post(f"{RUNS}/{run_id}/rerun", json=changes)


def record(server: RunningServer, run_id: str) -> Any:
    return server.client.get(f"{RUNS}/{run_id}").json()


def history(server: RunningServer, **query: str) -> list[str]:
    page = server.client.get("/api/v1/playground/history", params=query).json()
    return [item["id"] for item in page["items"]]


# --- the same again


@pytest.mark.parametrize("content", [None, b"null", b"{}"])
def test_a_template_run_again(server: RunningServer, upstream: FakeUpstream, content: bytes | None) -> None:
    first = run(server, **TEMPLATE_RUN)
    headers = {} if content is None else {"content-type": "application/json"}
    response = server.client.post(f"{RUNS}/{first['id']}/rerun", content=content, headers=headers)
    again = response.json()
    assert (response.status_code, again["output"], again["model_id"]) == (200, "Nine to five.", "run-1")
    assert response.headers["x-run-id"] == again["id"] != first["id"]
    assert upstream.requests[0].json == upstream.requests[1].json
    old, new = record(server, first["id"]), record(server, again["id"])
    assert (new["rerun_of"], new["endpoint"], old["rerun_of"]) == (first["id"], "playground/rerun", None)
    its_own = {"id", "created_at", "settled_at", "latency_ms", "ttft_ms", "first_text_ms", "endpoint", "rerun_of"}
    assert {name: new[name] for name in new.keys() - its_own} == {name: old[name] for name in old.keys() - its_own}
    assert history(server) == [again["id"], first["id"]]


def test_again_and_again_streamed(server: RunningServer) -> None:
    first = run(server, model="gpt-4o", prompt_text="When?", system="Be brief")
    second = rerun(server, first["id"]).json()
    response, events = post_for_events(server.client, f"{RUNS}/{second['id']}/rerun", {"stream": True})
    assert "".join(event.data["content"] for event in events[:-1]) == "Nine to five."
    assert (events[-1].name, events[-1].data["id"]) == ("done", response.headers["x-run-id"])
    assert record(server, events[-1].data["id"])["rerun_of"] == second["id"]


def test_a_failed_run_again(server: RunningServer, upstream: FakeUpstream) -> None:
    upstream.forget()
    upstream.answer(failure(401, "Incorrect API key provided", code="invalid_api_key"), model="gpt-4o-mini")
    upstream.answer(chat_stream("Nine to five."), model="gpt-4o")
    failed = server.client.post(RUN, json={"model": "gpt-4o-mini", "prompt_text": "When?"})
    again = rerun(server, failed.headers["x-run-id"])
    assert (again.status_code, again.json()["error"]["code"]) == (502, "provider_auth")
    assert record(server, again.headers["x-run-id"])["rerun_of"] == failed.headers["x-run-id"]
    changed = rerun(server, failed.headers["x-run-id"], model="gpt-4o")
    assert changed.json()["output"] == "Nine to five."


# --- with changes


def test_another_model_and_other_parameters(server: RunningServer, upstream: FakeUpstream) -> None:
    first = run(
        server, model="gpt-4o", prompt_text="When?", parameters={"temperature": 0.2, "max_tokens": 100, "seed": 7}
    )
    again = rerun(server, first["id"], model="gpt-4o-mini", parameters={"max_tokens": 50, "seed": None}).json()
    assert (again["model"], again["model_id"]) == ("gpt-4o-mini", "openai/gpt-4o-mini")
    sent = upstream.requests[1].json
    assert (sent["model"], sent["temperature"], sent["max_completion_tokens"]) == ("gpt-4o-mini", 0.2, 50)
    assert "seed" not in sent
    assert record(server, again["id"])["parameters"] == {"temperature": 0.2, "max_tokens": 50}
    demo = rerun(server, first["id"], model="demo/echo").json()
    assert (demo["provider"], demo["output"]) == ("demo", "When?")


def test_the_template_shapes_own_temperature_is_no_obstacle(server: RunningServer, upstream: FakeUpstream) -> None:
    first = run(server, **TEMPLATE_RUN)
    again = rerun(server, first["id"], model="o3")
    assert again.status_code == 200, again.text
    assert (upstream.requests[0].json["temperature"], "temperature" in upstream.requests[1].json) == (0.7, False)
    back = rerun(server, again.json()["id"], model="gpt-4o")
    assert (back.status_code, upstream.requests[2].json["temperature"]) == (200, 0.7)


def test_other_variables(server: RunningServer, upstream: FakeUpstream) -> None:
    first = run(server, **TEMPLATE_RUN)
    again = rerun(server, first["id"], variables={"question": "Where are you?"}).json()
    contents = [message["content"] for message in upstream.requests[1].json["messages"]]
    assert contents == ["You are a helpful assistant for Acme Inc.", "Where are you?"]
    template = record(server, again["id"])["template"]
    assert template["variables"] == {"company_name": "Acme Inc", "question": "Where are you?"}
    assert template["messages"] == TEMPLATE_RUN["template_messages"]


def test_another_prompt(server: RunningServer, upstream: FakeUpstream) -> None:
    first = run(server, model="gpt-4o", prompt_text="When?", system="Be brief")
    for changes, expected in (
        ({"prompt_text": "Where?"}, [("system", "Be brief"), ("user", "Where?")]),
        ({"system": "Be kind"}, [("system", "Be kind"), ("user", "When?")]),
        ({"system": ""}, [("user", "When?")]),
        ({"messages": [{"role": "user", "content": "Who?"}], "system": ""}, [("user", "Who?")]),
    ):
        assert rerun(server, first["id"], **changes).status_code == 200
        sent = upstream.requests[-1].json["messages"]
        assert [(message["role"], message["content"]) for message in sent] == expected


def test_another_version(server: RunningServer, upstream: FakeUpstream) -> None:
    versions = [
        server.client.post(
            "/api/v1/playground/save-version", json={"namespace": "support", "slug": "greeting", "content": content}
        ).json()
        for content in ("Greet {{name}}", "Greet {{name}} warmly", "Do not greet {{name}}")
    ]
    prompt_id = versions[0]["prompt_id"]
    label = f"/api/v1/prompts/{prompt_id}/labels/production"
    assert server.client.put(label, json={"version_number": 2}).status_code == 200
    first = run(server, model="gpt-4o", prompt_id="support/greeting@1", variables={"name": "Ada"})
    for changes, number, text in (
        ({}, 1, "Greet Ada"),
        ({"version_id": versions[2]["version_id"]}, 3, "Do not greet Ada"),
        ({"prompt_id": "support/greeting@production"}, 2, "Greet Ada warmly"),
        ({"prompt_id": f"{prompt_id}@2", "variables": {"name": "Bo"}}, 2, "Greet Bo warmly"),
    ):
        new = record(server, rerun(server, first["id"], **changes).json()["id"])
        assert new["messages"] == [{"role": "user", "content": text}]
        assert (new["version_number"], new["version_id"]) == (number, versions[number - 1]["version_id"])
        assert (new["prompt_id"], new["rerun_of"]) == (prompt_id, first["id"])
    assert len(history(server, version_id=versions[1]["version_id"])) == 2


def test_a_run_of_a_comparison_is_run_again_alone(server: RunningServer) -> None:
    targets = [{"model": "demo/echo"}, {"model": "gpt-4o"}]
    made = server.client.post("/api/v2/genai/playgrounds/", json={"name": "Ours", "useCaseId": "u", "description": ""})
    body = {
        "targets": targets,
        "prompt_text": "When?",
        "stream": False,
        "playground_id": made.json()["id"],
        "reference": "Noon",
    }
    comparison = server.client.post("/api/v1/playground/compare", json=body).json()
    again = rerun(server, comparison["results"][0]["id"], documents=["It is noon."]).json()
    new = record(server, again["id"])
    assert (new["comparison_id"], new["playground_id"]) == (None, made.json()["id"])
    assert (new["reference"], new["documents"]) == ("Noon", ["It is noon."])
    assert len(history(server, comparison_id=comparison["comparison_id"])) == 2


# --- the caller's own address and key


def test_the_callers_key_has_to_be_given_again(server: RunningServer, upstream: FakeUpstream) -> None:
    first = run(server, model="gpt-4o", prompt_text="When?", provider_key=CALLERS_KEY)
    response = rerun(server, first["id"])
    assert (response.status_code, response.json()["error"]["code"]) == (422, "missing_key")
    assert response.json()["detail"][0]["loc"] == ["body", "provider_key"]
    assert len(upstream.requests) == 1, "the deployment's key does not stand in for it"
    assert rerun(server, first["id"], provider_key=CALLERS_KEY).status_code == 200
    assert upstream.requests[1].headers["authorization"] == f"Bearer {CALLERS_KEY}"
    everything = server.client.get("/api/v1/playground/history/export").text
    assert CALLERS_KEY not in everything + str(record(server, first["id"]))


def test_the_callers_address_is_called_again(server: RunningServer, upstream: FakeUpstream) -> None:
    with FakeUpstream() as own:
        own.answer(chat_stream("From my own machine."))
        first = run(server, provider="openai", model="my-model", prompt_text="When?", custom_base_url=own.url)
        again = rerun(server, first["id"], model="my-other-model").json()
        assert again["output"] == "From my own machine."
        assert [request.model for request in own.requests] == ["my-model", "my-other-model"]
        assert all("authorization" not in request.headers for request in own.requests)
        assert record(server, again["id"])["custom_base_url"] == own.url
    assert upstream.requests == []


# --- what is refused


def test_what_is_refused(server: RunningServer, upstream: FakeUpstream) -> None:
    first = run(server, **TEMPLATE_RUN)
    for changes, status, part in (
        ({"prompt_text": "a", "version_id": "880e8400-e29b-41d4-a716-446655440001"}, 422, "at most one"),
        ({"version_id": "880e8400-e29b-41d4-a716-446655440001"}, 422, "No such prompt version"),
        ({"version_id": "v1"}, 422, "version_id"),
        ({"prompt_id": "support/nothing"}, 422, "support/nothing"),
        ({"prompt_id": "support/nothing@production"}, 422, "support/nothing"),
        ({"prompt_id": "Not a name"}, 422, "prompt_id"),
        ({"prompt_text": "{{unknown}}"}, 422, "unknown"),
        ({"prompt_text": ""}, 422, "empty"),
        ({"provider": "nobody"}, 422, "nobody"),
        ({"provider": "anthropic"}, 422, "provider_key"),
        ({"model": "o3", "parameters": {"temperature": 0.5}}, 422, "temperature"),
        ({"parameters": {"temperature": 3}}, 422, "temperature"),
        ({"parameters": {"warmth": 3}}, 422, "warmth"),
        ({"custom_base_url": "ftp://127.0.0.1/v1"}, 400, "custom_base_url"),
        ({"rerun_of": "x"}, 422, "rerun_of"),
        ({"stream": "often"}, 422, "stream"),
    ):
        response = rerun(server, first["id"], **changes)
        assert response.status_code == status, (changes, response.text)
        assert part in response.text, changes
    assert history(server) == [first["id"]]
    assert len(upstream.requests) == 1


def test_only_what_was_executed_can_be_run_again(server: RunningServer) -> None:
    body = {"namespace": "support", "slug": "greeting", "content": "Hello"}
    prompt_id = server.client.post("/api/v1/playground/save-version", json=body).json()["prompt_id"]
    saved = server.client.post(RUNS, json={"prompt_id": prompt_id, "config": {}, "results": []}).json()
    for run_id in (saved["id"], "01900000-0000-7000-8000-000000000000", "x"):
        response = rerun(server, run_id)
        assert (response.status_code, response.json()["error"]["code"]) == (404, "not_found")


def test_null_leaves_a_field_as_it_was(server: RunningServer, upstream: FakeUpstream) -> None:
    first = run(server, **TEMPLATE_RUN)
    fields = server.client.get("/openapi.json").json()["components"]["schemas"]["RerunRequest"]["properties"]
    assert rerun(server, first["id"], **dict.fromkeys(fields)).status_code == 200
    assert upstream.requests[0].json == upstream.requests[1].json
