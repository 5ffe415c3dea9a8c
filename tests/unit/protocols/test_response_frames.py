"""A run's events as events of OpenAI's Responses, held to the types of OpenAI's own client."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openai.types.responses import Response as SdkResponse
from openai.types.responses import ResponseStreamEvent
from pydantic import TypeAdapter

from functions.openai.responses.answers import OpenAIResponse, items_of
from functions.openai.responses.frames import ResponseFrames
from promptyard.api.answers.fields import json_of
from promptyard.domain.errors import DeadlineExceeded
from promptyard.domain.models.messages import Replayed
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
EVENT: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)
USAGE = Usage(input_tokens=7, output_tokens=5, cached_tokens=3, reasoning_tokens=2)
WORDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6)


def told(events: list[RunEvent]) -> list[Any]:
    frames = ResponseFrames(RUN)
    stream = b"".join(frames(number, event) for number, event in enumerate(events, 1)).decode()
    blocks = [block.split("\n") for block in stream.split("\n\n") if block]
    came = [json.loads(data.removeprefix("data: ")) for _, data in blocks]
    assert [name.removeprefix("event: ") for name, _ in blocks] == [event["type"] for event in came]
    assert [event["sequence_number"] for event in came] == list(range(len(came)))
    for event in came:
        EVENT.validate_python(event)
    return came


@st.composite
def answers(draw: st.DrawFn) -> list[Any]:
    """What was thought, then said, then called."""
    events: list[Any] = [ReasoningDelta(word) for word in draw(st.lists(WORDS, max_size=3))]
    events += [TextDelta(word) for word in draw(st.lists(WORDS, max_size=3))]
    for index in range(draw(st.integers(0, 2))):
        events.append(ToolCallDelta(index, f"c{index}", "f"))
        events += [ToolCallDelta(index, arguments=word) for word in draw(st.lists(WORDS, max_size=3))]
    return events


@settings(max_examples=50)
@given(answers(), st.sampled_from([FinishReason.STOP, FinishReason.LENGTH, FinishReason.TOOL, FinishReason.FILTER]))
def test_the_end_of_a_stream_is_the_whole_answer(events: list[Any], reason: FinishReason) -> None:
    answer = Answer()
    for event in events:
        answer.add(event, 0.0)
    collected = answer.settle(RUN, None, None, at=RUN.created_at, ended=0.0)
    run = collected.model_copy(update={"usage": USAGE, "finish_reason": reason})
    whole = json.loads(json_of(OpenAIResponse.of(run, items_of(run))))
    SdkResponse.model_validate(whole)
    came = told([RunBegan(), *events, RunSettled(run, None)])
    cut = reason in {FinishReason.LENGTH, FinishReason.FILTER}
    assert came[-1]["type"] == f"response.{'incomplete' if cut else 'completed'}"
    assert came[-1]["response"] == whole
    assert [event["item"] for event in came if event["type"] == "response.output_item.done"] == whole["output"]
    text = "".join(event["delta"] for event in came if event["type"] == "response.output_text.delta")
    assert text == run.output


def test_what_is_encrypted_comes_with_its_item() -> None:
    sealed = {"id": "rs_1", "type": "reasoning", "summary": [], "encrypted_content": "sealed"}
    run = settled(RUN, output="Hi", finish_reason=FinishReason.STOP, replay=[Replayed(part=sealed)])
    came = told([RunBegan(), ReplayPart(sealed), TextDelta("Hi"), RunSettled(run, None)])
    assert came[-1]["response"]["output"][0] == sealed == items_of(run)[0]
    with_text = told([RunBegan(), ReasoningDelta("so"), ReplayPart(sealed), TextDelta("Hi"), RunSettled(run, None)])
    assert with_text[-1]["response"]["output"][0]["encrypted_content"] == "sealed"


@pytest.mark.parametrize("events", [[], [RunBegan(), TextDelta("Hi")]])
def test_a_failure_is_told_once(events: list[Any]) -> None:
    failed = RUN.ended(DeadlineExceeded("late"), at=RUN.created_at)
    last = told([*events, RunSettled(failed, DeadlineExceeded("late"))])[-1]
    assert last["type"] == "response.failed"
    assert last["response"]["error"] == {"code": "server_error", "message": "late"}


def test_a_blocked_run_is_incomplete() -> None:
    blocked = settled(RUN, status=RunStatus.BLOCKED, output="Not here")
    last = told([TextDelta("Not here"), RunSettled(blocked, None)])[-1]
    assert last["response"]["incomplete_details"] == {"reason": "content_filter"}
