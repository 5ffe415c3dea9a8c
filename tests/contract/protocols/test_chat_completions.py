"""`/v1/chat/completions` as OpenAI's own client calls it."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import openai
import pytest
from openai.types.chat import ChatCompletionChunk

from promptyard.domain.account.access import Role
from promptyard.domain.account.quotas import TenantQuotas
from tests.support.doubles.tenancy import Tenancy
from tests.support.samples.chat_answers import broken_stream, chat_stream, failure, frame, gated_stream
from tests.support.servers.fake_upstream import Answer, End, FakeUpstream
from tests.support.servers.server import RunningServer, StartServer
from tests.support.servers.signals import Signal

CHAT = "/v1/chat/completions"
HELLO: Any = [{"role": "user", "content": "Hello out there"}]
TOOL: Any = {
    "type": "function",
    "function": {
        "name": "look_up",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
            "required": ["city", "days"],
        },
    },
}
SSE = {"content-type": "text/event-stream"}


@pytest.fixture
def server(start_server: StartServer, upstream: FakeUpstream) -> RunningServer:
    """With OpenAI and Anthropic at the fake upstream."""
    keys = {"OPENAI_API_KEY": "sk-test", "ANTHROPIC_API_KEY": "sk-ant-test"}
    return start_server({**keys, "OPENAI_BASE_URL": upstream.url, "ANTHROPIC_BASE_URL": upstream.url})


@pytest.fixture
def client(server: RunningServer) -> Iterator[openai.OpenAI]:
    with _client(server) as client:
        yield client


def _client(server: RunningServer, key: str = "DUMMY_KEY", **more: Any) -> openai.OpenAI:
    return openai.OpenAI(
        base_url=f"{server.url}/v1", api_key=key, http_client=httpx.Client(trust_env=False, timeout=30), **more
    )


def record(server: RunningServer, run_id: str) -> Any:
    return server.client.get(f"/api/v1/playground/runs/{run_id}").json()


def post(server: RunningServer, body: Any, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return server.client.post(CHAT, json={"model": "demo/echo", "messages": HELLO} | body, headers=named)


def data_of(response: httpx.Response) -> list[Any]:
    lines = [line.removeprefix("data: ") for line in response.text.split("\n") if line.startswith("data: ")]
    return [line if line == "[DONE]" else json.loads(line) for line in lines]


# --- Answers


def test_an_answer_is_openais_and_its_run_is_in_the_history(client: openai.OpenAI, server: RunningServer) -> None:
    raw = client.chat.completions.with_raw_response.create(model="demo/echo", messages=HELLO)
    answer = raw.parse()
    [choice] = answer.choices
    assert (choice.message.role, choice.message.content, choice.finish_reason) == (
        "assistant",
        HELLO[0]["content"],
        "stop",
    )
    assert answer.model == "demo/echo"
    assert answer.usage is not None
    assert answer.usage.model_dump()["total_tokens"] == 6
    assert raw.headers["x-promptyard-usage-source"] == "reported"
    assert raw.headers["x-promptyard-cost-usd"] == "0"
    assert answer._request_id
    run = record(server, raw.headers["x-run-id"])
    assert answer.id == f"chatcmpl-{run['id']}"
    assert (run["endpoint"], run["output"]) == ("chat/completions", HELLO[0]["content"])


def test_a_stream_has_one_id_and_ends_with_the_usage_that_was_asked_for(client: openai.OpenAI) -> None:
    asked: Any = {"model": "demo/thinker", "messages": HELLO, "stream": True}
    chunks = list(client.chat.completions.create(**asked, stream_options={"include_usage": True}))
    assert len({(chunk.id, chunk.created, chunk.model) for chunk in chunks}) == 1
    first, *middle, finish, last = chunks
    assert first.choices[0].delta.model_dump(exclude_none=True) == {"role": "assistant", "content": ""}
    assert any(getattr(chunk.choices[0].delta, "reasoning_content", None) for chunk in middle)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in middle)
    assert {chunk.choices[0].finish_reason for chunk in (first, *middle)} == {None}
    assert finish.choices[0].finish_reason == "stop"
    assert last.choices == []
    assert last.usage is not None
    assert last.usage.completion_tokens_details is not None
    assert last.usage.completion_tokens_details.reasoning_tokens
    assert all(chunk.usage is None for chunk in chunks[:-1])


def test_no_usage_is_streamed_unasked_and_every_chunk_is_of_the_sdks_type(server: RunningServer) -> None:
    response = post(server, {"stream": True})
    *chunks, done = data_of(response)
    assert done == "[DONE]"
    for chunk in chunks:
        ChatCompletionChunk.model_validate(chunk)
        assert chunk["choices"]
        assert "usage" not in chunk


def test_a_tool_call_is_streamed_in_pieces_and_its_echo_is_taken(client: openai.OpenAI) -> None:
    asked: Any = {"model": "demo/writer", "tools": [TOOL]}
    pieces = [
        call
        for chunk in client.chat.completions.create(**asked, messages=HELLO, stream=True)
        for call in chunk.choices[0].delta.tool_calls or ()
    ]
    assert len(pieces) >= 3
    assert pieces[0].id
    assert pieces[0].function is not None
    assert pieces[0].function.name == "look_up"
    assert all(piece.id is None for piece in pieces[1:])
    arguments = "".join(piece.function.arguments or "" for piece in pieces if piece.function)
    assert set(json.loads(arguments)) == {"city", "days"}

    whole = client.chat.completions.create(**asked, messages=HELLO).choices[0]
    assert whole.finish_reason == "tool_calls"
    assert whole.message.tool_calls
    told: Any = {
        "role": "tool",
        "tool_call_id": whole.message.tool_calls[0].id,
        "content": [{"type": "text", "text": "3"}],
    }
    again = client.chat.completions.create(**asked, messages=[*HELLO, whole.message, told]).choices[0]
    assert again.finish_reason == "stop"
    assert again.message.content


# --- What is asked for


def test_a_body_goes_whole_to_a_provider_of_the_same_protocol(client: openai.OpenAI, upstream: FakeUpstream) -> None:
    upstream.answer(chat_stream("Yes"), model="gpt-4o")
    audio: Any = {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}
    messages: Any = [
        {"role": "system", "content": "Be brief", "x_kept": 1},
        {"role": "user", "name": "ada", "content": [{"type": "text", "text": "Listen"}, audio]},
    ]
    answer = client.chat.completions.with_raw_response.create(
        model="openai/gpt-4o",
        messages=messages,
        max_tokens=5,
        logit_bias={"50256": -100},
        service_tier="flex",
        user="ada",
        extra_body={"brand_new": {"a": [1]}, "nothing": None},
    )
    assert "x-promptyard-dropped" not in answer.headers
    [sent] = [request.json for request in upstream.requests]
    assert sent["messages"] == messages
    assert sent["brand_new"] == {"a": [1]}
    assert (sent["logit_bias"], sent["service_tier"], sent["user"]) == ({"50256": -100}, "flex", "ada")
    assert sent["max_completion_tokens"] == 5
    assert "nothing" not in sent


def test_what_the_model_does_not_take_is_dropped_and_named(server: RunningServer) -> None:
    body = {
        "temperature": 0,
        "response_format": {"type": "json_object"},
        "user": "ada",
        "brand_new": 1,
        "logprobs": True,
    }
    response = post(server, {"model": "demo/writer", **body})
    assert response.status_code == 200
    named = ["brand_new", "logprobs", "response_format", "user"]
    assert response.headers["x-promptyard-dropped"] == ", ".join(named)
    assert record(server, response.headers["x-run-id"])["dropped"] == named


@pytest.mark.parametrize(("field", "value"), [("user", "ada"), ("response_format", {"type": "json_object"})])
def test_strictly_it_is_a_400_that_names_it(server: RunningServer, field: str, value: Any) -> None:
    response = post(server, {"model": "demo/writer", field: value}, x_promptyard_strict="true")
    assert response.status_code == 400
    assert response.json()["error"]["param"] == field


def test_a_parameter_that_the_provider_refuses_is_left_out_and_it_is_asked_again(
    server: RunningServer, upstream: FakeUpstream
) -> None:
    refusal = failure(400, "Unsupported parameter: 'logit_bias'", code="unsupported_parameter", param="logit_bias")
    upstream.answer(refusal, times=1)
    upstream.answer(chat_stream("Yes"))
    response = post(server, {"model": "openai/gpt-4o", "logit_bias": {"1": 2}, "temperature": 0.2})
    assert response.status_code == 200
    assert response.headers["x-promptyard-dropped"] == "logit_bias"
    assert "logit_bias" not in upstream.requests[-1].json


def test_a_field_that_a_quota_cannot_bound_is_dropped(tenancy: Tenancy) -> None:
    tenancy.make_tenant("small", quotas=TenantQuotas(tokens_per_month=10_000))
    with _client(tenancy.server, tenancy.key("small", Role.MEMBER)) as client:
        raw = client.chat.completions.with_raw_response.create(
            model="demo/echo", messages=HELLO, service_tier="priority", extra_body={"delay_ms": 0}
        )
    assert raw.headers["x-promptyard-dropped"] == "service_tier"
    assert raw.headers["x-ratelimit-limit-tokens"] == "10000"


# --- Prompts of the registry


def test_a_prompt_of_the_registry_is_a_model(client: openai.OpenAI, server: RunningServer) -> None:
    saved = {
        "namespace": "billing",
        "slug": "parser",
        "content": "Parse {{what}}.",
        "default_model": "demo/echo",
    }
    version = server.client.post("/api/v1/playground/save-version", json=saved)
    assert version.status_code == 201, version.text
    label = server.client.put("/api/v1/prompts/billing/parser/labels/production", json={"version_number": 1})
    assert label.status_code < 300, label.text
    raw = client.chat.completions.with_raw_response.create(
        model="billing/parser@production", messages=[], metadata={"what": "invoices"}
    )
    assert raw.parse().choices[0].message.content == "Parse invoices."
    run = record(server, raw.headers["x-run-id"])
    assert run["version_number"] == 1
    assert run["template"]["variables"] == {"what": "invoices"}
    more = client.chat.completions.create(
        model="billing/parser", messages=HELLO, extra_body={"prompt": {"variables": {"what": "it"}}}
    )
    assert more.choices[0].message.content == HELLO[0]["content"]
    with pytest.raises(openai.BadRequestError, match="what"):
        client.chat.completions.create(model="billing/parser@1", messages=[])
    with pytest.raises(openai.NotFoundError) as missing:
        client.chat.completions.create(model="billing/nothing", messages=HELLO)
    assert missing.value.code == "model_not_found"


# --- Errors


def test_errors_before_the_answer_are_openais(server: RunningServer, upstream: FakeUpstream) -> None:
    def error(body: Any) -> tuple[int, str | None]:
        response = post(server, body)
        detail = response.json()["error"]
        assert set(detail) == {"message", "type", "param", "code"}
        return response.status_code, detail["code"]

    assert error({"model": "no-such-model"}) == (404, "model_not_found")
    assert error({"messages": "Hi"}) == (400, "invalid_request")
    assert error({"messages": [{"role": "king", "content": "x"}]}) == (400, "invalid_request")
    assert error({"temperature": 9}) == (400, "invalid_request")
    assert error({"n": 2}) == (400, "invalid_request")
    assert error({"model": "openai/gpt-4o", "messages": [{"role": "user"}]}) == (400, "invalid_request")
    assert server.client.post(CHAT, content=b"{").json()["error"]["type"] == "invalid_request_error"


@pytest.mark.parametrize(
    ("answer", "status", "code"),
    [
        (failure(400, "maximum context length is 8192 tokens", code="x"), 400, "context_length_exceeded"),
        (failure(401, "Incorrect API key provided", code="invalid_api_key"), 401, "provider_auth"),
        (failure(404, "no such model"), 404, "model_not_found"),
        (failure(429, "Out of credit", code="insufficient_quota"), 429, "rate_limit_exceeded"),
        (failure(500, "Sorry", x_should_retry="false"), 502, "provider_error"),
    ],
)
def test_the_providers_refusals_are_passed_on_and_not_tried_again(
    client: openai.OpenAI, upstream: FakeUpstream, answer: Answer, status: int, code: str
) -> None:
    upstream.answer(answer)
    with pytest.raises(openai.APIStatusError) as raised:
        client.chat.completions.create(model="openai/gpt-4o", messages=HELLO)
    assert (raised.value.status_code, raised.value.code) == (status, code)
    assert raised.value.response.headers["x-should-retry"] == "false"
    assert raised.value.response.headers["x-run-id"]
    assert len(upstream.requests) == 1


def test_an_error_in_the_stream_is_an_error_to_the_client(client: openai.OpenAI, upstream: FakeUpstream) -> None:
    upstream.answer(broken_stream("Hello there", End.CUT))
    stream = client.chat.completions.create(model="openai/gpt-4o", messages=HELLO, stream=True)
    told = [next(stream).choices[0].delta.content for _ in range(3)]
    assert told == ["", "Hello", " there"]
    with pytest.raises(openai.APIError) as raised:
        next(stream)
    assert raised.value.code == "provider_malformed"


def test_without_a_key_it_is_a_401_in_openais_form(tenancy: Tenancy) -> None:
    with _client(tenancy.server) as stranger, pytest.raises(openai.AuthenticationError) as raised:
        stranger.chat.completions.create(model="demo/echo", messages=HELLO)
    assert raised.value.code == "invalid_api_key"
    key = tenancy.key("acme", Role.MEMBER)
    body = {"model": "demo/echo", "messages": HELLO}
    assert tenancy.client.post(CHAT, json=body, headers={"x-api-key": key}).status_code == 200
    assert (
        tenancy.request("POST", CHAT, tenancy.key("acme", Role.VIEWER), json=body).json()["error"]["code"]
        == "forbidden"
    )


# --- Guards, cancelling, idempotency, browsers


@pytest.mark.parametrize("by_header", [True, False])
def test_a_playground_guards_its_runs(server: RunningServer, by_header: bool) -> None:
    made = server.client.post("/api/v2/genai/playgrounds/", json={"name": "n", "description": "d", "useCaseId": "u"})
    playground = made.json()["id"]
    condition = {"comparand": 0, "comparator": "greaterThan"}
    guard = {
        "ootbMetricName": "pii_violation",
        "moderationConfiguration": {
            "guardConditions": [condition],
            "intervention": {"action": "block", "message": "Not here"},
        },
    }
    url = f"/api/v2/genai/playgrounds/{playground}/ootbMetricConfigurations/"
    assert server.client.post(url, json=guard).status_code == 201
    body = {"messages": [{"role": "user", "content": "My mail is ada@example.com"}]}
    if by_header:
        response = post(server, body, x_promptyard_playground=playground)
    else:
        response = post(server, body | {"metadata": {"playground_id": playground}})
    assert response.status_code == 200, response.text
    [choice] = response.json()["choices"]
    assert (choice["message"]["content"], choice["finish_reason"]) == ("Not here", "content_filter")
    streamed = post(server, body | {"stream": True}, x_promptyard_playground=playground)
    deltas = [choice["delta"].get("content") for chunk in data_of(streamed)[:-1] for choice in chunk["choices"]]
    assert "".join(filter(None, deltas)) == "Not here"


def test_leaving_a_stream_stops_the_provider(client: openai.OpenAI, upstream: FakeUpstream) -> None:
    gates = [Signal(), Signal()]
    gates[0].set()
    upstream.answer(gated_stream(["Hello", " there"], gates))
    stream = client.chat.completions.create(model="openai/gpt-4o", messages=HELLO, stream=True)
    assert next(stream).choices[0].delta.role == "assistant"
    stream.close()
    upstream.requests[0].client_left.wait_blocking()


def test_a_run_is_cancelled_by_its_id_and_not_tried_again(server: RunningServer, upstream: FakeUpstream) -> None:
    gates = [Signal(), Signal()]
    gates[0].set()
    upstream.answer(gated_stream(["Hello", " there"], gates))
    body = {"model": "openai/gpt-4o", "messages": HELLO, "stream": True}
    with server.client.stream("POST", CHAT, json=body) as response:
        run_id = response.headers["x-run-id"]
        cancelled = server.client.post(f"/api/v1/playground/runs/{run_id}/cancel")
        assert cancelled.json()["status"] in {"running", "cancelled"}
        response.read()
    assert data_of(response)[-1]["error"]["code"] == "cancelled"
    upstream.requests[0].client_left.wait_blocking()


@pytest.mark.parametrize("stream", [False, True])
def test_a_repetition_is_answered_in_the_same_form(server: RunningServer, stream: bool) -> None:
    first, second = (post(server, {"stream": stream}, idempotency_key="one") for _ in range(2))
    assert second.headers["idempotent-replayed"] == "true"
    assert first.headers["x-run-id"] == second.headers["x-run-id"]
    if not stream:
        assert first.json() == second.json()
        return
    texts = [
        "".join(choice["delta"].get("content", "") for chunk in data_of(one)[:-1] for choice in chunk["choices"])
        for one in (first, second)
    ]
    assert texts[0] == texts[1] == HELLO[0]["content"]
    assert data_of(second)[-1] == "[DONE]"


def test_the_headers_of_the_sdk_pass_a_preflight(start_server: StartServer) -> None:
    origin = "https://app.example"
    server = start_server({"PROMPTYARD_CORS_ORIGINS": origin})
    with _client(server) as client:
        sent = client.chat.completions.with_raw_response.create(model="demo/echo", messages=HELLO).http_request.headers
    own = [
        name
        for name in sent
        if name not in {"host", "accept", "accept-encoding", "connection", "user-agent", "content-length"}
    ]
    asked = {
        "origin": origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": ",".join(own),
    }
    assert server.client.options(CHAT, headers=asked).status_code == 200


def test_the_tokens_are_estimated_where_the_provider_tells_none(client: openai.OpenAI, upstream: FakeUpstream) -> None:
    steps = [frame({"content": "Hello there"}), frame({}, "stop"), b"data: [DONE]\n\n"]
    upstream.answer(Answer(steps, headers=SSE))
    raw = client.chat.completions.with_raw_response.create(model="openai/gpt-4o", messages=HELLO)
    assert raw.headers["x-promptyard-usage-source"] == "estimated"
    counted = raw.parse().usage
    assert counted is not None
    assert counted.completion_tokens > 0
