"""Finding personal data in a text."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from promptyard.domain.runs.metrics.pii.canonical import Canonical, canonical
from promptyard.domain.runs.metrics.pii.forms import FORMS
from promptyard.domain.runs.metrics.pii.patterns import PATTERNS, Pattern

CUE_DISTANCE = 40
"""Characters before a number in which a word may say what it is."""

MAX_FINDINGS = 1_000
MAX_FAILURES = 5_000
"""Candidates of one pattern that may turn out not to be personal data before the search for it gives up. What a
candidate's check costs does not depend on the text's length, so this bounds the time for a text full of near misses."""

_DIGIT = re.compile("[0-9]")
"""Every kind but an address has one."""
_DIGIT_OR_AT = re.compile("[0-9@]")

_PUNCTUATION_TO_BLANKS = str.maketrans(dict.fromkeys(".,:;!?()[]{}<>\"'`*_#=/|", " "))


@dataclass(frozen=True, slots=True)
class Finding:
    """Where personal data of a kind stand: `text[start:end]`. Never the data themselves."""

    kind: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Scan:
    """The findings in a whole text; not `complete` where one of the limits was met, so that there may be more."""

    findings: tuple[Finding, ...]
    complete: bool


NOTHING_FOUND = Scan((), complete=True)


def scan(text: str) -> Scan:
    """Every finding, up to the limits."""
    search = PiiSearch(text)
    findings = tuple(islice(search, MAX_FINDINGS))
    return Scan(findings, len(findings) < MAX_FINDINGS and not search.gave_up)


def blind_kinds() -> list[str]:
    """The kinds of which a known value is not found, or not read in one of its forms: none, unless this Python searches
    wrongly. Takes some milliseconds, and the first time as long as it takes to compile the patterns."""
    return sorted({pattern.kind for pattern in PATTERNS if not _finds_known(pattern)} | _unread_kinds())


def _finds_known(pattern: Pattern) -> bool:
    # Words follow: at the very end of a text even a Python that matched some patterns wrongly found all of them.
    findings = scan(f"{pattern.known} AND MORE").findings
    return any((found.kind, found.end) == (pattern.kind, len(pattern.known)) for found in findings)


def _unread_kinds() -> set[str]:
    known = [pattern.known for pattern in PATTERNS]
    readings = [canonical(form("\n".join(known))).text.split("\n") for form in FORMS.values()]
    return {row.kind for row, *read in zip(PATTERNS, *readings, strict=True) if set(read) != {row.known}}


class PiiSearch:
    """Iterate it for the findings from `start` on, left to right, none overlapping another. What is looked at is the
    text's canonical form; where a finding stands is told in the text itself.

    Where two begin at once, the pattern that comes first in the table wins; after a finding the search goes on behind
    it. So what is found from a place on does not depend on what was found before it.
    """

    def __init__(self, text: str | Canonical, start: int = 0) -> None:
        self._form = text if isinstance(text, Canonical) else canonical(text)
        self._start = self._form.place(start)
        needed = _needs_met(self._form.text, self._start)
        self._searches = [PatternSearch(row, self._form.text) for row in PATTERNS if row.needs in needed]

    @property
    def gave_up(self) -> bool:
        """Whether any pattern met its limit, so that findings may be missing."""
        return any(search.gave_up for search in self._searches)

    def __iter__(self) -> Iterator[Finding]:
        heads = [search.after(self._start) for search in self._searches]
        while found := min((head for head in heads if head), key=lambda head: head.start, default=None):
            yield Finding(found.kind, self._form.start(found.start), self._form.end(found.end))
            heads = [
                search.after(found.end) if head and head.start < found.end else head
                for search, head in zip(self._searches, heads, strict=True)
            ]


def may_hold_some(text: str, start: int) -> bool:
    """Whether there is any of what all findings have, in a text in its canonical form from a place on."""
    return _DIGIT_OR_AT.search(text, start) is not None


def _needs_met(text: str, start: int) -> set[str]:
    """Which needs of patterns the text meets, in what stands from a place on."""
    met = {need for need in ("@", "xn--") if text.find(need, start) >= 0}
    return met | {""} if _DIGIT.search(text, start) else met


class PatternSearch:
    """One pattern's findings in one text, which is in the canonical form."""

    def __init__(self, pattern: Pattern, text: str) -> None:
        self._pattern = pattern
        self._text = text
        self._failures = 0

    @property
    def gave_up(self) -> bool:
        return self._failures >= MAX_FAILURES

    def after(self, position: int) -> Finding | None:
        """The first finding that begins at `position` or later."""
        search = self._pattern.regex.search
        while not self.gave_up and (match := search(self._text, position)):
            start = match.start()
            if length := self._length(match.group(), start):
                return Finding(self._pattern.kind, start, start + length)
            self._failures += 1
            position = start + 1  # a number may begin inside what only looks like one: 4711 4111 1111 1111 1111
        return None

    def _length(self, value: str, start: int) -> int:
        """How much of a candidate is personal data: all, a part from its beginning, or nothing."""
        pattern = self._pattern
        if pattern.trim:
            value = pattern.trim(value)
        if not value or (pattern.check and not pattern.check(value)):
            return 0
        if pattern.cues and pattern.cues.isdisjoint(self._words_before(start)):
            return 0
        return len(value)

    def _words_before(self, start: int) -> list[str]:
        before = self._text[max(0, start - CUE_DISTANCE) : start]
        return before.lower().translate(_PUNCTUATION_TO_BLANKS).split()
