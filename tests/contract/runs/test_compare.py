"""Comparisons over real HTTP, as the documents whose APIs they speak show them."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from promptyard.domain.prompts.compression import RULES_VERSION
from tests.support.aws.events import post_for_events, read_events
from tests.support.samples.chat_answers import broken_stream, chat_stream, failure, frame, usage
from tests.support.servers.fake_upstream import Answer, End, FakeUpstream
from tests.support.servers.server import RunningServer, StartServer

COMPARE = "/api/v1/playground/compare"
MULTI = "/api/v1/playground/run-multi"
COMPRESS = "/v1/playground/compare"


@pytest.fixture
def server(start_server: StartServer, upstream: FakeUpstream) -> RunningServer:
    """With every provider of the examples at the fake upstream, which speaks OpenAI's form for all of them."""
    return start_server({"OPENAI_API_KEY": "sk-test-1", "OPENAI_BASE_URL": upstream.url})


def ends(events: list[Any]) -> dict[int, list[str]]:
    """The terminal events by index."""
    found: dict[int, list[str]] = {}
    for event in events:
        kind, _, index = event.name.partition(":")
        if kind in {"done", "error"}:
            found.setdefault(int(index), []).append(kind)
    return found


# --- compare

EXAMPLE = {
    "prompt_text": "Explain quantum computing in one sentence.",
    "targets": [
        {"provider": "openai", "model": "gpt-4o"},
        {"provider": "anthropic", "model": "claude-3-5-sonnet-20241022"},
        {"provider": "openai", "model": "gpt-4o-mini"},
    ],
    "parameters": {"temperature": 0.7},
}


def test_the_example_streams_indexed_events(server: RunningServer, upstream: FakeUpstream) -> None:
    upstream.answer(chat_stream("Quantum computing", counts=usage(12, 25)), model="gpt-4o")
    upstream.answer(chat_stream("Quantum computing uses", counts=usage(12, 30)), model="gpt-4o-mini")
    response, events = post_for_events(server.client, COMPARE, EXAMPLE)
    assert response.headers["content-type"].startswith("text/event-stream")
    assert events[-1].name == "end"
    assert events[-1].data == {"comparison_id": response.headers["x-comparison-id"]}
    assert ends(events) == {0: ["done"], 1: ["error"], 2: ["done"]}
    assert [event.number for event in events] == list(range(1, len(events) + 1))
    assert all(event.data["index"] == int(event.name.split(":")[1]) for event in events[:-1])
    for index, text in {0: "Quantum computing", 2: "Quantum computing uses"}.items():
        assert "".join(e.data["content"] for e in events if e.name == f"chunk:{index}") == text
    done = next(event.data for event in events if event.name == "done:0")
    assert (done["done"], done["finish_reason"]) == (True, "stop")
    assert (done["stats"]["tokens_in"], done["stats"]["tokens_out"]) == (12, 25)
    # No key for Anthropic is that target's error, and no other's.
    error = next(event.data for event in events if event.name == "error:1")
    assert error["error"]["code"] == "missing_key"
    assert {request.json["temperature"] for request in upstream.requests} == {0.7}


def test_a_comparison_is_kept_together(server: RunningServer, upstream: FakeUpstream) -> None:
    upstream.answer(chat_stream("a much longer answer than that", counts=usage(10, 60)), model="gpt-4o")
    upstream.answer(chat_stream("short", counts=usage(10, 2), first_token_seconds=1.0), model="gpt-4o-mini")
    targets = [{"model": "gpt-4o"}, {"model": "gpt-4o-mini"}]
    body = {"prompt_text": "Hi", "targets": targets, "stream": False}
    answer = server.client.post(COMPARE, json=body).json()
    first, second = answer["results"]
    assert [result["index"] for result in answer["results"]] == [0, 1]
    assert (first["output"], second["output"]) == ("a much longer answer than that", "short")
    record = server.client.get(f"/api/v1/playground/comparisons/{answer['comparison_id']}").json()
    assert [run["id"] for run in record["runs"]] == [first["id"], second["id"]]
    assert {run["comparison_id"] for run in record["runs"]} == {answer["comparison_id"]}
    assert record["outcome"] == "clean"
    assert (record["fastest"], record["cheapest"], record["longest"]) == (first["id"], second["id"], first["id"])
    assert server.client.get("/api/v1/playground/comparisons/nothing").status_code == 404


