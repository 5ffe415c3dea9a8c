"""JSON can hold half of a surrogate pair (RFC 8259 §8.2). Python takes it for a character, yet no text that holds one
can be encoded again, to be stored or sent on."""

import json
import re
from typing import Any

from fastapi import Request
from starlette.requests import ClientDisconnect

from promptyard.domain.errors import InvalidRequest

_SUSPECT = re.compile(rb"\\u[dD][89a-fA-F]|\xed[\xa0-\xbf]|\x00")
"""An escape, the bytes that UTF-8 forbids and json.loads lets pass, or the sign of UTF-16, which it takes too."""
_HALF = re.compile("[\ud800-\udfff]")


async def refuse_half_characters(request: Request) -> None:
    """Raises InvalidRequest at the field of a JSON body that holds one. What is no JSON is left to be refused later."""
    if request.method not in {"POST", "PUT", "PATCH"}:
        return
    try:
        body = await request.body()
    except ClientDisconnect:  # there is nobody left to tell
        return
    if not _SUSPECT.search(body):
        return
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return
    path = _half_character(value)
    if path is not None:
        raise InvalidRequest("A text holds half of a surrogate pair", loc=("body", *path), kind="string_unicode")


def _half_character(value: Any) -> tuple[str | int, ...] | None:
    """Where the first one is; without recursion, because the nesting is the caller's."""
    left: list[tuple[Any, tuple[str | int, ...]]] = [(value, ())]
    while left:
        value, path = left.pop()
        if isinstance(value, str) and _is_broken(value):
            return path
        if isinstance(value, list):
            left += [(entry, (*path, index)) for index, entry in enumerate(value)]
        elif isinstance(value, dict):
            if any(_is_broken(name) for name in value):
                return path
            left += [(entry, (*path, name)) for name, entry in value.items()]
    return None


def _is_broken(text: str) -> bool:
    return _HALF.search(text) is not None
