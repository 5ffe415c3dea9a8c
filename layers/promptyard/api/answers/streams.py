"""The streams of runs and of comparisons, for the OpenAPI document."""

from pydantic import BaseModel

from promptyard.api.answers.descriptions import ResponseDescriptions, json_or_stream
from promptyard.api.answers.events import (
    ComparisonEndEvent,
    RunContentEvent,
    RunDoneEvent,
    RunErrorEvent,
    TargetContentEvent,
    TargetDoneEvent,
    TargetErrorEvent,
)
from promptyard.api.answers.runs import RunAnswer

RUN_OR_STREAM = json_or_stream(
    "The run, or with `stream` its events: its text in pieces, then `done` or `error`",
    RunAnswer,
    {"": RunContentEvent, "done": RunDoneEvent, "error": RunErrorEvent},
)


def comparison_or_stream(answer: type[BaseModel]) -> ResponseDescriptions:
    return json_or_stream(
        "The results, or with `stream` their events, where `N` is the target's index: each target's text in pieces, "
        "then its `done:N` or `error:N`, and at last `end`",
        answer,
        {
            "chunk:[0-9]+": TargetContentEvent,
            "done:[0-9]+": TargetDoneEvent,
            "error:[0-9]+": TargetErrorEvent,
            "end": ComparisonEndEvent,
        },
    )
