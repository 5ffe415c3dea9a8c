"""Conversations on every wire: none is sent in a form that its provider is known to refuse, and what SDKs give as an
assistant's message is taken as history."""

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from promptyard.domain.errors import InvalidRequest
from promptyard.domain.models.messages import Message
from promptyard.providers.registry import PROVIDERS
from promptyard.providers.wires import anthropic, bedrock, google, openai_compatible, openai_responses
from tests.support.checks.request_rules import RULES
from tests.support.samples import sdk_messages
from tests.support.samples.provider_calls import call
from tests.support.samples.sdk_messages import REFUSALS, SIGNATURE, TEXTS, TOOL_CALLS

ROWS = {row.id: row for row in PROVIDERS}
JPG = "data:image/jpg;base64,/9j/4AAQ"
PDF = "data:application/pdf;base64,JVBERi0="
TOOL = {
    "type": "function",
    "function": {
        "name": "f",
        "parameters": {
            "type": "object",
            "properties": {"a": {"$ref": "#/$defs/N"}, "self": {"$ref": "#"}},
            "$defs": {"N": {"type": "integer"}},
        },
    },
}

Build = Callable[..., dict[str, Any]]


def over_http(provider: str, build: Any) -> Build:
    def body(**given: Any) -> dict[str, Any]:
        asked = call(provider, "m", row=ROWS[provider], **given)
        built: dict[str, Any] = build(asked, stream=True).body
        return built

    return body


def converse(**given: Any) -> dict[str, Any]:
    return bedrock.converse_request(call("bedrock", "us.anthropic.claude-x", api_key=None, **given))


BODIES: dict[str, Build] = {
    "openai_compatible": over_http("openai", openai_compatible.build_request),
    "openai_responses": over_http("openai", openai_responses.build_request),
    "anthropic": over_http("anthropic", anthropic.build_request),
    "google": over_http("google", google.build_request),
    "bedrock": converse,
}

blank = st.sampled_from(["", " ", "\n\t"])
texts = st.one_of(blank, st.sampled_from(["Hello", "Hi there ", '{"$ref": "#/$defs/x"}', "質問"]))
parts = st.one_of(
    st.builds(lambda text: {"type": "text", "text": text}, texts),
    st.just({"type": "image_url", "image_url": {"url": JPG, "detail": None}}),
    st.just({"type": "text", "text": "kept", "cache_control": {"type": "ephemeral"}}),
)
users = st.one_of(texts, st.lists(parts, max_size=3)).map(lambda content: [{"role": "user", "content": content}])
nothings = st.sampled_from([{}, {"tool_calls": []}, {"refusal": None, "annotations": [], "function_call": None}])
said = st.builds(
    lambda content, more: [{"role": "assistant", "content": content, **more}], st.one_of(st.none(), texts), nothings
)
replies = st.sampled_from([*TEXTS.values(), *REFUSALS.values()]).map(lambda message: [message])
results = st.one_of(texts, st.just([]), st.just([{"type": "text", "text": ""}]), st.none())
used = st.builds(
    lambda called, result: [called, {"role": "tool", "tool_call_id": "call_1", "content": result}],
    st.sampled_from([message for name, message in TOOL_CALLS.items()]),
    results,
)
turns = st.lists(st.one_of(users, said, replies, used), max_size=5).map(lambda rounds: [m for r in rounds for m in r])
conversations = turns.map(lambda messages: [{"role": "user", "content": "Begin."}, *messages])
choices = st.sampled_from([{}, {"tools": []}, {"tools": [], "tool_choice": "auto"}, {"tools": [TOOL]}])


@pytest.mark.parametrize("wire", BODIES)
@given(messages=conversations, parameters=choices)
@settings(max_examples=400, deadline=None)
def test_no_conversation_breaks_a_rule(wire: str, messages: list[dict[str, Any]], parameters: dict[str, Any]) -> None:
    body = BODIES[wire](messages=messages, **parameters)
    assert RULES[wire](body) is None, body


@pytest.mark.parametrize("wire", BODIES)
@pytest.mark.parametrize("message", [*TEXTS.values(), *TOOL_CALLS.values(), *REFUSALS.values()])
def test_what_an_sdk_gives_is_taken_as_history(wire: str, message: dict[str, Any]) -> None:
    result = {"role": "tool", "tool_call_id": "call_1", "content": "42"}
    answered = [result] if message in TOOL_CALLS.values() else []
    body = BODIES[wire](messages=[{"role": "user", "content": "Hi"}, message, *answered], tools=[TOOL])
    sent = json.dumps(body, default=str)

    assert RULES[wire](body) is None
    if message in TEXTS.values():
        assert "Hello" in sent
    if answered:
        assert '"call_1"' in sent or wire == "google"
        assert "42" in sent


