"""A run's events as chunks of OpenAI's Chat Completions, held to the types of OpenAI's own client."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.types.chat import ChatCompletion as SdkCompletion
from openai.types.chat import ChatCompletionChunk as SdkChunk

from functions.openai.chat.answers import ChatCompletion
from functions.openai.chat.frames import DONE, ChatFrames
from promptyard.api.answers.fields import json_of
from promptyard.domain.errors import Cancelled, ProviderMalformed
from promptyard.domain.models.messages import ToolCall, ToolFunction
from promptyard.domain.models.provider_events import FinishReason, ReasoningDelta, TextDelta, ToolCallDelta
from promptyard.domain.models.usage import Usage
from promptyard.domain.runs.run import RunStatus
from promptyard.services.runs.run_events import RunBegan, RunEvent, RunSettled
from tests.support.samples.sample_runs import new_run, settled

RUN = new_run()
USAGE = Usage(input_tokens=7, output_tokens=5, cached_tokens=3, reasoning_tokens=2)
TEXTS = st.text(min_size=1).filter(lambda text: text.isascii() or text.encode(errors="ignore").decode() == text)
"""Without half characters, which never reach a log."""


def told(events: list[RunEvent], *, with_usage: bool = False) -> tuple[list[Any], bytes]:
    """The chunks, each of the SDK's type, and what ends the stream."""
    frames = ChatFrames(RUN, "a/b", with_usage=with_usage)
    stream = b"".join(frames(number, event) for number, event in enumerate(events, 1))
    blocks = stream.removesuffix(DONE).split(b"\n\n")
    assert blocks.pop() == b""
    chunks = [json.loads(block.removeprefix(b"data: ")) for block in blocks]
    for chunk in chunks:
        if "error" not in chunk:
            SdkChunk.model_validate(chunk, strict=True)
    return chunks, DONE if stream.endswith(DONE) else b""


def pieces() -> st.SearchStrategy[list[RunEvent]]:
    def calls(index: int) -> st.SearchStrategy[list[RunEvent]]:
        arguments = st.lists(TEXTS, max_size=4)
        return arguments.map(
            lambda parts: [
                ToolCallDelta(index, f"call-{index}", "look_up"),
                *(ToolCallDelta(index, arguments=part) for part in parts),
            ]
        )

    spoken = st.lists(st.one_of(TEXTS.map(TextDelta), TEXTS.map(ReasoningDelta)), max_size=8)
    called = st.integers(0, 3).flatmap(lambda count: st.tuples(*(calls(index) for index in range(count))))
    return st.tuples(spoken, called).map(lambda both: [*both[0], *(event for call in both[1] for event in call)])


@given(pieces(), st.booleans(), st.sampled_from(list(FinishReason)[:4]))
def test_what_is_told_is_the_answer(events: list[Any], with_usage: bool, reason: FinishReason) -> None:
    run = settled(RUN, finish_reason=reason, usage=USAGE)
    chunks, end = told([RunBegan(), *events, RunSettled(run, None)], with_usage=with_usage)
    assert end == DONE
    if with_usage:
        last = chunks.pop()
        assert last["choices"] == []
        assert last["usage"]["total_tokens"] == 12
    assert not any("usage" in chunk for chunk in chunks)
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks]
    assert deltas[0] == {"role": "assistant", "content": ""}
    assert deltas[-1] == {}
    assert [chunk["choices"][0]["finish_reason"] for chunk in chunks[:-1]] == [None] * (len(chunks) - 1)
    text = "".join(delta.get("content", "") for delta in deltas)
    assert text == "".join(event.text for event in events if isinstance(event, TextDelta))
    reasoning = "".join(delta.get("reasoning_content", "") for delta in deltas)
    assert reasoning == "".join(event.text for event in events if isinstance(event, ReasoningDelta))
    arguments: dict[int, str] = {}
    for call in (call for delta in deltas for call in delta.get("tool_calls", ())):
        assert ("id" in call) == (call["index"] not in arguments)
        arguments[call["index"]] = arguments.get(call["index"], "") + call["function"]["arguments"]
    meant: dict[int, str] = {}
    for event in events:
        if isinstance(event, ToolCallDelta):
            meant[event.index] = meant.get(event.index, "") + event.arguments
    assert arguments == meant


@pytest.mark.parametrize(
    ("sent", "whole", "news"), [('{"a', '{"a": 1}', '": 1}'), ("", "{}", "{}"), ('{"b', '{"a": 1}', "")]
)
def test_of_arguments_that_replace_others_what_goes_on_is_told(sent: str, whole: str, news: str) -> None:
    events = [ToolCallDelta(0, "c", "f", sent), ToolCallDelta(0, arguments=whole, replaces=True)]
    chunks, _ = told([RunBegan(), *events])
    calls = [call for chunk in chunks for call in chunk["choices"][0]["delta"].get("tool_calls", ())]
    assert "".join(call["function"]["arguments"] for call in calls) == sent + news


def test_an_error_ends_the_stream_without_a_last_word() -> None:
    failed = RUN.model_copy(update={"status": RunStatus.FAILED})
    chunks, end = told([RunBegan(), TextDelta("Hi"), RunSettled(failed, ProviderMalformed("cut off"))])
    assert end == b""
    assert chunks[-1]["error"]["code"] == "provider_malformed"
    assert set(chunks[-1]) == {"error"}
    assert told([RunSettled(failed, Cancelled("stopped"))])[0][0]["error"]["code"] == "cancelled"


def test_a_blocked_run_is_filtered() -> None:
    blocked = settled(RUN, status=RunStatus.BLOCKED, output="Not here")
    chunks, _ = told([TextDelta("Not here"), RunSettled(blocked, None)])
    assert chunks[0]["choices"][0]["delta"]["role"] == "assistant"
    assert chunks[-1]["choices"][0]["finish_reason"] == "content_filter"


@pytest.mark.parametrize(
    ("run", "content", "finish"),
    [
        (settled(RUN, finish_reason=FinishReason.STOP, usage=USAGE, reasoning="so"), "Hello!", "stop"),
        (settled(RUN, output="", finish_reason=FinishReason.LENGTH), "", "length"),
        (
            settled(
                RUN,
                output="",
                finish_reason=FinishReason.TOOL,
                tool_calls=[ToolCall(id="c", function=ToolFunction(name="f", arguments="{}"))],
            ),
            None,
            "tool_calls",
        ),
        (settled(RUN, finish_reason=FinishReason.FILTER), "Hello!", "content_filter"),
    ],
)
def test_whole_answers_are_of_the_sdks_type(run: Any, content: str | None, finish: str) -> None:
    answer = SdkCompletion.model_validate_json(json_of(ChatCompletion.of(run, "a/b")), strict=True)
    [choice] = answer.choices
    assert (choice.message.content, choice.finish_reason) == (content, finish)
    assert answer.usage is not None
