"""The events of a run's and of a comparison's stream, as the client gives them."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from promptyard_cli.client.sse import SentEvent

if TYPE_CHECKING:
    from promptyard_cli.client.wire import ErrorBody, RunDoneEvent


@dataclass(frozen=True, slots=True)
class Text:
    """The next piece of the answer's text. `index` is the target's place in a comparison, and 0 in a run."""

    text: str
    index: int = 0


@dataclass(frozen=True, slots=True)
class Reasoning:
    """The next piece of what the model thinks, where `events` asks for `reasoning`."""

    text: str
    index: int = 0


@dataclass(frozen=True, slots=True)
class ToolCallPiece:
    """The next piece of the tool call at `place`, where `events` asks for `tool_calls`. With `replaces` these are the
    whole arguments, and what came of them before counts no more."""

    place: int
    id: str | None
    name: str | None
    arguments: str
    replaces: bool = False
    index: int = 0


@dataclass(frozen=True, slots=True)
class Done:
    """The last event of a run, or of a target, that did not fail: `data` has counts, times, cost and message."""

    data: "RunDoneEvent"
    index: int = 0


@dataclass(frozen=True, slots=True)
class Failed:
    """The last event of a target that failed; of a run that did, RunFailed is raised."""

    error: "ErrorBody"
    id: str
    index: int = 0


Event = Text | Reasoning | ToolCallPiece | Done | Failed


def read_event(sent: SentEvent) -> Event | None:
    """None for what says nothing to a reader: the end of a comparison, an event that is not known here."""
    kind = sent.name.partition(":")[0] or "chunk"
    data = json.loads(sent.data)
    index = data.get("index", 0) if ":" in sent.name else 0
    if kind == "chunk":
        return Text(data["content"], index)
    if kind == "reasoning":
        return Reasoning(data["reasoning"], index)
    if kind == "tool_call":
        place = data.get("call_index", data["index"])
        return ToolCallPiece(
            place, data["id"], data["name"], data["arguments"], bool(data.get("replaces", False)), index
        )
    if kind == "done":
        return Done(data, index)
    if kind == "error":
        return Failed(data["error"], data["id"], index)
    return None
