"""A cursor comes back to the list that gave it out, and whatever else is sent as one is refused."""

import base64
import json

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from promptyard.domain.errors import BadCursor
from promptyard.storage.table.cursors import decode_cursor, encode_cursor

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
positions = st.dictionaries(texts, st.none() | st.booleans() | st.integers() | texts, max_size=3)
json_values = st.recursive(st.none() | st.booleans() | st.integers() | texts, st.lists, max_leaves=5)


@given(texts, texts, positions)
def test_it_is_of_one_list(one: str, other: str, position: dict[str, object]) -> None:
    assume(one != other)
    cursor = encode_cursor(one, position)
    assert cursor.isascii()
    assert decode_cursor(one, cursor) == position
    with pytest.raises(BadCursor):
        decode_cursor(other, cursor)


@given(st.text(max_size=80) | st.from_regex(r"[A-Za-z0-9_=-]{0,80}", fullmatch=True))
def test_any_text_is_refused(cursor: str) -> None:
    with pytest.raises(BadCursor):
        decode_cursor("a list", cursor)


@given(json_values, st.binary(max_size=40))
def test_what_is_encoded_like_one_is_refused_too(value: object, raw: bytes) -> None:
    for content in (json.dumps(value).encode(), json.dumps(["a", value]).encode(), raw, b"[" * 5_000):
        with pytest.raises(BadCursor):
            decode_cursor("a list", base64.urlsafe_b64encode(content).decode().rstrip("="))


@given(positions, st.data())
def test_one_changed_character_makes_it_another_ones(position: dict[str, object], data: st.DataObject) -> None:
    """Or leaves it as it was: the last one has bits that count for nothing."""
    cursor = encode_cursor("a list", position)
    place = data.draw(st.integers(2, 20))  # in the fingerprint
    changed = cursor[:place] + ("A" if cursor[place] != "A" else "B") + cursor[place + 1 :]
    with pytest.raises(BadCursor):
        decode_cursor("a list", changed)