def test_the_same_target_may_stand_twice_and_overrides_shared_parameters(
    server: RunningServer, upstream: FakeUpstream
) -> None:
    upstream.answer(chat_stream("ok"))
    targets = [{"model": "gpt-4o"}, {"model": "gpt-4o", "parameters": {"temperature": 0.1}}]
    body = {"prompt_text": "Hi", "targets": targets, "parameters": {"temperature": 0.9, "max_tokens": 5}}
    _, events = post_for_events(server.client, COMPARE, body)
    assert ends(events) == {0: ["done"], 1: ["done"]}
    sent = sorted((r.json["temperature"], r.json["max_completion_tokens"]) for r in upstream.requests)
    assert sent == [(0.1, 5), (0.9, 5)]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"targets": [{"model": "demo/echo"}]}, "targets"),
        ({"targets": [{"model": "demo/echo"}] * 11}, "targets"),
        ({"prompt_text": None}, "prompt_text"),
        ({"messages": [{"role": "user", "content": "x"}]}, "messages"),
        ({"parameters": {"temperature": 9}}, "temperature"),
        ({"targets": [{"model": "demo/echo", "colour": 1}] * 2}, "colour"),
    ],
)
def test_a_request_wrong_as_a_whole_is_refused(server: RunningServer, change: dict[str, Any], field: str) -> None:
    response = server.client.post(COMPARE, json=EXAMPLE | change)
    assert response.status_code == 422
    assert field in response.text


def test_what_is_wrong_with_one_target_is_its_own_error(server: RunningServer) -> None:
    targets = [
        {"model": "no-such-model"},
        {"provider": "nobody", "model": "x"},
        {"model": "gpt-4o", "parameters": {"reasoning_effort": "high"}},
        {"provider": "custom", "model": "m", "custom_base_url": "http://10.0.0.1/v1"},
        {"model": "demo/echo"},
    ]
    _, events = post_for_events(server.client, COMPARE, {"prompt_text": "Hi", "targets": targets})
    codes = {event.data["index"]: event.data["error"]["code"] for event in events if event.name.startswith("error")}
    assert codes == {0: "unknown_model", 1: "validation", 2: "validation", 3: "endpoint_refused"}
    assert ends(events)[4] == ["done"]


def test_one_target_that_hangs_delays_no_other(server: RunningServer, upstream: FakeUpstream) -> None:
    upstream.answer(Answer([End.HANG]), model="gpt-4o")
    upstream.answer(chat_stream("quick"), model="gpt-4o-mini")
    body = {"prompt_text": "Hi", "targets": [{"model": "gpt-4o"}, {"model": "gpt-4o-mini"}]}
    with server.client.stream("POST", COMPARE, json=body) as response:
        events = read_events(response)
        assert next(events).name == "chunk:1"
        assert next(events).name == "done:1"
        started = time.monotonic()
        path = f"/api/v1/playground/comparisons/{response.headers['x-comparison-id']}/cancel"
        record = server.client.post(path).json()
        assert time.monotonic() - started < 2
        assert [run["status"] for run in record["runs"]] == ["cancelled", "succeeded"]
        last = list(events)
    assert [(event.name, event.data.get("error", {}).get("code")) for event in last] == [
        ("error:0", "cancelled"),
        ("end", None),
    ]
    next(request for request in upstream.requests if request.model == "gpt-4o").client_left.wait_blocking()


def test_the_callers_leaving_stops_every_call(server: RunningServer, upstream: FakeUpstream) -> None:
    upstream.answer(Answer([frame({"content": "So far"}), End.HANG]))
    body = {"prompt_text": "Hi", "targets": [{"model": "gpt-4o"}] * 3}
    with server.client.stream("POST", COMPARE, json=body) as response:
        events = read_events(response)
        for _ in range(3):
            next(events)
        path = f"/api/v1/playground/comparisons/{response.headers['x-comparison-id']}"
    for request in upstream.requests:
        request.client_left.wait_blocking()
    runs = settled(server, path)
    assert [run["status"] for run in runs] == ["cancelled"] * 3


def settled(server: RunningServer, path: str) -> list[Any]:
    end = time.monotonic() + 10
    while True:
        runs: list[Any] = server.client.get(path).json()["runs"]
        if all(run["status"] != "running" for run in runs):
            return runs
        assert time.monotonic() < end
        time.sleep(0.02)


# --- run-multi

MULTI_EXAMPLE = {
    "type": "chat",
    "template_messages": [
        {"role": "system", "content": "You are a helpful assistant."},
        {"role": "user", "content": "{{question}}"},
    ],
    "variables": {"question": "What is the capital of France?"},
    "models": [
        {"id": "gpt4o", "label": "GPT-4o", "model": "gpt-4o", "temperature": 0.7},
        {"id": "gpt4o-mini", "label": "GPT-4o Mini", "model": "gpt-4o-mini", "temperature": 0.7},
        {"id": "claude", "label": "Claude Sonnet", "model": "claude-3-5-sonnet-20241022", "temperature": 0.7},
    ],
}


