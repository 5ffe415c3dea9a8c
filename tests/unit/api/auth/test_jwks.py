"""An issuer's keys come over HTTP, seldom, whatever tokens say."""

import asyncio
import json
from typing import Any

import pytest

from promptyard.api.auth.jwks import (
    MAX_AGE_SECONDS,
    MAX_BYTES,
    MIN_INTERVAL_SECONDS,
    REFRESH_SECONDS,
    FetchedKeys,
    key_source,
)
from promptyard.domain.account.claims import JwtIssuer
from promptyard.domain.errors import StoreUnavailable
from tests.support.doubles.account_doubles import Clock
from tests.support.servers.fake_upstream import Answer, End, FakeUpstream, Step
from tests.support.servers.token_issuer import key_set, public_jwk, setting

ONE = key_set(public_jwk("ES256"))
TWO = key_set(public_jwk("ES256", "key-2", 2))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment names a proxy, at which nobody listens."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)


@pytest.fixture
def keys(upstream: FakeUpstream, clock: Clock) -> FetchedKeys:
    return FetchedKeys(upstream.url + "/jwks.json", clock)


def serves(content: Any) -> Answer:
    return Answer([json.dumps(content).encode()], headers={"content-type": "application/json"})


async def test_one_reading_serves_ten_minutes(upstream: FakeUpstream, clock: Clock, keys: FetchedKeys) -> None:
    upstream.answer(serves(ONE))
    found = await asyncio.gather(*(keys.find("key-1") for _ in range(50)))
    assert all(found)
    assert len(upstream.requests) == 1
    clock.seconds += REFRESH_SECONDS
    assert await keys.find("key-1")
    assert len(upstream.requests) == 1
    clock.seconds += 1
    assert await keys.find("key-1")
    assert len(upstream.requests) == 2


@pytest.mark.usefixtures("a_proxy")
async def test_the_environments_proxy_is_not_asked(upstream: FakeUpstream, keys: FetchedKeys) -> None:
    upstream.answer(serves(ONE))
    assert await keys.find("key-1")


async def test_a_new_key_is_looked_for_but_seldom(upstream: FakeUpstream, clock: Clock, keys: FetchedKeys) -> None:
    upstream.answer(serves(ONE), times=1)
    upstream.answer(serves(TWO))
    assert await keys.find("key-1")
    for number in range(50):
        assert await keys.find(f"made-up-{number}") is None
    assert await keys.find("key-2") is None
    assert len(upstream.requests) == 1
    clock.seconds += MIN_INTERVAL_SECONDS
    assert await keys.find("key-2")
    assert await keys.find("key-1") is None
    assert len(upstream.requests) == 2


async def test_keys_go_on_for_an_hour_when_the_issuer_is_gone(
    upstream: FakeUpstream, clock: Clock, keys: FetchedKeys
) -> None:
    upstream.answer(serves(ONE), times=1)
    upstream.answer(Answer([], 500))
    assert await keys.find("key-1")
    clock.seconds += MAX_AGE_SECONDS
    assert await keys.find("key-1")
    with pytest.raises(StoreUnavailable):  # it may be a new one: that cannot be told now
        await keys.find("key-2")
    clock.seconds += 1
    with pytest.raises(StoreUnavailable):
        await keys.find("key-1")


REDIRECT = Answer([], 302, {"location": "/elsewhere"})
BROKEN: dict[str, Answer] = {
    "an error": Answer([], 500),
    "an error with keys": Answer([json.dumps(ONE).encode()], 500),
    "a success that is no answer": Answer([json.dumps(ONE).encode()], 203),
    "a redirect with keys": Answer([json.dumps(ONE).encode()], 302, {"location": "/elsewhere"}),
    "a redirect": REDIRECT,
    "no JSON": Answer([b"<html>"]),
    "a list": serves([]),
    "no keys": serves({"keys": []}),
    "keys that are none": serves({"keys": [1, None, {}, {"kty": "EC"}, {"kty": "RSA", "n": "!", "e": "AQAB"}]}),
    "secrets only": serves({"keys": [{"kty": "oct", "k": "eHh4"}]}),
    "too much": Answer([b" " * (MAX_BYTES + 1), json.dumps(ONE).encode()]),
    "cut off": Answer([b'{"keys": ', End.CUT]),
    "nested without end": Answer([b"[" * 100_000]),
}


@pytest.mark.parametrize("name", BROKEN)
async def test_without_a_key_set_nobody_comes_in(upstream: FakeUpstream, keys: FetchedKeys, name: str) -> None:
    upstream.answer(serves(ONE), path="/elsewhere")
    upstream.answer(BROKEN[name])
    for _ in range(20):
        with pytest.raises(StoreUnavailable):
            await keys.find("key-1")
    assert len(upstream.requests) == 1


async def test_a_key_set_may_be_as_long_as_is_said(upstream: FakeUpstream, keys: FetchedKeys) -> None:
    body = json.dumps(ONE).encode()
    upstream.answer(Answer([body, b" " * (MAX_BYTES - len(body))]))
    assert await keys.find("key-1")


@pytest.mark.parametrize("settings", ["in them", "fetched"])
async def test_where_an_issuers_keys_are(upstream: FakeUpstream, settings: str) -> None:
    upstream.answer(serves(ONE))
    place = {"jwks": ONE} if settings == "in them" else {"jwks": None, "jwks_url": upstream.url}
    source = key_source(JwtIssuer.model_validate(setting(**place)))
    assert await source.find("key-1")
    assert await source.find("key-2") is None
    assert len(upstream.requests) == (0 if settings == "in them" else 1)


async def test_an_issuer_that_is_not_there() -> None:
    with FakeUpstream() as upstream:
        gone = FetchedKeys(upstream.url)
    with pytest.raises(StoreUnavailable):
        await gone.find("key-1")


async def test_keys_of_unknown_kinds_do_not_spoil_the_others(upstream: FakeUpstream, keys: FetchedKeys) -> None:
    strange: list[Step] = [json.dumps(key_set({"kty": "XYZ"}, *ONE["keys"], {"kty": "OKP", "crv": "X448"})).encode()]
    upstream.answer(Answer(strange))
    assert await keys.find("key-1")
