"""Regular expressions of JavaScript in the syntax of ours: the same text is found, or the pattern is refused."""

import re

from promptyard.domain.runs.metrics.checks.patterns import PatternRefused, tokens

_SPACES = r"\t\n\v\f\r\x{20}\x{A0}\x{1680}\x{2000}-\x{200A}\x{2028}\x{2029}\x{202F}\x{205F}\x{3000}\x{FEFF}"
_OPEN = {"d": "[0-9]", "w": "[0-9A-Za-z_]", "s": f"[{_SPACES}]"}

_PLAIN_ESCAPES = "nrtfv"
_CLASS_ITEM = re.compile(r"\\.|[^\\]", re.DOTALL)
_COUNT = re.compile(r"\{\d+(?:,\d*)?\}")
_HEX = re.compile(r"\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4})")
_VARIABLE = re.compile(r"\{\{[^{}]*\}\}")
_FIRST_PLACEHOLDER = 0xE000


def from_javascript(pattern: str) -> str:
    """The variables of a template in it stay. Raises PatternRefused."""
    variables: list[str] = []

    def keep(match: re.Match[str]) -> str:
        variables.append(match[0])
        return chr(_FIRST_PLACEHOLDER + len(variables) - 1)

    kept = _VARIABLE.sub(keep, pattern)
    if len(variables) > 1_000 or any(0xE000 <= ord(sign) < 0xF000 for sign in pattern):
        raise PatternRefused("has characters for private use, or too many variables")
    translated = "".join(_token(part) for part in _split(kept))
    return "".join(
        variables[ord(sign) - _FIRST_PLACEHOLDER] if 0xE000 <= ord(sign) < 0xE000 + len(variables) else sign
        for sign in translated
    )


def _split(pattern: str) -> list[str]:
    """The parts, with the four and two digits of `\\u` and `\\x` at their escape."""
    parts: list[str] = []
    place = 0
    while place < len(pattern):
        escape = _HEX.match(pattern, place)
        part = escape[0] if escape else next(tokens(pattern[place:]))
        if part.startswith("[") and part[1:2] == "]":
            raise PatternRefused("has an empty class of characters")
        if part.startswith("[^]"):
            raise PatternRefused("has [^], which stands for any character in JavaScript alone")
        parts.append(part)
        place += len(part)
    return parts


def _token(part: str) -> str:
    if part.startswith("["):
        return _class(part)
    if part == ".":
        return r"[^\n\r\x{2028}\x{2029}]"
    if part.startswith("(?P"):
        raise PatternRefused("has a group that JavaScript does not know: (?P")
    if re.fullmatch(r"\(\?[a-zA-Z-]+\)", part):
        raise PatternRefused(f"has flags that JavaScript does not know: {part}")
    if part.startswith("{"):
        return part if _COUNT.fullmatch(part) else "".join("\\" + sign if sign in "{}" else sign for sign in part)
    if part in {"}", "]"}:
        return "\\" + part
    return _escape(part) if part.startswith("\\") else part


def _escape(part: str) -> str:
    letter = part[1:2]
    if letter in _OPEN:
        return _OPEN[letter]
    if letter.lower() in _OPEN:
        return _without(letter)
    if letter in {"b", "B"}:
        return rf"(?-u:\{letter})" if letter == "b" else r"(?-u:\B)"
    return _literal(part)


def _without(letter: str) -> str:
    return f"[^{_OPEN[letter.lower()][1:]}"


def _literal(part: str) -> str:
    letter = part[1:2]
    if _HEX.fullmatch(part):
        return f"\\x{{{part[2:]}}}"
    if letter in _PLAIN_ESCAPES:
        return part
    if letter.isalnum() or letter in {"", "_"}:
        raise PatternRefused(f"has the escape {part}, which stands for something else here")
    return "\\" + letter if letter.isascii() and letter.isprintable() and letter != " " else letter


def _class(part: str) -> str:
    if not part.endswith("]") or len(part) < 2:
        raise PatternRefused("has a class of characters that is not closed")
    start = 2 if part.startswith("[^") else 1
    inner, place, items = part[start:-1], 0, []
    while place < len(inner):
        match = _HEX.match(inner, place) or _CLASS_ITEM.match(inner, place)
        if match is None:
            raise PatternRefused("has a class of characters that ends in a backslash")
        items.append(_class_item(match[0]))
        place = match.end()
    return part[:start] + "".join(_with_literal_dashes(items)) + "]"


def _with_literal_dashes(items: list[str]) -> list[str]:
    """A dash beside what stands for several characters is a dash."""
    return [
        r"\-" if item == "-" and any(other.startswith("[") for other in items[max(0, place - 1) : place + 2]) else item
        for place, item in enumerate(items)
    ]


def _class_item(item: str) -> str:
    if not item.startswith("\\"):
        return "\\" + item if item in "[&~" else item
    letter = item[1:2]
    if letter in _OPEN:
        return _OPEN[letter]
    if letter.lower() in _OPEN and not _HEX.fullmatch(item):
        return _without(letter)
    if letter == "b":
        return r"\x{8}"
    return "-" if item == "-" else _literal(item)
