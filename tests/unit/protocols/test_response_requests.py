"""Requests of OpenAI's Responses, and what goes on of them."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from functions.openai.responses.request import ResponsesRequest
from promptyard.domain.errors import PromptyardError
from promptyard.providers.gateway import Gateway
from promptyard.providers.network.transport import HttpCall
from promptyard.providers.registry import PROVIDERS
from tests.support.samples.provider_calls import call

OPENAI = next(row for row in PROVIDERS if row.id == "openai")


def request(**fields: Any) -> ResponsesRequest:
    return ResponsesRequest.model_validate({"model": "a/b", "input": "Hi", **fields})


@pytest.mark.parametrize(
    ("fields", "parameters"),
    [
        ({}, {}),
        ({"max_output_tokens": 5, "store": True, "include": ["x"], "truncation": None}, {"max_tokens": 5}),
        ({"reasoning": {"effort": "low", "summary": "auto"}}, {"reasoning_effort": "low"}),
        ({"text": {"format": {"type": "text"}, "verbosity": "low"}}, {}),
        (
            {"text": {"format": {"type": "json_schema", "name": "n", "schema": {}, "strict": True}}},
            {"response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {}, "strict": True}}},
        ),
        (
            {
                "tools": [{"type": "function", "name": "f", "parameters": {}, "strict": None}, {"type": "web_search"}],
                "tool_choice": {"type": "function", "name": "f"},
            },
            {
                "tools": [{"type": "function", "function": {"name": "f", "parameters": {}}}],
                "tool_choice": {"type": "function", "function": {"name": "f"}},
            },
        ),
        ({"service_tier": "flex", "brand_new": 1}, {"extra": {"service_tier": "flex", "brand_new": 1}}),
    ],
)
def test_parameters(fields: Any, parameters: Any) -> None:
    assert request(**fields).asked().parameters.given() == parameters


CALL = {"type": "function_call", "id": "fc_1", "call_id": "c", "name": "f", "arguments": "{}", "status": "completed"}


@pytest.mark.parametrize(
    ("given_", "read"),
    [
        ("Hi", [{"role": "user", "content": "Hi"}]),
        (
            [
                {"role": "user", "content": [{"type": "input_text", "text": "Hi"}]},
                {"type": "reasoning", "id": "rs_1", "summary": []},
                {"type": "message", "role": "assistant", "id": "m", "content": [{"type": "output_text", "text": "So"}]},
                CALL,
                {**CALL, "call_id": "d"},
                {"type": "function_call_output", "call_id": "c", "output": "3"},
                {"type": "function_call_output", "call_id": "d", "output": [{"type": "input_text", "text": "4"}]},
            ],
            [
                {"role": "user", "content": [{"type": "text", "text": "Hi"}]},
                {
                    "role": "assistant",
                    "content": [{"type": "text", "text": "So"}],
                    "reasoning_items": [{"type": "reasoning", "id": "rs_1", "summary": []}],
                    "tool_calls": [
                        {"id": name, "type": "function", "function": {"name": "f", "arguments": "{}"}}
                        for name in ("c", "d")
                    ],
                },
                {"role": "tool", "tool_call_id": "c", "content": "3"},
                {"role": "tool", "tool_call_id": "d", "content": [{"type": "text", "text": "4"}]},
            ],
        ),
        (
            [{"role": "user", "content": [{"type": "input_image", "image_url": "https://a.example/b", "detail": "x"}]}],
            [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://a.example/b"}}]}],
        ),
        (
            [
                {"type": "item_reference", "id": "x"},
                {"role": "user", "content": [{"type": "input_image", "file_id": "f"}]},
            ],
            [{"role": "user", "content": [{"type": "text", "text": "[input_image]"}]}],
        ),
    ],
)
def test_messages(given_: Any, read: Any) -> None:
    assert [message.wire() for message in request(input=given_).asked().messages] == read


def test_what_was_said_before_stands_between_instructions_and_input() -> None:
    history = request(input="Before").asked().messages
    asked = request(instructions="Be brief").asked(history)
    assert [message.content for message in asked.messages] == ["Be brief", "Before", "Hi"]
    assert asked.body.count == 1
    given_ = [{"role": "user", "content": "Hi"}, {"type": "brand_new", "x": 1}]
    asked = request(input=given_, instructions="Be brief").asked(history)
    messages = [message.wire() for message in asked.messages]
    made = call("openai", "m", messages=messages, row=OPENAI, **asked.parameters.given())
    sent = Gateway().prepare(replace(made, body=asked.body))
    assert isinstance(sent, HttpCall)
    first = [{"role": "system", "content": "Be brief"}, {"role": "user", "content": "Before"}]
    assert sent.request.body["input"] == [*first, *given_]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
KINDS = ["message", "function_call", "function_call_output", "reasoning", "item_reference", "input_text", "input_image"]
FIELDS = ("content", "call_id", "name", "arguments", "output", "summary", "id", "text", "image_url", "parts")
ITEMS = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(KINDS) | JSON,
        "role": st.sampled_from(["user", "assistant", "developer"]) | JSON,
        **dict.fromkeys(FIELDS, JSON | st.lists(st.dictionaries(st.sampled_from(["type", *FIELDS]), JSON), max_size=2)),
    },
)
NAMED = st.sampled_from([*ResponsesRequest.model_fields, "store", "truncation"])


@given(st.lists(ITEMS, max_size=4) | JSON, st.dictionaries(NAMED, JSON, max_size=4))
def test_whatever_is_sent_is_read_or_refused(given_: Any, fields: Any) -> None:
    try:
        asked = ResponsesRequest.model_validate({"model": "a/b", **fields, "input": given_}).asked()
    except (ValidationError, PromptyardError):
        return
    assert asked.body.count <= len(asked.messages)
