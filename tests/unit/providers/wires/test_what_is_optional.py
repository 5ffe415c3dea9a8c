"""Nothing beside the text and the end may cost the answer: every other field of every recorded stream, of any type."""

import copy
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptyard.domain.errors import ProviderError
from promptyard.domain.models.provider_events import Finished, FinishReason, ProviderEvent
from promptyard.providers.protocol import HttpAdapter, SseEvent
from promptyard.providers.registry import WIRES
from promptyard.providers.wires import bedrock
from tests.support.servers.wire_replay import FIXTURES, text_of

VALUES: list[Any] = [None, "text", [], ["text"], [{"text": 7}], {}, {"text": 7}, -1, 1.5, True]

NEEDED = {
    "openai_compatible": {"choices", "delta", "content", "finish_reason", "refusal", "tool_calls", "error", "text"},
    "openai_responses": {"type", "delta", "refusal", "incomplete_details", "reason", "error"},
    "anthropic": {"type", "delta", "content_block", "text", "stop_reason", "error"},
    "google": {"candidates", "content", "parts", "text", "thought", "functionCall", "finishReason", "promptFeedback"},
    "bedrock": {"delta", "text", "start", "toolUse", "stopReason"},
}
"""What the text and the end are read from, and so no beside. Their own fields are changed all the same."""
NEEDED["google"] |= {"blockReason", "error"}

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Recorded:
    wire: str
    name: str
    frames: tuple[tuple[str, str], ...]
    """Event and data."""


def bedrock_stream() -> Recorded:
    events: list[dict[str, Any]] = [
        {"messageStart": {"role": "assistant"}},
        {
            "contentBlockDelta": {
                "contentBlockIndex": 0,
                "delta": {"reasoningContent": {"text": "Hm", "signature": "s"}},
            }
        },
        {"contentBlockStop": {"contentBlockIndex": 0}},
        {"contentBlockDelta": {"contentBlockIndex": 1, "delta": {"text": "Zwölf"}}},
        {"contentBlockDelta": {"contentBlockIndex": 1, "delta": {"text": " Bären"}}},
        {"contentBlockStop": {"contentBlockIndex": 1}},
        {"messageStop": {"stopReason": "end_turn", "additionalModelResponseFields": {}}},
        {"metadata": {"usage": {"inputTokens": 3, "outputTokens": 4, "totalTokens": 7}, "metrics": {"latencyMs": 1}}},
    ]
    return Recorded("bedrock", "text", tuple(("message", json.dumps(event)) for event in events))


def recorded_streams() -> Iterator[Recorded]:
    for wire, adapter in WIRES.items():
        if not isinstance(adapter, HttpAdapter):
            continue
        for file in sorted((FIXTURES / wire).glob("*.sse")):
            frames = []
            for block in file.read_bytes().replace(b"\r\n", b"\n").decode(errors="surrogatepass").split("\n\n"):
                fields = dict(line.partition(":")[::2] for line in block.split("\n") if line[:1] not in {"", ":"})
                if "data" in fields:
                    frames.append((fields.get("event", " message")[1:], fields["data"].removeprefix(" ")))
            recorded = Recorded(wire, file.stem, tuple(frames))
            try:
                read(recorded, list(recorded.frames))
            except (ProviderError, ValueError):
                continue  # recorded to fail
            yield recorded
    yield bedrock_stream()


def read(recorded: Recorded, frames: list[tuple[str, str]]) -> list[ProviderEvent]:
    events: list[ProviderEvent] = []
    if recorded.wire == "bedrock":
        converse = bedrock.ConverseParser()
        events += [made for _, data in frames for made in converse.feed(json.loads(data))]
        return [*events, *converse.end()]
    adapter = WIRES[recorded.wire]
    assert isinstance(adapter, HttpAdapter)
    parser = adapter.new_parser()
    for event, data in frames:
        events += parser.feed(SseEvent(data, event))
    return [*events, *parser.end()]


def outcome(events: list[ProviderEvent]) -> tuple[str, list[FinishReason]]:
    return text_of(events), [event.reason for event in events if isinstance(event, Finished)]


def optional_paths(value: Any, needed: set[str], path: Path = ()) -> Iterator[Path]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if key not in needed or inner is None:
                yield (*path, key)
            yield from optional_paths(inner, needed, (*path, key))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from optional_paths(inner, needed, (*path, place))


def places() -> list[tuple[Recorded, int, Path]]:
    found = []
    for recorded in recorded_streams():
        needed = set(NEEDED[recorded.wire])
        if recorded.name == "two_choices":
            needed.add("index")
        for number, (_, data) in enumerate(recorded.frames):
            if data.startswith("{"):
                found += [(recorded, number, path) for path in optional_paths(json.loads(data), needed)]
    return [place for place in found if not is_needed(place)]


def is_needed(place: tuple[Recorded, int, Path]) -> bool:
    """A call's name and what holds it make the end, and an error makes another one."""
    recorded, _, path = place
    return path[-1] in {"name", "function", "item", "response", "message", "contentBlockStart"} | {
        kind for kind in ("contentBlockDelta", "messageStop", "custom", "usage_of_choice") if recorded.wire == "bedrock"
    }


PLACES = places()


def changed(frames: tuple[tuple[str, str], ...], number: int, path: Path, value: Any) -> list[tuple[str, str]]:
    event, data = frames[number]
    whole = json.loads(data)
    inner = whole
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = copy.deepcopy(value)
    return [*frames[:number], (event, json.dumps(whole)), *frames[number + 1 :]]


def makes_something_else(path: Path, value: Any) -> bool:
    """A text where a text is read, an error where an error is read."""
    readable = {"content", "refusal", "text", "delta", "finish_reason", "stop_reason", "error", "finishReason"}
    return path[-1] in readable | {"tool_calls", "function_call", "incomplete_details"} and bool(value)


def test_every_wire_is_tried() -> None:
    assert {recorded.wire for recorded, _, _ in PLACES} == WIRES.keys() - {"demo"}


@settings(max_examples=2200)
@given(st.sampled_from(PLACES), st.sampled_from(VALUES))
def test_whatever_a_field_beside_the_text_holds(place: tuple[Recorded, int, Path], value: Any) -> None:
    recorded, number, path = place
    if makes_something_else(path, value):
        return
    whole = outcome(read(recorded, list(recorded.frames)))

    assert outcome(read(recorded, changed(recorded.frames, number, path, value))) == whole


NOTHING = ["", " ", "null", "[]", "{}", "7", '{"type": "ping"}', '{"type": "something.new", "delta": 7}']


@pytest.mark.parametrize("wire", sorted(WIRES.keys() - {"demo", "bedrock"}))
@settings(max_examples=500)
@given(data=st.data())
def test_frames_that_say_nothing_change_nothing(wire: str, data: st.DataObject) -> None:
    recorded = data.draw(st.sampled_from(sorted({r for r, _, _ in PLACES if r.wire == wire}, key=lambda r: r.name)))
    frames = list(recorded.frames)
    for said in data.draw(st.lists(st.sampled_from(NOTHING), min_size=1, max_size=4)):
        frames.insert(data.draw(st.integers(0, len(frames) - 1)), ("message", said))

    assert outcome(read(recorded, frames)) == outcome(read(recorded, list(recorded.frames)))
