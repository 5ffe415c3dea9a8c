"""Every stream that was recorded of a provider, as the frames of each protocol: held to the types of the vendors' own
clients, to which no event is unknown, and put together by them into what the run has."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from anthropic.lib.streaming._messages import accumulate_event
from anthropic.types import RawMessageStreamEvent
from openai.lib.streaming.chat import ChatCompletionStreamState
from openai.types.chat import ChatCompletionChunk
from openai.types.responses import ResponseStreamEvent
from pydantic import TypeAdapter

from functions.openai.chat.frames import DONE, ChatFrames
from functions.openai.messages.frames import MessageFrames
from functions.openai.responses.frames import ResponseFrames
from promptyard.domain.errors import ProviderError
from promptyard.domain.models.provider_events import (
    AnswerPiece,
    ProviderEvent,
    ReasoningDelta,
    ReplayPart,
    TextDelta,
    ToolCallDelta,
)
from promptyard.domain.runs.run import Run
from promptyard.providers.network.sse import SseDecoder
from promptyard.providers.registry import WIRES
from promptyard.services.runs.answer import Answer
from promptyard.services.runs.run_events import RunBegan, RunEvent, RunSettled
from tests.support.samples.sample_runs import new_run
from tests.support.servers.wire_replay import FIXTURES

RUN = new_run()
RESPONSE_EVENT: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)
MESSAGE_EVENT: TypeAdapter[Any] = TypeAdapter(RawMessageStreamEvent)
RECORDED = [file for wire in WIRES for file in sorted((FIXTURES / wire).glob("*.sse"))]
TOLD = (TextDelta, ReasoningDelta, ToolCallDelta, ReplayPart)
"""The pieces of an answer that a run's log has for these protocols."""
Made = tuple[str, str, list[tuple[str, Any]], bool]
"""The text, the reasoning, each call's name and arguments, and whether the stream failed."""


def log_of(file: Path) -> list[RunEvent]:
    """The log of a run whose provider sends that, and the run as it is settled."""
    events, error = _came(file)
    answer = Answer()
    for event in events:
        answer.add(event, 0.0)
    if error is None and answer.finish_reason is None:
        error = ProviderError("The provider's stream ended without its terminal event")
    run = answer.settle(RUN, None, error, at=RUN.created_at, ended=0.0)
    pieces: list[AnswerPiece | ReplayPart] = [event for event in events if isinstance(event, TOLD)]
    return [*([RunBegan()] if events else []), *pieces, RunSettled(run, error)]


def _came(file: Path) -> tuple[list[ProviderEvent], ProviderError | None]:
    parser, decoder, events = WIRES[file.parent.name].new_parser(), SseDecoder(), []
    try:
        for frame in (*decoder.feed(file.read_bytes()), *decoder.end()):
            events += parser.feed(frame)
        events += parser.end()
    except ProviderError as error:
        return events, error
    return events, None


def in_chat(log: list[RunEvent]) -> Made:
    frames = ChatFrames(RUN, "a/b", with_usage=True)
    stream = b"".join(frames(number, event) for number, event in enumerate(log, 1))
    data = [json.loads(block.removeprefix("data: ")) for block in stream.removesuffix(DONE).decode().split("\n\n")[:-1]]
    failed = [one for one in data if "error" in one]
    assert stream.endswith(DONE) is (not failed)
    state = ChatCompletionStreamState(input_tools=[])
    thought = ""
    for chunk in data:
        if chunk not in failed:
            state.handle_chunk(ChatCompletionChunk.model_validate(chunk, strict=True))
            thought += "".join(choice["delta"].get("reasoning_content", "") for choice in chunk["choices"])
    if failed == data:
        return "", "", [], True
    message = state.current_completion_snapshot.choices[0].message
    calls = [(call.function.name, call.function.arguments) for call in message.tool_calls or ()]
    return message.content or "", thought, calls, bool(failed)


def in_responses(log: list[RunEvent]) -> Made:
    frames = ResponseFrames(RUN)
    events = named_events(b"".join(frames(number, event) for number, event in enumerate(log, 1)))
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    for event in events:
        RESPONSE_EVENT.validate_python(event)
    ends = [event for event in events if event["type"].split(".")[1] in {"completed", "incomplete", "failed"}]
    assert ends == events[-1:]
    items = ends[0]["response"]["output"]
    said = [part["text"] for item in items if item["type"] == "message" for part in item["content"]]
    thought = [part["text"] for item in items if item["type"] == "reasoning" for part in item["summary"]]
    calls = [(item["name"], item["arguments"]) for item in items if item["type"] == "function_call"]
    return "".join(said), "".join(thought), calls, ends[0]["type"] == "response.failed"


def in_messages(log: list[RunEvent]) -> Made:
    frames = MessageFrames(RUN, "a/b", "req")
    events = named_events(b"".join(frames(number, event) for number, event in enumerate(log, 1)))
    message: Any = None
    inputs: dict[int, bytes] = {}
    failed = [event for event in events if event["type"] == "error"]
    assert failed in ([], events[-1:])
    for event in events[: len(events) - len(failed)]:
        typed = MESSAGE_EVENT.validate_python(event)
        message = accumulate_event(event=typed, current_snapshot=message, json_bufs=inputs)
    blocks = message.content if message is not None else []
    said = "".join(block.text for block in blocks if block.type == "text")
    thought = "".join(block.thinking for block in blocks if block.type == "thinking")
    calls = [(block.name, block.input) for block in blocks if block.type == "tool_use"]
    return said, thought, calls, bool(failed)


def named_events(stream: bytes) -> list[Any]:
    blocks = [block.split("\n") for block in stream.decode().split("\n\n")[:-1]]
    events = [json.loads(data.removeprefix("data: ")) for _, data in blocks]
    assert [name.removeprefix("event: ") for name, _ in blocks] == [event["type"] for event in events]
    return events


@pytest.mark.parametrize("protocol", [in_chat, in_responses, in_messages])
@pytest.mark.parametrize("file", RECORDED, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_what_a_provider_streams_is_known_to_every_client(
    file: Path, protocol: Callable[[list[RunEvent]], Made]
) -> None:
    log = log_of(file)
    run: Run = log[-1].run  # type: ignore[union-attr]  # the last one is RunSettled
    said, thought, calls, failed = protocol(log)
    assert failed is (run.error is not None)
    assert said == (run.output or "")
    assert thought == (run.reasoning or "")
    assert [name for name, _ in calls] == [call.function.name for call in run.tool_calls or ()]
    if not failed:
        given = [call.function.arguments for call in run.tool_calls or ()]
        assert [made if isinstance(made, dict) else json.loads(made or "{}") for _, made in calls] == [
            json.loads(arguments or "{}") for arguments in given
        ]


def test_there_are_recordings_of_every_wire_that_streams_over_http() -> None:
    recorded = {file.parent.name for file in RECORDED}
    assert recorded == {"anthropic", "google", "openai_compatible", "openai_responses"}
