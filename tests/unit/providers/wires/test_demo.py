"""The built-in stand-in."""

import json
import time
from decimal import Decimal
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptyard.domain.errors import InvalidRequest, RefusedParameter, UnknownModel
from promptyard.domain.models.catalogue_data import load_models
from promptyard.domain.models.provider_events import (
    Finished,
    FinishReason,
    ProviderEvent,
    ReasoningDelta,
    TextDelta,
    ToolCallDelta,
)
from promptyard.domain.models.usage import Usage
from promptyard.domain.prompts.compression import Intensity, rules
from promptyard.providers.registry import PROVIDERS
from promptyard.providers.wires import demo
from promptyard.providers.wires.demo_arguments import arguments
from tests.support.doubles.event_batches import one_by_one
from tests.support.samples.provider_calls import call
from tests.support.servers.wire_replay import text_of, tool_calls_of, usage_of

DEMO = next(row for row in PROVIDERS if row.id == "demo")


async def answer(model: str, messages: Any = "Hello there, world", **given: Any) -> list[ProviderEvent]:
    given.setdefault("extra", {"delay_ms": 0})
    asked = call("demo", model, messages=messages, row=DEMO, api_key=None, **given)
    return [event async for event in one_by_one(demo.prepare(asked).stream())]


def sentences(text: str) -> int:
    return text.count(".")


async def test_echo_gives_the_prompt_back_word_by_word() -> None:
    events = await answer("echo", "  Hello\n\nthere,\u2028 world \n")

    assert [event.text for event in events if isinstance(event, TextDelta)] == [
        "  Hello",
        "\n\nthere,",
        "\u2028 world \n",
    ]
    assert usage_of(events) == Usage(input_tokens=3, output_tokens=3)
    assert events[-1] == Finished(FinishReason.STOP)


async def test_echo_gives_the_last_prompt_of_the_user() -> None:
    messages = [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": "One"},
        {"role": "assistant", "content": "Two"},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "Three"},
                {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
            ],
        },
        {"role": "assistant", "content": "Four"},
    ]
    events = await answer("echo", messages)

    assert text_of(events) == "Three"
    assert usage_of(events) == Usage(input_tokens=6, output_tokens=1)


@pytest.mark.parametrize(("model", "text"), [("echo", ""), ("writer", "You asked nothing.")])
async def test_an_empty_prompt_has_an_answer(model: str, text: str) -> None:
    events = await answer(model, " ")

    assert text_of(events).startswith(text)
    assert events[-1] == Finished(FinishReason.STOP)


async def test_the_writer_says_what_it_is_and_always_the_same() -> None:
    text = text_of(await answer("writer", "Explain how a pool works."))

    assert "Explain how a pool works." in text
    assert "no model" in text
    assert text == text_of(await answer("writer", "Explain how a pool works."))
    assert sentences(text) >= 4


@pytest.mark.parametrize(
    "messages",
    [
        "Explain pools in one sentence",
        "Explain pools briefly",
        [{"role": "system", "content": "Be CONCISE."}, {"role": "user", "content": "Explain pools"}],
    ],
)
async def test_the_writer_is_shorter_when_told_to_be(messages: Any) -> None:
    brief = text_of(await answer("writer", messages))

    assert sentences(brief) == 1
    assert len(brief) < len(text_of(await answer("writer", "Explain pools"))) / 2


@pytest.mark.parametrize("model", ["writer", "thinker"])
async def test_a_long_prompt_is_named_by_its_beginning(model: str) -> None:
    twelve = " ".join(f"w{number}" for number in range(12))
    for prompt, topic in ((twelve, twelve), (f"{twelve} more", f"{twelve}…")):
        events = await answer(model, prompt)
        assert f"You asked: “{topic}”." in text_of(events)
        thought = "".join(event.text for event in events if isinstance(event, ReasoningDelta))
        assert not thought or f"begins with “{twelve}”." in thought


async def test_the_compression_rules_make_the_writer_shorter() -> None:
    prompt = {"role": "user", "content": "Explain pools"}
    plain = len(text_of(await answer("writer", [prompt])))
    for intensity in Intensity:
        ruled = await answer("writer", [{"role": "system", "content": rules(intensity)}, prompt])
        assert len(text_of(ruled)) < plain / 2


async def test_max_tokens_counts_words() -> None:
    events = await answer("echo", "one two three", max_tokens=2)

    assert text_of(events) == "one two"
    assert events[-1] == Finished(FinishReason.LENGTH)
    assert (await answer("echo", "one two", max_tokens=2))[-1] == Finished(FinishReason.STOP)


@pytest.mark.parametrize("stop", ["two", ["nowhere", "three", "two"]])
async def test_stop_cuts_before_the_sequence(stop: Any) -> None:
    events = await answer("echo", "one two three", stop=stop)

    assert text_of(events) == "one "
    assert events[-1] == Finished(FinishReason.STOP)


