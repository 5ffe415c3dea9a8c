"""Bounds that hold and counts that are near."""

import json
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptyard.domain.models.estimates import IMAGE_TOKENS_BOUND, count_input, input_tokens_bound
from promptyard.domain.models.messages import (
    FileContent,
    FilePart,
    ImagePart,
    ImageUrl,
    Message,
    TextPart,
    ToolCall,
    ToolFunction,
)
from promptyard.domain.models.targets import Parameters
from promptyard.domain.models.token_counts import count_tokens

IMAGE = ImagePart(image_url=ImageUrl(url="data:image/png;base64," + "A" * 100_000))


def user(*parts: str | ImagePart) -> Message:
    content = [TextPart(text=part) if isinstance(part, str) else part for part in parts]
    return Message(role="user", content=content)


@given(st.lists(st.text()))
def test_the_bound_is_at_least_the_bytes_of_every_text(texts: list[str]) -> None:
    messages = [user(text) for text in texts]
    assert input_tokens_bound(messages) >= sum(len(text.encode()) for text in texts)


def test_the_bound_grows_by_one_for_each_byte() -> None:
    assert input_tokens_bound([user("aé日🙂")]) - input_tokens_bound([user("")]) == 1 + 2 + 3 + 4


def test_an_image_counts_as_an_image_and_not_as_its_bytes() -> None:
    assert input_tokens_bound([user("a", IMAGE, IMAGE)]) - input_tokens_bound([user("a")]) == 2 * IMAGE_TOKENS_BOUND


