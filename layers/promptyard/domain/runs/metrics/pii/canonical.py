"""The one form in which personal data are looked for, however they are written: one kind of blank, hyphen and digit,
nothing that is not seen, and no escapes of URLs, HTML, JSON and program text.

Each character of it knows where it stood. What is not plain costs some steps for each character, whatever it is.
"""

import re
from array import array
from bisect import bisect_left
from dataclasses import dataclass
from unicodedata import category, decomposition, digit, normalize

OTHER_LETTER = "\u03c9"
"""Stands for every letter that is not Latin: patterns only ask whether there is one."""
LATIN = "\u00c0-\u024f"
"""Letters with marks that stay as they are."""
LONGEST_ESCAPE = 256
"""Characters that are looked back for the beginning of an escape that may still go on; also of one inside others."""
MAX_NESTING = 4
"""Escapes of escapes (`%2540`) that are read."""

_GONE = "\0"
_ODD = re.compile(r"[\x00-\x09\x0b\x0c\x0e-\x1f\x7f\\%&\x80-\U0010ffff]")
_INTRODUCERS = "\\%&"
_ESCAPED = re.compile(r"[\\%&#;{}A-Za-z0-9]+")

_X = "[0-9A-Fa-f]"
_THEN = f"%[89ABab]{_X}"
_ESCAPE = re.compile(
    rf"\x00{{1,1000}}"
    rf"|%(?:[0-7]{_X}|[CDcd]{_X}{_THEN}|[Ee]{_X}(?:{_THEN}){{2}}|[Ff][0-7](?:{_THEN}){{3}})"
    rf"|&(?:#[0-9]{{1,7}}|#[Xx]{_X}{{1,6}}|[A-Za-z]{{2,8}}(?=;));?"
    rf"|\\{{1,8}}(?:u[Dd][89ABab]{_X}{{2}}\\{{1,8}}u[Dd][C-Fc-f]{_X}{{2}}|u{_X}{{4}}|u\{{{_X}{{1,6}}\}}|U{_X}{{8}}"
    rf"|x{_X}{{2}}|[nrt/])"
)
_NAMED = {
    "amp": "&", "apos": "'", "bsol": "\\", "colon": ":", "comma": ",", "commat": "@", "dash": "-", "emsp": " ",
    "ensp": " ", "gt": ">", "hyphen": "-", "lowbar": "_", "lpar": "(", "lt": "<", "mdash": "-", "minus": "-",
    "nbsp": " ", "ndash": "-", "num": "#", "percnt": "%", "period": ".", "plus": "+", "quot": '"', "rpar": ")",
    "shy": _GONE, "sol": "/", "thinsp": " ", "zwj": _GONE, "zwnj": _GONE,
}  # fmt: skip
_CONTROLS = {"n": "\n", "r": "\n", "t": " ", "/": "/"}
_OWN = {
    **dict.fromkeys("\t\u2800", " "),
    **{line_end: line_end for line_end in "\n\r\v\f"},
    **dict.fromkeys("\x85\u2028\u2029", "\n"),
    **dict.fromkeys("\u00b7\u2027\u2219\u22c5", "."),
    **dict.fromkeys("\u2010\u2043\u02d7\u2212\u2796", "-"),
    **dict.fromkeys("\u115f\u1160\u3164\uffa0", _GONE),  # letters of Hangul that nobody sees
}
_OF_CATEGORY = {"Zs": " ", "Pd": "-", **dict.fromkeys(("Mn", "Mc", "Me", "Cc", "Cf"), _GONE)}


@dataclass(frozen=True, slots=True)
class Canonical:
    """`text` in the canonical form. Places in it and in what it was made of are told from each other by name."""

    text: str
    _original_length: int
    _starts: "array[int] | None" = None
    _ends: "array[int] | None" = None

    def start(self, place: int) -> int:
        """Where the character at a place began."""
        if self._starts is None:
            return place
        return self._starts[place] if place < len(self._starts) else self._original_length

    def end(self, place: int) -> int:
        """Where the last character before a place ended."""
        return place if self._ends is None else self._ends[place - 1]

    def place(self, original: int) -> int:
        """The first place whose character began there or later."""
        return original if self._starts is None else bisect_left(self._starts, original)


