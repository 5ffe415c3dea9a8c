"""What a run was made of goes with its last user: a look for garbage stops every stream."""

import gc
import time
import weakref
from collections.abc import Iterator
from typing import Any

import pytest

from promptyard.services.runs.run_handle import RunHandle
from promptyard.services.runs.settling import cancel_watch
from tests.support.samples.chat_answers import broken_stream, chat_stream
from tests.support.servers.fake_upstream import Answer, End, FakeUpstream
from tests.support.servers.server import RunningServer, StartServer

PATIENCE_SECONDS = 3.0
TIMES = 4
"""A run may be left by chance, where it is stopped within a library that keeps its error. One of these is gone."""
RUN = "/api/v1/playground/run"
COMPARE = "/api/v1/playground/compare"
CHAT = "/v1/chat/completions"
MODEL = "openai/gpt-4o"
REFUSED = Answer([b'{"error": {"message": "No."}}'], 400, {"content-type": "application/json"})

Handles = weakref.WeakSet[RunHandle]


@pytest.fixture
def handles(monkeypatch: pytest.MonkeyPatch) -> Iterator[Handles]:
    """Those that are there, while nobody looks for garbage."""
    there: Handles = weakref.WeakSet()
    made = RunHandle.__init__

    def noted(handle: RunHandle, *given: Any, **named: Any) -> None:
        made(handle, *given, **named)
        there.add(handle)

    monkeypatch.setattr(RunHandle, "__init__", noted)
    monkeypatch.setattr(cancel_watch, "CANCEL_POLL_SECONDS", 0.01)  # a run of a moment is looked after, too
    gc.disable()
    yield there
    gc.enable()


@pytest.fixture
def server(start_server: StartServer, upstream: FakeUpstream) -> RunningServer:
    """One that has made its clients: what asks the store before that does so in a thread of anyio, whose frames keep
    the error of a look that is cancelled."""
    server = start_server({"OPENAI_API_KEY": "sk-fake", "OPENAI_BASE_URL": f"{upstream.url}/v1"})
    slow = {"model": "demo/echo", "prompt_text": "Some words", "parameters": {"extra": {"delay_ms": 20}}}
    assert server.client.post(RUN, json=slow).status_code == 200
    return server


def gone(handles: Handles) -> bool:
    """What is done after an answer is done soon."""
    until = time.monotonic() + PATIENCE_SECONDS
    while len(handles) and time.monotonic() < until:
        time.sleep(0.01)
    return not handles


@pytest.mark.parametrize(
    "script",
    [chat_stream("Hello you", tokens_per_second=10), REFUSED, broken_stream("Hello", End.CUT)],
    ids=["answered", "refused", "cut"],
)
@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
@pytest.mark.parametrize("path", [RUN, COMPARE, CHAT])
def test_a_run_is_gone_once_it_is_answered(
    server: RunningServer, upstream: FakeUpstream, handles: Handles, script: Answer, stream: bool, path: str
) -> None:
    upstream.answer(script)
    asked: dict[str, Any] = {
        RUN: {"model": MODEL, "prompt_text": "Hi"},
        COMPARE: {"targets": [{"model": MODEL}] * 3, "prompt_text": "Hi"},
        CHAT: {"model": MODEL, "messages": [{"role": "user", "content": "Hi"}]},
    }
    body = {**asked[path], "stream": stream}
    for number in range(TIMES):
        handles.clear()
        key = {"idempotency-key": f"key {number}"}
        answers = [server.client.post(path, json=body, headers=key) for _ in range(2)]
        assert len({answer.status_code for answer in answers}) == 1, "a repetition is answered the same"
        if gone(handles):
            return
    pytest.fail("each time something is left")


def test_a_run_is_gone_that_its_caller_left(server: RunningServer, upstream: FakeUpstream, handles: Handles) -> None:
    upstream.answer(broken_stream("Hello", End.HANG))
    with server.client.stream("POST", RUN, json={"model": MODEL, "prompt_text": "Hi", "stream": True}) as response:
        assert next(response.iter_raw())
        assert len(handles) == 1
    assert gone(handles)
