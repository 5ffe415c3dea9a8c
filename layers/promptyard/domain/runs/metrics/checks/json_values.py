"""JSON in answers, read as strictly as browsers do."""

import json
from collections.abc import Iterator
from typing import Any, NoReturn

MAX_TRIES = 10_000
"""Braces of a text that begin no object. Each may take as long as the text is."""


class TooManyBraces(Exception):
    """A text has more than MAX_TRIES that begin no object."""


def parse_json(text: str) -> Any:
    """Raises ValueError for what is no JSON, or nested too deep to be read."""
    try:
        return json.loads(text, parse_constant=_refuse)
    except RecursionError:
        raise ValueError("nested too deep") from None


def same(one: Any, other: Any) -> bool:
    """Whether two JSON values are equal. 1 and 1.0 are, 1 and true are not."""
    return canonical(one) == canonical(other)


def canonical(value: Any) -> str:
    """One text for every JSON value: equal values have the same. Raises ValueError for what nests too deep."""
    try:
        return json.dumps(_plain(value), sort_keys=True)
    except RecursionError:
        raise ValueError("nested too deep") from None


def json_objects(text: str) -> Iterator[dict[str, Any]]:
    """The JSON objects that stand in a text, from left to right, none within another. The text is read once for each
    `{` that begins none, and never further than the object's end. Raises TooManyBraces."""
    decoder = json.JSONDecoder(parse_constant=_refuse)
    tries = 0
    place = text.find("{")
    while place >= 0:
        try:
            value, end = decoder.raw_decode(text, place)
        except (ValueError, RecursionError):
            end, tries = place + 1, tries + 1
            if tries > MAX_TRIES:
                raise TooManyBraces from None
        else:
            yield value
        place = text.find("{", end)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")
