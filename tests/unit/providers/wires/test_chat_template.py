"""Frames that differ in their text alone are read without JSON's parser, and come to what it would make of them."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptyard.domain.errors import ProviderError
from promptyard.domain.models.provider_events import TextDelta
from promptyard.providers.protocol import SseEvent
from promptyard.providers.reading.answer_parser import AnswerParser
from promptyard.providers.wires.chat_template import TRIES, ChatTemplate
from promptyard.providers.wires.openai_compatible import ChatParser

texts = st.one_of(
    st.text(max_size=4),
    st.sampled_from(["error", '"', "\\", "\ud83d", "\ude00", "[DONE]", "beside."]),
    st.just('","tool_calls":[{"index":0}],"x":"'),
)
more_of_delta = st.sampled_from(
    [
        {},
        {"role": "assistant"},
        {"refusal": None},
        {"reasoning_content": "so"},
        {"reasoning_content": "\ud83d"},
        {"refusal": "No."},
        {"tool_calls": [{"index": 0, "function": {"arguments": "{"}}]},
        {"tool_calls": [{"index": 0, "id": "c", "function": {"name": "f", "arguments": ""}}]},
        {"annotations": [{"url_citation": {"url": "https://a.example"}}]},
    ]
)
more_of_choice = st.sampled_from(
    [{}, {"finish_reason": None}, {"finish_reason": "stop"}, {"message": {"content": "x"}}]
)
more_of_frame = st.sampled_from(
    [
        {},
        {"usage": None},
        {"usage": {"prompt_tokens": 1, "completion_tokens": 2}},
        {"usage": {"prompt_tokens": 1, "completion_tokens": 3}},
        {"service_tier": "default"},
        {"service_tier": "flex"},
        {"citations": ["https://a.example"]},
        {"content": "beside"},
        {"error": {"message": "No."}},
        {"obfuscation": "abc"},
    ]
)
ODD = ["[DONE]", "", "{", '{"choices":[]}', '{"usage":{"prompt_tokens":3}}', "ping"]


@st.composite
def frames(draw: st.DrawFn) -> str:
    delta = draw(more_of_delta) | {"content": draw(texts)}
    choice = {"index": draw(st.sampled_from([0, 0, 0, 1])), "delta": delta} | draw(more_of_choice)
    others = [{"index": draw(st.integers(0, 1)), "delta": {"content": "other"}}] if draw(st.integers(0, 9)) == 0 else []
    first = draw(more_of_frame)
    found = {**first, "choices": [choice, *others]} if draw(st.booleans()) else {"choices": [choice, *others], **first}
    separators = draw(st.sampled_from([(",", ":"), (", ", ": "), None]))
    text = json.dumps(found, separators=separators, ensure_ascii=draw(st.booleans()))
    return text.replace("\ud83d", "\\ud83d").replace("\ude00", "\\ude00")


@st.composite
def streams(draw: st.DrawFn) -> list[str]:
    """A few frames that come again and again, with other texts: as they stand, escaped or not, or whatever they do."""
    told = draw(st.lists(frames() | st.sampled_from(ODD), min_size=1, max_size=4))
    stream = []
    for _ in range(draw(st.integers(1, 12))):
        frame = draw(st.sampled_from(told))
        before, found, rest = frame.partition('"content":"')
        if found and draw(st.booleans()):
            raw = draw(
                texts.map(lambda text: json.dumps(text)[1:-1]) | texts.filter(lambda text: "\ud83d" != text != "\ude00")
            )
            frame = before + found + raw + '"' + rest.partition('"')[2]
        stream.append(frame)
    return stream


def told(parser: ChatParser, stream: list[str], name: str) -> Iterator[Any]:
    try:
        for frame in stream:
            yield parser.feed(SseEvent(frame, name))
        yield parser.end()
    except ProviderError as error:
        yield type(error), error.message, parser.left()


@given(streams(), st.sampled_from(["message", "message", "error"]))
def test_a_stream_comes_to_what_its_frames_do_one_by_one(stream: list[str], name: str) -> None:
    without = ChatParser()
    without._tries = 0
    assert list(told(ChatParser(), stream, name)) == list(told(without, stream, name))


def both(first: str, second: str) -> str:
    choices = [{"index": 1, "delta": {"content": first}}, {"index": 0, "delta": {"content": second}}]
    return json.dumps({"choices": choices})


@pytest.mark.parametrize(
    "stream",
    [
        [f'{{"choices":[{{"delta":{{"content":"a"}}}}],"usage":{{"prompt_tokens":{number}}}}}' for number in (1, 1, 2)],
        ['{"choices":[{"index":0,"delta":{"content":"a"}}]}', both("one", "two"), both("three", "two")],
        ['{"choices":[{"delta":{"content":"a"}}]}', f'{{"choices":[{{"delta":{{"content":{"[" * 100_000}}}}}]}}'],
    ],
    ids=["another end, as long", "another's text before", "endless nesting"],
)
def test_what_differs_elsewhere_is_parsed(stream: list[str]) -> None:
    without = ChatParser()
    without._tries = 0
    assert list(told(ChatParser(), stream, "message")) == list(told(without, stream, "message"))


def frame(text: str, **more: Any) -> str:
    return json.dumps({"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": None}], **more})


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The frames that JSON's parser has had."""
    had: list[str] = []
    feed = AnswerParser.feed

    def noted(parser: AnswerParser, event: SseEvent) -> Any:
        had.append(event.data)
        return feed(parser, event)

    monkeypatch.setattr(AnswerParser, "feed", noted)
    return had


def test_only_the_first_of_them_is_parsed(parsed: list[str]) -> None:
    parser, words = ChatParser(), ["Hello", ' "you"', "\n", " \U0001f43b", "\\"]
    for word in words:
        assert parser.feed(SseEvent(frame(word))) == [TextDelta(word)]
    assert parsed == [frame("Hello")]


def test_frames_that_all_differ_are_not_looked_at_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[str] = []

    def look(_: str, text: str) -> None:
        looks.append(text)

    monkeypatch.setattr(ChatTemplate, "of", look)
    parser = ChatParser()
    for number in range(3 * TRIES):
        parser.feed(SseEvent(frame("word", obfuscation=str(number))))
    assert len(looks) == TRIES
