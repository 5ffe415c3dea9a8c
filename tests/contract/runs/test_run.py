"""`run` and `compile` over real HTTP, as the documents whose APIs they speak show them."""

import time
from typing import Any

import httpx
import pytest

from tests.support.aws.events import post_for_events, read_events
from tests.support.samples.chat_answers import broken_stream, chat_stream, failure, frame, gated_stream, usage
from tests.support.servers.fake_upstream import Answer, End, FakeUpstream
from tests.support.servers.server import RunningServer, StartServer
from tests.support.servers.signals import Signal

RUN = "/api/v1/playground/run"
COMPILE = "/api/v1/playground/compile"
KEY = "sk-test-canary-5f1d"


@pytest.fixture
def server(start_server: StartServer, upstream: FakeUpstream) -> RunningServer:
    """With OpenAI at the fake upstream."""
    return start_server({"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": upstream.url})


def error_of(response: httpx.Response) -> Any:
    return response.json()["error"]


# --- compile: the examples


def test_compile_text(server: RunningServer) -> None:
    body = {
        "type": "text",
        "text": "You are a helpful assistant for {{company_name}}.\n\nQuestion: {{question}}",
        "variables": {"company_name": "Acme Inc", "question": "What are your business hours?"},
    }
    response = server.client.post(COMPILE, json=body)
    assert response.status_code == 200
    text = "You are a helpful assistant for Acme Inc.\n\nQuestion: What are your business hours?"
    assert response.json() == {
        "valid": True,
        "compiled_text": text,
        "compiled_messages": [{"role": "user", "content": text}],
        "variables_found": ["company_name", "question"],
        "missing_variables": [],
    }


def test_compile_chat(server: RunningServer) -> None:
    body = {
        "type": "chat",
        "messages": [
            {"role": "system", "content": "You are a helpful assistant for {{company_name}}."},
            {"role": "user", "content": "{{question}}"},
        ],
        "variables": {"company_name": "Acme Inc", "question": "What are your business hours?"},
    }
    answer = server.client.post(COMPILE, json=body).json()
    assert answer["valid"] is True
    assert answer["compiled_messages"] == [
        {"role": "system", "content": "You are a helpful assistant for Acme Inc."},
        {"role": "user", "content": "What are your business hours?"},
    ]


def test_compile_names_what_is_missing(server: RunningServer) -> None:
    text = "For {{company_name}}: {{question}} in a {{tone}} tone"
    body = {"type": "text", "text": text, "variables": {"company_name": "Acme", "question": "Why?"}}
    response = server.client.post(COMPILE, json=body)
    assert response.status_code == 200
    assert response.json() == {
        "valid": False,
        "compiled_text": None,
        "compiled_messages": None,
        "variables_found": ["company_name", "question", "tone"],
        "missing_variables": ["tone"],
    }


def test_compile_hello_world(server: RunningServer) -> None:
    body = {"type": "text", "text": "Hello {{name}}!", "variables": {"name": "World"}}
    assert server.client.post(COMPILE, json=body).json()["compiled_text"] == "Hello World!"


# --- run: the examples

TEMPLATE_RUN = {
    "type": "chat",
    "template_messages": [
        {"role": "system", "content": "You are a helpful assistant for {{company_name}}."},
        {"role": "user", "content": "{{question}}"},
    ],
    "variables": {"company_name": "Acme Inc", "question": "What are your business hours?"},
    "model_config": {"id": "run-1", "model": "gpt-4o", "temperature": 0.7, "max_tokens": 500},
}
PROMPT_RUN = {
    "provider": "openai",
    "model": "gpt-4o-mini",
    "prompt_text": "Explain quantum computing in one sentence.",
    "parameters": {"temperature": 0.7, "max_tokens": 100},
    "stream": False,
}


