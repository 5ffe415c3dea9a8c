"""The streams of runs and of comparisons, for the OpenAPI document."""

from pydantic import BaseModel

from promptyard.api.answers.descriptions import ResponseDescriptions, json_or_stream
from promptyard.api.answers.events import (
    ComparisonEndEvent,
    RunContentEvent,
    RunDoneEvent,
    RunErrorEvent,
    RunReasoningEvent,
    RunToolCallEvent,
    TargetContentEvent,
    TargetDoneEvent,
    TargetErrorEvent,
    TargetReasoningEvent,
    TargetToolCallEvent,
)
from promptyard.api.answers.runs import RunAnswer

RUN_OR_STREAM = json_or_stream(
    "The run, or with `stream` its events: its text in pieces, with `events` its reasoning and its tool calls, too, "
    "then `done` or `error`",
    RunAnswer,
    {
        "": RunContentEvent,
        "reasoning": RunReasoningEvent,
        "tool_call": RunToolCallEvent,
        "done": RunDoneEvent,
        "error": RunErrorEvent,
    },
)


def comparison_or_stream(answer: type[BaseModel]) -> ResponseDescriptions:
    return json_or_stream(
        "The results, or with `stream` their events, where `N` is the target's index: each target's text in pieces, "
        "then its `done:N` or `error:N`, and at last `end`",
        answer,
        {
            "chunk:[0-9]+": TargetContentEvent,
            "reasoning:[0-9]+": TargetReasoningEvent,
            "tool_call:[0-9]+": TargetToolCallEvent,
            "done:[0-9]+": TargetDoneEvent,
            "error:[0-9]+": TargetErrorEvent,
            "end": ComparisonEndEvent,
        },
    )
