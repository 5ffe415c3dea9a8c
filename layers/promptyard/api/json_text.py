"""JSON that Python's reader takes, and that cannot be kept or sent on, or takes too long to look at.

Half of a surrogate pair (RFC 8259 §8.2) is a character to Python, but no text that holds one can be encoded again. NaN
and the infinities are no JSON at all (§6). Endless nesting (§9 lets a reader limit it) is read, but not written again.
A body of 5 MB may hold millions of values, and a mistake in each: whoever looks at them keeps everybody else waiting.
So they are counted before anything is parsed, by what takes one pass in C.
"""

import json
import math
import re
from typing import Any

from fastapi import Request
from starlette.requests import ClientDisconnect

from promptyard.domain.errors import InvalidRequest

MAX_DEPTH = 100
MAX_VALUES = 20_000
"""Of a body: texts, numbers, lists and the like, at any depth."""

_MOST_QUOTES = 4 * MAX_VALUES
"""Two for each text; and a value may have a name, which is one."""
_HALF = re.compile("[\ud800-\udfff]")
_FOLDED = bytes.maketrans(b"123456789E", b"000000000e")
_ODD_NUMBERS = (b"NaN", b"Infinity", b"e00", b"e+00", b"0" * 300)
"""What a number is made of that a float cannot hold, where every digit is a 0."""

Path = tuple[str | int, ...]


async def refuse_odd_json(request: Request) -> None:
    """Raises InvalidRequest at the field at fault. What is no JSON is left to be refused later. The body stands in
    `request.state.body` from then on, for errors to find their place in it; not one that holds too much for that."""
    if request.method not in {"POST", "PUT", "PATCH"}:
        return
    try:
        body = await request.body()
    except ClientDisconnect:  # there is nobody left to tell
        return
    bare = without_texts(body)
    if count_values(bare) > MAX_VALUES:
        message = f"The body holds more than {MAX_VALUES:,} values: texts, numbers, lists and the like"
        raise _refused(message, (), "too_many_values")
    request.state.body = body
    if not _may_be_odd(body, bare):
        return
    try:
        value = json.loads(body)
    except RecursionError:
        raise _too_deep(()) from None
    except ValueError:
        return
    _check(value)


def without_texts(body: bytes) -> bytes:
    """What stands outside of texts; of more texts than a body may hold, commas. A reader stops at what is no JSON, so
    that up to there it sees the same."""
    plain = _in_utf8(body).replace(b"\\\\", b"").replace(b'\\"', b"")
    pieces = plain.split(b'"', _MOST_QUOTES + 1)
    return b"," * (MAX_VALUES + 1) if len(pieces) > _MOST_QUOTES + 1 else b"".join(pieces[::2])


def _in_utf8(body: bytes) -> bytes:
    """Python's reader takes UTF-16 and UTF-32, too, in which each quote has a zero beside it."""
    if b"\0" not in body:
        return body
    try:
        return body.decode(json.detect_encoding(body), "surrogatepass").encode("utf-8", "surrogatepass")
    except UnicodeError:  # the reader does not get further
        return b""


def count_values(bare: bytes) -> int:
    """One for the whole, and in each list or object that holds any one more than it has commas. Each empty one counts
    twice."""
    return bare.count(b",") + bare.count(b"[") + bare.count(b"{") + 1


def _may_be_odd(body: bytes, bare: bytes) -> bool:
    if bare.count(b"[") + bare.count(b"{") > MAX_DEPTH or b"\\ud" in body or b"\\uD" in body or not _is_utf8(body):
        return True
    folded = bare.translate(_FOLDED, b" \t\r\n")
    return any(sign in folded for sign in _ODD_NUMBERS)


def _is_utf8(body: bytes) -> bool:
    """Not with the bytes of half a pair, nor with a zero, which JSON in UTF-8 has nowhere."""
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return b"\0" not in body


def _check(value: Any) -> None:
    """Without recursion, because the nesting is the caller's, and with a path for what holds others alone: there are
    thousands of the rest."""
    _check_scalar(value, ())
    left: list[tuple[Any, Path]] = [(value, ())]
    while left:
        value, path = left.pop()
        if not isinstance(value, list | dict):
            continue
        if len(path) >= MAX_DEPTH:
            raise _too_deep(path[:1])
        for step, entry in value.items() if isinstance(value, dict) else enumerate(value):
            if isinstance(step, str):
                _check_scalar(step, path)
            if isinstance(entry, list | dict):
                left.append((entry, (*path, step)))
            else:
                _check_scalar(entry, path, step)


def _check_scalar(value: Any, path: Path, *step: str | int) -> None:
    if isinstance(value, str) and _HALF.search(value):
        raise _refused("A text holds half of a surrogate pair", (*path, *step), "string_unicode")
    if isinstance(value, float) and not math.isfinite(value):
        raise _refused("A number is NaN or infinite, or too large for one", (*path, *step), "finite_number")


def _too_deep(path: Path) -> InvalidRequest:
    return _refused(f"The body is nested more than {MAX_DEPTH} levels deep", path, "nesting")


def _refused(message: str, path: Path, kind: str) -> InvalidRequest:
    return InvalidRequest(message, loc=("body", *path), kind=kind)
