"""Whatever the vendors' own types let a client send is answered in the protocol's form, and with no failure of ours."""

import json
import os
from collections import Counter
from typing import Any

import httpx
import pytest
from anthropic.types import Message as AnthropicMessage
from anthropic.types import RawMessageStreamEvent
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

from tests.support.samples.chat_answers import failure
from tests.support.samples.generated.sdk_bodies import bodies
from tests.support.servers.fake_upstream import FakeUpstream
from tests.support.servers.server import RunningServer, StartServer

FEW = 40
MANY = int(os.environ.get("PROMPTYARD_BODIES", "10000")) // 3
"""Of each protocol."""
MODELS = [
    "demo/echo",
    "demo/echo",
    "openai/gpt-4o",
    "openai/gpt-6-sol",
    "anthropic/claude-opus-4-1",
    "google/gemini-2.5-pro",
]
"""One that answers, and others whose providers refuse whatever they are sent: every wire writes the request."""
WHOLE: dict[str, TypeAdapter[Any]] = {
    "/v1/chat/completions": TypeAdapter(ChatCompletion),
    "/v1/responses": TypeAdapter(Response),
    "/v1/messages": TypeAdapter(AnthropicMessage),
}
EVENTS: dict[str, TypeAdapter[Any]] = {
    "/v1/chat/completions": TypeAdapter(ChatCompletionChunk),
    "/v1/responses": TypeAdapter(ResponseStreamEvent),
    "/v1/messages": TypeAdapter(RawMessageStreamEvent),
}
SAID = {"messages": [{"role": "user", "content": "Hi"}]}
PLAIN: dict[str, dict[str, Any]] = {
    "/v1/chat/completions": SAID,
    "/v1/responses": {"input": "Hi", "previous_response_id": None, "prompt": None},
    "/v1/messages": {**SAID, "max_tokens": 50},
}
"""What is said in half of the bodies, so that what else is in them meets an answer."""
ERRORS = {"/v1/messages": {"type", "error", "request_id"}}


@pytest.fixture
def server(start_server: StartServer, upstream: FakeUpstream) -> RunningServer:
    upstream.answer(failure(400, "No"))
    keys = {"OPENAI_API_KEY": "sk-test", "ANTHROPIC_API_KEY": "sk-ant-test", "GOOGLE_API_KEY": "AIza-test"}
    names = ("OPENAI_BASE_URL", "ANTHROPIC_BASE_URL", "GOOGLE_GEMINI_BASE_URL")
    return start_server(keys | dict.fromkeys(names, upstream.url))


def play(server: RunningServer, path: str, count: int) -> Counter[int]:
    statuses: Counter[int] = Counter()

    @settings(max_examples=count, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(bodies(path), st.sampled_from(MODELS), st.booleans(), st.booleans())
    def answered(body: dict[str, Any], model: str, plain: bool, stream: bool) -> None:
        sent = body | {"model": model, "stream": stream} | (PLAIN[path] if plain else {})
        answer = server.client.post(path, content=json.dumps(sent), headers={"content-type": "application/json"})
        statuses[answer.status_code] += 1
        check(path, answer, stream=stream)

    answered()
    return statuses


def check(path: str, answer: httpx.Response, *, stream: bool) -> None:
    assert answer.status_code < 500, answer.text
    if answer.status_code != 200:
        assert set(answer.json()) == ERRORS.get(path, {"error"})
    elif not stream:
        WHOLE[path].validate_python(answer.json())
    else:
        data = [line.removeprefix("data: ") for line in answer.text.split("\n") if line.startswith("data: ")]
        events = [json.loads(event) for event in data if event != "[DONE]"]
        for event in events:
            if "error" not in event:
                EVENTS[path].validate_python(event)
        assert events


@pytest.mark.parametrize("path", WHOLE)
def test_a_few_bodies(server: RunningServer, path: str) -> None:
    assert play(server, path, FEW)[200]


@pytest.mark.hard
@pytest.mark.parametrize("path", WHOLE)
def test_ten_thousand_bodies(server: RunningServer, path: str) -> None:
    """`PROMPTYARD_BODIES` is another number of them."""
    statuses = play(server, path, MANY)
    print(path, dict(statuses))
    assert sum(statuses.values()) >= MANY
