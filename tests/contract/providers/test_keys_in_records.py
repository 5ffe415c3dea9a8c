"""The deployment's key, given back by its provider in an answer: neither the caller nor a record nor a log has it."""

import json
import logging

import pytest

from tests.support.checks.key_leaks import leaks
from tests.support.samples.chat_answers import DONE, EVENT_STREAM, JSON, frame, usage
from tests.support.servers.fake_upstream import Answer, FakeUpstream
from tests.support.servers.server import StartServer

RUN = "/api/v1/playground/run"
KEY = "sk-proj-aB3dE5fG7hJ9kL1mN2pQ4rS6tU8vW0xYz"


@pytest.mark.parametrize("stream", [False, True])
def test_a_deployments_key_is_nowhere(
    start_server: StartServer, upstream: FakeUpstream, caplog: pytest.LogCaptureFixture, stream: bool
) -> None:
    server = start_server({"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": upstream.url})
    call = {"index": 0, "id": KEY, "type": "function", "function": {"name": "f", "arguments": json.dumps({"k": KEY})}}
    frames = [frame({"content": f"The key is {KEY[:11]}"}), frame({"content": f"{KEY[11:]}!"})]
    frames += [frame({"reasoning_content": f"Key {KEY}"}), frame({"tool_calls": [call]}), frame({}, "tool_calls")]
    error = {"error": {"message": "x" * 990 + f"Incorrect API key provided: {KEY}"}}
    answers = [
        Answer([*frames, frame(usage=usage(1, 1)), DONE], headers=EVENT_STREAM),
        Answer([json.dumps(error).encode()], status=401, headers=JSON),
    ]
    body = {"provider": "openai", "model": "m", "prompt_text": "Say it.", "stream": stream, "resumable": stream}
    shown = ""
    with caplog.at_level(logging.DEBUG):
        for answer in answers:
            upstream.forget()
            upstream.answer(answer)
            response = server.client.post(RUN, json=body | {"events": ["reasoning", "tool_calls"]})
            run = f"/api/v1/playground/runs/{response.headers['x-run-id']}"
            shown += response.text + server.client.get(run).text + server.client.get(f"{run}/events").text
    shown += server.client.get("/api/v1/playground/history").text
    shown += server.client.get("/api/v1/playground/history/export").text
    assert "[key]" in shown
    assert not leaks(shown, KEY, len("sk-proj-"))
    assert not leaks(" ".join(str(vars(record)) for record in caplog.records), KEY, len("sk-proj-"))