def test_run_multi_answers_in_request_order(server: RunningServer, upstream: FakeUpstream) -> None:
    upstream.answer(chat_stream("The capital of France is Paris.", first_token_seconds=0.2), model="gpt-4o")
    upstream.answer(chat_stream("Paris.", counts=usage(25, 8)), model="gpt-4o-mini")
    response = server.client.post(MULTI, json=MULTI_EXAMPLE)
    assert response.status_code == 200
    first, second, third = response.json()
    assert [result["model_id"] for result in response.json()] == ["gpt4o", "gpt4o-mini", "claude"]
    assert (first["output"], first["error"]) == ("The capital of France is Paris.", None)
    assert second["tokens"]["total"] == 33
    assert second["cost_usd"] == pytest.approx(25 * 0.15e-6 + 8 * 0.6e-6)
    assert (third["output"], third["tokens"], third["cost_usd"]) == (None, None, None)
    assert third["error"].startswith("No key for Anthropic")


def test_run_multi_with_a_model_nobody_has(server: RunningServer, upstream: FakeUpstream) -> None:
    upstream.answer(chat_stream("ok"))
    models = [{"id": "gpt4o", "model": "gpt-4o"}, {"id": "invalid-model", "model": "invalid-model"}]
    good, bad = server.client.post(MULTI, json=MULTI_EXAMPLE | {"models": models}).json()
    assert good["output"] == "ok"
    assert bad["error"] == "Model not found: invalid-model"
    assert (bad["model_id"], bad["output"], bad["tokens"], bad["cost_usd"]) == ("invalid-model", None, None, None)
    assert isinstance(bad["latency_ms"], int)


def test_run_multi_streams_like_compare(server: RunningServer, upstream: FakeUpstream) -> None:
    upstream.answer(chat_stream("ok"))
    _, events = post_for_events(server.client, MULTI, MULTI_EXAMPLE | {"stream": True})
    assert ends(events) == {0: ["done"], 1: ["done"], 2: ["error"]}
    assert events[-1].name == "end"


def test_run_multi_without_its_variables(server: RunningServer) -> None:
    response = server.client.post(MULTI, json=MULTI_EXAMPLE | {"variables": {}})
    assert response.status_code == 422
    assert "question" in response.text


# --- raw against compressed


def compress_body(upstream: FakeUpstream, **changes: Any) -> dict[str, Any]:
    body = {
        "prompt": "Summarise the SOLID principles.",
        "provider": "custom",
        "provider_key": "sk-your-endpoint-key",
        "custom_base_url": upstream.url,
        "model": "your-model-id",
        "intensity": "full",
    }
    return body | changes


def is_compressed(request: Any) -> bool:
    return bool(request.json["messages"][0]["role"] == "system")


def by_arm(normal: Answer, compressed: Answer) -> Callable[[Any], Answer]:
    return lambda request: compressed if is_compressed(request) else normal


def test_both_arms_and_what_was_saved(server: RunningServer, upstream: FakeUpstream) -> None:
    upstream.answer(
        by_arm(chat_stream("A long answer.", counts=usage(8, 120)), chat_stream("Short.", counts=usage(300, 45)))
    )
    response = server.client.post(COMPRESS, json=compress_body(upstream))
    answer = response.json()
    assert response.status_code == 200
    assert list(answer)[:10] == [
        "normal_response",
        "normal_tokens",
        "normal_error",
        "normal_ms",
        "mintoken_response",
        "mintoken_tokens",
        "mintoken_error",
        "mintoken_ms",
        "savings_percent",
        "intensity",
    ]
    assert (answer["normal_response"], answer["normal_tokens"]) == ("A long answer.", 120)
    assert (answer["mintoken_response"], answer["mintoken_tokens"]) == ("Short.", 45)
    assert (answer["normal_error"], answer["mintoken_error"]) == (None, None)
    assert answer["savings_percent"] == 62.5
    assert (answer["normal_input_tokens"], answer["mintoken_input_tokens"]) == (8, 300)
    assert (answer["normal_cost_usd"], answer["savings_cost_percent"]) == (None, None)
    assert (answer["intensity"], answer["outcome"], answer["rules_version"]) == ("full", "clean", RULES_VERSION)
    plain, compressed = sorted(upstream.requests, key=is_compressed)
    assert plain.json["messages"] == [{"role": "user", "content": "Summarise the SOLID principles."}]
    assert compressed.json["messages"][1] == plain.json["messages"][0]
    assert {request.headers["authorization"] for request in upstream.requests} == {"Bearer sk-your-endpoint-key"}
    history = server.client.get("/api/v1/playground/history").json()
    assert {(run["endpoint"], run["endpoint_tag"]) for run in history["items"]} == {
        ("playground/compare", "compression")
    }


