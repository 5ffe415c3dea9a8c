"""Holding back a streamed text only where personal data may be in progress.

Three facts about the patterns decide how far a text, in its canonical form, is settled (tests hold them):

- No match, with what is looked at behind it, is longer than `WINDOW` characters.
- A match is one run of the characters of e-mail addresses, so without a blank, or a number in groups: a run of digits,
  capital letters and separators with a digit among its first five characters, or an IBAN in groups.
- Only an address is longer than `_LONGEST_WORD` without a blank, and of that no more stands before its @.

What an escape stands for is not known before it is over.
"""

import re
from string import ascii_letters, ascii_uppercase, digits

from promptyard.domain.runs.metrics.pii.canonical import LONGEST_ESCAPE, OTHER_LETTER, Canonical, canonical, unfinished
from promptyard.domain.runs.metrics.pii.patterns import SEPARATORS
from promptyard.domain.runs.metrics.pii.scan import CUE_DISTANCE, Finding, PiiSearch, may_hold_some

WINDOW = 456
"""Characters that are held back at most, of plain text: the longest e-mail address that is looked for, and a little."""
MOST_HELD = WINDOW + LONGEST_ESCAPE
MOST_HIDDEN = 16 * WINDOW
"""Characters, those that are not seen and those of escapes among them, that are held back before what follows is left
to the end."""

_LONGEST_NUMBER = 144
_LONGEST_WORD = 65
_STEP = 8
"""Characters that are searched at once at least where there is something to look at: searching one by one would cost
as many times as much."""
_DIGIT_AMONG = 5
_LATIN = "".join(map(chr, range(0x00C0, 0x0250)))
_TOKEN_CHARACTERS = f"{ascii_letters}{digits}{_LATIN}{OTHER_LETTER}._%+'@-"
_NUMBER_CHARACTERS = f"{ascii_uppercase}{digits}{SEPARATORS}./()+"
_INSIDE_NUMBERS = f"{SEPARATORS}./()"
"""What no match begins with."""
_DIGIT = re.compile("[0-9]")
_IBAN_BEGUN = re.compile(
    rf"[A-Za-z]{{2}}[0-9]{{2}}(?:[.{SEPARATORS}]{{1,3}}[A-Za-z0-9]{{4}}){{0,8}}(?:[.{SEPARATORS}]{{1,3}}[A-Za-z0-9]{{0,4}})?\Z"
)
_LONGEST_IBAN = 4 + 9 * 7

_CONTEXT = CUE_DISTANCE + 8
"""Characters before a match that decide whether it is one: a word, and what it must not stand right behind."""
_MOST_CONTEXT = 4_096
"""Of those that it was made of."""
_ENCODED = ";base64,"
"""What stands before a text that nobody reads before it is whole."""


def safe_length(text: str) -> int:
    """How many characters of a text in its canonical form may leave whatever comes after it: every finding that begins
    among them is certain, with its end. All but the last `WINDOW` at least."""
    return min(_token_start(text), _number_start(text), _iban_start(text))


def _token_start(text: str) -> int:
    start = max(len(text.rstrip(_TOKEN_CHARACTERS)), len(text) - WINDOW)
    return start if "@" in text[start:] else max(start, len(text) - _LONGEST_WORD)


def _number_start(text: str) -> int:
    start = max(len(text.rstrip(_NUMBER_CHARACTERS)), len(text) - _LONGEST_NUMBER)
    start = len(text) - len(text[start:].lstrip(_INSIDE_NUMBERS))
    digit = _DIGIT.search(text, start)
    return max(start, (digit.start() if digit else len(text)) - (_DIGIT_AMONG - 1))


def _iban_start(text: str) -> int:
    start = max(0, len(text) - _LONGEST_IBAN)
    begun = _IBAN_BEGUN.search(text, start) if _DIGIT.search(text, start) else None
    return begun.start() if begun else len(text)


class PiiWindow:
    """A stream's text on its way out: `push` what comes, look at what was found, then `release` what may leave.

    What is found, and where, is what a `PiiSearch` finds in the whole text, however it is cut into pieces. A finding is
    returned by the `push` or `close` before the `release` that would let its first character out.

    Once it is not `complete` it takes nothing more in. So it is behind the beginning of what is encoded in base64.
    """

    def __init__(self) -> None:
        self.complete = True
        """False once a piece held more near misses than are looked at, or what cannot be read by the piece: from there
        on findings may be missing."""
        self._text = ""
        self._offset = 0  # of self._text in the stream
        self._released = 0  # these three are places in self._text
        self._settled = 0
        self._searched = 0
        self._needed_from = 0

    def push(self, piece: str) -> list[Finding]:
        """Take a piece of the stream. Returns the findings that are now certain, placed in the whole stream."""
        if not self.complete:
            return []
        self._text += piece
        end = unfinished(self._text)
        encoded = self._text.lower().find(_ENCODED) if ";" in self._text else -1
        if encoded >= 0:
            end = min(end, encoded + len(_ENCODED))
        form = canonical(self._text[:end])
        safe = form.start(safe_length(form.text))
        if safe < self._settled + _STEP and may_hold_some(form.text, form.place(self._searched)):
            safe = self._settled
        found = self._settle(form, max(self._settled, safe))
        if encoded >= 0 or len(self._text) - self._settled > MOST_HIDDEN:
            self.complete = False
        return found

    def close(self) -> list[Finding]:
        """The stream has ended: the findings in what was still held back."""
        return self._settle(canonical(self._text), len(self._text)) if self.complete else []

    def release(self) -> str:
        """The text that may leave now, which is not returned again."""
        text = self._text[self._released : self._settled]
        forgotten = max(self._needed_from, self._settled - _MOST_CONTEXT)
        self._text = self._text[forgotten:]
        self._offset += forgotten
        self._settled -= forgotten
        self._searched -= forgotten
        self._released = self._settled
        self._needed_from = 0
        return text

    def _settle(self, form: Canonical, end: int) -> list[Finding]:
        found: list[Finding] = []
        self._settled = end
        self._needed_from = min(end, form.start(max(0, form.place(end) - _CONTEXT)))
        if end <= self._searched:  # as for most pieces: a word is not over yet
            return found
        if not may_hold_some(form.text, form.place(self._searched)):
            self._searched = end
            return found
        search = PiiSearch(form, self._searched)
        for finding in search:
            if finding.start >= end:
                break
            found.append(Finding(finding.kind, finding.start + self._offset, finding.end + self._offset))
            self._searched = finding.end
        self.complete = self.complete and not search.gave_up
        self._searched = max(self._searched, end)
        return found