@pytest.mark.parametrize("stop", ["one", ["", "one"]])
async def test_stop_at_the_beginning_leaves_nothing(stop: Any) -> None:
    assert text_of(await answer("echo", "one two three", stop=stop)) == ""


async def test_the_pace() -> None:
    began = time.perf_counter()
    stream = one_by_one(
        demo.prepare(call("demo", "echo", messages="one two three", row=DEMO, extra={"delay_ms": 50})).stream()
    )
    await anext(stream)
    first = time.perf_counter() - began
    async for _ in stream:
        pass

    assert first < 0.05
    assert time.perf_counter() - began >= 0.1


@pytest.mark.parametrize("delay", [-1, 60_001, "5", True, None, float("nan")])
async def test_a_delay_that_is_none_is_refused(delay: Any) -> None:
    with pytest.raises(InvalidRequest) as caught:
        await answer("echo", extra={"delay_ms": delay})
    assert caught.value.loc == ("body", "parameters", "extra", "delay_ms")


@pytest.mark.parametrize(
    "given",
    [
        {"tools": [{"type": "function", "function": {"name": "now"}}]},
        {"response_format": {"type": "json_object"}},
        {"reasoning_effort": "low"},
    ],
)
async def test_what_it_cannot_do_is_refused_by_name(given: dict[str, Any]) -> None:
    with pytest.raises(RefusedParameter) as caught:
        await answer("echo", **given)
    assert [caught.value.name] == list(given)


async def test_sampling_changes_nothing() -> None:
    assert await answer("writer", temperature=2.0, top_p=0.1, seed=7) == await answer("writer")


async def test_an_unknown_model() -> None:
    with pytest.raises(UnknownModel, match="demo/gpt"):
        await answer("gpt")


async def test_what_it_offers_is_what_the_catalogue_lists() -> None:
    rows = [row for row in load_models() if row.provider == "demo"]

    assert sorted(row.model for row in rows) == sorted(demo.MODELS)
    assert all(tier.input == tier.output == Decimal(0) for row in rows for tier in row.prices)
    assert all("demo" in row.name.lower() for row in rows)


# --- Reasoning and tools

LOOK = {
    "type": "function",
    "function": {
        "name": "look",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}, "unit": {"enum": ["C", "F"]}, "days": {"type": "integer"}},
            "required": ["city", "unit"],
        },
    },
}
NOW = {"type": "function", "function": {"name": "now"}}


async def test_the_thinker_reasons_before_it_writes() -> None:
    events = await answer("thinker", "Explain pools")
    kinds = [type(event) for event in events]
    thought = kinds.count(ReasoningDelta)
    assert kinds[:thought] == [ReasoningDelta] * thought
    assert thought > 10
    assert text_of(events) == text_of(await answer("writer", "Explain pools"))
    usage = usage_of(events)
    assert usage is not None
    assert (usage.reasoning_tokens, usage.output_tokens) == (thought, thought + kinds.count(TextDelta))

    cut = await answer("thinker", "Explain pools", max_tokens=3)
    assert (cut[:3], cut[-1]) == (events[:3], Finished(FinishReason.LENGTH))
    assert not any(isinstance(event, ReasoningDelta) for event in await answer("thinker", reasoning_effort="none"))


@pytest.mark.parametrize("model", ["writer", "thinker"])
async def test_given_tools_it_calls_the_first(model: str) -> None:
    events = await answer(model, tools=[LOOK, NOW])
    assert tool_calls_of(events) == {0: ("call_1", "look", '{"city": "city", "unit": "C"}')}
    assert sum(isinstance(event, ToolCallDelta) for event in events) > 3
    assert text_of(events) == ""
    assert events[-1] == Finished(FinishReason.TOOL)


async def test_the_choice_of_a_tool_is_obeyed() -> None:
    named = await answer("writer", tools=[LOOK, NOW], tool_choice={"type": "function", "function": {"name": "now"}})
    assert tool_calls_of(named) == {0: ("call_1", "now", "{}")}
    assert tool_calls_of(await answer("writer", tools=[LOOK], tool_choice="none")) == {}


async def test_arguments_are_written_as_they_are() -> None:
    tool = {"type": "function", "function": {"name": "f", "parameters": {"properties": {"a": {"default": "日本"}}}}}
    assert tool_calls_of(await answer("writer", tools=[tool])) == {0: ("call_1", "f", '{"a": "日本"}')}


def test_what_is_sent_is_what_was_asked() -> None:
    asked = call("demo", "echo", row=DEMO, api_key=None, temperature=0.5)
    sent = demo.prepare(asked).sent
    assert sent == ["echo", [message.wire() for message in asked.messages], asked.parameters.given()]
    assert sent[1]
    assert sent[2]["temperature"] == 0.5


