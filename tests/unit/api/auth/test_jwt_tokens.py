"""Which tokens are taken. Each hostile one is a way that some JWT library or gateway was once got round."""

import base64
import hashlib
import hmac
import json
import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from hypothesis import given
from hypothesis import strategies as st

from promptyard.api.auth.jwt_tokens import LEEWAY_SECONDS, MAX_TOKEN_LENGTH, JwtVerifier
from promptyard.domain.account.access import Caller, Role
from promptyard.domain.account.claims import JwtIssuer
from promptyard.domain.errors import Unauthenticated
from tests.support.servers.token_issuer import claims, key_set, private_key, public_jwk, setting, token

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")


def verifier(**changes: Any) -> JwtVerifier:
    return JwtVerifier([JwtIssuer.model_validate(setting(**changes))])


async def refuses(text: str, **changes: Any) -> str:
    with pytest.raises(Unauthenticated) as refusal:
        await verifier(**changes).caller(text)
    return refusal.value.message


@pytest.mark.parametrize("algorithm", ALGORITHMS)
async def test_a_good_token_makes_its_caller(algorithm: str) -> None:
    keys = key_set(public_jwk(algorithm))
    caller = await verifier(algorithms=[algorithm], jwks=keys).caller(token(algorithm))
    assert caller == Caller(tenant="acme", role=Role.MEMBER, id="someone")


@pytest.mark.parametrize("algorithm", ALGORITHMS)
async def test_an_algorithm_that_was_not_named_is_not_taken(algorithm: str) -> None:
    others = [other for other in ALGORITHMS if other != algorithm]
    await refuses(token(algorithm), algorithms=others, jwks=key_set(public_jwk(algorithm)))


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": None},
        {"exp": int(time.time()) - LEEWAY_SECONDS - 1},
        {"exp": "soon"},
        {"iss": None},
        {"iss": "https://issuer.example"},
        {"iss": ["https://issuer.example/"]},
        {"aud": None},
        {"aud": "another"},
        {"aud": ["another", "more"]},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
        {"sub": "half a pair \ud83d"},
        {"org": "half a pair \ude00"},
        {"nbf": int(time.time()) + 3600},
        {"iat": int(time.time()) + 3600},
        {"org": None},
        {"role": None},
        {"role": "operator"},
    ],
)
async def test_a_claim_that_is_wrong_or_missing(changes: dict[str, Any]) -> None:
    await refuses(_signed(claims(**changes)))


async def test_an_expired_token_is_told_so() -> None:
    assert await refuses(token(exp=1)) == "The token has expired"


async def test_clocks_may_be_a_little_apart() -> None:
    assert await verifier().caller(token(exp=int(time.time()) - 5, iat=int(time.time()) + 5))


async def test_an_audience_among_several() -> None:
    assert await verifier().caller(token(aud=["other", "promptyard"]))


async def test_a_token_of_another_key_of_the_issuer() -> None:
    keys = key_set(public_jwk("ES256"), public_jwk("ES256", "key-2", 2))
    assert await verifier(jwks=keys).caller(token(key_id="key-2", number=2))
    await refuses(token(key_id="key-2"), jwks=keys)
    await refuses(token(key_id="key-3", number=2), jwks=keys)


async def test_without_a_key_id_only_the_only_key_will_do() -> None:
    assert await verifier().caller(token(key_id=None))
    await refuses(token(key_id=None), jwks=key_set(public_jwk("ES256"), public_jwk("ES256", "key-2", 2)))


async def test_a_key_serves_the_algorithm_and_the_use_it_is_for() -> None:
    rs512_only = key_set(public_jwk("RS256", alg="RS512"))
    await refuses(token("RS256"), algorithms=["RS256", "RS512"], jwks=rs512_only)
    mixed = key_set(public_jwk("ES256"), public_jwk("ES256", "key-2", 2, use="enc"))
    await refuses(token(key_id="key-2", number=2), jwks=mixed)


def _segment(content: Any) -> str:
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _signed(payload: Any, header: dict[str, Any] | None = None) -> str:
    """Signed with the issuer's own key, whatever it says."""
    head = {"alg": "ES256", "typ": "JWT", "kid": "key-1", **(header or {})}
    content = f"{_segment(head)}.{_segment(payload)}"
    signature = jwt.get_algorithm_by_name("ES256").sign(content.encode(), private_key("ES256"))
    return f"{content}.{_segment(signature)}"


def _unsigned(algorithm: str) -> str:
    return f"{_segment({'alg': algorithm, 'typ': 'JWT', 'kid': 'key-1'})}.{_segment(claims())}."


def _hmac_with_the_public_key() -> str:
    """RFC 8725 §2.1: the issuer's public key, taken for an HMAC's secret."""
    public = private_key("RS256").public_key()
    pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    content = f"{_segment({'alg': 'HS256', 'typ': 'JWT', 'kid': 'key-1'})}.{_segment(claims())}"
    return f"{content}.{_segment(hmac.new(pem, content.encode(), hashlib.sha256).digest())}"


