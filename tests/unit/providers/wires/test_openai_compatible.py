"""The Chat Completions adapter: what it sends."""

from typing import Any

import pytest

from promptyard.domain.errors import (
    InvalidRequest,
    RefusedParameter,
)
from promptyard.providers.registry import PROVIDERS
from promptyard.providers.wires import openai_compatible
from tests.support.samples.provider_calls import KEY, call, known, plain_row

ROWS = {row.id: row for row in PROVIDERS}
REASONING = known("openai", "gpt-6-sol", sampling=False, reasoning="effort", images=True)
PLAIN = known("openai", "gpt-3.5-turbo", reasoning=False, images=False, tools=False, json_schema=False)
TOOL = {"type": "function", "function": {"name": "now", "parameters": {"type": "object"}}}
SCHEMA = {"type": "json_schema", "json_schema": {"name": "city", "schema": {"type": "object"}, "strict": True}}
PICTURE = {"type": "image_url", "image_url": {"url": "https://example.com/a.png", "detail": "low"}}


def body(provider: str = "openai", *, stream: bool = True, **given: Any) -> dict[str, Any]:
    asked = call("openai", "gpt-6-sol", row=ROWS[provider], **given)
    return openai_compatible.build_request(asked, stream=stream).body


def test_a_plain_prompt() -> None:
    request = openai_compatible.build_request(call("openai", "gpt-6-sol", row=ROWS["openai"]), stream=False)

    assert request.url == "https://provider.example/chat/completions"
    assert request.headers == {"authorization": f"Bearer {KEY}"}
    assert request.body == {
        "model": "gpt-6-sol",
        "messages": [{"role": "user", "content": "Hello"}],
        "stream": False,
    }


def test_the_key_is_in_no_repr() -> None:
    assert KEY not in repr(openai_compatible.build_request(call("openai", "gpt-6-sol"), stream=True))


def test_without_a_key_none_is_sent() -> None:
    assert openai_compatible.build_request(call("openai", "m", api_key=None), stream=True).headers == {}


def test_every_parameter() -> None:
    given = {
        "temperature": 0.0,
        "top_p": 0.5,
        "stop": ["END", "###"],
        "seed": 7,
        "reasoning_effort": "low",
        "response_format": SCHEMA,
        "tools": [TOOL],
    }
    sent = body(max_tokens=50, extra={"frequency_penalty": 0.5}, **given)

    assert {name: sent[name] for name in given} == given
    assert sent["max_completion_tokens"] == 50
    assert sent["frequency_penalty"] == 0.5
    assert "max_tokens" not in sent


def test_what_was_not_given_is_not_sent() -> None:
    assert set(body()) == {"model", "messages", "stream", "stream_options"}


@pytest.mark.parametrize(
    ("provider", "field"),
    [("openai", "max_completion_tokens"), ("azure", "max_completion_tokens"), ("custom", "max_tokens")],
)
def test_the_field_for_max_tokens_is_the_providers(provider: str, field: str) -> None:
    sent = body(provider, max_tokens=50)

    assert sent[field] == 50
    assert len({"max_tokens", "max_completion_tokens"} & set(sent)) == 1


def test_mistral_has_its_own_name_for_the_seed() -> None:
    sent = body("mistral", seed=7)

    assert sent["random_seed"] == 7
    assert "seed" not in sent


def test_usage_is_asked_for_where_a_stream_does_not_bring_it() -> None:
    assert body("openai")["stream_options"] == {"include_usage": True}
    assert "stream_options" not in body("openai", stream=False)
    assert "stream_options" not in body("mistral")


@pytest.mark.parametrize(("provider", "role"), [("openai", "developer"), ("custom", "system")])
def test_developer_messages_go_where_they_are_known(provider: str, role: str) -> None:
    assert body(provider, messages=[{"role": "developer", "content": "Be brief"}])["messages"][0]["role"] == role


def test_a_conversation_goes_as_it_is() -> None:
    messages = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": [{"type": "text", "text": "Which?"}, PICTURE], "name": "ann"},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": "a", "type": "function", "function": {"name": "now", "arguments": "{}"}}],
        },
        {"role": "tool", "tool_call_id": "a", "content": "12:00"},
    ]

    assert body(messages=messages)["messages"] == messages


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("temperature", {"temperature": 0.7, "info": REASONING}),
        ("temperature", {"temperature": 0.0, "info": REASONING, "reasoning_effort": "low"}),
        ("top_p", {"top_p": 0.9, "info": REASONING}),
        ("reasoning_effort", {"reasoning_effort": "low", "info": PLAIN}),
        ("tools", {"tools": [TOOL], "info": PLAIN}),
        ("response_format", {"response_format": SCHEMA, "info": PLAIN}),
    ],
)
def test_what_the_model_does_not_take_is_refused_by_name(name: str, given: dict[str, Any]) -> None:
    with pytest.raises(RefusedParameter) as caught:
        body(**given)
    assert caught.value.name == name


@pytest.mark.parametrize(
    "given",
    [
        {"temperature": 0.7, "reasoning_effort": "none", "info": REASONING},
        {"response_format": {"type": "json_object"}, "info": PLAIN},
        {"tools": [], "info": PLAIN},
        {"temperature": 0.7, "reasoning_effort": "low", "tools": [TOOL], "response_format": SCHEMA},
    ],
)
def test_what_it_takes_or_is_not_known_to_refuse_is_sent(given: dict[str, Any]) -> None:
    assert body(**given)["model"] == "gpt-6-sol"


def test_top_k_goes_to_who_takes_it() -> None:
    takers = [row.id for row in PROVIDERS if row.wire.name == "openai_compatible" and row.top_k]
    assert takers
    for provider in takers:
        assert body(provider, top_k=5)["top_k"] == 5
    with pytest.raises(RefusedParameter, match="top_k"):
        body("openai", top_k=5)


def test_images_are_refused_where_they_stand() -> None:
    with pytest.raises(InvalidRequest) as caught:
        body(messages=[{"role": "user", "content": [PICTURE]}], info=PLAIN)
    assert caught.value.loc == ("body", "messages", 0, "content", 0)


@pytest.mark.parametrize("field", ["model", "messages", "stream", "stream_options", "max_completion_tokens"])
def test_extra_replaces_nothing(field: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        body(max_tokens=50, extra={field: "other"})
    assert caught.value.loc == ("body", "parameters", "extra", field)


def test_rows_are_all_that_tells_providers_apart() -> None:
    unknown = plain_row("new", openai_compatible.ADAPTER.wire)
    sent = openai_compatible.build_request(call("openai", "m", row=unknown, max_tokens=5, seed=1), stream=True).body

    assert (sent["max_tokens"], sent["seed"], sent["stream_options"]) == (5, 1, {"include_usage": True})
