"""Holding back a streamed text only where personal data may be in progress.

Two facts about the patterns decide how far a text is settled (tests hold both):

- No match, with what is looked at behind it, is longer than `WINDOW` characters.
- A match is either one run of the characters of e-mail addresses, so without a blank, or a number in groups: a run of
  digits, capital letters and separators with a digit among its first four characters.
"""

import re
from string import ascii_letters, ascii_uppercase, digits

from promptyard.domain.runs.metrics.pii.patterns import SEPARATORS
from promptyard.domain.runs.metrics.pii.scan import CUE_DISTANCE, Finding, PiiSearch

WINDOW = 456
"""Characters that are held back at most: the longest e-mail address that is looked for, and a little."""

_LONGEST_NUMBER = 144
_DIGIT_AMONG = 4
_LATIN = "".join(map(chr, range(0x00C0, 0x0250)))
_TOKEN_CHARACTERS = f"{ascii_letters}{digits}{_LATIN}._%+'@-"
_NUMBER_CHARACTERS = f"{ascii_uppercase}{digits}{SEPARATORS}./()+"
_INSIDE_NUMBERS = f"{SEPARATORS}./()"
"""What no match begins with."""
_DIGIT = re.compile("[0-9]")

_CONTEXT = CUE_DISTANCE + 8
"""Characters before a match that decide whether it is one: a word, and what it must not stand right behind."""


def safe_length(text: str) -> int:
    """How many characters of `text` may leave whatever comes after it: every finding that begins among them is certain,
    with its end. All but the last `WINDOW` at least."""
    return min(_token_start(text), _number_start(text))


def _token_start(text: str) -> int:
    return max(len(text.rstrip(_TOKEN_CHARACTERS)), len(text) - WINDOW)


def _number_start(text: str) -> int:
    start = max(len(text.rstrip(_NUMBER_CHARACTERS)), len(text) - _LONGEST_NUMBER)
    start = len(text) - len(text[start:].lstrip(_INSIDE_NUMBERS))
    digit = _DIGIT.search(text, start)
    return max(start, (digit.start() if digit else len(text)) - (_DIGIT_AMONG - 1))


class PiiWindow:
    """A stream's text on its way out: `push` what comes, look at what was found, then `release` what may leave.

    What is found, and where, is what a `PiiSearch` finds in the whole text, however it is cut into pieces. A finding is
    returned by the `push` or `close` before the `release` that would let its first character out.
    """

    def __init__(self) -> None:
        self.complete = True
        """False once a piece held more near misses than are looked at: from there on findings may be missing."""
        self._text = ""
        self._offset = 0  # of self._text in the stream
        self._released = 0  # these three are places in self._text
        self._settled = 0
        self._searched = 0

    def push(self, piece: str) -> list[Finding]:
        """Take a piece of the stream. Returns the findings that are now certain, placed in the whole stream."""
        self._text += piece
        return self._settle(max(self._settled, safe_length(self._text)))

    def close(self) -> list[Finding]:
        """The stream has ended: the findings in what was still held back."""
        return self._settle(len(self._text))

    def release(self) -> str:
        """The text that may leave now, which is not returned again."""
        text = self._text[self._released : self._settled]
        forgotten = max(0, self._settled - _CONTEXT)
        self._text = self._text[forgotten:]
        self._offset += forgotten
        self._settled -= forgotten
        self._searched -= forgotten
        self._released = self._settled
        return text

    def _settle(self, end: int) -> list[Finding]:
        found: list[Finding] = []
        self._settled = end
        if end <= self._searched:  # as for most pieces: a word is not over yet
            return found
        search = PiiSearch(self._text, self._searched)
        for finding in search:
            if finding.start >= end:
                break
            found.append(Finding(finding.kind, finding.start + self._offset, finding.end + self._offset))
            self._searched = finding.end
        self.complete = self.complete and not search.gave_up
        self._searched = max(self._searched, end)
        return found
