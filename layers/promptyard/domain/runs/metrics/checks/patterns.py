"""A caller's regular expressions, matched in time that is linear in the text.

Python's own `re` backtracks, so that a pattern of a few characters may take hours. The engine that pydantic has for
`pattern` (Rust's `regex`) does not: it has no look-around and no backreferences, and refuses them by name. What is left
that costs time is a counted repetition, which is written out before it is matched: so their product is bounded.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from typing import Annotated, Protocol

from pydantic import StringConstraints, TypeAdapter
from pydantic_core import SchemaError

MAX_CHARACTERS = 2_000
MAX_REPETITIONS = 500
"""How often any part of a pattern may be written out, counts within counts multiplied: 100,000 characters are then
matched in under a second whatever the pattern."""
MAX_STEPS = 50_000_000
"""Of a longer text, its characters times the parts of the pattern, written out. The engine keeps every other thread
waiting while it works."""
_SHORT = 100_000

_CLASS_ITEM = re.compile(r"\\.|[^\\\]]", re.DOTALL)
_TOKEN = re.compile(r"\\.|\(\?(?:<?[=!]|[:>]|P?<\w+>|[a-zA-Z-]+[:)])|\{\d*,?\d*\}|.", re.DOTALL)
_COUNT = re.compile(r"\{(\d*)(?:,(\d*))?\}")


class _Validator(Protocol):
    def isinstance_python(self, value: str, /) -> bool: ...


class PatternRefused(ValueError):
    """The pattern is none, or could take long. The message says why."""


class TextTooLong(ValueError):
    """For this pattern: it could take long."""


def matches(pattern: str, text: str) -> bool:
    """Whether the pattern is found anywhere in the text. Raises PatternRefused, TextTooLong."""
    if len(text) > _SHORT and len(text) * (len(pattern) + _repetitions(pattern)) > MAX_STEPS:
        raise TextTooLong
    return _compiled(pattern).isinstance_python(text.encode(errors="replace").decode())


def check_pattern(pattern: str) -> None:
    """Raises PatternRefused."""
    _compiled(pattern)


def tokens(pattern: str) -> Iterator[str]:
    """A pattern's parts: an escape, a class of characters as a whole, a group's beginning, a count, a character."""
    place = 0
    while place < len(pattern):
        if pattern[place] == "[":
            end = _class_end(pattern, place)
        else:
            match = _TOKEN.match(pattern, place)
            end = match.end() if match else place + 1
        yield pattern[place:end]
        place = end


def _class_end(pattern: str, start: int) -> int:
    place = start + 1
    if pattern.startswith("^", place):
        place += 1
    if pattern.startswith("]", place):
        place += 1
    while place < len(pattern) and pattern[place] != "]":
        item = _CLASS_ITEM.match(pattern, place)
        place = item.end() if item else place + 1
    return min(place + 1, len(pattern))


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> _Validator:
    if len(pattern) > MAX_CHARACTERS:
        raise PatternRefused(f"is over {MAX_CHARACTERS:,} characters")
    if _repetitions(pattern) > MAX_REPETITIONS:
        raise PatternRefused(f"repeats a part more than {MAX_REPETITIONS} times, counts within counts multiplied")
    if any(second == "+" and _repeats(first) for first, second in pairwise(tokens(pattern))):
        raise PatternRefused("has a possessive quantifier, which this engine takes for one in another")
    try:
        return TypeAdapter(Annotated[str, StringConstraints(pattern=pattern)]).validator
    except SchemaError as error:
        raise PatternRefused(_why(str(error))) from None


def _repetitions(pattern: str) -> int:
    """How many parts more the pattern has once its counts are written out."""
    totals, last, plain = [0], 0, 0
    for part in tokens(pattern):
        count = _COUNT.fullmatch(part)
        if count and (count[1] or count[2]):
            times = max(int(count[2] or count[1]), 1)
            totals[-1] += last * (times - 1)
            last *= times
        elif part.startswith("(") and not part.endswith(")"):
            totals.append(0)
        elif part == ")" and len(totals) > 1:
            last = totals.pop()
            totals[-1] += last
        elif part not in {"*", "+", "?", "|", "^", "$"}:
            last = 1
            plain += 1
            totals[-1] += 1
    return sum(totals) - plain


def _repeats(part: str) -> bool:
    count = _COUNT.fullmatch(part)
    return part in {"*", "+", "?"} or bool(count and (count[1] or count[2]))


def _why(message: str) -> str:
    if "size limit" in message:
        return "is too large once its counts are written out"
    return message.rpartition("error:")[2].strip() or "is no regular expression"