def test_run_a_template(server: RunningServer, upstream: FakeUpstream) -> None:
    upstream.answer(chat_stream("Nine to five.", counts=usage(45, 42)), model="gpt-4o")
    response = server.client.post(RUN, json=TEMPLATE_RUN)
    answer = response.json()
    assert response.status_code == 200
    assert (answer["output"], answer["model_id"]) == ("Nine to five.", "run-1")
    assert answer["tokens"] == {"prompt": 45, "completion": 42, "total": 87, "cached": 0, "reasoning": 0}
    assert answer["cost_usd"] == pytest.approx(45 * 2.5e-6 + 42 * 10e-6)
    assert (answer["status"], answer["finish_reason"], answer["error"]) == ("succeeded", "stop", None)
    assert answer["latency_ms"] >= answer["ttft_ms"] >= 0
    assert response.headers["x-run-id"] == answer["id"]
    [request] = upstream.requests
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.json["messages"][0]["content"] == "You are a helpful assistant for Acme Inc."
    assert (request.json["temperature"], request.json["max_completion_tokens"]) == (0.7, 500)


def test_run_a_text_template_with_the_second_example(server: RunningServer, upstream: FakeUpstream) -> None:
    upstream.answer(chat_stream("Hello, World!"))
    body = {
        "type": "text",
        "template_text": "Say hello to {{name}}",
        "variables": {"name": "World"},
        "model_config": {"id": "test-1", "model": "gpt-4o-mini", "temperature": 0.5},
    }
    assert server.client.post(RUN, json=body).json()["output"] == "Hello, World!"
    assert upstream.requests[0].json["messages"] == [{"role": "user", "content": "Say hello to World"}]


def test_run_a_prompt(server: RunningServer, upstream: FakeUpstream) -> None:
    upstream.answer(chat_stream("Qubits."))
    headers = {"authorization": "Bearer <token>"}
    answer = server.client.post(RUN, json=PROMPT_RUN, headers=headers).json()
    assert (answer["output"], answer["model_id"]) == ("Qubits.", "openai/gpt-4o-mini")


def test_run_a_prompt_streamed(server: RunningServer, upstream: FakeUpstream) -> None:
    upstream.answer(chat_stream("Quantum computing uses qubits.", counts=usage(12, 25)))
    response, events = post_for_events(server.client, RUN, PROMPT_RUN | {"stream": True})
    assert response.headers["content-type"].startswith("text/event-stream")
    *chunks, done = events
    assert "".join(chunk.data["content"] for chunk in chunks) == "Quantum computing uses qubits."
    assert {chunk.name for chunk in chunks} == {"message"}
    assert [event.number for event in events] == list(range(2, len(events) + 2)), "its beginning is an event, too"
    assert (done.name, done.data["done"], done.data["id"]) == ("done", True, response.headers["x-run-id"])
    assert done.data["stats"].keys() == {"tokens_in", "tokens_out", "latency_ms", "ttft_ms", "first_text_ms"}
    assert (done.data["stats"]["tokens_in"], done.data["stats"]["tokens_out"]) == (12, 25)


def test_the_second_shape_sends_no_temperature_that_was_not_given(
    server: RunningServer, upstream: FakeUpstream
) -> None:
    upstream.answer(chat_stream("ok"))
    server.client.post(RUN, json={"model": "gpt-4o", "prompt_text": "Hi"})
    body = {"type": "text", "template_text": "Hi", "variables": {}, "model_config": {"id": "a", "model": "gpt-4o"}}
    server.client.post(RUN, json=body)
    assert [request.json.get("temperature") for request in upstream.requests] == [None, 0.7]


# --- streaming as it happens


def test_each_token_leaves_before_the_next_one_is_there(server: RunningServer, upstream: FakeUpstream) -> None:
    words = ["one ", "two ", "three"]
    gates = [Signal() for _ in words]
    upstream.answer(gated_stream(words, gates))
    with server.client.stream("POST", RUN, json=PROMPT_RUN | {"stream": True}) as response:
        events = None
        for word, gate in zip(words, gates, strict=True):
            gate.set()
            events = events or read_events(response)
            assert next(events).data == {"content": word}
        assert events is not None
        assert next(events).name == "done"


def test_a_failure_after_the_first_token_is_an_error_event(server: RunningServer, upstream: FakeUpstream) -> None:
    upstream.answer(broken_stream("Half an ans", End.CUT))
    response, events = post_for_events(server.client, RUN, PROMPT_RUN | {"stream": True})
    assert response.status_code == 200
    assert events[-1].name == "error"
    assert events[-1].data["error"]["code"] == "provider_malformed"
    assert sum(event.name in {"done", "error"} for event in events) == 1
    record = server.client.get(f"/api/v1/playground/runs/{response.headers['x-run-id']}").json()
    assert (record["status"], record["output"], record["tokens"]) == ("failed", "Half an ans", None)


