"""`/v1/responses` as OpenAI's own client calls it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
from openai.types.responses import Response as SdkResponse
from openai.types.responses import ResponseStreamEvent
from pydantic import TypeAdapter

from tests.support.servers.fake_upstream import Answer, FakeUpstream
from tests.support.servers.server import RunningServer, StartServer

RESPONSES = "/v1/responses"
FIXTURES = Path(__file__).parents[2] / "fixtures" / "openai_responses"
HELLO = "Hello out there"
TOOL: Any = {
    "type": "function",
    "name": "look_up",
    "strict": False,
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
        "required": ["city", "days"],
    },
}
SSE = {"content-type": "text/event-stream"}
EVENT: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)


@pytest.fixture
def server(start_server: StartServer, upstream: FakeUpstream) -> RunningServer:
    """With OpenAI at the fake upstream."""
    return start_server({"OPENAI_API_KEY": "sk-test", "OPENAI_BASE_URL": upstream.url})


@pytest.fixture
def client(server: RunningServer) -> Iterator[openai.OpenAI]:
    http_client = httpx.Client(trust_env=False, timeout=30)
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key="any", http_client=http_client) as client:
        yield client


def recorded(name: str) -> Answer:
    return Answer([(FIXTURES / name).read_bytes()], headers=SSE)


def test_an_answer_is_openais_and_is_there_to_be_asked_for(client: openai.OpenAI, server: RunningServer) -> None:
    raw = client.responses.with_raw_response.create(model="demo/echo", input=HELLO, max_output_tokens=50)
    answer = raw.parse()
    assert (answer.output_text, answer.status, answer.model) == (HELLO, "completed", "demo/echo")
    assert answer.usage is not None
    assert answer.usage.total_tokens == 6
    SdkResponse.model_validate(json.loads(raw.text))
    run = server.client.get(f"/api/v1/playground/runs/{raw.headers['x-run-id']}").json()
    assert (run["endpoint"], answer.id) == ("responses", f"resp_{run['id']}")
    assert client.responses.retrieve(answer.id).output_text == HELLO
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve("resp_nothing")


@pytest.mark.parametrize("more", [{}, {"tools": [TOOL]}])
def test_a_stream_is_numbered_and_ends_with_the_answer(client: openai.OpenAI, server: RunningServer, more: Any) -> None:
    asked: Any = {"model": "demo/thinker", "input": HELLO, "stream": True, **more}
    with server.client.stream("POST", RESPONSES, json=asked) as response:
        blocks = [block.split("\n") for block in response.read().decode().split("\n\n") if block]
    events = [json.loads(data.removeprefix("data: ")) for _, data in blocks]
    assert [name.removeprefix("event: ") for name, _ in blocks] == [event["type"] for event in events]
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    for event in events:
        EVENT.validate_python(event)
    assert [event["type"] for event in events[:2]] == ["response.created", "response.in_progress"]
    ends = [event for event in events if event["type"].split(".")[1] in {"completed", "incomplete", "failed"}]
    assert ends == [events[-1]]
    output = ends[0]["response"]["output"]
    assert [item["type"] for item in output] == ["reasoning", "function_call" if more else "message"]
    done = [event["item"] for event in events if event["type"] == "response.output_item.done"]
    assert done == output
    if more:
        pieces = [event for event in events if event["type"] == "response.function_call_arguments.delta"]
        assert len(pieces) >= 3
        assert "".join(piece["delta"] for piece in pieces) == output[1]["arguments"]
    with client.responses.stream(model="demo/thinker", input=HELLO, **more) as stream:
        stream.until_done()
        assert [item.type for item in stream.get_final_response().output] == [item["type"] for item in output]


def test_a_conversation_goes_on_from_a_response_on_another_model(client: openai.OpenAI, upstream: FakeUpstream) -> None:
    first = client.responses.create(model="demo/writer", input=HELLO, instructions="Be brief", tools=[TOOL])
    [call] = first.output
    assert call.type == "function_call"
    upstream.answer(recorded("text_cached.sse"))
    result: Any = {"type": "function_call_output", "call_id": call.call_id, "output": "3"}
    second = client.responses.create(model="openai/gpt-4o", input=[result], previous_response_id=first.id, tools=[TOOL])
    assert second.previous_response_id == first.id
    assert second.output_text
    [sent] = [request.json for request in upstream.requests]
    assert [item.get("type", item.get("role")) for item in sent["input"]] == [
        "user",
        "function_call",
        "function_call_output",
    ]
    with pytest.raises(openai.BadRequestError) as raised:
        client.responses.create(model="demo/echo", input="x", previous_response_id="resp_nothing")
    assert raised.value.param == "previous_response_id"


def test_a_body_goes_whole_to_openai(client: openai.OpenAI, upstream: FakeUpstream) -> None:
    upstream.answer(recorded("text_cached.sse"))
    served: Any = {"type": "web_search"}
    given: Any = [
        {"role": "developer", "content": "Be brief"},
        {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "sealed"},
        {"type": "brand_new_item", "x": 1},
        {
            "role": "user",
            "content": [
                {"type": "input_text", "text": "Hi"},
                {"type": "input_file", "file_url": "https://a.example/b"},
            ],
        },
    ]
    raw = client.responses.with_raw_response.create(
        model="openai/gpt-4o",
        input=given,
        tools=[TOOL, served],
        text={"format": {"type": "json_object"}},
        extra_body={"brand_new": [1], "service_tier": "flex"},
    )
    assert "x-promptyard-dropped" not in raw.headers
    [request] = upstream.requests
    assert request.path.endswith("/responses")
    sent = request.json
    assert (sent["input"], sent["tools"], sent["brand_new"]) == (given, [TOOL, served], [1])
    assert (sent["service_tier"], sent["text"]) == ("flex", {"format": {"type": "json_object"}})
    kept = client.responses.with_raw_response.create(model="openai/gpt-4o", input=HELLO, conversation="conv_1")
    assert kept.headers["x-promptyard-dropped"] == "conversation"
    assert "conversation" not in upstream.requests[-1].json
    with pytest.raises(openai.BadRequestError, match="web_search"):
        client.responses.create(model="demo/writer", input=HELLO, tools=[served])


def test_prompts_live_on(client: openai.OpenAI, server: RunningServer) -> None:
    for content in ("Parse {{what}}.", "Read {{what}}."):
        saved = {"namespace": "billing", "slug": "parser", "content": content, "default_model": "demo/echo"}
        assert server.client.post("/api/v1/playground/save-version", json=saved).status_code == 201
    prompt: Any = {"id": "billing/parser", "variables": {"what": "invoices"}}
    assert client.responses.create(prompt=prompt).output_text == "Read invoices."
    assert client.responses.create(prompt={**prompt, "version": "1"}).output_text == "Parse invoices."
    path = "/api/v1/prompts/billing/parser/labels/production"
    assert server.client.put(path, json={"version_number": 1}).status_code < 300
    assert client.responses.create(prompt=prompt).output_text == "Parse invoices."
    raw = client.responses.with_raw_response.create(prompt=prompt, model="demo/thinker", input="And then?")
    run = server.client.get(f"/api/v1/playground/runs/{raw.headers['x-run-id']}").json()
    assert [message["content"] for message in run["messages"]] == ["Parse invoices.", "And then?"]
    assert (run["model_id"], run["version_number"]) == ("demo/thinker", 1)
    with pytest.raises(openai.NotFoundError):
        client.responses.create(prompt={"id": "billing/nothing"})