def canonical(text: str) -> Canonical:
    length = len(text)
    if not _ODD.search(text):
        return Canonical(text, length)
    starts: array[int] | None = None
    ends: array[int] | None = None
    for _ in range(MAX_NESTING):
        text = text.translate(_TABLE)
        decoded = _decoded(text)
        if decoded is None:
            break
        text, begun, ended = decoded
        starts = begun if starts is None else array("L", map(starts.__getitem__, begun))
        ends = ended if ends is None else array("L", [ends[place - 1] for place in ended])
    return Canonical(text.translate(_TABLE).replace(_GONE, " "), length, starts, ends)


def unfinished(text: str) -> int:
    """Where an escape may begin that goes on behind the text: its length where there is none."""
    tail = text[-LONGEST_ESCAPE:]
    if not any(introducer in tail for introducer in _INTRODUCERS):
        return len(text)
    run = _ESCAPED.match(tail[::-1])
    first = len(text) - (run.end() if run else 0)
    places = [place for introducer in _INTRODUCERS if (place := text.find(introducer, first)) >= 0]
    return min(places, default=len(text))


def _decoded(text: str) -> "tuple[str, array[int], array[int]] | None":
    """The text without its outermost escapes, with where each character began and ended; None where it has none."""
    if _GONE not in text and not any(introducer in text for introducer in _INTRODUCERS):
        return None
    parts: list[str] = []
    starts, ends = array("L"), array("L")
    behind = 0
    for match in _ESCAPE.finditer(text):
        character = _character(match.group())
        if character is None:
            continue
        start, end = match.span()
        parts.append(text[behind:start])
        starts.extend(range(behind, start))
        ends.extend(range(behind + 1, start + 1))
        behind = end
        if character != _GONE:
            parts.append(character)
            starts.append(start)
            ends.append(end)
    if not behind:
        return None
    parts.append(text[behind:])
    starts.extend(range(behind, len(text)))
    ends.extend(range(behind + 1, len(text) + 1))
    return "".join(parts), starts, ends


def _character(escape: str) -> str | None:
    """What an escape stands for; None for what is none."""
    match escape[0]:
        case "%":
            return bytes.fromhex(escape.replace("%", "")).decode(errors="replace")[:1]
        case "&":
            return _of_entity(escape[1:].rstrip(";"))
        case "\\":
            return _of_program_text(escape.lstrip("\\"))
    return _GONE


def _of_entity(name: str) -> str | None:
    if not name.startswith("#"):
        return _NAMED.get(name)
    return _of_code(int(name[2:], 16) if name[1] in "xX" else int(name[1:]))


def _of_program_text(body: str) -> str:
    if body in _CONTROLS:
        return _CONTROLS[body]
    code = body[1:].strip("{}")
    if "\\" not in code:
        return _of_code(int(code, 16))
    return _of_code(0x10000 + ((int(code[:4], 16) - 0xD800) << 10) + (int(code[-4:], 16) - 0xDC00))


def _of_code(code: int) -> str:
    return chr(code) if code <= 0x10FFFF else "\ufffd"


class _Table(dict[int, str]):
    """What stands for each character, one for one. It remembers as many as texts of some scripts have."""

    def __missing__(self, code: int) -> str:
        character = _plain(chr(code))
        if len(self) < 20_000:
            self[code] = character
        return character


def _plain(character: str) -> str:
    known = _OWN.get(character) or _OF_CATEGORY.get(category(character))
    if known is not None or character < "\x80":
        return known or character
    return _digit_of(character) or _alike(character)


def _digit_of(character: str) -> str | None:
    """None also for raised digits, which are footnotes and powers."""
    value = digit(character, None)
    return None if value is None or decomposition(character).startswith(("<super>", "<sub>")) else str(value)


def _alike(character: str) -> str:
    alike = normalize("NFKC", character)
    if len(alike) == 1 and alike < "\x80":
        return alike
    is_other_letter = category(character).startswith("L") and not "\u00c0" <= character <= "\u024f"
    return OTHER_LETTER if is_other_letter else character


_TABLE = _Table()
