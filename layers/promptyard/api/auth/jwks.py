"""An issuer's public keys (RFC 7517), from its settings or from its URL."""

import json
import logging
import time
from asyncio import Lock
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

import httpx
from jwt import PyJWK
from jwt.exceptions import PyJWTError

from promptyard.domain.account.claims import JwtIssuer
from promptyard.domain.errors import StoreUnavailable

REFRESH_SECONDS = 600.0
"""A set older than this is read again."""
MAX_AGE_SECONDS = 3_600.0
"""While that fails, the old set goes on for this long."""
MIN_INTERVAL_SECONDS = 30.0
"""Between two readings, whatever key ids strangers make up."""
TIMEOUT_SECONDS = 5.0
MAX_BYTES = 262_144

logger = logging.getLogger("promptyard.jwks")


@dataclass(frozen=True, slots=True)
class PublicKey:
    public_key: Any
    """Of the library `cryptography`."""
    algorithm: str | None
    """The one algorithm that the key is for, where its issuer says so."""


class KeySource(Protocol):
    async def find(self, key_id: str | None) -> PublicKey | None:
        """The key with this id; without an id, the only one that there is. Raises StoreUnavailable."""


def key_source(issuer: JwtIssuer) -> KeySource:
    """Raises ValueError for a key set in the settings that holds no usable key."""
    if issuer.jwks is not None:
        return FixedKeys(_read_set(issuer.jwks))
    assert issuer.jwks_url is not None
    return FetchedKeys(issuer.jwks_url)


class FixedKeys:
    def __init__(self, keys: Mapping[str | None, PublicKey]) -> None:
        self._keys = keys

    async def find(self, key_id: str | None) -> PublicKey | None:
        return _find(self._keys, key_id)


class FetchedKeys:
    def __init__(self, url: str, now: Callable[[], float] = time.time) -> None:
        self._url = url
        self._now = now
        self._keys: Mapping[str | None, PublicKey] = {}
        self._read_at = self._tried_at = float("-inf")
        self._lock = Lock()

    async def find(self, key_id: str | None) -> PublicKey | None:
        async with self._lock:
            wanted = self._now() - self._read_at > REFRESH_SECONDS or _find(self._keys, key_id) is None
            if wanted and self._now() - self._tried_at >= MIN_INTERVAL_SECONDS:
                await self._refresh()
        found = _find(self._keys, key_id)
        failed = self._read_at < self._tried_at
        if self._now() - self._read_at > MAX_AGE_SECONDS or (found is None and failed):
            raise StoreUnavailable("The keys of the token's issuer cannot be reached", retry_after=MIN_INTERVAL_SECONDS)
        return found

    async def _refresh(self) -> None:
        self._tried_at = self._now()
        try:
            self._keys = _read_set(await _fetch(self._url))
        except (httpx.HTTPError, ValueError, RecursionError) as error:
            logger.warning("issuer's keys not read", extra={"url": self._url, "error_type": type(error).__name__})
        else:
            self._read_at = self._tried_at


async def _fetch(url: str) -> Any:
    """Raises httpx.HTTPError, ValueError, RecursionError."""
    body = b""
    headers = {"accept": "application/json", "accept-encoding": "identity"}
    async with (
        httpx.AsyncClient(timeout=TIMEOUT_SECONDS, trust_env=False) as client,
        client.stream("GET", url, headers=headers) as response,
    ):
        if response.status_code != httpx.codes.OK:
            raise ValueError(f"status {response.status_code}")
        async for piece in response.aiter_raw():
            body += piece
            if len(body) > MAX_BYTES:
                raise ValueError("too large")
    return json.loads(body)


def _read_set(content: Any) -> dict[str | None, PublicKey]:
    """Raises ValueError for what holds no key of use. Keys of other kinds and uses are left out (RFC 7517 §5)."""
    keys = {}
    listed = content.get("keys") if isinstance(content, dict) else None
    for data in listed if isinstance(listed, list) else []:
        if isinstance(data, dict) and data.get("kty") != "oct" and data.get("use", "sig") == "sig":
            with suppress(PyJWTError):
                keys[data.get("kid")] = PublicKey(PyJWK(data).key, data.get("alg"))
    if not keys:
        raise ValueError("no key of use in the set")
    return keys


def _find(keys: Mapping[str | None, PublicKey], key_id: str | None) -> PublicKey | None:
    if key_id is None and len(keys) == 1:
        return next(iter(keys.values()))
    return keys.get(key_id)
