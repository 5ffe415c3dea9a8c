"""Requests of OpenAI's Chat Completions, and what goes on of them to providers of the same protocol and of others."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from functions.openai.chat.request import ChatRequest
from promptyard.domain.errors import InvalidRequest, PromptyardError, RefusedParameter
from promptyard.domain.models.targets import ProtocolBody
from promptyard.providers.gateway import Gateway
from promptyard.providers.network.transport import HttpCall
from promptyard.services.runs.provider_attempts import prepared_without_refused
from tests.support.samples.provider_calls import call

HELLO = [{"role": "user", "content": "Hi"}]


def request(**fields: Any) -> ChatRequest:
    return ChatRequest.model_validate({"model": "a/b", "messages": HELLO, **fields})


@pytest.mark.parametrize(
    ("fields", "parameters"),
    [
        ({}, {}),
        ({"max_tokens": 5}, {"max_tokens": 5}),
        ({"max_completion_tokens": 6, "max_tokens": 5}, {"max_tokens": 6}),
        ({"temperature": 0, "top_p": None, "seed": 3, "top_k": 4}, {"temperature": 0, "seed": 3, "top_k": 4}),
        ({"stop": "x"}, {"stop": "x"}),
        ({"response_format": {"type": "text"}}, {}),
        ({"response_format": {"type": "json_object"}}, {"response_format": {"type": "json_object"}}),
        ({"reasoning_effort": "low"}, {"reasoning_effort": "low"}),
        ({"reasoning_effort": "brand-new"}, {"extra": {"reasoning_effort": "brand-new"}}),
        ({"tool_choice": "auto"}, {"tool_choice": "auto"}),
        (
            {"tool_choice": {"type": "allowed_tools", "allowed_tools": {}}},
            {"extra": {"tool_choice": {"type": "allowed_tools", "allowed_tools": {}}}},
        ),
        ({"user": "ada", "store": None, "stream_options": {"include_usage": True}}, {"extra": {"user": "ada"}}),
        ({"metadata": {"a": "b", "playground_id": "p"}}, {"extra": {"metadata": {"a": "b"}}}),
        ({"metadata": {"playground_id": "p"}, "prompt": {"variables": {"x": "y"}}}, {}),
        ({"input": "not of this protocol", "n": 1}, {}),
    ],
)
def test_parameters(fields: Any, parameters: Any) -> None:
    assert request(**fields).asked().parameters.given() == parameters


@pytest.mark.parametrize(
    ("came", "read"),
    [
        ({"role": "user", "content": "Hi", "brand_new": 1}, {"role": "user", "content": "Hi"}),
        ({"role": "developer", "content": "Hi"}, {"role": "developer", "content": "Hi"}),
        (
            {"role": "function", "name": "f", "content": "3"},
            {"role": "tool", "name": "f", "content": "3", "tool_call_id": "call_f"},
        ),
        (
            {"role": "assistant", "content": None, "refusal": None, "function_call": {"name": "f", "arguments": "{}"}},
            {
                "role": "assistant",
                "tool_calls": [
                    {"id": "call_f", "type": "function", "function": {"name": "f", "arguments": "{}"}},
                ],
            },
        ),
        (
            {
                "role": "assistant",
                "content": "",
                "annotations": [],
                "contnet": "a slip",
                "tool_calls": [
                    {
                        "id": "c",
                        "type": "function",
                        "index": 0,
                        "x": 1,
                        "function": {"name": "f", "arguments": "{}", "y": 2},
                    }
                ],
            },
            {
                "role": "assistant",
                "content": "",
                "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
            },
        ),
        (
            {"role": "assistant", "content": "Yes", "reasoning_content": "so", "audio": None},
            {"role": "assistant", "content": "Yes", "reasoning_content": "so"},
        ),
        (
            {
                "role": "user",
                "content": [
                    {
                        "type": "text",
                        "text": "See",
                        "cache_control": {"type": "ephemeral"},
                        "prompt_cache_breakpoint": 1,
                    },
                    {"type": "image_url", "image_url": {"url": "https://a.example/b.png", "detail": "huge"}},
                    {"type": "input_audio", "input_audio": {}},
                ],
            },
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "See", "cache_control": {"type": "ephemeral"}},
                    {"type": "image_url", "image_url": {"url": "https://a.example/b.png"}},
                    {"type": "text", "text": "[input_audio]"},
                ],
            },
        ),
        (
            {"role": "tool", "tool_call_id": "c", "content": [{"type": "text", "text": "3"}]},
            {"role": "tool", "tool_call_id": "c", "content": [{"type": "text", "text": "3"}]},
        ),
    ],
)
def test_messages(came: Any, read: Any) -> None:
    [message] = request(messages=[came]).asked().messages
    assert message.wire() == read


@pytest.mark.parametrize(
    ("messages", "place"),
    [
        ([{"role": "king", "content": "x"}], ("messages", 0, "role")),
        ([*HELLO, {"role": "user", "content": 3}], ("messages", 1, "content")),
        ([{"role": "user", "content": [{"type": "image_url"}]}], ("messages", 0, "content")),
    ],
)
def test_a_message_that_says_nothing_is_refused_at_its_place(messages: Any, place: tuple[Any, ...]) -> None:
    with pytest.raises(InvalidRequest) as refused:
        request(messages=messages).asked()
    assert refused.value.loc[1 : 1 + len(place)] == place


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
NAMED = st.sampled_from([*ChatRequest.model_fields, "audio", "functions", "logprobs", "user", "web_search_options"])
PARTS = st.fixed_dictionaries(
    {"type": st.sampled_from(["text", "image_url", "file", "input_audio", "refusal", "tool_result", "thinking", "x"])},
    optional=dict.fromkeys(("text", "image_url", "file", "refusal", "content", "source"), JSON),
)
MESSAGES = st.lists(
    st.fixed_dictionaries(
        {"role": st.sampled_from(["system", "developer", "user", "assistant", "tool", "function"])},
        optional={
            "content": JSON | st.lists(PARTS, max_size=3),
            "parts": JSON,
            **dict.fromkeys(("name", "tool_calls", "function_call", "audio", "tool_call_id", "type", "x"), JSON),
        },
    ),
    max_size=3,
)


@given(MESSAGES, st.dictionaries(NAMED, JSON, max_size=4))
def test_whatever_is_sent_is_read_or_refused(messages: Any, fields: Any) -> None:
    """And what is read is sent on as it came to a provider of the same protocol, or refused by name by another."""
    try:
        asked = ChatRequest.model_validate({**fields, "model": "a/b", "messages": messages}).asked()
    except (ValidationError, PromptyardError):
        return
    assert len(asked.messages) == len(messages)
    for name in asked.parameters.extra or {}:
        assert name not in {"model", "messages", "stream", "stream_options", "n", "prompt"}


def prepared(provider: str, body: ChatRequest, *, may_drop: bool) -> Any:
    asked = body.asked()
    made = call(provider, "m", messages=[message.wire() for message in asked.messages], **asked.parameters.given())
    return prepared_without_refused(
        Gateway(), _with(made, asked.body, may_drop=frozenset(asked.parameters.names() if may_drop else ()))
    )


def _with(made: Any, body: ProtocolBody, *, may_drop: frozenset[str]) -> Any:
    from dataclasses import replace

    return replace(made, body=body, may_drop=may_drop)


def test_to_the_same_protocol_what_we_do_not_know_goes_on() -> None:
    audio = {"type": "input_audio", "input_audio": {"data": "AA", "format": "wav"}}
    messages = [{"role": "user", "content": [{"type": "text", "text": "Hear"}, audio], "brand_new": [1]}]
    sent = prepared("openai", request(messages=messages, web_search_options={}, logprobs=True), may_drop=True)
    assert isinstance(sent, HttpCall)
    assert sent.request.body["messages"] == messages
    assert sent.request.body["web_search_options"] == {}
    assert "logprobs" not in sent.request.body


def test_what_is_put_before_the_bodys_messages_is_written_as_always() -> None:
    body = request(messages=[{"role": "user", "content": "Hi", "x": 1}]).asked().body
    made = call("openai", "m", messages=[{"role": "system", "content": "Be brief"}, *HELLO])
    sent = Gateway().prepare(_with(made, body, may_drop=frozenset()))
    assert isinstance(sent, HttpCall)
    assert sent.request.body["messages"] == [
        {"role": "system", "content": "Be brief"},
        {"role": "user", "content": "Hi", "x": 1},
    ]


@pytest.mark.parametrize("provider", ["anthropic", "google", "demo"])
def test_to_another_protocol_they_do_not(provider: str) -> None:
    body = request(user="ada", web_search_options={}, messages=[HELLO[0] | {"x": 1}])
    if provider != "demo":
        sent = prepared(provider, body, may_drop=True)
        assert not {"user", "web_search_options"} & sent.request.body.keys()
        assert '"x"' not in sent.content.decode()
    with pytest.raises(RefusedParameter, match="user"):
        prepared(provider, body, may_drop=False)
    audio = [{"role": "user", "content": [{"type": "input_audio", "input_audio": {}}]}]
    with pytest.raises(InvalidRequest, match="input_audio"):
        prepared(provider, request(messages=audio), may_drop=True)
