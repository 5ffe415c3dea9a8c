"""The same list of calls, told in every dialect: split, merged, numbered and named anew, it comes back."""

import json
from collections.abc import Callable, Iterator
from itertools import count, pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptyard.domain.models.provider_events import Finished, FinishReason, ProviderEvent
from promptyard.providers.protocol import HttpAdapter
from promptyard.providers.registry import WIRES
from promptyard.providers.wires import bedrock
from tests.support.servers.wire_replay import fed, tool_calls_of

Call = tuple[str, str]
"""Name and arguments, which are the JSON of an object."""
Dialect = Callable[[list[Call], "Split"], Iterator[dict[str, Any]]]
Split = Callable[[str], list[str]]

arguments = st.dictionaries(st.text(max_size=5), st.text(max_size=8) | st.integers() | st.just("{}"), max_size=3)
calls = st.lists(
    st.tuples(st.sampled_from(["f", "g", "get_weather"]), arguments.map(json.dumps)), min_size=1, max_size=5
)


def chat(*pieces: dict[str, Any]) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": {"tool_calls": list(pieces)}}]}


def function(name: str | None = None, arguments: Any = None) -> dict[str, Any]:
    given = {"name": name, "arguments": arguments}
    return {"function": {key: value for key, value in given.items() if value is not None}}


def as_openai(made: list[Call], split: Split) -> Iterator[dict[str, Any]]:
    for index, (name, text) in enumerate(made):
        yield chat({"index": index, "id": f"call_{index}", "type": "function", **function(name, "")})
        yield from (chat({"index": index, **function(None, piece)}) for piece in split(text))


def interleaved(made: list[Call], split: Split) -> Iterator[dict[str, Any]]:
    rows = [(index, split(text)) for index, (_, text) in enumerate(made)]
    yield from (chat({"index": index, "id": f"c{index}", **function(name, "")}) for index, (name, _) in enumerate(made))
    for place in range(max(len(pieces) for _, pieces in rows)):
        here = [(index, pieces[place]) for index, pieces in rows if place < len(pieces)]
        yield chat(*({"index": index, **function(None, piece)} for index, piece in here))


def with_ids_that_change(made: list[Call], split: Split) -> Iterator[dict[str, Any]]:
    fresh = count()
    for index, (name, text) in enumerate(made):
        yield chat({"index": index, "id": f"x{next(fresh)}", **function(name, "")})
        yield from (chat({"index": index, "id": f"x{next(fresh)}", **function(None, piece)}) for piece in split(text))


def with_one_id_for_all(made: list[Call], split: Split) -> Iterator[dict[str, Any]]:
    for index, (name, text) in enumerate(made):
        yield chat({"index": index, "id": "call", **function(name, "")})
        yield from (chat({"index": index, "id": "call", **function(None, piece)}) for piece in split(text))


def with_one_index_for_all(made: list[Call], split: Split) -> Iterator[dict[str, Any]]:
    for number, (name, text) in enumerate(made):
        yield chat({"index": 0, "id": f"c{number}", **function(name, "")})
        yield from (chat({"index": 0, "id": f"c{number}", **function(None, piece)}) for piece in split(text))


def with_one_index_and_no_ids(made: list[Call], split: Split) -> Iterator[dict[str, Any]]:
    yield from (chat({"index": 0, "id": "", **function(name, text)}) for name, text in made)


def with_names_in_every_piece(made: list[Call], split: Split) -> Iterator[dict[str, Any]]:
    for index, (name, text) in enumerate(made):
        yield from (chat({"index": index, "id": f"c{index}", **function(name, piece)}) for piece in ["", *split(text)])


def without_an_index(made: list[Call], split: Split) -> Iterator[dict[str, Any]]:
    for number, (name, text) in enumerate(made):
        yield chat({"id": f"c{number}", **function(name, "")})
        yield from (chat({"id": f"c{number}", **function(None, piece)}) for piece in split(text))


