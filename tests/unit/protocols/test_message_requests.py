"""Requests of Anthropic's Messages, and what goes on of them."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from functions.openai.messages.request import MessagesRequest
from promptyard.domain.errors import InvalidRequest, PromptyardError
from promptyard.providers.gateway import Gateway
from promptyard.providers.network.transport import HttpCall
from tests.support.samples.provider_calls import call

HELLO = [{"role": "user", "content": "Hi"}]
TOOL = {"name": "f", "description": "d", "input_schema": {"type": "object"}}
FUNCTION = {"type": "function", "function": {"name": "f", "description": "d", "parameters": {"type": "object"}}}


def request(**fields: Any) -> MessagesRequest:
    return MessagesRequest.model_validate({"model": "a/b", "max_tokens": 9, "messages": HELLO, **fields})


@pytest.mark.parametrize(
    ("fields", "parameters"),
    [
        ({}, {}),
        ({"temperature": 0, "top_k": 4, "stop_sequences": ["x"]}, {"temperature": 0, "top_k": 4, "stop": ["x"]}),
        ({"stop_sequences": [], "thinking": None}, {}),
        ({"thinking": {"type": "adaptive"}}, {"extra": {"thinking": {"type": "adaptive"}}}),
        ({"metadata": {"user_id": "u", "playground_id": "p"}}, {"extra": {"metadata": {"user_id": "u"}}}),
        ({"tools": [TOOL]}, {"tools": [FUNCTION]}),
        ({"tools": [TOOL | {"type": "custom"}]}, {"tools": [FUNCTION]}),
        ({"tools": [TOOL], "tool_choice": {"type": "any"}}, {"tools": [FUNCTION], "tool_choice": "required"}),
        (
            {"tools": [TOOL], "tool_choice": {"type": "tool", "name": "f", "disable_parallel_tool_use": True}},
            {
                "tools": [FUNCTION],
                "tool_choice": {"type": "function", "function": {"name": "f"}},
                "parallel_tool_calls": False,
            },
        ),
        ({"tools": [{"type": "web_search_20250305", "name": "w"}], "tool_choice": {"type": "auto"}}, {}),
    ],
)  # fmt: skip
def test_parameters(fields: Any, parameters: Any) -> None:
    assert request(**fields).asked({}).parameters.given() == {"max_tokens": 9, **parameters}


@pytest.mark.parametrize(
    ("came", "read"),
    [
        ({"role": "user", "content": "Hi"}, [{"role": "user", "content": "Hi"}]),
        (
            {
                "role": "user",
                "content": [
                    {"type": "tool_result", "tool_use_id": "c", "content": "3", "is_error": False},
                    {
                        "type": "tool_result",
                        "tool_use_id": "d",
                        "content": [{"type": "text", "text": "4", "citations": []}],
                    },
                    {"type": "text", "text": "Go on", "cache_control": {"type": "ephemeral"}, "citations": None},
                ],
            },
            [
                {"role": "tool", "tool_call_id": "c", "content": "3"},
                {"role": "tool", "tool_call_id": "d", "content": [{"type": "text", "text": "4"}]},
                {
                    "role": "user",
                    "content": [{"type": "text", "text": "Go on", "cache_control": {"type": "ephemeral"}}],
                },
            ],
        ),
        (
            {
                "role": "assistant",
                "content": [
                    {"type": "thinking", "thinking": "so", "signature": "s"},
                    {"type": "text", "text": "Yes", "citations": [{"cited_text": "x"}]},
                    {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}},
                    {"type": "tool_use", "id": "c", "name": "f", "input": {"a": 1}, "caller": {"type": "direct"}},
                ],
            },
            [
                {
                    "role": "assistant",
                    "content": [{"type": "text", "text": "Yes"}, {"type": "text", "text": "[server_tool_use]"}],
                    "thinking_blocks": [{"type": "thinking", "thinking": "so", "signature": "s"}],
                    "tool_calls": [
                        {"id": "c", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}},
                    ],
                }
            ],
        ),
        (
            {
                "role": "user",
                "content": [
                    {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AA=="}},
                    {"type": "search_result", "source": "s"},
                ],
            },
            [
                {
                    "role": "user",
                    "content": [
                        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}},
                        {"type": "text", "text": "[search_result]"},
                    ],
                }
            ],
        ),
    ],
)
def test_messages(came: Any, read: Any) -> None:
    assert [message.wire() for message in request(messages=[came]).asked({}).messages] == read


def test_the_system_prompt_comes_first() -> None:
    blocks = [{"type": "text", "text": "Be brief", "cache_control": {"type": "ephemeral"}}]
    for system, content in (("Be brief", "Be brief"), (blocks, blocks)):
        asked = request(system=system).asked({})
        assert asked.messages[0].wire() == {"role": "system", "content": content}
        assert asked.body.count == 2


@pytest.mark.parametrize(
    ("fields", "elsewhere"),
    [
        ({}, None),
        ({"thinking": {"type": "new"}, "output_config": {"effort": "new"}}, None),
        ({"thinking": {"type": "adaptive"}}, {}),
        ({"thinking": {"type": "disabled"}, "output_config": {"effort": "high"}}, {"reasoning_effort": "none"}),
        ({"thinking": {"type": "enabled", "budget_tokens": 1024}}, {"reasoning_effort": "low"}),
        ({"thinking": {"type": "enabled", "budget_tokens": 8192}}, {"reasoning_effort": "medium"}),
        ({"thinking": {"type": "enabled", "budget_tokens": 31_999}}, {"reasoning_effort": "high"}),
        (
            {"thinking": {"type": "adaptive"}, "output_config": {"effort": "xhigh", "task_budget": {"total": 9}}},
            {"reasoning_effort": "xhigh", "extra": {"output_config": {"task_budget": {"total": 9}}}},
        ),
        (
            {"output_config": {"format": {"type": "json_schema", "schema": {"type": "object"}}}, "speed": "fast"},
            {
                "response_format": {
                    "type": "json_schema",
                    "json_schema": {"name": "answer", "schema": {"type": "object"}},
                },
                "extra": {"speed": "fast"},
            },
        ),
    ],
)
def test_what_is_said_of_thinking_has_a_meaning_elsewhere(fields: Any, elsewhere: Any) -> None:
    asked = request(**fields).asked({})
    said = asked.body.elsewhere
    assert (said and said.given()) == (elsewhere if elsewhere is None else {"max_tokens": 9} | elsewhere)
    assert {name: asked.parameters.extra[name] for name in fields} == fields if fields else True  # type: ignore[index]


def prepared(body: MessagesRequest, provider: str = "anthropic", before: Any = ()) -> HttpCall:
    asked = body.asked({"anthropic-version": "2023-06-01"})
    messages = [*before, *(message.wire() for message in asked.messages)]
    made = call(provider, "m", messages=messages, **asked.parameters.given())
    sent = Gateway().prepare(replace(made, body=asked.body))
    assert isinstance(sent, HttpCall)
    return sent


def test_what_is_put_before_a_body_stands_before_it() -> None:
    body = request(system="Be brief", messages=[{"role": "user", "content": [{"type": "new", "x": 1}]}])
    sent = prepared(body, before=[{"role": "system", "content": "First"}, {"role": "user", "content": "Example"}])
    assert sent.request.body["system"] == [{"type": "text", "text": "First"}, {"type": "text", "text": "Be brief"}]
    example = {"role": "user", "content": [{"type": "text", "text": "Example"}]}
    assert sent.request.body["messages"] == [example, {"role": "user", "content": [{"type": "new", "x": 1}]}]
    assert sent.headers["anthropic-version"] == "2023-06-01"


def test_another_provider_is_refused_what_only_anthropic_runs() -> None:
    with pytest.raises(InvalidRequest, match="web_search_20250305"):
        prepared(request(tools=[{"type": "web_search_20250305", "name": "w"}]), "openai")
    with pytest.raises(InvalidRequest, match="search_result"):
        prepared(request(messages=[{"role": "user", "content": [{"type": "search_result"}]}]), "google")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
KINDS = ["text", "image", "document", "tool_use", "tool_result", "thinking", "redacted_thinking", "search_result", "x"]
FIELDS = ("text", "source", "id", "name", "input", "tool_use_id", "content", "thinking", "signature", "title")
BLOCKS = st.fixed_dictionaries({"type": st.sampled_from(KINDS) | JSON}, optional=dict.fromkeys(FIELDS, JSON))
MESSAGES = st.lists(
    st.fixed_dictionaries(
        {"role": st.sampled_from(["user", "assistant", "system"]), "content": JSON | st.lists(BLOCKS, max_size=3)}
    ),
    max_size=3,
)
NAMED = st.sampled_from([*MessagesRequest.model_fields, "thinking", "service_tier", "output_config"])


@given(MESSAGES, st.dictionaries(NAMED, JSON, max_size=4))
def test_whatever_is_sent_is_read_or_refused(messages: Any, fields: Any) -> None:
    try:
        body = MessagesRequest.model_validate({"model": "a/b", "max_tokens": 5, **fields, "messages": messages})
        asked = body.asked({})
    except (ValidationError, PromptyardError):
        return
    assert asked.body.count == len(asked.messages)
