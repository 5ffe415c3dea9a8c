"""How an API key is written and recognised."""

import hashlib
import string
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptyard.domain.account.access import Role
from promptyard.domain.account.api_keys import ApiKey, NewApiKey, hash_key, looks_like_key, make_key, prefix_of

ALPHABET = string.digits + string.ascii_letters
KEY = make_key().get_secret_value()


def test_a_key_has_256_random_bits_and_a_checksum() -> None:
    keys = {make_key().get_secret_value() for _ in range(1000)}
    assert len(keys) == 1000
    for key in keys:
        assert len(key) == len("py_live_") + 43 + 6
        assert looks_like_key(key)
    # 62^43 > 2^256: the 43 digits can hold them, and 1,000 draws use every digit in the last place.
    assert {key[50] for key in keys} == set(ALPHABET)


@pytest.mark.parametrize("position", range(len(KEY)))
def test_one_wrong_character_is_seen(position: int) -> None:
    for character in ALPHABET + "_-é ":
        if character != KEY[position]:
            assert not looks_like_key(KEY[:position] + character + KEY[position + 1 :])


def test_two_characters_the_wrong_way_round_are_seen() -> None:
    for position in range(len(KEY) - 1):
        swapped = KEY[:position] + KEY[position + 1] + KEY[position] + KEY[position + 2 :]
        assert swapped == KEY or not looks_like_key(swapped)


@given(st.text() | st.text(ALPHABET, min_size=49, max_size=49).map("py_live_".__add__))
def test_garbage_is_no_key(text: str) -> None:
    assert not looks_like_key(text)


NEARLY = {
    "nothing": "",
    "the prefix alone": "py_live_",
    "one short": KEY[:-1],
    "one more": KEY + "0",
    "a blank before": " " + KEY,
    "a line end after": KEY + "\n",
    "upper case": KEY.upper(),
}


@pytest.mark.parametrize("text", NEARLY.values(), ids=NEARLY)
def test_what_is_nearly_a_key_is_none(text: str) -> None:
    assert not looks_like_key(text)


def test_the_hash_is_sha_256_of_the_whole_key() -> None:
    assert hash_key(KEY) == hashlib.sha256(KEY.encode("ascii")).hexdigest()


def test_the_shown_prefix_gives_little_away() -> None:
    assert prefix_of(KEY) == KEY[:12]


def test_a_new_key_does_not_show_in_its_repr() -> None:
    secret = make_key()
    now = datetime.now(UTC)
    record = ApiKey(id="1", hash="h", prefix="py_live_abcd", tenant="acme", name="n", role=Role.VIEWER, created_at=now)
    made = NewApiKey(secret=secret, record=record)
    assert secret.get_secret_value() not in f"{made!r} {made} {made.model_dump()} {made.model_dump_json()}"


def test_a_key_expires_at_its_moment() -> None:
    now = datetime.now(UTC)
    key = ApiKey(
        id="1", hash="h", prefix="p", tenant="acme", name="n", role=Role.VIEWER, created_at=now, expires_at=now
    )
    assert key.expired(now)
    assert not key.expired(now - timedelta(microseconds=1))
    assert not key.model_copy(update={"expires_at": None}).expired(now + timedelta(days=36_500))
