"""The streams of runs and of comparisons, for the OpenAPI document."""

from collections.abc import Mapping

from pydantic import BaseModel

from promptyard.api.answers.descriptions import ResponseDescriptions, json_or_stream, stream_of
from promptyard.api.answers.events import (
    ComparisonEndEvent,
    RunContentEvent,
    RunDoneEvent,
    RunErrorEvent,
    RunReasoningEvent,
    RunReplayEvent,
    RunToolCallEvent,
    TargetContentEvent,
    TargetDoneEvent,
    TargetErrorEvent,
    TargetReasoningEvent,
    TargetToolCallEvent,
)
from promptyard.api.answers.runs import RunAnswer

_RUN: Mapping[str, type[BaseModel]] = {
    "": RunContentEvent,
    "reasoning": RunReasoningEvent,
    "tool_call": RunToolCallEvent,
    "done": RunDoneEvent,
    "error": RunErrorEvent,
}
_COMPARISON: Mapping[str, type[BaseModel]] = {
    "chunk:[0-9]+": TargetContentEvent,
    "reasoning:[0-9]+": TargetReasoningEvent,
    "tool_call:[0-9]+": TargetToolCallEvent,
    "done:[0-9]+": TargetDoneEvent,
    "error:[0-9]+": TargetErrorEvent,
    "end": ComparisonEndEvent,
}
_RESUMED = "The events after the one that is named, to the end"
_NOTHING: ResponseDescriptions = {204: {"description": "The stream has ended, and nothing comes after that event"}}

RUN_OR_STREAM = json_or_stream(
    "The run, or with `stream` its events: its text in pieces, with `events` its reasoning and its tool calls, too, "
    "then `done` or `error`",
    RunAnswer,
    _RUN,
)
RUN_EVENTS = stream_of(_RESUMED, {**_RUN, "replay": RunReplayEvent}) | _NOTHING
COMPARISON_EVENTS = stream_of(_RESUMED, _COMPARISON) | _NOTHING


def comparison_or_stream(answer: type[BaseModel]) -> ResponseDescriptions:
    return json_or_stream(
        "The results, or with `stream` their events, where `N` is the target's index: each target's text in pieces, "
        "then its `done:N` or `error:N`, and at last `end`",
        answer,
        _COMPARISON,
    )
