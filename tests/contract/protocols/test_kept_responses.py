"""Responses that are asked for again: streamed from any of their events on, made in the background, cancelled, deleted,
gone on from."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import openai
import pytest

from tests.support.samples.chat_answers import gated_stream
from tests.support.servers.fake_upstream import Answer, FakeUpstream
from tests.support.servers.server import RunningServer, StartServer
from tests.support.servers.signals import Signal

RESPONSES = "/v1/responses"
HELLO = "Hello out there"
TOOL: Any = {
    "type": "function",
    "name": "look_up",
    "strict": False,
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
SSE = {"content-type": "text/event-stream"}
STORE: Mapping[str, str] = {"PROMPTYARD_REMEMBER_STREAMS": "false"}
"""As deployed: nothing is remembered."""
SEALED = {
    "id": "rs_theirs",
    "type": "reasoning",
    "summary": [{"type": "summary_text", "text": "So."}, {"type": "summary_text", "text": "Then."}],
    "encrypted_content": "sealed",
}


@pytest.fixture(params=["memory", "store"])
def servers(
    request: pytest.FixtureRequest, start_server: StartServer, upstream: FakeUpstream
) -> tuple[RunningServer, RunningServer]:
    """One that runs; and one to ask again, which is another one where streams are kept in the store alone."""
    keys = {"OPENAI_API_KEY": "sk-test", "GROQ_API_KEY": "gsk-test"}
    keys |= {"OPENAI_BASE_URL": upstream.url, "GROQ_BASE_URL": upstream.url}
    if request.param == "memory":
        server = start_server(keys)
        return server, server
    return start_server({**keys, **STORE}), start_server({**keys, **STORE})


@pytest.fixture
def server(start_server: StartServer, upstream: FakeUpstream) -> RunningServer:
    return start_server({"GROQ_API_KEY": "gsk-test", "GROQ_BASE_URL": upstream.url})


@pytest.fixture
def client(server: RunningServer) -> Iterator[openai.OpenAI]:
    with sdk(server) as client:
        yield client


def sdk(server: RunningServer) -> openai.OpenAI:
    http_client = httpx.Client(trust_env=False, timeout=30)
    return openai.OpenAI(base_url=f"{server.url}/v1", api_key="any", http_client=http_client, max_retries=0)


def events_of(body: str) -> list[Any]:
    blocks = [block.split("\n") for block in body.split("\n\n") if block and not block.startswith(":")]
    return [json.loads(data.removeprefix("data: ")) for _, data in blocks]


def again(server: RunningServer, response_id: str, after: int | None = None) -> list[Any]:
    query: dict[str, Any] = {"stream": "true"} | ({} if after is None else {"starting_after": after})
    shown = server.client.get(f"{RESPONSES}/{response_id}", params=query)
    assert shown.status_code == 200, shown.text
    return events_of(shown.text)


def thought_and_said() -> Answer:
    """As OpenAI streams it: two thoughts, sealed, and a text."""
    message = {"id": "msg_1", "type": "message", "role": "assistant", "content": [], "status": "in_progress"}
    events: list[dict[str, Any]] = [
        {"type": "response.output_item.added", "output_index": 0, "item": {**SEALED, "summary": []}},
        *(
            event
            for index, part in enumerate(SEALED["summary"])
            for event in (
                {"type": "response.reasoning_summary_part.added", "output_index": 0, "summary_index": index},
                {"type": "response.reasoning_summary_text.delta", "output_index": 0, "delta": part["text"]},  # type: ignore[index]
            )
        ),
        {"type": "response.output_item.done", "output_index": 0, "item": SEALED},
        {"type": "response.output_item.added", "output_index": 1, "item": message},
        {"type": "response.output_text.delta", "output_index": 1, "delta": "Hi "},
        {"type": "response.output_text.delta", "output_index": 1, "delta": "there"},
        {"type": "response.completed", "response": {"status": "completed", "output": [], "usage": {}}},
    ]
    return Answer([f"data: {json.dumps(event)}\n\n".encode() for event in events], headers=SSE)


@pytest.mark.parametrize("kind", ["demo", "tools", "sealed"])
def test_a_stream_goes_on_after_any_of_its_events(
    servers: tuple[RunningServer, RunningServer], upstream: FakeUpstream, kind: str
) -> None:
    server, reader = servers
    asked: dict[str, Any] = {"model": "demo/thinker", "input": HELLO}
    if kind == "sealed":
        upstream.answer(thought_and_said())
        asked["model"] = "openai/gpt-6-sol"
    asked |= {"tools": [TOOL]} if kind == "tools" else {}
    response = server.client.post(RESPONSES, json={**asked, "stream": True, "background": True, "metadata": {"a": "b"}})
    first = events_of(response.text)
    identifier = first[0]["response"]["id"]
    assert again(reader, identifier) == first
    for after in [0, 1, len(first) // 2, len(first) - 3, len(first) - 2]:
        assert again(reader, identifier, after) == first[after + 1 :]
    assert again(reader, identifier, len(first)) == []
    assert [first[-1]["response"][name] for name in ("model", "background")] == [asked["model"], True]
    if kind == "sealed":
        output = first[-1]["response"]["output"]
        assert output[0] == SEALED
        added = [event["item"]["id"] for event in first if event["type"] == "response.output_item.added"]
        assert added[0] == SEALED["id"]
    shown = reader.client.get(f"{RESPONSES}/{identifier}").json()
    assert shown == {**first[-1]["response"], "output": shown["output"]}


def test_a_stream_that_goes_on_is_joined(servers: tuple[RunningServer, RunningServer], upstream: FakeUpstream) -> None:
    server, reader = servers
    first, second = Signal(), Signal()
    first.set()
    upstream.answer(gated_stream(["Hi", " there"], [first, second]))
    asked = {"model": "groq/llama-3.3-70b-versatile", "input": HELLO, "background": True, "stream": True}
    with sdk(server) as client:
        begun = client.responses.create(**asked)  # type: ignore[call-overload]
        created = next(iter(begun))
        begun.close()  # a response in the background goes on
    with sdk(reader) as client:
        kinds = []
        for event in client.responses.retrieve(created.response.id, stream=True, starting_after=0):
            kinds.append(event.type)
            if event.type == "response.output_text.delta":
                second.set()
        assert kinds[0] == "response.in_progress"
        assert kinds[-1] == "response.completed"
        assert client.responses.retrieve(created.response.id).output_text == "Hi there"


def test_what_is_made_in_the_background_is_there_later(
    servers: tuple[RunningServer, RunningServer], upstream: FakeUpstream
) -> None:
    server, reader = servers
    gate = Signal()
    upstream.answer(gated_stream(["Hi"], [gate]), times=1)
    asked = {"model": "groq/llama-3.3-70b-versatile", "input": HELLO, "background": True}
    with sdk(server) as client, sdk(reader) as other:
        begun = client.responses.create(**asked)  # type: ignore[call-overload]
        assert (begun.status, begun.background, begun.output) == ("in_progress", True, [])
        with pytest.raises(openai.ConflictError):
            other.responses.delete(begun.id)
        assert other.responses.retrieve(begun.id).status == "in_progress"
        gate.set()
        for _ in other.responses.retrieve(begun.id, stream=True):
            pass
        done = other.responses.retrieve(begun.id)
        assert (done.status, done.output_text) == ("completed", "Hi")
        assert done.usage is not None
        assert other.responses.cancel(begun.id).status == "completed"  # there is nothing left to stop
        other.responses.delete(begun.id)
        with pytest.raises(openai.NotFoundError):
            client.responses.retrieve(begun.id)
        upstream.answer(gated_stream(["Hi"], [Signal()]))
        stopped = client.responses.create(**asked)  # type: ignore[call-overload]
        assert other.responses.cancel(stopped.id).status == "cancelled"
        with pytest.raises(openai.BadRequestError):
            client.responses.create(model="groq/llama-3.3-70b-versatile", input=[], background=True)


def test_a_repetition_of_what_is_in_the_background_is_answered_at_once(
    server: RunningServer, upstream: FakeUpstream
) -> None:
    gate = Signal()
    upstream.answer(gated_stream(["Hi"], [gate]))
    asked = {"model": "groq/llama-3.3-70b-versatile", "input": HELLO, "background": True}
    first, second = (server.client.post(RESPONSES, json=asked, headers={"Idempotency-Key": "k"}) for _ in range(2))
    assert (first.json()["id"], first.json()["status"]) == (second.json()["id"], "in_progress")
    gate.set()


def test_a_stream_whose_numbers_are_not_known_is_told_from_its_beginning_alone(
    servers: tuple[RunningServer, RunningServer],
) -> None:
    server, reader = servers
    made = server.client.post(RESPONSES, json={"model": "demo/echo", "input": HELLO}).json()
    assert again(reader, made["id"])[-1]["response"] == made
    shown = reader.client.get(f"{RESPONSES}/{made['id']}?stream=true&starting_after=1")
    assert (shown.status_code, "error" in shown.json()) == (404, True)
    wrong = reader.client.get(f"{RESPONSES}/{made['id']}?stream=true&starting_after=x")
    assert (wrong.status_code, wrong.json()["error"]["param"]) == (400, "query.starting_after")


def test_what_holds_for_one_answer_alone_does_not_go_on(client: openai.OpenAI, server: RunningServer) -> None:
    """OpenAI keeps neither the instructions nor the prompt, but what came as input, whoever says it."""
    saved = {
        "namespace": "n",
        "slug": "s",
        "default_model": "demo/echo",
        "messages": [{"role": "system", "content": "P"}],
    }
    assert server.client.post("/api/v1/playground/save-version", json=saved).status_code == 201
    first = client.responses.create(
        prompt={"id": "n/s"},
        instructions="First",
        input=[{"role": "system", "content": "Kept"}, {"role": "user", "content": "one"}],
    )
    second = client.responses.create(
        model="demo/echo", instructions="Second", input="two", previous_response_id=first.id
    )
    raw = client.responses.with_raw_response.create(model="demo/echo", input="three", previous_response_id=second.id)
    run = server.client.get(f"/api/v1/playground/runs/{raw.headers['x-run-id']}").json()
    assert [(message["role"], message["content"]) for message in run["messages"]] == [
        ("system", "Kept"),
        ("user", "one"),
        ("assistant", "one"),
        ("user", "two"),
        ("assistant", "two"),
        ("user", "three"),
    ]
    assert client.responses.retrieve(raw.parse().id).previous_response_id == second.id
