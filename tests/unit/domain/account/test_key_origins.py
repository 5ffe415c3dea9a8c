"""The origin that a stored key is bound to, and what is shown of a key."""

from datetime import UTC, datetime

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from promptyard.domain.account.provider_keys import ProviderKey, is_sendable, origin_of
from tests.support.samples.hostile_urls import make_hostile_urls


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://api.openai.com/v1", "https://api.openai.com"),
        ("https://api.openai.com", "https://api.openai.com"),
        ("HTTPS://API.OpenAI.com:443/v1?x#y", "https://api.openai.com"),
        ("http://api.openai.com:443", "http://api.openai.com:443"),
        ("http://127.0.0.1:8000/", "http://127.0.0.1:8000"),
        ("http://127.0.0.1:80/", "http://127.0.0.1"),
        ("https://[2001:DB8::1]:8443/v1", "https://[2001:db8::1]:8443"),
        ("https://api.openai.com.evil.example", "https://api.openai.com.evil.example"),
        ("ftp://api.openai.com", None),
        ("https://", None),
        ("api.openai.com", None),
        ("https://api.openai.com@evil.example/", None),
        ("https://api.openai.com\\@evil.example/", None),
        ("https://evil.example\\.api.openai.com/", None),
        ("https://api.openai.com:99999999/", None),
        ("https://api.openai.com:/", None),
        (" https://api.openai.com", None),
        ("https://api.openai.com\n", None),
        ("https://аpi.openai.com/", None),  # a Cyrillic letter
    ],
)
def test_an_origin(url: str, origin: str | None) -> None:
    assert origin_of(url) == origin


def agree(url: str) -> None:
    """Where an origin is read, the HTTP client has to dial just that."""
    origin = origin_of(url)
    if origin is None:
        return
    try:
        dialled = httpx.URL(url)
    except (httpx.InvalidURL, UnicodeError):
        return  # it is not dialled at all
    host = dialled.raw_host.decode().lower()
    name = f"[{host.strip('[]')}]" if ":" in host else host
    assert origin == f"{dialled.scheme}://{name}" + (f":{dialled.port}" if dialled.port else "")


def test_what_is_read_is_what_is_dialled_for_hostile_urls() -> None:
    for url in make_hostile_urls(8080).all():
        agree(url)


@given(st.text(r"htps:/\@.?#[]0189aZ-_%:é ", max_size=30).map("https://".__add__))
def test_what_is_read_is_what_is_dialled(url: str) -> None:
    agree(url)


@pytest.mark.parametrize(("key", "shown"), [("sk-0123456789", "6789"), ("sk-012345678", "5678"), ("sk-01234567", None)])
def test_the_last_four_characters_of_a_long_key_are_shown(key: str, shown: str | None) -> None:
    stored = ProviderKey(key=SecretStr(key), origin="https://x.example", updated_at=datetime.now(UTC))
    assert stored.last_four == shown
    assert key not in repr(stored)


def test_a_broken_secret_is_not_quoted() -> None:
    with pytest.raises(ValidationError) as failure:
        ProviderKey.model_validate({"key": {"canary": "sk-canary"}, "origin": "https://x.example"})
    assert "sk-canary" not in str(failure.value)


@pytest.mark.parametrize("key", ["sk-1", "!~"])
def test_visible_ascii_can_be_sent(key: str) -> None:
    assert is_sendable(key)


@pytest.mark.parametrize("key", ["", "sk 1", "sk-1\n", "sk-\x00", "sk-é", "\u2028"])
def test_nothing_else_can_be_sent(key: str) -> None:
    assert not is_sendable(key)
