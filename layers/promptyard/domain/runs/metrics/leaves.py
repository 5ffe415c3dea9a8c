"""Everything that a JSON value says, whatever it is wrapped in."""

import base64
import binascii
import json
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

MAX_DEPTH = 8
"""Texts in texts that are read: JSON in a text of JSON, a file in base64 that is JSON. What is deeper is not read, and
said to be there."""

_JSON = ("{", "[", '"')
_DATA_URL = re.compile(r"data:([^,;\s]{0,127}(?:;[^,;\s]{0,127}){0,8}?);base64,([A-Za-z0-9+/_=%-]*)", re.IGNORECASE)
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{24,}={0,2}")
_MEDIA = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF", b"%PDF", b"PK\x03\x04", b"ID3", b"OggS", b"fLaC", b"BM")
"""What pictures, sounds and documents begin with: nobody reads their bytes as a text."""


@dataclass(frozen=True, slots=True)
class Said:
    texts: tuple[str, ...]
    """Each once, in order, as it stands and as it reads."""
    complete: bool
    """False where there is more, too deep to be read."""


class _Object(list[tuple[str, Any]]):
    """An object of JSON with all of its fields, also those of one name."""


def said(values: Iterable[Any]) -> Said:
    """The names of fields, texts and numbers in JSON values (and bytes), to any depth; texts that are JSON, or hold
    base64 of a text, also as whoever decodes them reads them."""
    found: dict[str, None] = {}
    complete = True
    left = [(value, 0) for value in reversed(list(values))]  # no recursion, for the nesting is a caller's or a model's
    while left:
        value, depth = left.pop()
        if isinstance(value, _Object):
            left += [(part, depth) for pair in reversed(value) for part in reversed(pair)]
        elif isinstance(value, dict):
            left += [(part, depth) for pair in reversed(value.items()) for part in reversed(pair)]
        elif isinstance(value, list | tuple | set | frozenset):
            left += [(part, depth) for part in reversed(list(value))]
        elif isinstance(value, bytes):
            left += [(text, depth) for text in _read(value, is_text=False)]
        elif isinstance(value, _Number):
            found |= dict.fromkeys(_numerals(value))
        elif isinstance(value, str):
            if value in found:
                continue
            text, decoded = _decoded(value)
            found[text] = None
            complete = complete and (depth < MAX_DEPTH or not decoded)
            if depth < MAX_DEPTH:
                left += [(part, depth + 1) for part in reversed(decoded)]
        elif isinstance(value, int | float | Decimal) and not isinstance(value, bool):
            found |= dict.fromkeys(_numerals(str(value)))
    return Said(tuple(found), complete)


def _decoded(text: str) -> tuple[str, list[Any]]:
    """What a text says as it stands, without data that nobody reads so; and what is written in it."""
    inner: list[Any] = []
    if text.lstrip().startswith(_JSON):
        with suppress(ValueError, RecursionError):
            inner.append(
                json.loads(text, object_pairs_hook=_Object, parse_int=str, parse_float=_Number, parse_constant=str)
            )
    if _BASE64.fullmatch(text):
        data = _bytes_of(text)
        return ("", []) if data.startswith(_MEDIA) else (text, inner + list(_read(data, is_text=False)))
    if ";base64," not in text.lower():
        return text, inner
    for match in _DATA_URL.finditer(text):
        media_type = match[1].lower()
        is_text = not media_type or media_type.startswith("text/") or "json" in media_type or "xml" in media_type
        inner += _read(_bytes_of(match[2]), is_text=is_text)
    return _DATA_URL.sub(_without_media, text), inner


def _without_media(match: re.Match[str]) -> str:
    return f"data:{match[1]}" if _bytes_of(match[2]).startswith(_MEDIA) else match[0]


def _bytes_of(encoded: str) -> bytes:
    plain = re.sub(r"%[0-9A-Fa-f]{2}", lambda escape: chr(int(escape[0][1:], 16)), encoded)
    plain = plain.replace("-", "+").replace("_", "/").rstrip("=")
    try:
        return base64.b64decode(plain[: len(plain) - (len(plain) % 4 == 1)] + "===", validate=False)
    except (binascii.Error, ValueError):
        return b""


def _read(data: bytes, *, is_text: bool) -> Iterator[str]:
    """The text that bytes are; nothing where they are none, and are not said to be."""
    try:
        yield data.decode()
    except UnicodeDecodeError:
        if is_text:
            yield data.decode(errors="replace")


class _Number(str):
    """A numeral of JSON with a point or an exponent."""


def _numerals(numeral: str) -> list[str]:
    """As it stands, and a whole number also without its point and exponent."""
    number = Decimal(numeral)
    if not number.is_finite() or abs(number) >= Decimal("1e24") or number != number.to_integral_value():
        return [numeral]
    return [numeral, str(int(number))]