@pytest.mark.parametrize(("given", "seconds"), [({"delay_ms": 250}, 0.25), ({"delay_ms": 0.5}, 0.0005), (None, 0.005)])
def test_the_pace_is_in_milliseconds(given: dict[str, Any] | None, seconds: float) -> None:
    assert demo._delay_seconds(call("demo", "echo", row=DEMO, extra=given)) == seconds


@pytest.mark.parametrize(
    "given",
    [
        {"tool_choice": {"type": "function", "function": {"name": "other"}}},
        {"tools": [{"type": "function"}]},
        {"tools": [], "tool_choice": "required"},
    ],
)
def test_a_tool_that_is_none_is_refused_before_anything_is_said(given: dict[str, Any]) -> None:
    asked = call("demo", "writer", row=DEMO, api_key=None, **{"tools": [LOOK], **given})
    with pytest.raises(InvalidRequest):
        demo.prepare(asked)


async def test_told_what_the_tool_gave_it_writes() -> None:
    call_of_it = {"id": "call_1", "function": {"name": "now", "arguments": "{}"}}
    messages = [
        {"role": "user", "content": "What time is it?"},
        {"role": "assistant", "tool_calls": [call_of_it]},
        {"role": "tool", "tool_call_id": "call_1", "content": "Noon"},
    ]
    events = await answer("writer", messages, tools=[NOW])
    assert "What time is it?" in text_of(events)
    assert events[-1] == Finished(FinishReason.STOP)
    again = await answer("writer", messages, tools=[NOW], tool_choice="required")
    assert tool_calls_of(again) == {0: ("call_2", "now", "{}")}


scalars = st.sampled_from(
    [
        {"type": "string"},
        {"type": "string", "minLength": 9, "maxLength": 9},
        {"type": "string", "format": "date-time"},
        {"type": "integer", "minimum": 7},
        {"type": "integer", "exclusiveMinimum": 7},
        {"type": "number", "maximum": -0.5},
        {"type": "integer", "multipleOf": 5},
        {"type": "boolean"},
        {"type": ["null", "string"]},
        {"enum": [3, "x"]},
        {"const": {"a": 1}},
        {"type": "integer", "default": 4},
        {"anyOf": [{"type": "null"}, {"type": "number"}]},
        {"$ref": "#/$defs/N"},
        {},
        True,
    ]
)


INTEGER = {"type": "integer"}
AB = {"type": "object", "properties": {"a": INTEGER, "b": INTEGER}}


@pytest.mark.parametrize(
    ("schema", "made"),
    [
        ({"type": "string"}, "p"),
        ({"type": "string", "minLength": 3}, "pxx"),
        ({"type": "string", "minLength": 2_000}, "p" + "x" * 999),
        ({"type": "string", "maxLength": 0}, ""),
        ({"type": "string", "minLength": -1, "maxLength": -1}, "p"),
        ({"format": "date"}, "2026-11-21"),
        (INTEGER, 1),
        ({**INTEGER, "minimum": 7}, 7),
        ({**INTEGER, "exclusiveMinimum": 7}, 8),
        ({**INTEGER, "exclusiveMinimum": True}, 1),
        ({**INTEGER, "maximum": 4}, 4),
        ({**INTEGER, "exclusiveMaximum": 4}, 3),
        ({**INTEGER, "multipleOf": 5}, 5),
        ({"type": "number", "minimum": 0.5}, 0.5),
        ({"type": "number", "exclusiveMinimum": 0.5}, 1.5),
        ({"type": "number", "maximum": 4.0}, 4),
        ({"type": "boolean"}, True),
        ({"type": "null"}, None),
        ({"type": ["null", "integer"]}, 1),
        ({"type": ["null"]}, None),
        ({"enum": [3, "x"]}, 3),
        ({"enum": [], "examples": [9, 8]}, 9),
        ({"enum": [3], "examples": [9]}, 3),
        ({"const": None, "default": 4}, None),
        ({"default": 4, "enum": [3]}, 4),
        ({"type": "array", "items": INTEGER}, [1]),
        ({"items": INTEGER}, [1]),
        ({"type": "array", "items": INTEGER, "minItems": 3}, [1, 1, 1]),
        ({"type": "array", "items": INTEGER, "minItems": 50}, [1] * 10),
        ({"type": "array", "items": INTEGER, "minItems": 3, "maxItems": 2}, [1, 1]),
        ({"type": "array", "items": INTEGER, "maxItems": 0}, []),
        ({"type": "array", "prefixItems": [{}, INTEGER]}, ["p", 1]),
        ({"type": "array", "prefixItems": [{}], "items": INTEGER, "minItems": 2}, ["p", 1]),
        (AB, {"a": 1, "b": 1}),
        ({"properties": AB["properties"]}, {"a": 1, "b": 1}),
        ({**AB, "required": ["b"]}, {"b": 1}),
        ({**AB, "required": ["c"]}, {"c": "c"}),
        ({"allOf": [{**AB, "required": ["a"]}, {"properties": {"c": {}}, "required": ["c"]}]}, {"a": 1, "c": "c"}),
        ({"allOf": [{"type": "null"}]}, None),
        ({"anyOf": [{"type": "null"}, INTEGER, {"type": "string"}]}, 1),
        ({"oneOf": [{"type": "null"}, INTEGER, {"type": "string"}]}, 1),
        ({"anyOf": [{"type": "null"}]}, "p"),
        ({**AB, "required": ["a"], "anyOf": [{"required": ["b"]}, {"required": ["c"]}]}, {"a": 1, "b": 1}),
        (True, "p"),
    ],
)
def test_the_plainest_value(schema: Any, made: Any) -> None:
    assert arguments({"type": "object", "properties": {"p": schema}}) == {"p": made}
    assert type(arguments({"type": "object", "properties": {"p": schema}})["p"]) is type(made)


