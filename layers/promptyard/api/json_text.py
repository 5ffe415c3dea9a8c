"""JSON that Python's reader takes, and that cannot be kept or sent on.

Half of a surrogate pair (RFC 8259 §8.2) is a character to Python, but no text that holds one can be encoded again. NaN
and the infinities are no JSON at all (§6). Endless nesting (§9 lets a reader limit it) is read, but not written again.
"""

import json
import math
import re
from typing import Any

from fastapi import Request
from starlette.requests import ClientDisconnect

from promptyard.domain.errors import InvalidRequest

MAX_DEPTH = 100

_SUSPECT = re.compile(
    rb"\\u[dD][89a-fA-F]|\xed[\xa0-\xbf]|\x00|NaN|Infinity|[eE]\+?[0-9]{2}|[0-9]{300}",
)
"""An escaped half, the bytes of one that UTF-8 forbids and json.loads lets pass, the sign of UTF-16, which it takes
too; and what a number is made of that a float cannot hold."""
_HALF = re.compile("[\ud800-\udfff]")

Path = tuple[str | int, ...]


async def refuse_odd_json(request: Request) -> None:
    """Raises InvalidRequest at the field at fault. What is no JSON is left to be refused later. The body stands in
    `request.state.body` from then on, for errors to find their place in it."""
    if request.method not in {"POST", "PUT", "PATCH"}:
        return
    try:
        body = await request.body()
    except ClientDisconnect:  # there is nobody left to tell
        return
    request.state.body = body
    if not _SUSPECT.search(body) and body.count(b"[") + body.count(b"{") <= MAX_DEPTH:
        return
    try:
        value = json.loads(body)
    except RecursionError:
        raise _too_deep(()) from None
    except ValueError:
        return
    _check(value)


def _check(value: Any) -> None:
    """Without recursion, because the nesting is the caller's."""
    left: list[tuple[Any, Path]] = [(value, ())]
    while left:
        value, path = left.pop()
        if isinstance(value, str):
            _check_text(value, path)
        elif isinstance(value, float) and not math.isfinite(value):
            raise _refused("A number is NaN or infinite, or too large for one", path, "finite_number")
        elif isinstance(value, list | dict) and len(path) >= MAX_DEPTH:
            raise _too_deep(path[:1])
        elif isinstance(value, list):
            left += [(entry, (*path, index)) for index, entry in enumerate(value)]
        elif isinstance(value, dict):
            for name in value:
                _check_text(name, path)
            left += [(entry, (*path, name)) for name, entry in value.items()]


def _check_text(text: str, path: Path) -> None:
    if _HALF.search(text):
        raise _refused("A text holds half of a surrogate pair", path, "string_unicode")


def _too_deep(path: Path) -> InvalidRequest:
    return _refused(f"The body is nested more than {MAX_DEPTH} levels deep", path, "nesting")


def _refused(message: str, path: Path, kind: str) -> InvalidRequest:
    return InvalidRequest(message, loc=("body", *path), kind=kind)
