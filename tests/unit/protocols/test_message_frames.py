"""A run's events as events of Anthropic's Messages, put together again by Anthropic's own client."""

import json
from typing import Any

import pytest
from anthropic.lib.streaming._messages import accumulate_event
from anthropic.types import Message as SdkMessage
from anthropic.types import RawMessageStreamEvent
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from functions.openai.messages.answers import AnthropicMessage, blocks_of
from functions.openai.messages.frames import MessageFrames
from promptyard.api.answers.fields import json_of
from promptyard.domain.errors import ProviderOverloaded
from promptyard.domain.models.messages import Replayed, ToolCall, ToolFunction
from promptyard.domain.models.provider_events import (
    FinishReason,
    ReasoningDelta,
    ReplayPart,
    TextDelta,
    ToolCallDelta,
)
from promptyard.domain.models.usage import Usage
from promptyard.domain.runs.run import RunStatus
from promptyard.services.runs.answer import Answer
from promptyard.services.runs.run_events import RunBegan, RunEvent, RunSettled
from tests.support.samples.sample_runs import new_run, settled

RUN = new_run()
EVENT: TypeAdapter[Any] = TypeAdapter(RawMessageStreamEvent)
USAGE = Usage(input_tokens=9, output_tokens=5, cached_tokens=3, cache_write_tokens=2)
WORDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6)


def events_of(frames: bytes) -> list[Any]:
    blocks = [block.split("\n") for block in frames.decode().split("\n\n") if block]
    events = [json.loads(data.removeprefix("data: ")) for _, data in blocks]
    assert [name.removeprefix("event: ") for name, _ in blocks] == [event["type"] for event in events]
    return events


def told(events: list[RunEvent], *, is_retold: bool = False) -> tuple[list[Any], SdkMessage | None]:
    """The events, and what the SDK makes of them."""
    frames = MessageFrames(RUN, "a/b", "req", is_retold=is_retold)
    came = events_of(b"".join(frames(number, event) for number, event in enumerate(events, 1)))
    message: Any = None
    inputs: dict[int, bytes] = {}
    for event in came:
        if event["type"] != "error":
            message = accumulate_event(event=EVENT.validate_python(event), current_snapshot=message, json_bufs=inputs)
    _check_order(came)
    return came, message


def _check_order(events: list[Any]) -> None:
    """Blocks begin, grow and end one after another, numbered from 0."""
    is_open: int | None = None
    count = 0
    for event in events:
        match event["type"]:
            case "content_block_start":
                assert is_open is None
                assert event["index"] == count
                is_open, count = count, count + 1
            case "content_block_delta":
                assert event["index"] == is_open
            case "content_block_stop":
                assert event["index"] == is_open
                is_open = None
    assert is_open is None or events[-1]["type"] == "error"


THOUGHT = st.lists(WORDS, max_size=3).map(
    lambda words: [
        *map(ReasoningDelta, words),
        ReplayPart({"type": "thinking", "thinking": "".join(words), "signature": "signed"}),
    ]
)
SERVED = WORDS.map(lambda word: [ReplayPart({"type": "web_search_tool_result", "tool_use_id": word, "content": []})])
OTHERS = WORDS.map(lambda word: [ReplayPart({"type": "reasoning", "encrypted_content": word})])
TEXT = st.lists(WORDS, min_size=1, max_size=3).map(lambda words: [TextDelta(word) for word in words])


@st.composite
def answers(draw: st.DrawFn) -> list[Any]:
    parts = draw(st.lists(st.one_of(THOUGHT, TEXT, SERVED, OTHERS), max_size=5))
    for index in range(draw(st.integers(0, 2))):
        given_ = json.dumps({"a": draw(WORDS)})
        cut = draw(st.integers(0, len(given_)))
        parts.append(
            [
                ToolCallDelta(index, f"c{index}", "f", given_[:cut]),
                *([ToolCallDelta(index, arguments=given_[cut:])] if given_[cut:] else []),
            ]
        )
    return [event for part in parts for event in part]


@given(answers(), st.sampled_from([FinishReason.STOP, FinishReason.LENGTH, FinishReason.TOOL]))
def test_the_sdk_makes_of_a_stream_what_is_answered_whole(events: list[Any], reason: FinishReason) -> None:
    answer = Answer()
    for event in events:
        answer.add(event, 0.0)
    collected = answer.settle(RUN, None, None, at=RUN.created_at, ended=0.0)
    run = collected.model_copy(update={"usage": USAGE, "finish_reason": reason})
    whole = AnthropicMessage.of(run, "a/b")
    for is_retold in (False, True):
        _, message = told([RunBegan(), *events, RunSettled(run, None)], is_retold=is_retold)
        assert message is not None
        assert [block.model_dump(exclude_none=True) for block in message.content] == whole.content
        assert (message.stop_reason, message.usage.output_tokens) == (whole.stop_reason, 5)
        assert (message.usage.input_tokens, message.usage.cache_read_input_tokens) == (4, 3)
    SdkMessage.model_validate_json(json_of(whole))


def test_an_error_ends_the_stream() -> None:
    failed = RUN.model_copy(update={"status": RunStatus.FAILED})
    events, _ = told([RunBegan(), TextDelta("Hi"), RunSettled(failed, ProviderOverloaded("busy"))])
    assert events[-1] == {
        "type": "error",
        "error": {"type": "overloaded_error", "message": "The provider says: busy"},
        "request_id": "req",
    }


def test_a_blocked_run_is_refused() -> None:
    blocked = settled(RUN, status=RunStatus.BLOCKED, output="Not here")
    events, message = told([TextDelta("Not here"), RunSettled(blocked, None)])
    assert events[0]["type"] == "message_start"
    assert message is not None
    assert message.stop_reason == "refusal"


@pytest.mark.parametrize(("arguments", "given"), [("", {}), ("[1]", {"input": [1]}), ("{cut", {"input": "{cut"})])
def test_arguments_that_are_no_object_are_put_into_one(arguments: str, given: Any) -> None:
    call = ToolCall(id="c", function=ToolFunction(name="f", arguments=arguments))
    run = settled(RUN, output="", tool_calls=[call], replay=[Replayed(part={"type": "reasoning"})])
    assert blocks_of(run) == [{"type": "tool_use", "id": "c", "name": "f", "input": given}]
