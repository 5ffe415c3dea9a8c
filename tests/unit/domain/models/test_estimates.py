"""Bounds that hold and guesses that are near."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptyard.domain.models.estimates import IMAGE_TOKENS_BOUND, estimate_usage, input_tokens_bound
from promptyard.domain.models.messages import ImagePart, ImageUrl, Message, TextPart, ToolCall, ToolFunction
from promptyard.domain.models.targets import Parameters

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


def test_a_lone_surrogate_is_bounded_too() -> None:
    assert input_tokens_bound([user("\ud800")]) == input_tokens_bound([user("")]) + 3


@pytest.mark.parametrize(("text", "tokens"), [("", 0), ("a", 1), ("abcd", 1), ("abcde", 2), ("日本", 2)])
def test_a_guess_is_a_token_for_every_four_bytes(text: str, tokens: int) -> None:
    usage = estimate_usage([user(text)], text)
    assert (usage.input_tokens, usage.output_tokens) == (tokens, tokens)
    assert (usage.cached_tokens, usage.cache_write_tokens, usage.reasoning_tokens) == (None, None, None)


def test_a_guess_counts_all_messages_and_no_images() -> None:
    messages = [Message(role="system", content="abcd"), user("abcd", IMAGE)]
    assert estimate_usage(messages, "").input_tokens == 2
