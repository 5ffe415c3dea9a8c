"""An issuer of JSON Web Tokens, with keys of its own."""

import time
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

NAME = "https://issuer.example/"
AUDIENCE = "promptyard"


def private_key(algorithm: str, number: int = 0) -> Any:
    """A key for an algorithm, the same at every call; `number` makes others of the same kind."""
    return _private_key(algorithm, number)


@cache  # which takes a default that is given for another call than one that is left out
def _private_key(algorithm: str, number: int) -> Any:
    if algorithm.startswith(("RS", "PS")):
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)
    if algorithm == "EdDSA":
        return ed25519.Ed25519PrivateKey.generate()
    curves: dict[str, Any] = {"ES256": ec.SECP256R1, "ES384": ec.SECP384R1, "ES512": ec.SECP521R1}
    return ec.generate_private_key(curves[algorithm]())


def public_jwk(algorithm: str, key_id: str = "key-1", number: int = 0, **more: Any) -> dict[str, Any]:
    public = private_key(algorithm, number).public_key()
    made: Any = jwt.get_algorithm_by_name(algorithm)
    return {**made.to_jwk(public, as_dict=True), "kid": key_id, **more}


def key_set(*keys: dict[str, Any]) -> dict[str, Any]:
    return {"keys": list(keys)}


def claims(**changes: Any) -> dict[str, Any]:
    """A good token's; a claim that is None is left out."""
    now = int(time.time())
    good = {
        "iss": NAME,
        "aud": AUDIENCE,
        "sub": "someone",
        "iat": now,
        "exp": now + 300,
        "org": "acme",
        "role": "member",
    }
    return {name: value for name, value in {**good, **changes}.items() if value is not None}


def token(algorithm: str = "ES256", key_id: str | None = "key-1", number: int = 0, **changes: Any) -> str:
    headers = {} if key_id is None else {"kid": key_id}
    return jwt.encode(claims(**changes), private_key(algorithm, number), algorithm, headers=headers)


def setting(**changes: Any) -> dict[str, Any]:
    """What PROMPTYARD_JWT_ISSUERS holds for this issuer, with its key in it."""
    good = {
        "issuer": NAME,
        "audience": AUDIENCE,
        "algorithms": ["ES256"],
        "jwks": key_set(public_jwk("ES256")),
        "tenant_claim": "org",
        "role_claim": "role",
    }
    return {name: value for name, value in {**good, **changes}.items() if value is not None}
