"""Identifiers."""

import hashlib
import os
import re
import threading
import time
import uuid
from datetime import UTC, datetime, timedelta

_FORM = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_lock = threading.Lock()
_last_ms = 0
_sequence = 0


def time_ordered_id() -> str:
    """A UUIDv7 (RFC 9562 §5.7) as text: sorts by the time it was made, to the millisecond and, within one process,
    strictly (§6.2, method 1: the 12 bits of rand_a count within a millisecond)."""
    global _last_ms, _sequence  # noqa: PLW0603 - the order holds for the process
    with _lock:
        now = time.time_ns() // 1_000_000
        if now > _last_ms:
            _last_ms, _sequence = now, 0
        else:
            _sequence += 1
            if _sequence > 0xFFF:
                _last_ms, _sequence = _last_ms + 1, 0
        milliseconds, sequence = _last_ms, _sequence
    return _uuid7(milliseconds, sequence, int.from_bytes(os.urandom(8), "big"))


def id_for(name: str, moment: datetime) -> str:
    """The same id whoever makes it: a UUIDv7 of that moment, to the millisecond, whose other bits are a hash of the
    name."""
    hashed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:10], "big")
    return _uuid7((moment - _EPOCH) // timedelta(milliseconds=1), hashed >> 64, hashed)


def _uuid7(milliseconds: int, twelve_bits: int, random: int) -> str:
    time_, random = milliseconds & ((1 << 48) - 1), random & ((1 << 62) - 1)
    return str(uuid.UUID(int=time_ << 80 | 0x7 << 76 | (twelve_bits & 0xFFF) << 64 | 0b10 << 62 | random))


def first_id_at(milliseconds: int) -> str:
    """The smallest time-ordered id of a moment (Unix time in ms): the bound of a range by time."""
    return str(uuid.UUID(int=(milliseconds & ((1 << 48) - 1)) << 80))


def first_id_of(moment: datetime) -> str:
    """The same of an aware datetime."""
    return first_id_at(max(0, (moment - _EPOCH) // timedelta(milliseconds=1)))


def moment_of(identifier: str) -> datetime:
    """When a time-ordered id was made, to the millisecond. Raises ValueError for what is no UUID."""
    return _EPOCH + timedelta(milliseconds=uuid.UUID(identifier).int >> 80)


def random_id() -> str:
    """A UUIDv4 as text."""
    return str(uuid.uuid4())


def is_id(text: str) -> bool:
    """Whether the text has the form of the ids that are made here. What has not need not be looked for."""
    return _FORM.fullmatch(text) is not None