def without_anything(made: list[Call], split: Split) -> Iterator[dict[str, Any]]:
    for name, text in made:
        yield chat(function(name))
        yield from (chat(function(None, piece)) for piece in split(text))


def with_indices_that_count_pieces(made: list[Call], split: Split) -> Iterator[dict[str, Any]]:
    fresh = count()
    for name, text in made:
        yield chat({"index": next(fresh), **function(name, split(text)[0])})
        yield from (chat({"index": next(fresh), **function(None, piece)}) for piece in split(text)[1:])


def all_at_once(made: list[Call], split: Split) -> Iterator[dict[str, Any]]:
    yield chat(*({"id": f"c{number}", **function(name, text)} for number, (name, text) in enumerate(made)))


def as_objects(made: list[Call], split: Split) -> Iterator[dict[str, Any]]:
    for index, (name, text) in enumerate(made):
        yield chat({"index": index, **function(name, json.loads(text) or None)})


def as_anthropic(made: list[Call], split: Split) -> Iterator[dict[str, Any]]:
    for index, (name, text) in enumerate(made, 1):
        block = {"type": "tool_use", "id": f"t{index}", "name": name, "input": {}}
        yield {"type": "content_block_start", "index": index, "content_block": block}
        for piece in split(text) if text != "{}" else [""]:
            delta = {"type": "input_json_delta", "partial_json": piece}
            yield {"type": "content_block_delta", "index": index, "delta": delta}
        yield {"type": "content_block_stop", "index": index}


def as_anthropic_at_once(made: list[Call], split: Split) -> Iterator[dict[str, Any]]:
    for index, (name, text) in enumerate(made):
        block = {"type": "tool_use", "id": f"t{index}", "name": name, "input": json.loads(text)}
        yield {"type": "content_block_start", "index": index, "content_block": block}
        yield {"type": "content_block_stop", "index": index}


def as_bedrock(made: list[Call], split: Split) -> Iterator[dict[str, Any]]:
    for index, (name, text) in enumerate(made):
        start = {"toolUse": {"toolUseId": f"t{index}", "name": name}}
        yield {"contentBlockStart": {"contentBlockIndex": index, "start": start}}
        for piece in split(text) if text != "{}" else []:
            yield {"contentBlockDelta": {"contentBlockIndex": index, "delta": {"toolUse": {"input": piece}}}}
        yield {"contentBlockStop": {"contentBlockIndex": index}}


def as_google(made: list[Call], split: Split) -> Iterator[dict[str, Any]]:
    for name, text in made:
        call = {"name": name, "args": json.loads(text)} if text != "{}" else {"name": name}
        yield {"candidates": [{"content": {"parts": [{"functionCall": call}]}, "finishReason": "STOP"}]}


def as_responses(made: list[Call], split: Split) -> Iterator[dict[str, Any]]:
    for index, (name, text) in enumerate(made):
        item = {"type": "function_call", "id": f"fc{index}", "call_id": f"c{index}", "name": name}
        yield {"type": "response.output_item.added", "output_index": index, "item": {**item, "arguments": ""}}
        for piece in split(text):
            yield {"type": "response.function_call_arguments.delta", "output_index": index, "delta": piece}
        yield {"type": "response.output_item.done", "output_index": index, "item": {**item, "arguments": text}}


def as_responses_with_a_last_word(made: list[Call], split: Split) -> Iterator[dict[str, Any]]:
    for index, (name, text) in enumerate(made):
        item = {"type": "function_call", "id": f"fc{index}", "call_id": f"c{index}", "name": name}
        yield {"type": "response.output_item.added", "output_index": index, "item": item}
        yield {"type": "response.function_call_arguments.done", "item_id": f"fc{index}", "arguments": text}

        yield {"type": "response.output_item.done", "output_index": index, "item": {**item, "arguments": text}}


