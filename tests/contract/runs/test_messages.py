"""The answer's `message` over real HTTP: taken from whole answers, records and streams, and given back as it is."""

import json
from typing import Any

import pytest

from tests.contract.runs.test_streamed_parts import guarded
from tests.support.aws.events import post_for_events
from tests.support.samples.chat_answers import EVENT_STREAM, failure
from tests.support.servers.fake_upstream import Answer, End, FakeUpstream
from tests.support.servers.server import RunningServer, StartServer

RUN = "/api/v1/playground/run"
THINKING = {"type": "thinking", "thinking": "They greet.", "signature": "c2lnbmF0dXJl"}
USED = {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {"a": 1}}


def event(kind: str, **fields: Any) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **fields})}\n\n".encode()


def block(index: int, start: dict[str, Any], *deltas: dict[str, Any]) -> list[bytes]:
    return [
        event("content_block_start", index=index, content_block=start),
        *(event("content_block_delta", index=index, delta=delta) for delta in deltas),
        event("content_block_stop", index=index),
    ]


THOUGHT = [
    *block(
        0,
        {"type": "thinking", "thinking": "", "signature": ""},
        {"type": "thinking_delta", "thinking": "They greet."},
        {"type": "signature_delta", "signature": "c2lnbmF0dXJl"},
    ),
    *block(1, {"type": "text", "text": ""}, {"type": "text_delta", "text": "I ask."}),
]
ANSWER = Answer(
    [
        *THOUGHT,
        *block(2, {**USED, "input": {}}, {"type": "input_json_delta", "partial_json": '{"a": 1}'}),
        event("message_delta", delta={"stop_reason": "tool_use"}, usage={"input_tokens": 9, "output_tokens": 9}),
        event("message_stop"),
    ],
    headers=EVENT_STREAM,
)
MESSAGE = {
    "role": "assistant",
    "content": "I ask.",
    "tool_calls": [{"id": "toolu_1", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}}],
    "reasoning_content": "They greet.",
    "replay": [{"part": THINKING, "after_text": 0, "after_calls": 0}],
}


@pytest.fixture
def server(start_server: StartServer, upstream: FakeUpstream) -> RunningServer:
    addresses = {"ANTHROPIC_API_KEY": "x", "ANTHROPIC_BASE_URL": upstream.url}
    return start_server(addresses | {"OPENAI_API_KEY": "x", "OPENAI_BASE_URL": upstream.url})


def run(server: RunningServer, **fields: Any) -> Any:
    response = server.client.post(RUN, json={"model": "claude-sonnet-5-5", "prompt_text": "Hi", **fields})
    assert response.status_code == 200, response.text
    return response.json()


def test_it_is_the_same_wherever_an_answer_is_shown(server: RunningServer, upstream: FakeUpstream) -> None:
    upstream.answer(ANSWER)
    body = {"model": "claude-sonnet-5-5", "prompt_text": "Hi"}
    answer = run(server)
    assert answer["message"] == MESSAGE
    assert server.client.get(f"/api/v1/playground/runs/{answer['id']}").json()["message"] == MESSAGE
    assert server.client.get("/api/v1/playground/history").json()["items"][0]["message"] == MESSAGE
    _, events = post_for_events(server.client, RUN, {**body, "stream": True})
    done = events[-1].data
    assert (done["message"], done["reasoning"], done["citations"]) == (MESSAGE, "They greet.", None)
    assert done["stats"]["first_text_ms"] >= done["stats"]["ttft_ms"] >= 0
    targets = {"prompt_text": "Hi", "targets": [{"model": "claude-sonnet-5-5"}] * 2}
    _, events = post_for_events(server.client, "/api/v1/playground/compare", targets)
    assert [event.data["message"] for event in events if event.name.startswith("done")] == [MESSAGE] * 2
    results = server.client.post("/api/v1/playground/compare", json={**targets, "stream": False}).json()["results"]
    assert [result["message"] for result in results] == [MESSAGE] * 2


def test_given_back_it_is_sent_as_it_came_and_elsewhere_without_what_is_not_known_there(
    server: RunningServer, upstream: FakeUpstream
) -> None:
    upstream.answer(ANSWER)
    result = {"role": "tool", "tool_call_id": "toolu_1", "content": "42"}
    messages = [{"role": "user", "content": "Hi"}, run(server)["message"], result]
    asked = {"prompt_text": None, "messages": messages}

    run(server, **asked)
    assert upstream.requests[-1].json["messages"][1]["content"] == [THINKING, {"type": "text", "text": "I ask."}, USED]

    server.client.post(RUN, json={"model": "gpt-4o", **asked})
    sent = upstream.requests[-1].json["messages"][1]
    assert sent == {"role": "assistant", "content": "I ask.", "tool_calls": MESSAGE["tool_calls"]}


def test_of_a_run_that_came_to_nothing_there_is_none(server: RunningServer, upstream: FakeUpstream) -> None:
    upstream.answer(failure(400, "No"), times=1)
    assert server.client.post(RUN, json={"model": "claude-sonnet-5-5", "prompt_text": "Hi"}).status_code == 502
    [record] = server.client.get("/api/v1/playground/history").json()["items"]
    assert record["message"] is None

    upstream.answer(Answer([*THOUGHT, End.CUT], headers=EVENT_STREAM))
    assert server.client.post(RUN, json={"model": "claude-sonnet-5-5", "prompt_text": "Hi"}).status_code == 502
    record = server.client.get("/api/v1/playground/history").json()["items"][0]
    assert record["message"] == {"role": "assistant", "content": "I ask."}


def test_of_a_blocked_run_it_is_what_the_guard_says(server: RunningServer, upstream: FakeUpstream) -> None:
    secret = "jo@example.org"
    upstream.answer(
        Answer(
            [
                *block(
                    0,
                    {"type": "thinking", "thinking": secret, "signature": ""},
                    {"type": "signature_delta", "signature": "c2lnbmF0dXJl"},
                ),
                *ANSWER.steps[5:],
            ],
            headers=EVENT_STREAM,
        )
    )
    answer = run(server, playground_id=guarded(server.client))
    assert (answer["status"], answer["message"]) == ("blocked", {"role": "assistant", "content": "Blocked."})
    record = server.client.get(f"/api/v1/playground/runs/{answer['id']}").text
    for hidden in (secret, "c2lnbmF0dXJl"):
        assert hidden not in record
