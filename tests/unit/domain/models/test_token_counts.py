"""A count that no tokenizer exceeds, and that ordinary text is near to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptyard.domain.models.token_counts import count_tokens
from tests.support.samples.token_counts import CountedText, counted_texts

TEXTS = counted_texts()
ENGLISH = ("english", "english_chat")
ORDINARY = (*ENGLISH, "code", "chinese", "chinese_prose", "japanese", "japanese_prose", "korean_prose", "arabic_prose")


@pytest.mark.parametrize("kind", TEXTS)
def test_no_tokenizer_makes_more_of_a_text(kind: str) -> None:
    assert len(TEXTS[kind].counts) == 8
    assert count_tokens(TEXTS[kind].text) >= TEXTS[kind].most - 1  # the blank that some put before a text


@pytest.mark.parametrize("kind", ENGLISH)
def test_english_is_counted_within_half_as_much_again_of_every_tokenizer(kind: str) -> None:
    assert count_tokens(TEXTS[kind].text) <= 1.5 * min(TEXTS[kind].counts.values())


@pytest.mark.parametrize("kind", ORDINARY)
def test_ordinary_text_is_counted_within_half_as_much_again_of_the_worst_tokenizer(kind: str) -> None:
    assert count_tokens(TEXTS[kind].text) <= 1.5 * TEXTS[kind].most


@pytest.mark.parametrize("kind", ["code", "json", "tools", "tables", "german"])
def test_what_else_is_common_is_counted_within_twice_as_much(kind: str) -> None:
    assert count_tokens(TEXTS[kind].text) <= 2 * TEXTS[kind].most


@given(st.text())
def test_a_count_is_never_more_than_the_bytes(text: str) -> None:
    """Which is what is reserved."""
    assert count_tokens(text) <= len(text.encode())


@given(st.text(), st.text())
def test_what_is_added_counts(one: str, other: str) -> None:
    assert count_tokens(one + other) >= max(count_tokens(one), count_tokens(other)) - 2


@pytest.mark.parametrize(("text", "tokens"), [("", 0), ("a", 1), (" the event loop", 3), ("123", 3), ("\ud800", 3)])
def test_small_counts(text: str, tokens: int) -> None:
    assert count_tokens(text) == tokens


def table() -> None:
    """How far above: python -m tests.unit.domain.models.test_token_counts"""
    print(f"{'':20} count    most   least  count/most  count/least")
    for kind, sample in TEXTS.items():
        print(_row(kind, sample))


def _row(kind: str, sample: CountedText) -> str:
    count, least = count_tokens(sample.text), min(sample.counts.values())
    return f"{kind:20} {count:5} {sample.most:7} {least:7} {count / sample.most:11.2f} {count / least:12.2f}"


if __name__ == "__main__":
    table()