def _own_key_in_the_header() -> str:
    header = {"kid": "key-1", "jwk": public_jwk("ES256", number=9), "jku": "https://evil.example/", "x5u": "https://e/"}
    return jwt.encode(claims(), private_key("ES256", 9), "ES256", headers=header)


GOOD = token()
HOSTILE = {
    "none": _unsigned("none"),
    "None": _unsigned("None"),
    "no algorithm": f"{_segment({'typ': 'JWT'})}.{_segment(claims())}.",
    "algorithm is a list": _signed(claims(), {"alg": ["ES256"]}),
    "an all-zero signature": GOOD.rpartition(".")[0] + "." + _segment(bytes(64)),
    "no signature": GOOD.rpartition(".")[0] + ".",
    "another payload": ".".join([GOOD.split(".")[0], _segment(claims(role="admin")), GOOD.split(".")[2]]),
    "another signer": token(number=7),
    "its own key in the header": _own_key_in_the_header(),
    "a critical extension": _signed(claims(), {"crit": ["exp"], "exp": 1}),
    "a detached payload": _signed(claims(), {"crit": ["b64"], "b64": False}),
    "a key id that is a path": _signed(claims(), {"kid": "../../key-1"}),
    "a key id that is a list": _signed(claims(), {"kid": ["key-1"]}),
    "a payload that is a list": _signed([claims()]),
    "a payload that is a text": _signed("claims"),
    "a payload that is no JSON": _signed(b"{"),
    "a payload nested without end": _signed(b"[" * 3000),
    "an expiry beyond all numbers": _signed(b'{"iss": "https://issuer.example/", "exp": 1e999}'),
    "not a number": _signed({**claims(), "exp": float("nan")}),
    "five parts": "a.b.c.d.e",
    "no parts": "abc",
    "empty parts": "..",
    "good but for its length": _signed(claims(more="A" * MAX_TOKEN_LENGTH)),
}


async def test_what_is_signed_here_is_refused_for_what_it_says_alone() -> None:
    assert await verifier().caller(_signed(claims()))


async def test_a_token_may_be_as_long_as_is_said() -> None:
    tokens = (_signed(claims(more="A" * size), {"pad": "A" * pad}) for size in range(5_850, 5_880) for pad in range(3))
    by_length = {len(made): made for made in tokens}
    assert await verifier().caller(by_length[MAX_TOKEN_LENGTH])
    await refuses(by_length[MAX_TOKEN_LENGTH + 1])


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_hostile_token_is_refused(name: str) -> None:
    await refuses(HOSTILE[name])


async def test_a_public_key_is_no_secret() -> None:
    keys = key_set(public_jwk("RS256"))
    assert await verifier(algorithms=["RS256"], jwks=keys).caller(token("RS256"))
    await refuses(_hmac_with_the_public_key(), algorithms=["RS256"], jwks=keys)


async def test_a_shared_secret_in_a_key_set_is_no_key() -> None:
    secret = {"kty": "oct", "k": _segment(b"x" * 32), "kid": "key-1"}
    with pytest.raises(Unauthenticated):
        await verifier(jwks=key_set(public_jwk("ES256", "key-2"), secret)).caller(token())


async def test_a_token_of_one_issuer_signed_by_another_is_refused() -> None:
    other = setting(issuer="https://other.example/", jwks=key_set(public_jwk("ES256", number=5)))
    both = JwtVerifier([JwtIssuer.model_validate(setting()), JwtIssuer.model_validate(other)])
    assert await both.caller(token(iss="https://other.example/", number=5))
    with pytest.raises(Unauthenticated):
        await both.caller(token(number=5))
    with pytest.raises(Unauthenticated):
        await both.caller(token(iss="https://other.example/"))


async def test_without_issuers_every_token_is_refused() -> None:
    with pytest.raises(Unauthenticated):
        await JwtVerifier([]).caller(GOOD)


@given(st.text(max_size=60) | st.lists(st.text(max_size=20), min_size=3, max_size=3).map(".".join))
async def test_garbage_is_refused(text: str) -> None:
    await refuses(text)


@given(st.data())
async def test_a_token_with_one_bit_changed_is_refused(data: st.DataObject) -> None:
    raw = [base64.urlsafe_b64decode(part + "==") for part in GOOD.split(".")]
    part = data.draw(st.integers(0, 2))
    bit = data.draw(st.integers(0, len(raw[part]) * 8 - 1))
    changed = bytearray(raw[part])
    changed[bit // 8] ^= 1 << bit % 8
    raw[part] = bytes(changed)
    await refuses(".".join(_segment(part) for part in raw))
