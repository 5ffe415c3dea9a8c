"""A key, whole or in parts, is taken out of whatever a provider says, however it is spelt and cut."""

import random
import string
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptyard.domain.models.provider_events import (
    Citation,
    Finished,
    FinishReason,
    ProviderEvent,
    ReasoningDelta,
    ReplayPart,
    TextDelta,
    ToolCallDelta,
    UsageReport,
)
from promptyard.domain.models.usage import Usage
from promptyard.providers.reading.key_scrubber import HIDDEN, PART, KeyScrubber, KeyWatch
from promptyard.providers.reading.scrubbed_answer import ScrubbedAnswer
from tests.support.checks.key_leaks import leaks, spellings

KEY = "sk-proj-aB3dE5fG7hJ9kL1mN/pQ4rS+tU8vW0x_Z"
keys = st.tuples(
    st.sampled_from(["", "sk-proj-", "gsk_", "sk-ant-api03-"]),
    st.text(string.ascii_letters + string.digits + "-_./+=%&;", min_size=20, max_size=60),
).map("".join)
around = st.text("abc XY12.:", max_size=5)


@settings(max_examples=100, deadline=None)
@given(keys, around, around, st.integers(0, 8))
def test_no_part_is_left_in_any_spelling(key: str, before: str, after: str, which: int) -> None:
    spelt = list(spellings(key, before, after).values())[which]
    assert not leaks(KeyScrubber(key).scrub(f"Key {spelt} given"), key, 0 if key[:3] != "sk-" else 14)


@settings(max_examples=100, deadline=None)
@given(keys, st.data())
def test_a_part_of_eight_characters_is_a_part(key: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(key) - PART))
    end = data.draw(st.integers(start + PART, len(key)))
    part = key[start:end]
    spelt = data.draw(st.sampled_from(list(spellings(part, "", "").values())))
    assert not leaks(KeyScrubber(key).scrub(f"…{spelt}…"), key, 14 if key[:3] == "sk-" else 0)


@settings(max_examples=100, deadline=None)
@given(keys, around, around, st.integers(0, 8), st.lists(st.integers(0, 400), max_size=40))
def test_a_stream_cut_anywhere_shows_no_part(key: str, before: str, after: str, which: int, cuts: list[int]) -> None:
    text = f"It is {list(spellings(key, before, after).values())[which]}, is it not? {key} again."
    bounds = sorted({cut % (len(text) + 1) for cut in cuts} | {0, len(text)})
    watch = KeyWatch(KeyScrubber(key))
    shown = "".join(watch.take(text[start:end]) for start, end in pairwise(bounds))
    assert not leaks(shown, key, 14 if key[:3] == "sk-" else 0)
    assert shown.endswith(" again.")
    assert shown.startswith("It is ")


def test_what_is_around_a_key_stays() -> None:
    scrubber = KeyScrubber(KEY)
    assert scrubber.scrub(f"Bad key {KEY}.") == f"Bad key {HIDDEN}."
    assert scrubber.scrub(f"{KEY[10:20]} and {KEY[20:30]}!") == f"{HIDDEN} and {HIDDEN}!"
    watch = KeyWatch(scrubber)
    shown = "".join(watch.take(character) for character in f"Bad key {KEY}.")
    assert shown.removeprefix("Bad key ").endswith(f"{HIDDEN}.")
    assert shown.count(HIDDEN) == 1
    assert len(shown) < len(f"Bad key {HIDDEN}.") + PART + len("sk-proj-")


@given(st.text(max_size=200), st.lists(st.integers(0, 400), max_size=20))
def test_what_has_no_key_in_it_passes_as_it_is(text: str, cuts: list[int]) -> None:
    bounds = sorted({cut % (len(text) + 1) for cut in cuts} | {0, len(text)})
    watch = KeyWatch(KeyScrubber(KEY))
    assert [watch.take(text[start:end]) for start, end in pairwise(bounds)] == [
        text[start:end] for start, end in pairwise(bounds)
    ]
    assert KeyScrubber(KEY).scrub(text) == text


@pytest.mark.parametrize("key", ["ollama", "EMPTY", "not-needed", "no-key-required-here", "1"])
def test_a_word_in_a_keys_place_is_no_secret_of_an_answer(key: str) -> None:
    events = [TextDelta(f"It is {key}.")]
    assert ScrubbedAnswer(key).take(events) == events
    assert ScrubbedAnswer(None).take(events) == events


def test_a_key_without_a_digit_is_a_secret() -> None:
    key = "hf_lWwOKttbUbDjTWBmHsBcVERBVmISMnzyaVbgNUf"
    assert ScrubbedAnswer(key).take([TextDelta(f"It is {key}.")]) == [TextDelta(f"It is {HIDDEN}.")]


def test_how_all_keys_of_a_provider_begin_is_no_secret() -> None:
    assert KeyScrubber(KEY).scrub("Its keys begin with sk-proj-") == "Its keys begin with sk-proj-"


def test_every_part_of_an_answer_is_looked_at() -> None:
    said = f"the key {KEY} here"
    events: list[ProviderEvent] = [
        TextDelta(said),
        ReasoningDelta(said),
        ToolCallDelta(0, said, said, f'{{"key": "{KEY[:20]}'),
        ToolCallDelta(0, arguments=f'{KEY[20:]}"}}'),
        ToolCallDelta(1, arguments=said, replaces=True, extra_content={"google": {"thought_signature": said}}),
        Citation(said, said, said),
        ReplayPart({"type": "thinking", KEY: [{"signature": said}]}),
        UsageReport(Usage(input_tokens=1, service_tier=said[:60])),
        Finished(FinishReason.STOP, said),
    ]
    for batch in ([events], [[event] for event in events]):
        answer = ScrubbedAnswer(KEY)
        shown = [event for some in batch for event in answer.take(some)]
        assert [type(event) for event in shown] == [type(event) for event in events]
        assert all(not leaks(repr(event), KEY, len("sk-proj-")) for event in shown)
        assert repr(shown).count(HIDDEN) >= len(events) + 3


def test_crafted_texts_take_time_in_proportion_to_their_length() -> None:
    pick = random.Random(5)
    scrubber = KeyScrubber(KEY)
    for unit in (KEY, KEY[10:14] + ".", "%41", "&#65;", "\\u0041", "\\", "%", "a"):
        assert isinstance(scrubber.scrub(unit * (20_000 // len(unit))), str)
    watch = KeyWatch(scrubber)
    for _ in range(500):
        watch.take("".join(pick.choices("%&\\#;41", k=20)))
    assert len(watch._memory) < 200
