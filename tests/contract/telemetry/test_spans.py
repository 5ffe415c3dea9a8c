"""Each run is a span at a collector, over real HTTP, and none is the worse for a collector that is not there."""

import json
import re
import socket
import time
from collections.abc import Callable
from typing import Any

import pytest

from promptyard.providers.telemetry import exporter
from tests.support.aws.events import post_for_events
from tests.support.checks.spans import attributes, spans_at
from tests.support.samples.chat_answers import JSON, chat_stream, failure
from tests.support.servers.fake_upstream import Answer, End, FakeUpstream
from tests.support.servers.server import RunningServer, StartServer

PLAYGROUND = "/api/v1/playground"
TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
CANARY = re.compile("canary-[0-9a-f]+")
COLLECTOR_KEY = "lf-canary-77aa"
Start = Callable[..., RunningServer]


@pytest.fixture
def start(start_server: StartServer, upstream: FakeUpstream, monkeypatch: pytest.MonkeyPatch) -> Start:
    """A server with that collector, which has its time on a busy machine; OpenAI is the fake upstream, too."""
    monkeypatch.setattr(exporter, "SEND_SECONDS", 20)
    upstream.answer(Answer([b"{}"], headers=JSON), path="/v1/traces")
    upstream.answer(failure(400, "bad canary-0c0c"), model="refused")
    upstream.answer(chat_stream("Hello there"))

    def start(**variables: str) -> RunningServer:
        openai = {"OPENAI_API_KEY": "sk-canary-11bb", "OPENAI_BASE_URL": upstream.url}
        return start_server({**openai, "OTEL_EXPORTER_OTLP_ENDPOINT": upstream.url, **variables})

    return start


def run(server: RunningServer, model: str = "good", headers: dict[str, str] | None = None, **more: Any) -> Any:
    body = {"provider": "openai", "model": model, "prompt_text": "Hi", **more}
    answer = server.client.post(f"{PLAYGROUND}/run", json=body, headers=headers or {})
    return None if more.get("stream") else answer.json()


def test_a_run_is_a_span(start: Start, upstream: FakeUpstream) -> None:
    server = start(OTEL_EXPORTER_OTLP_HEADERS=f"Authorization=Basic%20{COLLECTOR_KEY}")
    answer = run(server)
    [span] = spans_at(server, upstream)
    found = attributes(span)
    assert span["name"] == "chat good"
    assert found["promptyard.run.id"] == answer["id"]
    assert (found["gen_ai.usage.input_tokens"], found["gen_ai.usage.output_tokens"]) == ("10", "2")
    assert "parentSpanId" not in span
    [request] = [request for request in upstream.requests if request.path == "/v1/traces"]
    assert request.method == "POST"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["authorization"] == f"Basic {COLLECTOR_KEY}"


def test_every_kind_of_run_is_one(start: Start, upstream: FakeUpstream) -> None:
    server = start()
    run(server)
    run(server, stream=True)
    run(server, "refused")
    targets = [{"provider": "openai", "model": "good"}, {"model": "nobody-lists-this"}, {"model": "demo/echo"}]
    server.client.post(f"{PLAYGROUND}/compare", json={"prompt_text": "Hi", "targets": targets, "stream": False})
    server.client.post(
        "/v1/chat/completions", json={"model": "demo/echo", "messages": [{"role": "user", "content": "a"}]}
    )
    found = spans_at(server, upstream)
    history = server.client.get(f"{PLAYGROUND}/history", params={"limit": 100}).json()["items"]
    assert sorted(attributes(span)["promptyard.run.id"] for span in found) == sorted(item["id"] for item in history)
    assert len(found) == 7
    compared = [span for span in found if "promptyard.comparison.id" in attributes(span)]
    assert len({span["traceId"] for span in compared}) == 1


def test_a_request_with_a_trace_is_a_part_of_it_and_the_next_one_is_not(start: Start, upstream: FakeUpstream) -> None:
    server = start()
    run(server, headers={"traceparent": f"00-{TRACE}-{PARENT}-01", "tracestate": "congo=t61"})
    run(server)
    with_trace, without = spans_at(server, upstream)
    assert (with_trace["traceId"], with_trace["parentSpanId"]) == (TRACE, PARENT)
    assert with_trace["traceState"] == "congo=t61"
    assert without["traceId"] != TRACE
    assert "parentSpanId" not in without


def test_the_prompt_and_its_version_are_named(start: Start, upstream: FakeUpstream) -> None:
    server = start()
    saved = {"namespace": "billing", "slug": "invoice-parser", "content": "Say {{what}}."}
    for content in ("Say {{what}}.", "Say {{what}}!"):
        server.client.post(f"{PLAYGROUND}/save-version", json=saved | {"content": content})
    body = {"model": "demo/echo", "prompt_id": "billing/invoice-parser", "variables": {"what": "it"}}
    first = server.client.post(f"{PLAYGROUND}/run", json=body).json()
    server.client.post(f"{PLAYGROUND}/runs/{first['id']}/rerun", json={})
    for span in spans_at(server, upstream):
        found = attributes(span)
        assert (found["gen_ai.prompt.name"], found["gen_ai.prompt.version"]) == ("billing/invoice-parser", "2")


