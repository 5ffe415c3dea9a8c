"""`/v1/messages` as Anthropic's own client calls it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anthropic
import pytest

from promptyard.domain.account.access import Role
from promptyard.domain.account.quotas import TenantQuotas
from tests.support.doubles.tenancy import Tenancy
from tests.support.servers.fake_upstream import Answer, FakeUpstream
from tests.support.servers.server import RunningServer, StartServer

MESSAGES = "/v1/messages"
FIXTURES = Path(__file__).parents[2] / "fixtures" / "anthropic"
HELLO: Any = [{"role": "user", "content": "Hello out there"}]
TOOL: Any = {
    "name": "look_up",
    "input_schema": {
        "type": "object",
        "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
        "required": ["city", "days"],
    },
}
SSE = {"content-type": "text/event-stream"}
JSON = {"content-type": "application/json"}


@pytest.fixture
def server(start_server: StartServer, upstream: FakeUpstream) -> RunningServer:
    """With Anthropic at the fake upstream."""
    return start_server({"ANTHROPIC_API_KEY": "sk-ant-test", "ANTHROPIC_BASE_URL": upstream.url})


@pytest.fixture
def client(server: RunningServer) -> Iterator[anthropic.Anthropic]:
    with _client(server) as client:
        yield client


def _client(server: RunningServer, key: str = "any", **more: Any) -> anthropic.Anthropic:
    return anthropic.Anthropic(
        base_url=server.url, api_key=key, http_client=anthropic.DefaultHttpxClient(trust_env=False, timeout=30), **more
    )


def recorded(name: str) -> Answer:
    return Answer([(FIXTURES / name).read_bytes()], headers=SSE)


def failure(status: int, kind: str, message: str) -> Answer:
    body = {"type": "error", "error": {"type": kind, "message": message}}
    return Answer([json.dumps(body).encode()], status, JSON | {"x-should-retry": "false"})


def test_an_answer_is_anthropics_and_its_run_is_in_the_history(
    client: anthropic.Anthropic, server: RunningServer
) -> None:
    raw = client.messages.with_raw_response.create(model="demo/echo", max_tokens=50, messages=HELLO)
    answer = raw.parse()
    assert [block.model_dump(exclude_none=True) for block in answer.content] == [
        {"type": "text", "text": "Hello out there"}
    ]
    assert (answer.role, answer.model, answer.stop_reason) == ("assistant", "demo/echo", "end_turn")
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (3, 3)
    assert raw.headers["request-id"] == raw.headers["x-request-id"]
    run = server.client.get(f"/api/v1/playground/runs/{raw.headers['x-run-id']}").json()
    assert (run["endpoint"], run["output"], answer.id) == ("messages", "Hello out there", f"msg_{run['id']}")


def test_a_stream_thinks_and_then_writes(client: anthropic.Anthropic) -> None:
    with client.messages.stream(model="demo/thinker", max_tokens=500, messages=HELLO) as stream:
        events = [event.type for event in stream]
        answer = stream.get_final_message()
    assert [block.type for block in answer.content] == ["thinking", "text"]
    assert answer.stop_reason == "end_turn"
    assert answer.usage.output_tokens > 5
    assert events.count("message_start") == events.count("message_stop") == 1
    assert events.count("content_block_start") == events.count("content_block_stop") == 2


def test_a_tool_call_is_streamed_in_pieces_and_its_result_is_taken(client: anthropic.Anthropic) -> None:
    asked: Any = {"model": "demo/writer", "max_tokens": 500, "tools": [TOOL]}
    with client.messages.stream(**asked, messages=HELLO) as stream:
        pieces = [event for event in stream if event.type == "input_json"]
        answer = stream.get_final_message()
    assert len(pieces) >= 3
    [call] = answer.content
    assert call.type == "tool_use"
    assert set(call.input) == {"city", "days"}  # type: ignore[arg-type]  # it is an object
    assert answer.stop_reason == "tool_use"
    result: Any = {"type": "tool_result", "tool_use_id": call.id, "content": [{"type": "text", "text": "3"}]}
    again = client.messages.create(
        **asked,
        messages=[
            *HELLO,
            {"role": "assistant", "content": answer.content},
            {"role": "user", "content": [result]},
        ],
    )
    assert [block.type for block in again.content] == ["text"]


def test_a_body_goes_whole_to_anthropic(client: anthropic.Anthropic, upstream: FakeUpstream) -> None:
    upstream.answer(recorded("text_cached.sse"))
    system: Any = [{"type": "text", "text": "Be brief", "cache_control": {"type": "ephemeral"}}]
    served: Any = {"type": "web_search_20250305", "name": "web_search", "max_uses": 2}
    messages: Any = [
        {
            "role": "user",
            "content": [
                {"type": "search_result", "source": "a", "title": "b", "content": [{"type": "text", "text": "c"}]},
                {"type": "text", "text": "Hi", "cache_control": {"type": "ephemeral", "ttl": "1h"}},
            ],
        },
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "so", "signature": "signed=="},
                {"type": "thinking", "thinking": "from elsewhere", "signature": ""},
                {"type": "text", "text": "Yes"},
            ],
        },
        {"role": "user", "content": "Go on"},
    ]
    raw = client.messages.with_raw_response.create(
        model="anthropic/claude-opus-4-1",
        max_tokens=3000,
        system=system,
        messages=messages,
        tools=[TOOL, served],
        tool_choice={"type": "auto"},
        thinking={"type": "enabled", "budget_tokens": 2000},
        extra_headers={"anthropic-beta": "new-thing-2026-11-01", "anthropic-version": "2023-06-01"},
        extra_body={"brand_new": {"a": [1]}},
    )
    assert "x-promptyard-dropped" not in raw.headers
    [request] = upstream.requests
    sent = request.json
    messages[1]["content"].pop(1)
    assert (sent["system"], sent["messages"], sent["tools"]) == (system, messages, [TOOL, served])
    assert (sent["tool_choice"], sent["brand_new"]) == ({"type": "auto"}, {"a": [1]})
    assert (sent["thinking"], sent["max_tokens"]) == ({"type": "enabled", "budget_tokens": 2000}, 3000)
    assert sent["model"] == "claude-opus-4-1"
    assert request.headers["anthropic-beta"] == "new-thing-2026-11-01"
    assert request.headers["anthropic-version"] == "2023-06-01"
    assert request.headers["x-api-key"] == "sk-ant-test"


@pytest.mark.parametrize("again", [False, True])
def test_signatures_come_in_their_block(client: anthropic.Anthropic, upstream: FakeUpstream, again: bool) -> None:
    upstream.answer(recorded("thinking.sse"))
    asked: Any = {"model": "anthropic/claude-opus-4-1", "max_tokens": 3000, "messages": HELLO}
    headers = {"idempotency-key": "one"}
    whole = client.messages.create(**asked)
    for _ in range(1 + again):
        with client.messages.stream(**asked, extra_headers=headers) as stream:
            streamed = stream.get_final_message()
    blocks = [block.model_dump(exclude_none=True) for block in streamed.content]
    assert blocks[0]["type"] == "thinking"
    assert blocks[0]["signature"]
    assert blocks == [block.model_dump(exclude_none=True) for block in whole.content]
    assert whole.usage == streamed.usage


def test_what_another_provider_does_not_take_is_dropped_and_named(client: anthropic.Anthropic) -> None:
    asked: Any = {"model": "demo/writer", "max_tokens": 50, "messages": HELLO, "metadata": {"user_id": "ada"}}
    raw = client.messages.with_raw_response.create(**asked, thinking={"type": "adaptive"}, extra_body={"speed": "fast"})
    assert raw.headers["x-promptyard-dropped"] == "metadata, speed"
    with pytest.raises(anthropic.BadRequestError, match="metadata"):
        client.messages.create(**asked, extra_headers={"x-promptyard-strict": "true"})
    served: Any = {"type": "web_search_20250305", "name": "web_search"}
    with pytest.raises(anthropic.BadRequestError, match="web_search_20250305"):
        client.messages.create(**asked, tools=[served])


def test_what_it_says_of_thinking_holds_on_other_providers(client: anthropic.Anthropic, server: RunningServer) -> None:
    asked: Any = {"model": "demo/thinker", "max_tokens": 50, "messages": HELLO}
    for thinking, kinds, effort in (
        ({"type": "enabled", "budget_tokens": 10_000}, ["thinking", "text"], "medium"),
        ({"type": "disabled"}, ["text"], "none"),
    ):
        raw = client.messages.with_raw_response.create(**asked, thinking=thinking)
        assert "x-promptyard-dropped" not in raw.headers
        assert [block.type for block in raw.parse().content] == kinds
        run = server.client.get(f"/api/v1/playground/runs/{raw.headers['x-run-id']}").json()
        assert run["parameters"]["reasoning_effort"] == effort


def test_errors_are_anthropics(client: anthropic.Anthropic, upstream: FakeUpstream) -> None:
    def error(model: str, **more: Any) -> tuple[int, str, Any]:
        asked: Any = {"model": model, "max_tokens": 50, "messages": HELLO, **more}
        with pytest.raises(anthropic.APIStatusError) as raised:
            client.messages.create(**asked)
        body: Any = raised.value.body
        assert body["type"] == "error"
        assert body["request_id"] == raised.value.response.headers["x-request-id"]
        return raised.value.status_code, body["error"]["type"], body["error"]["message"]

    assert error("no-such-model")[:2] == (404, "not_found_error")
    assert error("demo/echo", messages=[{"role": "king", "content": "x"}])[:2] == (400, "invalid_request_error")
    assert error("demo/echo", max_tokens=0)[:2] == (400, "invalid_request_error")
    claude = "anthropic/claude-opus-4-1"
    for answer, told in (
        (failure(401, "authentication_error", "invalid x-api-key"), (401, "authentication_error")),
        (failure(529, "overloaded_error", "Overloaded"), (529, "overloaded_error")),
        (failure(400, "invalid_request_error", "prompt is too long: 3 > 2"), (400, "invalid_request_error")),
    ):
        upstream.forget()
        upstream.answer(answer)
        status, kind, message = error(claude)
        assert (status, kind) == told
        assert "prompt is too long" in message or status != 400


def test_an_error_in_the_stream_is_an_error_to_the_client(client: anthropic.Anthropic, upstream: FakeUpstream) -> None:
    start = (FIXTURES / "text_cached.sse").read_bytes().split(b"event: message_delta")[0]
    upstream.answer(Answer([start], headers=SSE))
    asked: Any = {"model": "anthropic/claude-opus-4-1", "max_tokens": 50, "messages": HELLO}
    with client.messages.stream(**asked) as stream, pytest.raises(anthropic.APIError):
        stream.until_done()


def test_the_input_is_counted_by_its_provider_or_estimated(
    client: anthropic.Anthropic, upstream: FakeUpstream, server: RunningServer
) -> None:
    assert 3 <= client.messages.count_tokens(model="demo/echo", messages=HELLO).input_tokens < 50
    upstream.answer(Answer([b'{"input_tokens": 4711}'], headers=JSON), path="/v1/messages/count_tokens")
    counted = client.messages.count_tokens(model="anthropic/claude-opus-4-1", messages=HELLO, tools=[TOOL])
    assert counted.input_tokens == 4711
    assert upstream.requests[0].json["tools"] == [TOOL]
    assert server.client.get("/api/v1/playground/history").json()["items"] == []
    assert server.client.post("/api/event_logging/batch", json={"events": []}).status_code < 300


def test_it_is_metered_and_what_cannot_be_bounded_is_refused(tenancy: Tenancy) -> None:
    tenancy.make_tenant("small", quotas=TenantQuotas(tokens_per_month=10_000))
    asked: Any = {"model": "demo/echo", "max_tokens": 50, "messages": HELLO}
    with _client(tenancy.server, tenancy.key("small", Role.MEMBER)) as client:
        raw = client.messages.with_raw_response.create(**asked)
        assert raw.headers["x-ratelimit-limit-tokens"] == "10000"
        served: Any = {"type": "web_search_20250305", "name": "web_search"}
        with pytest.raises(anthropic.BadRequestError, match="quota"):
            client.messages.create(**asked, tools=[served])
        with pytest.raises(anthropic.RateLimitError):
            client.messages.create(**{**asked, "max_tokens": 20_000})
    tenancy.make_tenant("slow", quotas=TenantQuotas(requests_per_minute=2))
    with _client(tenancy.server, tenancy.key("slow", Role.MEMBER), max_retries=0) as client:
        told = set()
        for _ in range(6):  # over the end of a minute, too
            try:
                client.messages.count_tokens(model="demo/echo", messages=HELLO)
                told.add(200)
            except anthropic.RateLimitError:
                told.add(429)
        assert told == {200, 429}
    with _client(tenancy.server, "py_live_nobodys") as stranger, pytest.raises(anthropic.AuthenticationError):
        stranger.messages.create(**asked)
