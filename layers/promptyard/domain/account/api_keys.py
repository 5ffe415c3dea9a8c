"""API keys: how one is written, recognised and hashed, and what is kept of it.

A key is `py_live_`, 43 base62 digits of 256 random bits, and 6 of a CRC-32 over everything before them. The checksum
proves nothing; it tells a key from garbage and typing errors without a look at the store. Kept is the SHA-256 alone:
what has 256 random bits needs no salt and no slow hash.
"""

import hashlib
import re
import secrets
import zlib
from datetime import datetime

from pydantic import SecretStr

from promptyard.domain.account.access import Caller, Role
from promptyard.domain.account.quotas import UNLIMITED, Quotas
from promptyard.domain.deferred import FrozenModel

PREFIX = "py_live_"

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_BITS = 256
_RANDOM_DIGITS = 43
_CHECKSUM_DIGITS = 6
_SHOWN_DIGITS = 4
_FORM = re.compile(rf"{PREFIX}[0-9A-Za-z]{{{_RANDOM_DIGITS + _CHECKSUM_DIGITS}}}")


class ApiKey(FrozenModel):
    """What is kept of a key."""

    id: str
    hash: str
    """The key's SHA-256 in hexadecimal digits."""
    prefix: str
    """How the key begins: enough for its owner to know it by."""
    tenant: str
    name: str
    role: Role
    created_at: datetime
    created_by: str | None = None
    """The id of the actor that asked for it."""
    expires_at: datetime | None = None
    last_used_at: datetime | None = None
    """To about a minute; None when it was never used."""
    quotas: Quotas = UNLIMITED
    """The key's own, beside its tenant's."""

    def caller(self) -> Caller:
        return Caller(tenant=self.tenant, role=self.role, id=self.id, name=self.name, quotas=self.quotas)

    def expired(self, now: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= now


class NewApiKey(FrozenModel):
    """A key at the one moment when it can be shown."""

    secret: SecretStr
    record: ApiKey


def make_key() -> SecretStr:
    body = PREFIX + _base62(secrets.randbits(_BITS), _RANDOM_DIGITS)
    return SecretStr(body + _checksum(body))


def looks_like_key(text: str) -> bool:
    """Whether a text is a key by its form and its checksum. Whether it opens anything, only the store can say."""
    return _FORM.fullmatch(text) is not None and _checksum(text[:-_CHECKSUM_DIGITS]) == text[-_CHECKSUM_DIGITS:]


def hash_key(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def prefix_of(key: str) -> str:
    return key[: len(PREFIX) + _SHOWN_DIGITS]


def _checksum(body: str) -> str:
    return _base62(zlib.crc32(body.encode()), _CHECKSUM_DIGITS)


def _base62(number: int, digits: int) -> str:
    text = ""
    for _ in range(digits):
        number, digit = divmod(number, len(_ALPHABET))
        text = _ALPHABET[digit] + text
    return text