def test_an_image_is_bounded_by_the_dearest_one_that_is_known() -> None:
    tiles = (2048 // 512) * (768 // 512 + 1)  # 2,048 × 768 pixels in tiles of 512
    assert 2_833 + tiles * 5_667 <= IMAGE_TOKENS_BOUND


def test_tool_calls_tools_and_schemas_count() -> None:
    call = ToolCall(id="c", function=ToolFunction(name="f", arguments="x" * 1000))
    plain = Message(role="assistant", content="")
    assert input_tokens_bound([plain.model_copy(update={"tool_calls": [call]})]) >= input_tokens_bound([plain]) + 1000
    tools = [{"type": "function", "function": {"name": "f", "description": "d" * 1000, "parameters": {}}}]
    schema = {"type": "json_schema", "json_schema": {"name": "s", "schema": {"description": "d" * 1000}}}
    without = input_tokens_bound([plain], Parameters())
    assert input_tokens_bound([plain], Parameters(tools=tools)) >= without + 1000
    assert input_tokens_bound([plain], Parameters(response_format=schema)) >= without + 1000


@given(st.text(max_size=30), st.text(max_size=30), st.text(max_size=30))
def test_the_bound_of_a_tool_call_grows_by_its_id_its_name_and_its_arguments(
    identifier: str, name: str, arguments: str
) -> None:
    def bound(*texts: str) -> int:
        call = ToolCall(id=texts[0], function=ToolFunction(name=texts[1], arguments=texts[2]))
        return input_tokens_bound([Message(role="assistant", content="", tool_calls=[call])])

    sent = sum(len(text.encode()) for text in (identifier, name, arguments))
    assert bound(identifier, name, arguments) == bound("", "", "") + sent
    assert bound("", "", "") == input_tokens_bound([Message(role="assistant", content="")]) + 16


def test_a_lone_surrogate_is_bounded_too() -> None:
    assert input_tokens_bound([user("\ud800")]) == input_tokens_bound([user("")]) + 3


def test_everything_that_is_sent_counts() -> None:
    text = "The event loop runs each task until it yields."
    counted = count_tokens(text)
    plain = [Message(role="assistant", content="")]
    nothing = count_input(plain, Parameters())
    call = ToolCall(id="c", function=ToolFunction(name="f", arguments=text))
    thinking = Message.model_validate({"role": "assistant", "content": "", "reasoning_content": text})
    sent = {
        "a text": ([user(text)], Parameters()),
        "a tool call": ([plain[0].model_copy(update={"tool_calls": [call]})], Parameters()),
        "a tool": (plain, Parameters(tools=[{"type": "function", "function": {"name": "f", "description": text}}])),
        "a schema": (plain, Parameters(response_format={"type": "json_schema", "json_schema": {"description": text}})),
        "an extra": (plain, Parameters(extra={"instructions": text})),
        "an image": ([user(IMAGE)], Parameters()),
        "a file": ([Message(role="user", content=[FilePart(file=FileContent(file_data=text))])], Parameters()),
        "a name": ([plain[0].model_copy(update={"name": text})], Parameters()),
        "what it carries": ([thinking], Parameters()),
    }
    least = input_tokens_bound(plain)
    for what, (messages, parameters) in sent.items():
        assert input_tokens_bound(messages, parameters) >= least + len(text), what
        assert count_input(messages, parameters) >= nothing + counted, what
        assert count_input(messages, parameters) <= input_tokens_bound(messages, parameters), what


def test_of_nothing_only_what_is_around_it_counts() -> None:
    nothing = [Message(role="user", content="")]
    assert count_input(nothing, Parameters()) == 8 + 5
    assert input_tokens_bound(nothing, Parameters()) == input_tokens_bound(nothing) == 1_024 + 16
    assert (count_input([], Parameters()), input_tokens_bound([])) == (8, 1_024)


def test_the_count_of_a_message_is_the_sum_of_its_parts() -> None:
    empty = count_input([Message(role="tool", content="", tool_call_id="")], Parameters())
    named = Message(role="tool", content="Sunny there", name="weather", tool_call_id="call_abc")
    parts = sum(map(count_tokens, ("Sunny there", "weather", "call_abc")))
    assert count_input([named], Parameters()) == empty + parts
    bound_of_nothing = input_tokens_bound([Message(role="user", content="")])
    assert input_tokens_bound([Message(role="user", content="Hi", name="Ada")]) == bound_of_nothing + 5


def test_the_count_of_a_call_is_the_sum_of_its_parts() -> None:
    call = ToolCall(id="call_abcdef", function=ToolFunction(name="get_weather", arguments='{"place": "Zürich"}'))
    plain = Message(role="assistant", content="")
    parts = sum(map(count_tokens, ("call_abcdef", "get_weather", '{"place": "Zürich"}')))
    counted = count_input([plain.model_copy(update={"tool_calls": [call, call]})], Parameters())
    assert counted == count_input([plain], Parameters()) + 2 * (10 + parts)


def test_characters_count_as_what_they_are_and_not_as_they_are_escaped() -> None:
    tool = {"type": "function", "function": {"name": "f", "description": "質問" * 50}}
    written = json.dumps([tool], ensure_ascii=False)
    assert count_input([], Parameters(tools=[tool])) == count_input([], Parameters()) + count_tokens(written)
    thinking = Message.model_validate({"role": "assistant", "content": "", "reasoning_content": "質問" * 50})
    plain = Message(role="assistant", content="")
    told = count_tokens(json.dumps({"reasoning_content": "質問" * 50}, ensure_ascii=False))
    assert count_input([thinking], Parameters()) == count_input([plain], Parameters()) + told


def test_what_a_provider_adds_where_there_are_tools_counts() -> None:
    tools = Parameters(tools=[{"type": "function", "function": {"name": "f"}}])
    assert count_input([user("Hi")], tools, "m", 530) - count_input([user("Hi")], tools, "m") == 530
    assert count_input([user("Hi")], Parameters(), "m", 530) == count_input([user("Hi")], Parameters(), "m")


@pytest.mark.parametrize(("model", "detail", "tokens"), [("gpt-4o", "high", 1_445), ("gpt-4o-mini", "low", 2_833)])
def test_an_image_counts_as_much_as_it_can(model: str, detail: Literal["low", "high"], tokens: int) -> None:
    image = ImagePart(image_url=ImageUrl(url="https://images.example/1.png", detail=detail))
    assert count_input([user(image)], Parameters(), model) >= tokens
    assert count_input([user(image)], Parameters(), model) <= 5_000 + 20
    assert count_input([user(IMAGE)], Parameters(), "gpt-4o-mini") > 48_169