def test_what_is_said_is_told_where_that_is_asked_for_alone(start: Start, upstream: FakeUpstream) -> None:
    silent = start()
    run(silent, prompt_text="canary-5a5a")
    assert all("canary" not in json.dumps(span) for span in spans_at(silent, upstream))
    upstream.requests.clear()
    telling = start(PROMPTYARD_SPAN_CONTENT="true")
    run(telling, prompt_text="canary-5a5a")
    [span] = spans_at(telling, upstream)
    assert "canary-5a5a" in attributes(span)["gen_ai.input.messages"]
    assert "Hello there" in attributes(span)["gen_ai.output.messages"]


def test_what_is_blocked_is_told_to_no_collector(start: Start, upstream: FakeUpstream) -> None:
    server = start(PROMPTYARD_SPAN_CONTENT="true")
    genai = "/api/v2/genai/playgrounds/"
    body = {"name": "n", "description": "d", "useCaseId": "u"}
    playground = server.client.post(genai, json=body).json()["id"]
    guard = {
        "ootbMetricName": "pii_violation",
        "moderationConfiguration": {
            "guardConditions": [{"comparator": "greaterThan", "comparand": 0}],
            "intervention": {"action": "reportAndBlock", "message": "withheld"},
        },
    }
    server.client.post(f"{genai}{playground}/ootbMetricConfigurations/", json=guard)
    run(server, prompt_text="Write to jane.roe@example.com", playground_id=playground)
    body = {
        "model": "demo/echo",
        "prompt_text": "mail jane.roe@example.com",
        "playground_id": playground,
        "stream": True,
    }
    post_for_events(server.client, f"{PLAYGROUND}/run", body)
    found = spans_at(server, upstream)
    assert [attributes(span)["promptyard.status"] for span in found] == ["blocked", "blocked"]
    assert "jane" not in json.dumps(found)


def test_no_key_is_in_a_span(start: Start, upstream: FakeUpstream) -> None:
    server = start(OTEL_EXPORTER_OTLP_HEADERS=f"api-key={COLLECTOR_KEY}", PROMPTYARD_SPAN_CONTENT="true")
    for model in ("good", "refused"):
        run(server, model, provider_key="sk-canary-22cc")
        run(server, model, provider_key="sk-canary-33dd", custom_base_url=upstream.url)
        run(server, model)
    found = spans_at(server, upstream)
    assert len(found) == 6
    assert not CANARY.search(json.dumps(found))


def dead_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


@pytest.mark.parametrize("fate", ["nobody there", "silent", "refusing", "cut", "redirecting", "metadata"])
def test_a_collector_that_is_none_hurts_no_run(
    start: Start, upstream: FakeUpstream, fate: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporter, "SEND_SECONDS", 0.3)
    with FakeUpstream() as collector:
        script = {
            "silent": Answer([End.HANG], raw=True),
            "refusing": failure(401, COLLECTOR_KEY),
            "cut": Answer([End.RESET], raw=True),
            "redirecting": Answer([], 307, {"location": upstream.url}),
        }.get(fate)
        if script is not None:
            collector.answer(script)
        dead = {"nobody there": f"http://127.0.0.1:{dead_port()}", "metadata": "http://169.254.169.254"}
        server = start(OTEL_EXPORTER_OTLP_ENDPOINT=dead.get(fate, collector.url))
        took = []
        for _ in range(10):
            began = time.perf_counter()
            assert run(server)["status"] == "succeeded"
            took.append(time.perf_counter() - began)
        assert sorted(took)[5] < 0.3
        assert spans_at(server, upstream) == []
    lost = [record for record in caplog.records if record.message == "span not sent"]
    assert len(lost) == 10
    assert COLLECTOR_KEY not in caplog.text
    listed = server.client.get(f"{PLAYGROUND}/history").json()["items"]
    assert {item["status"] for item in listed} == {"succeeded"}


RUNS = 60


@pytest.mark.parametrize("runs", [RUNS, pytest.param(1_000, marks=pytest.mark.hard)])
def test_of_so_many_runs_so_many_spans_and_lines(
    start: Start, upstream: FakeUpstream, runs: int, capfd: pytest.CaptureFixture[str]
) -> None:
    server = start(PROMPTYARD_METRICS_NAMESPACE="Promptyard/contract")
    for _ in range(runs):
        server.client.post(f"{PLAYGROUND}/run", json={"model": "demo/echo", "prompt_text": "Hi"})
    found = spans_at(server, upstream)
    assert len({span["spanId"] for span in found}) == len(found) == runs
    assert capfd.readouterr().out.count('{"_aws"') == runs
    traces = [request for request in upstream.requests if request.path == "/v1/traces"]
    assert len({request.connection for request in traces}) < runs / 4, "connections are used again"