def _objects(inner: Any) -> Any:
    properties = st.dictionaries(st.sampled_from("abcd"), inner, max_size=3)
    return properties.flatmap(
        lambda given: (
            st.lists(st.sampled_from(sorted(given)), unique=True).map(
                lambda required: {"type": "object", "properties": given, "required": required}
            )
            if given
            else st.just({"type": "object"})
        )
    )


schemas = st.recursive(
    scalars,
    lambda inner: (
        _objects(inner)
        | st.builds(lambda items, least: {"type": "array", "items": items, "minItems": least}, inner, st.integers(0, 3))
    ),
    max_leaves=8,
)


@given(schema=_objects(schemas))
@settings(max_examples=500, deadline=None)
def test_arguments_are_as_their_schema_wants_them(schema: dict[str, Any]) -> None:
    whole = {**schema, "$defs": {"N": {"type": "integer", "minimum": 2}}}
    assert jsonschema_rs.is_valid(whole, arguments(whole))


@given(
    schema=st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=3),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "type",
                        "properties",
                        "items",
                        "enum",
                        "required",
                        "anyOf",
                        "minItems",
                        "minLength",
                        "multipleOf",
                        "minimum",
                        "$ref",
                    ]
                ),
                inner,
                max_size=4,
            )
        ),
    )
)
@settings(max_examples=500, deadline=None)
def test_whatever_a_schema_holds_there_are_arguments(schema: Any) -> None:
    assert isinstance(arguments({"type": "object", "properties": {"a": schema}}), dict)


def _nested(inner: dict[str, Any], levels: int) -> dict[str, Any]:
    for _ in range(levels):
        inner = {"type": "array", "minItems": 10, "items": inner}
    return {"type": "object", "properties": {"a": inner}}


@pytest.mark.parametrize(
    ("inner", "levels"),
    [
        ({"type": "integer"}, 19),
        ({"type": "string", "minLength": 1_000}, 5),
        ({"default": "x" * 1_000}, 5),
        ({"required": ["a"], "properties": {f"p{number}": {} for number in range(1_000)} | {"a": {}}}, 5),
        ({"allOf": [{"required": [f"p{number}"]} for number in range(1_000)]}, 5),
        ({"oneOf": [{"type": "null"}] * 10_000}, 5),
    ],
    ids=["lists", "long texts", "long defaults", "many properties", "many conditions", "many alternatives"],
)
def test_lists_of_lists_are_not_filled_without_end(inner: dict[str, Any], levels: int) -> None:
    began = time.process_time()
    made = arguments(_nested(inner, levels))
    assert time.process_time() - began < 2
    assert len(json.dumps(made)) < 1_000_000
    assert isinstance(made["a"][0][0], list)


@pytest.mark.parametrize(("depth", "left"), [(19, 7), (20, "a"), (21, "a")])
def test_what_lies_too_deep_is_left_empty(depth: int, left: Any) -> None:
    schema: dict[str, Any] = {"const": 7}
    for _ in range(depth):
        schema = {"type": "object", "properties": {"a": schema}}
    made: Any = arguments(schema)
    for _ in range(min(depth, 20)):
        made = made["a"]
    assert made == left


@pytest.mark.parametrize("bound", [1e999, -1e999, float("nan"), 10**400])
def test_a_bound_that_is_no_number_is_none(bound: float) -> None:
    finite = isinstance(bound, int)
    assert arguments({"properties": {"a": {"type": "number", "minimum": bound}}}) == {"a": bound if finite else 1}
