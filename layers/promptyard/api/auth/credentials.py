"""Which credential a request carries, and whom it makes the caller."""

from collections.abc import Sequence
from contextlib import suppress

from fastapi import Request

from promptyard.api.auth.gateway_claims import gateway_caller
from promptyard.api.auth.jwt_tokens import JwtVerifier
from promptyard.domain.account.access import LOCAL_CALLER, Caller, Role
from promptyard.domain.account.api_keys import looks_like_key
from promptyard.domain.account.claims import Gateway, JwtIssuer
from promptyard.domain.errors import Unauthenticated
from promptyard.services.account.key_directory import KeyDirectory
from promptyard.services.account.tenant_directory import TenantDirectory

_SCHEMES = frozenset({"bearer", "token"})


class Credentials:
    """An `Authenticator`: API keys and the tokens of `issuers`; with a `gateway`, its word instead of both."""

    def __init__(
        self,
        keys: KeyDirectory,
        tenants: TenantDirectory,
        issuers: Sequence[JwtIssuer] = (),
        gateway: Gateway | None = None,
    ) -> None:
        self._keys = keys
        self._tenants = tenants
        self._tokens = JwtVerifier(issuers)
        self._gateway = gateway

    async def __call__(self, request: Request) -> Caller:
        if self._gateway is not None:
            return await self._of_known_tenant(gateway_caller(request.scope, self._gateway))
        credential = _given(request)
        if credential is None:
            raise Unauthenticated("A key is needed: Authorization: Bearer <key>")
        if looks_like_key(credential):
            return (await self._keys.identify(credential)).caller()
        return await self._of_known_tenant(await self._tokens.caller(credential))

    async def _of_known_tenant(self, caller: Caller) -> Caller:
        """Whoever issued the credential may name tenants that are none here."""
        if caller.role is not Role.OPERATOR and await self._tenants.find(caller.tenant) is None:
            raise Unauthenticated("The credential names no tenant of this API")
        return caller


class OpenToAll:
    """An `Authenticator` for the local server: everybody is its one user, but a key that is good counts."""

    def __init__(self, keys: KeyDirectory) -> None:
        self._keys = keys

    async def __call__(self, request: Request) -> Caller:
        credential = _given(request)
        if credential is not None and looks_like_key(credential):
            with suppress(Unauthenticated):
                return (await self._keys.identify(credential)).caller()
        return LOCAL_CALLER


def _given(request: Request) -> str | None:
    """Some clients can send a key only as `x-api-key`."""
    return _bearer(request) or request.headers.get("x-api-key", "").strip() or None


def _bearer(request: Request) -> str | None:
    """The credential of the Bearer scheme (RFC 6750 §2.1), its name case-blind (RFC 9110 §11.1). The DataRobot API's
    own client calls it Token."""
    scheme, _, credential = request.headers.get("authorization", "").partition(" ")
    return credential.strip() or None if scheme.lower() in _SCHEMES else None
