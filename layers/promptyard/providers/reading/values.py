"""Tolerant readers: what a provider sends beside its text may have any form, and none of it may cost the text."""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from promptyard.domain.models.usage import MAX_TOKENS
from promptyard.providers.reading.surrogates import whole

MAX_WORD_CHARACTERS = 64
MAX_INDEX = 10**6

_decode = json.JSONDecoder(strict=False).raw_decode
"""Takes raw control characters inside strings, which some servers do not escape. `decode` looks for blanks around a
value by two regular expressions, which take longer than the value of a token."""
_BLANKS = " \t\n\r"
_NOTHING: Sequence[dict[str, Any]] = ()


def objects_in(text: str) -> Sequence[dict[str, Any]]:
    """The objects of a frame: one, those of a list, or those of several lines. None where there is no text, or JSON
    that holds no object. Raises ValueError for what is no JSON, RecursionError for endless nesting."""
    text = text.strip(_BLANKS)
    try:
        value, end = _decode(text)
    except ValueError:
        return _odd_objects(text)
    if end != len(text):
        return _odd_objects(text)
    if type(value) is dict:
        return (value,)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else _NOTHING


def objects_of_body(body: bytes) -> Sequence[dict[str, Any]]:
    """The objects of a body, of which there is one at least. Raises as `objects_in`, ValueError for none."""
    found = objects_in(body.decode(json.detect_encoding(body), "replace").removeprefix("\ufeff"))
    if not found:
        raise ValueError("no object")
    return found


def object_in(body: bytes) -> dict[str, Any]:
    """The one object that a body is, which some servers wrap in a list. Raises ValueError, RecursionError."""
    found = objects_of_body(body)
    if len(found) != 1:
        raise ValueError("not one object")
    return found[0]


def is_json(body: str | bytes) -> bool:
    """Whether it is a whole JSON value."""
    try:
        json.loads(body, strict=False)
    except (ValueError, RecursionError):
        return False
    return True


def _odd_objects(text: str) -> Sequence[dict[str, Any]]:
    # Some servers write the field's name twice.
    lines = [line.strip().removeprefix("data:") for line in text.split("\n")]
    lines = [line for line in lines if line.strip() not in {"", "[DONE]"}]
    if len(lines) > 1:
        # Frames that a server forgot to part by a blank line; or one that is printed over several lines, and wrong.
        return [found for line in lines for found in objects_in(line)]
    if not lines:
        return _NOTHING
    value = json.JSONDecoder(strict=False, parse_int=_integer).decode(lines[0])
    return [value] if isinstance(value, dict) else _NOTHING


def _integer(digits: str) -> int | None:
    """None for more digits than Python converts, which no field that is read here has."""
    return int(digits) if len(digits) < 100 else None


def object_of(value: Any) -> Mapping[str, Any]:
    """The object; an empty one for whatever else."""
    return value if isinstance(value, dict) else {}


def list_of(value: Any) -> Sequence[Mapping[str, Any]]:
    """The objects of a list; an object where a list was due is its only one."""
    if isinstance(value, list):
        return [item for item in value if isinstance(item, dict)]
    return (value,) if isinstance(value, dict) else ()


def text_of(value: Any) -> str:
    """A piece of the answer's text. Parts are joined, of which those of other kinds (thoughts) hold none.

    Raises TypeError where a text was due that cannot be had.
    """
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, dict):
        kind = value.get("type")
        return text_of(value.get("text")) if kind in TEXT_TYPES or not isinstance(kind, str) else ""
    if isinstance(value, list):
        return "".join(text_of(part) for part in value)
    raise TypeError("not a text")


TEXT_TYPES = ("text", "output_text")


def word_of(value: Any) -> str | None:
    """A name, an id or a sentence beside the text; None for whatever else. Whole characters only."""
    return whole(value) if isinstance(value, str) and value else None


def json_of(value: Any) -> str:
    """JSON text, as a tool call's arguments; a value where text was due becomes text."""
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, ensure_ascii=False)


def count_of(value: Any) -> int | None:
    """A count, rounded up; None for what is none: below zero, no number, more than can be."""
    if isinstance(value, str):
        try:
            value = float(value) if len(value) <= MAX_WORD_CHARACTERS else None
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= MAX_TOKENS:
        return None
    return math.ceil(value)


def index_of(value: Any) -> int | None:
    """A place in a list; None for what is none."""
    found = count_of(value) if not isinstance(value, float) else None
    return found if found is not None and found <= MAX_INDEX else None


def merged(counts: Mapping[str, Any], later: Mapping[str, Any]) -> dict[str, Any]:
    """Counts as two reports tell them, field by field: a later zero, null or whatever is no count replaces nothing."""
    found = dict(counts)
    for name, value in later.items():
        known = found.get(name)
        if isinstance(value, dict):
            if not known or isinstance(known, dict):
                found[name] = merged(object_of(known), value)
        elif known is None or known == {} or (value and not isinstance(known, dict) and not _worse(value, known)):
            found[name] = value
    return found


def _worse(value: Any, known: Any) -> bool:
    return count_of(known) is not None and not count_of(value)