@pytest.mark.parametrize("row", [row.id for row in PROVIDERS if row.wire.name == "openai_compatible"])
def test_every_provider_of_openais_form_is_sent_what_it_takes_of_it(row: str) -> None:
    own = ROWS[row].takes_back - {"audio", "refusal"}
    for message in (*TEXTS.values(), *TOOL_CALLS.values(), *REFUSALS.values()):
        result = {"role": "tool", "tool_call_id": "call_1", "content": "42"}
        answered = [result] if message in TOOL_CALLS.values() else []
        body = over_http(row, openai_compatible.build_request)(
            messages=[{"role": "user", "content": "Hi"}, message, *answered], tools=[TOOL]
        )
        in_openais_form = [_without(own, sent) for sent in body["messages"]]
        assert RULES["openai_compatible"]({**body, "messages": in_openais_form}) is None
        assert any(word in json.dumps(in_openais_form[1]) for word in ("Hello", "I cannot help", '"name": "f"'))


def _without(names: frozenset[str], message: dict[str, Any]) -> dict[str, Any]:
    """The message less what the provider takes beyond OpenAI's form."""
    kept = {name: value for name, value in message.items() if name not in names}
    if calls := kept.get("tool_calls"):
        kept["tool_calls"] = [{name: value for name, value in one.items() if name not in names} for one in calls]
    return kept


@pytest.mark.parametrize("message", [*TEXTS.values(), *TOOL_CALLS.values(), *REFUSALS.values()])
def test_a_message_is_kept_as_it_was_taken(message: dict[str, Any]) -> None:
    taken = Message.model_validate(message)
    assert Message.model_validate(taken.wire()) == taken
    assert Message.model_validate_json(taken.model_dump_json()) == taken


def test_thoughts_go_back_signed_to_where_they_came_from() -> None:
    messages = [{"role": "user", "content": "Hi"}, sdk_messages.ANTHROPIC_TOOL_CALL]
    sent = BODIES["anthropic"](messages=messages)["messages"][1]["content"]
    assert sent[:2] == [sdk_messages.THINKING, sdk_messages.REDACTED]

    on_bedrock = BODIES["bedrock"](messages=messages)["messages"][1]["content"]
    assert on_bedrock[:2] == [
        {"reasoningContent": {"reasoningText": {"text": "They greet me.", "signature": SIGNATURE}}},
        {"reasoningContent": {"redactedContent": b"redacted"}},
    ]
    for wire in ("openai_compatible", "openai_responses", "google"):
        assert SIGNATURE not in json.dumps(BODIES[wire](messages=messages))


@pytest.mark.parametrize("message", [sdk_messages.GOOGLE_TOOL_CALL, sdk_messages.GOOGLE_ALIASED])
def test_a_signature_of_googles_goes_back_to_it_in_both_of_its_forms(message: dict[str, Any]) -> None:
    messages = [{"role": "user", "content": "Hi"}, message]
    (part,) = BODIES["google"](messages=messages)["contents"][1]["parts"]
    assert part["thoughtSignature"] == SIGNATURE

    at_its_own_endpoint = call("custom", "m", row=ROWS["custom"], messages=messages)
    (made,) = openai_compatible.build_request(at_its_own_endpoint, stream=True).body["messages"][1]["tool_calls"]
    assert made["extra_content"] == {"google": {"thought_signature": SIGNATURE}}


def test_encrypted_reasoning_goes_back_to_responses_alone() -> None:
    item = {"id": "rs_1", "type": "reasoning", "summary": [], "encrypted_content": "RU5D"}
    called = {"type": "function_call", "call_id": "call_1", "name": "f", "arguments": "{}", "status": "completed"}
    output = {"type": "function_call_output", "call_id": "call_1", "output": "42"}
    messages = [{"role": "user", "content": "Hi"}, item, called, output]

    assert BODIES["openai_responses"](messages=messages)["input"][1] == item
    for wire in BODIES.keys() - {"openai_responses"}:
        assert "RU5D" not in json.dumps(BODIES[wire](messages=messages))


@pytest.mark.parametrize(
    ("provider", "kept"),
    [("deepseek", {"reasoning_content"}), ("openrouter", {"reasoning", "reasoning_content"}), ("openai", set())],
)
def test_reasoning_is_sent_to_those_who_know_it(provider: str, kept: set[str]) -> None:
    message = {"role": "assistant", "content": "Hello", "reasoning": "R", "reasoning_content": "C"}
    asked = call(provider, "m", row=ROWS[provider], messages=[{"role": "user", "content": "Hi"}, message])
    sent = openai_compatible.build_request(asked, stream=True).body["messages"][1]
    assert sent.keys() - {"role", "content"} == kept