def as_responses_that_correct_themselves(made: list[Call], split: Split) -> Iterator[dict[str, Any]]:
    for index, (name, text) in enumerate(made):
        item = {"type": "function_call", "id": f"fc{index}", "call_id": f"c{index}", "name": name}
        yield {"type": "response.output_item.added", "output_index": index, "item": {**item, "arguments": ""}}
        yield {"type": "response.function_call_arguments.delta", "output_index": index, "delta": '["no'}
        yield {"type": "response.output_item.done", "output_index": index, "item": {**item, "arguments": text}}


def as_responses_that_announce_nothing(made: list[Call], split: Split) -> Iterator[dict[str, Any]]:
    for index, (name, text) in enumerate(made):
        item = {"type": "function_call", "id": f"fc{index}", "call_id": f"c{index}", "name": name, "arguments": text}
        yield {"type": "response.output_item.done", "item": item}


def as_responses_that_announce_nothing_and_have_no_ids(made: list[Call], split: Split) -> Iterator[dict[str, Any]]:
    for frame in as_responses_that_announce_nothing(made, split):
        yield {**frame, "item": {name: value for name, value in frame["item"].items() if name != "id"}}


DIALECTS: dict[Dialect, str] = {
    **dict.fromkeys(
        (
            as_openai,
            interleaved,
            with_ids_that_change,
            with_one_id_for_all,
            with_one_index_for_all,
            with_one_index_and_no_ids,
            with_names_in_every_piece,
            without_an_index,
            without_anything,
            with_indices_that_count_pieces,
            all_at_once,
            as_objects,
        ),
        "openai_compatible",
    ),
    as_anthropic: "anthropic",
    as_anthropic_at_once: "anthropic",
    as_bedrock: "bedrock",
    as_google: "google",
    as_responses: "openai_responses",
    as_responses_with_a_last_word: "openai_responses",
    as_responses_that_correct_themselves: "openai_responses",
    as_responses_that_announce_nothing: "openai_responses",
    as_responses_that_announce_nothing_and_have_no_ids: "openai_responses",
}

ENDINGS: dict[str, list[dict[str, Any]]] = {
    "openai_compatible": [{"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}],
    "anthropic": [{"type": "message_delta", "delta": {"stop_reason": "end_turn"}}, {"type": "message_stop"}],
    "bedrock": [{"messageStop": {"stopReason": "end_turn"}}],
    "google": [],
    "openai_responses": [{"type": "response.completed", "response": {"status": "completed"}}],
}


def read(wire: str, frames: list[dict[str, Any]]) -> list[ProviderEvent]:
    if wire == "bedrock":
        converse = bedrock.ConverseParser()
        return [*(made for frame in frames for made in converse.feed(frame)), *converse.end()]
    adapter = WIRES[wire]
    assert isinstance(adapter, HttpAdapter)
    parser = adapter.new_parser()
    return [*fed(parser, frames), *parser.end()]


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: getattr(dialect, "__name__", ""))
@settings(max_examples=150)
@given(calls, st.data())
def test_the_same_calls_come_back(dialect: Dialect, made: list[Call], data: st.DataObject) -> None:
    cuts: dict[str, list[str]] = {}

    def split(text: str) -> list[str]:
        if text not in cuts:
            places = sorted(data.draw(st.sets(st.integers(1, max(1, len(text) - 1)), max_size=4)))
            ends = [0, *places, len(text)]
            cuts[text] = [text[start:end] for start, end in pairwise(ends) if start < end]
        return cuts[text]

    wire = DIALECTS[dialect]
    events = read(wire, [*dialect(made, split), *ENDINGS[wire]])
    found = [(name, json.loads(text)) for _, (_, name, text) in sorted(tool_calls_of(events).items())]

    assert found == [(name, json.loads(text)) for name, text in made]
    assert events[-1] == Finished(FinishReason.TOOL)
    ids = [identifier for identifier, _, _ in tool_calls_of(events).values() if identifier]
    assert len(ids) == len(set(ids))