@pytest.mark.parametrize("stream", [False, True])
def test_a_failure_before_the_first_token_keeps_its_status(
    server: RunningServer, upstream: FakeUpstream, stream: bool
) -> None:
    upstream.answer(failure(401, "Incorrect API key provided", code="invalid_api_key"))
    response = server.client.post(RUN, json=PROMPT_RUN | {"stream": stream})
    assert response.status_code == 502
    assert response.json()["detail"].startswith("LLM API error: ")
    assert (error_of(response)["code"], error_of(response)["provider_status"]) == ("provider_auth", 401)
    record = server.client.get(f"/api/v1/playground/runs/{response.headers['x-run-id']}").json()
    assert (record["status"], record["error"]["code"]) == ("failed", "provider_auth")


def test_the_example_of_an_error(server: RunningServer, upstream: FakeUpstream) -> None:
    upstream.answer(failure(429, "Rate limit exceeded", code="insufficient_quota"))
    response = server.client.post(RUN, json=TEMPLATE_RUN)
    assert response.status_code == 502
    assert response.json()["detail"] == "LLM API error: Rate limit exceeded"


# --- cancelling


def test_cancel_stops_the_call_and_settles_the_run(server: RunningServer, upstream: FakeUpstream) -> None:
    upstream.answer(Answer([frame({"content": "So far"}), End.HANG]))
    with server.client.stream("POST", RUN, json=PROMPT_RUN | {"stream": True}) as response:
        events = read_events(response)
        assert next(events).data == {"content": "So far"}
        started = time.monotonic()
        record = server.client.post(f"/api/v1/playground/runs/{response.headers['x-run-id']}/cancel").json()
        assert time.monotonic() - started < 2
        assert (record["status"], record["output"]) == ("cancelled", "So far")
        last = next(events)
    assert (last.name, last.data["error"]["code"]) == ("error", "cancelled")
    upstream.requests[0].client_left.wait_blocking()


@pytest.mark.parametrize(("policy", "status"), [("cancel", "cancelled"), ("continue", "succeeded")])
def test_the_callers_leaving(server: RunningServer, upstream: FakeUpstream, policy: str, status: str) -> None:
    gate = Signal()
    upstream.answer(gated_stream(["So far", " and on"], [_open(), gate]))
    body = PROMPT_RUN | {"stream": True, "on_disconnect": policy}
    with server.client.stream("POST", RUN, json=body) as response:
        next(read_events(response))
        path = f"/api/v1/playground/runs/{response.headers['x-run-id']}"
    if policy == "continue":
        gate.set()
    assert _settled(server, path)["status"] == status


def test_the_callers_leaving_of_a_whole_answer(server: RunningServer, upstream: FakeUpstream) -> None:
    upstream.answer(Answer([End.HANG]))
    with pytest.raises(httpx.ReadTimeout):
        server.client.post(RUN, json=PROMPT_RUN, timeout=0.5)
    [item] = server.client.get("/api/v1/playground/history").json()["items"]
    assert _settled(server, f"/api/v1/playground/runs/{item['id']}")["status"] == "cancelled"


def _open() -> Signal:
    signal = Signal()
    signal.set()
    return signal


def _settled(server: RunningServer, path: str) -> Any:
    end = time.monotonic() + 10
    while (record := server.client.get(path).json())["status"] == "running":
        assert time.monotonic() < end
        time.sleep(0.02)
    return record


def test_a_long_answer_is_kept_whole(server: RunningServer) -> None:
    text = ("x" * 9_999 + " ") * 60
    answer = server.client.post(RUN, json={"model": "demo/echo", "prompt_text": text})
    run_id = answer.json()["id"]
    record = server.client.get(f"/api/v1/playground/runs/{run_id}").json()
    assert record["output"] == answer.json()["output"]
    assert len(record["output"]) > 400_000
    assert server.client.delete(f"/api/v1/playground/runs/{run_id}").status_code == 204
    assert server.client.get(f"/api/v1/playground/runs/{run_id}").status_code == 404
