"""Words and lists of words in answers and values."""

import re
from typing import Any

_BLANK = "\t\n\v\f\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
SPACES = re.compile(f"[{_BLANK}]+")
"""What ECMAScript calls white space, so that a count is the same here as in a browser."""

_QUOTED = re.compile(r'"((?:\\["\\]|""|[^"])*)"')
_ESCAPED = re.compile(r'\\(["\\])|""')


def count_words(text: str) -> int:
    """The parts between blanks."""
    return sum(1 for word in SPACES.split(text) if word)


def as_text(value: Any) -> str:
    """A text, a number or a boolean as JSON has it, without the quotation marks; a number without decimals is whole."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def listed(value: Any) -> list[str]:
    """A list's texts; a text is a list of what commas part, blanks around it left out. What stands in quotation marks
    may hold commas. Raises ValueError for a quotation that does not end."""
    if isinstance(value, list | tuple):
        return [as_text(item) for item in value]
    text, found, place = as_text(value), [], 0
    while (place := _next_field(text, place)) < len(text):
        if text[place] == '"':
            match = _QUOTED.match(text, place)
            if match is None:
                raise ValueError("a quotation does not end")
            found.append(_ESCAPED.sub(lambda escape: escape[1] or '"', match[1]))
            place = _after_blanks(text, match.end())
            if place < len(text) and text[place] != ",":
                raise ValueError("a comma is missing after a quotation")
        else:
            end = text.find(",", place)
            end = len(text) if end < 0 else end
            found.append(trimmed(text[place:end]))
            place = end
    return found


def trimmed(text: str) -> str:
    """Without the blanks at both ends."""
    start = _after_blanks(text, 0)
    end = len(text)
    while end > start and SPACES.fullmatch(text[end - 1]):
        end -= 1
    return text[start:end]


def _next_field(text: str, place: int) -> int:
    while True:
        place = _after_blanks(text, place)
        if not text.startswith(",", place):
            return place
        place += 1


def _after_blanks(text: str, place: int) -> int:
    match = SPACES.match(text, place)
    return match.end() if match else place