def test_a_file_goes_in_each_wires_own_form() -> None:
    file = {"type": "file", "file": {"filename": "a b_c.pdf", "file_data": PDF}}
    messages = [{"role": "user", "content": [{"type": "text", "text": "Sum it up"}, file]}]
    sent = {wire: BODIES[wire](messages=messages) for wire in BODIES}

    assert sent["openai_compatible"]["messages"][0]["content"][1] == file
    assert sent["openai_responses"]["input"][0]["content"][1] == {"type": "input_file", **file["file"]}
    source = {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0="}
    assert sent["anthropic"]["messages"][0]["content"][1]["source"] == source
    inline = {"mimeType": "application/pdf", "data": "JVBERi0="}
    assert sent["google"]["contents"][0]["parts"][1] == {"inlineData": inline}
    document = sent["bedrock"]["messages"][0]["content"][1]["document"]
    assert document == {"format": "pdf", "name": "a b c 0-1", "source": {"bytes": b"%PDF-"}}


def test_choices_of_tools_in_each_wires_own_form() -> None:
    named = {"type": "function", "function": {"name": "f"}}
    sent = {wire: BODIES[wire](messages="Hi", tools=[TOOL], tool_choice=named) for wire in BODIES}
    assert sent["openai_compatible"]["tool_choice"] == named
    assert sent["openai_responses"]["tool_choice"] == {"type": "function", "name": "f"}
    assert sent["anthropic"]["tool_choice"] == {"type": "tool", "name": "f"}
    allowed = {"mode": "ANY", "allowedFunctionNames": ["f"]}
    assert sent["google"]["toolConfig"] == {"functionCallingConfig": allowed}
    assert sent["bedrock"]["toolConfig"]["toolChoice"] == {"tool": {"name": "f"}}


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ('{"a": 1}', {"a": 1}),
        ("", {}),
        (" ", {}),
        ("null", {}),
        ('{"a": "x\ny"}', {"a": "x\ny"}),
        ('{"a": "\\ud83d"}', {"a": "\ufffd"}),
        ("[1]", {"input": [1]}),
        ('{"a": 1', {"input": '{"a": 1'}),
        ("print(1)", {"input": "print(1)"}),
    ],
)
def test_whatever_a_model_wrote_as_arguments_goes_back_as_an_object(text: str, sent: dict[str, Any]) -> None:
    made = {"role": "assistant", "tool_calls": [{"id": "call_1", "function": {"name": "f", "arguments": text}}]}
    messages = [{"role": "user", "content": "Hi"}, made, {"role": "tool", "tool_call_id": "call_1", "content": "42"}]
    bodies = {wire: BODIES[wire](messages=messages, tools=[TOOL]) for wire in ("anthropic", "google", "bedrock")}

    assert bodies["anthropic"]["messages"][1]["content"][0]["input"] == sent
    assert bodies["google"]["contents"][1]["parts"][0]["functionCall"]["args"] == sent
    assert bodies["bedrock"]["messages"][1]["content"][0]["toolUse"]["input"] == sent


@pytest.mark.parametrize("url", ["data:image/png;base64,iVBO\r\nRw0=", "data:image/png;base64,iVBORw0"])
@pytest.mark.parametrize("form", [lambda url: url, lambda url: {"url": url}])
def test_an_image_is_taken_with_line_breaks_and_without_padding(url: str, form: Callable[[str], Any]) -> None:
    messages = [{"role": "user", "content": [{"type": "image_url", "image_url": form(url)}]}]

    assert BODIES["anthropic"](messages=messages)["messages"][0]["content"][0]["source"]["data"] == "iVBORw0="
    assert BODIES["google"](messages=messages)["contents"][0]["parts"][0]["inlineData"]["data"] == "iVBORw0="


def test_no_functions_response_is_lost() -> None:
    parts = [{"functionResponse": {"id": name, "name": name, "response": {"a": 1}}} for name in "fg"]
    with pytest.raises(ValidationError, match="one function response a message"):
        Message.model_validate({"role": "user", "parts": parts})


@given(
    message=st.sampled_from([*TEXTS.values(), *TOOL_CALLS.values(), *REFUSALS.values()]),
    data=st.data(),
    value=st.sampled_from([None, [], {}, 7, "x", True, [7], {"a": 1}]),
)
@settings(max_examples=2_000, deadline=None)
def test_a_message_that_was_changed_is_taken_or_refused(
    message: dict[str, Any], data: st.DataObject, value: Any
) -> None:
    """Whatever stands in a field: no error of another kind, here or where it is sent."""
    field = data.draw(st.sampled_from([*message, "thinking_blocks", "reasoning_items", "reasoning_content", "audio"]))
    try:
        taken = Message.model_validate({**message, field: value})
    except ValidationError:
        return
    for build in BODIES.values():
        with suppress(InvalidRequest):
            build(messages=[Message(role="user", content="Hi"), taken])
