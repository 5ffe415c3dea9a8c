"""JSON Web Tokens of the configured issuers. PyJWT and its cryptography are imported when the first one comes."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from promptyard.domain.account.access import Caller
from promptyard.domain.account.claims import JwtIssuer
from promptyard.domain.errors import Unauthenticated

if TYPE_CHECKING:
    from promptyard.api.auth.jwks import KeySource

MAX_TOKEN_LENGTH = 8_192
"""API Gateway takes 10,240 bytes of headers in all."""
LEEWAY_SECONDS = 30
"""How far an issuer's clock and ours may be apart."""
REQUIRED_CLAIMS = ("exp", "iss", "aud", "sub")

_REFUSED = "The credential is not one that this API takes"


class JwtVerifier:
    def __init__(self, issuers: Sequence[JwtIssuer]) -> None:
        self._issuers = {issuer.issuer: issuer for issuer in issuers}
        self._sources: dict[str, KeySource] = {}

    async def caller(self, token: str) -> Caller:
        """Raises Unauthenticated, and StoreUnavailable when the issuer's keys cannot be had."""
        if not self._issuers or len(token) > MAX_TOKEN_LENGTH or token.count(".") != 2:
            raise Unauthenticated(_REFUSED)
        import jwt

        try:
            issuer = self._issuer_of(jwt.decode(token, options={"verify_signature": False}))
            header = jwt.get_unverified_header(token)
            key = await self._source(issuer).find(header.get("kid"))
            if key is None or key.algorithm not in {None, header.get("alg")}:
                raise Unauthenticated(_REFUSED)
            claims = jwt.decode(
                token,
                key.public_key,
                algorithms=list(issuer.algorithms),
                issuer=issuer.issuer,
                audience=issuer.audience,
                leeway=LEEWAY_SECONDS,
                options={"require": list(REQUIRED_CLAIMS)},
            )
        except jwt.ExpiredSignatureError:
            raise Unauthenticated("The token has expired") from None
        except (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError):
            raise Unauthenticated(_REFUSED) from None
        return issuer.mapped(claims, claims["sub"])

    def _issuer_of(self, unverified: Any) -> JwtIssuer:
        """The issuer that the token says it is of: what it says is verified with that issuer's keys next."""
        name = unverified.get("iss")
        issuer = self._issuers.get(name) if isinstance(name, str) else None
        if issuer is None:
            raise Unauthenticated(_REFUSED)
        return issuer

    def _source(self, issuer: JwtIssuer) -> "KeySource":
        from promptyard.api.auth.jwks import key_source

        if issuer.issuer not in self._sources:
            self._sources[issuer.issuer] = key_source(issuer)
        return self._sources[issuer.issuer]