def test_the_basic_example_on_the_stand_in(server: RunningServer) -> None:
    body = {"prompt": "Explain how a database connection pool works.", "provider": "demo"}
    answer = server.client.post(COMPRESS, json=body).json()
    assert answer["intensity"] == "full"
    assert answer["normal_tokens"] > answer["mintoken_tokens"] > 0
    assert answer["savings_percent"] > 0


def test_a_loss_is_shown_as_it_is(server: RunningServer, upstream: FakeUpstream) -> None:
    upstream.answer(by_arm(chat_stream("x", counts=usage(8, 40)), chat_stream("x", counts=usage(300, 50))))
    body = compress_body(upstream, provider="openai", model="gpt-4o", custom_base_url=None)
    answer = server.client.post(COMPRESS, json=body).json()
    assert answer["savings_percent"] == -25.0
    plain = 8 * 2.5 + 40 * 10
    compressed = 300 * 2.5 + 50 * 10
    assert answer["savings_cost_percent"] == round(100 * (plain - compressed) / plain, 1)


@pytest.mark.parametrize(
    ("normal", "compressed", "outcome"),
    [
        (chat_stream("fine"), failure(500, "down"), "partial"),
        (failure(401, "bad key"), chat_stream("fine"), "partial"),
        (failure(401, "bad key"), failure(401, "bad key"), "broken"),
    ],
)
def test_failures_of_one_arm_or_both(
    server: RunningServer, upstream: FakeUpstream, normal: Answer, compressed: Answer, outcome: str
) -> None:
    upstream.answer(by_arm(normal, compressed))
    response = server.client.post(COMPRESS, json=compress_body(upstream))
    answer = response.json()
    assert response.status_code == 200
    assert (answer["outcome"], answer["savings_percent"]) == (outcome, 0.0)
    for arm, script in {"normal": normal, "mintoken": compressed}.items():
        failed = script.status != 200
        assert (answer[f"{arm}_error"] is not None) == failed
        assert (answer[f"{arm}_tokens"] == 0) == failed
        assert isinstance(answer[f"{arm}_ms"], int)


def test_what_came_of_a_broken_arm_is_kept(server: RunningServer, upstream: FakeUpstream) -> None:
    upstream.answer(broken_stream("Half an", End.CUT))
    answer = server.client.post(COMPRESS, json=compress_body(upstream)).json()
    assert answer["normal_response"] == "Half an"
    assert answer["normal_error"]
    assert answer["outcome"] == "broken"


@pytest.mark.parametrize(
    "change",
    [
        {"prompt": ""},
        {"prompt": "  "},
        {"prompt": 7},
        {"provider": "nobody"},
        {"intensity": "extreme"},
        {"model": None},
        {"custom_base_url": None},
        {"provider_key": None},
        {"provider": "anthropic", "provider_key": None, "custom_base_url": None},
        {"provider": "openai", "provider_key": None, "custom_base_url": None},
        {"custom_base_url": "ftp://example.com"},
        {"custom_base_url": "http://169.254.169.254/v1"},
        {"colour": "red"},
    ],
)
def test_invalid_requests_are_400(server: RunningServer, upstream: FakeUpstream, change: dict[str, Any]) -> None:
    response = server.client.post(COMPRESS, json=compress_body(upstream) | change)
    assert response.status_code == 400
    assert isinstance(response.json()["detail"], str)
    assert upstream.requests == []


# --- catalogue


def test_both_providers_lists_are_one(server: RunningServer) -> None:
    ours = server.client.get("/api/v1/playground/providers").json()
    assert server.client.get("/v1/playground/providers").json() == ours
    rows = {row["id"]: row for row in ours["providers"]}
    assert {"openai", "anthropic", "google", "bedrock", "custom", "demo", "ollama"} <= rows.keys()
    assert (rows["openai"]["ready"], rows["openai"]["missing"]) == (True, None)
    assert (rows["anthropic"]["ready"], rows["anthropic"]["missing"]) == (False, "ANTHROPIC_API_KEY")
    assert "gpt-4o" in {model["id"] for model in rows["openai"]["models"]}


def test_models_have_prices_and_what_they_take(server: RunningServer) -> None:
    page = server.client.get("/api/v1/models", params={"provider": "openai", "search": "GPT-4o-mini"}).json()
    model = next(item for item in page["items"] if item["id"] == "openai/gpt-4o-mini")
    assert (model["input_usd_per_mtok"], model["output_usd_per_mtok"]) == (0.15, 0.6)
    assert model["capabilities"]["sampling"] is True
    assert model["deprecation_date"] == "2027-01-14"
    assert server.client.get("/api/v1/models", params={"limit": 0}).status_code == 422
