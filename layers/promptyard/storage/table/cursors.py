"""Cursors of lists: opaque to callers, bound to the list and the filters they were given out for."""

import base64
import hashlib
import json
from typing import Any

from promptyard.domain.errors import BadCursor


def encode_cursor(list_: str, position: dict[str, Any]) -> str:
    """`list_` describes the list with all its filters: the same text has to come back with the cursor."""
    content = json.dumps([_fingerprint(list_), position], separators=(",", ":"))
    return base64.urlsafe_b64encode(content.encode()).decode().rstrip("=")


def decode_cursor(list_: str, cursor: str) -> dict[str, Any]:
    """The position in a cursor. Raises BadCursor for one that was not made for this list."""
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        fingerprint, position = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, TypeError, RecursionError):
        raise BadCursor from None
    if fingerprint != _fingerprint(list_) or not isinstance(position, dict):
        raise BadCursor
    return position


def _fingerprint(list_: str) -> str:
    return hashlib.sha256(list_.encode()).hexdigest()[:16]
