"""Taking a provider's key out of what the provider says: whole or in parts, in whatever spelling.

A part has eight characters or more. It is known as it stands, escaped as in URLs, JSON and HTML, and in base64,
whatever stands before it there. What has no part of the key passes as it is, at the cost of one look-up for every five
characters.
"""

import re
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from promptyard.domain.runs.metrics.pii.canonical import canonical

HIDDEN = "[key]"
PART = 8
"""Characters of a key, or of its base64, that are a part of it."""

_PUBLIC = ("sk-proj-", "sk-svcacct-", "sk-admin-", "sk-ant-api03-", "sk-ant-admin01-", "sk-or-v1-", "github_pat_")
"""How all keys of a provider begin, which is no secret."""
_LOOK = 4
_STRIDE = PART - _LOOK + 1
"""Of the characters of a part at least one run of four begins at a place that this divides."""
_MEMORY = PART - 1 + len("&#x41;")
_MEMORY_OF_ESCAPES = 12 * PART
_ESCAPED = re.compile(r"%[0-9A-Fa-f]{2}|&#[0-9Xx]|&[a-z]{2,6};|\\(?:[uU/]|x[0-9A-Fa-f])")
_URL_SAFE = str.maketrans("+/", "-_")


class KeyScrubber:
    """`is_likely` says whether the key is a secret beyond doubt, and no word that stands where a server asks for any
    ("ollama", "not-needed"): an answer may hold such a word, so that it is taken out of errors alone."""

    def __init__(self, key: str) -> None:
        self.is_likely = len(key) >= 2 * PART and any(one.isdigit() or one.isupper() for one in key)
        self._key = key
        spellings = set(_spellings(key))
        self._public = public = next((beginning for beginning in _PUBLIC if key.startswith(beginning)), "")
        self._parts = {part for text in spellings for part in _runs(text, PART)} - set(_runs(public, PART))
        self._looks = {look for part in self._parts for look in _runs(part, _LOOK)}

    def scrub(self, text: str) -> str:
        """The text without the key and its parts."""
        text = self.without(self.spans(text), text)
        return text.replace(self._key, HIDDEN) if len(self._key) < PART else text

    def without(self, spans: Iterable[tuple[int, int]], text: str) -> str:
        kept: list[str] = []
        behind = 0
        for start, end in spans:
            kept += (text[behind:start], HIDDEN)
            behind = end
        return "".join((*kept, text[behind:])) if behind else text

    def scrub_all(self, value: Any) -> Any:
        """A JSON value of which no text or name of a field has a part of the key."""
        if isinstance(value, str):
            return self.scrub(value)
        if isinstance(value, Mapping):
            return {self.scrub(name): self.scrub_all(inner) for name, inner in value.items()}
        if isinstance(value, list | tuple):
            return [self.scrub_all(inner) for inner in value]
        return value

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where parts of the key stand, in order, none touching another."""
        found = list(self._parts_in(text)) if self._may_hold(text) else []
        if _ESCAPED.search(text):
            form = canonical(text)
            if self._may_hold(form.text):
                found += [(form.start(start), form.end(end)) for start, end in self._parts_in(form.text)]
        return _merged(found)

    def _may_hold(self, text: str) -> bool:
        looked_at = [text[place : place + _LOOK] for place in range(0, len(text) - _LOOK + 1, _STRIDE)]
        return not self._looks.isdisjoint(looked_at)

    def _parts_in(self, text: str) -> Iterator[tuple[int, int]]:
        for place in range(0, len(text) - _LOOK + 1, _STRIDE):
            if text[place : place + _LOOK] in self._looks:
                for start in range(max(0, place - PART + _LOOK), place + 1):
                    if (part := text[start : start + PART]) in self._parts:
                        yield start - self._begun_before(part, text, start), start + PART

    def _begun_before(self, part: str, text: str, start: int) -> int:
        """How many characters of the key's public beginning stand before its part."""
        place = self._public.find(part[0]) if self._public else -1
        while place > 0 and not (self._key.startswith(part, place) and text.endswith(self._public[:place], 0, start)):
            place = self._public.find(part[0], place + 1)
        return max(place, 0)


class KeyWatch:
    """Takes a key out of a text that comes in pieces, however it is cut: of a part that is cut fewer than eight
    characters have left before it is known. Nothing is held back."""

    def __init__(self, scrubber: KeyScrubber) -> None:
        self._scrubber = scrubber
        self._memory = ""
        self._hidden = False
        """Whether what came last was taken out."""

    def take(self, piece: str) -> str:
        text = self._memory + piece
        seen = len(self._memory)
        self._memory = text[-_MEMORY_OF_ESCAPES:] if _ESCAPED.search(text) else text[-_MEMORY:]
        spans = self._scrubber.spans(text)
        if not spans:
            self._hidden = False
            return piece
        ahead = [(max(start - seen, 0), end - seen) for start, end in spans if end > seen]
        goes_on = self._hidden and bool(ahead) and ahead[0][0] == 0
        self._hidden = spans[-1][1] == len(text)
        shown = self._scrubber.without(ahead, piece)
        return shown.removeprefix(HIDDEN) if goes_on else shown


@lru_cache(maxsize=128)
def scrubber_of(key: str) -> KeyScrubber:
    return KeyScrubber(key)


def _spellings(key: str) -> Iterator[str]:
    yield key
    yield canonical(key).text
    for skipped in range(3):
        rest = key.encode()[skipped:]
        encoded = b64encode(rest[: len(rest) // 3 * 3]).decode()
        yield encoded
        yield encoded.translate(_URL_SAFE)


def _runs(text: str, size: int) -> Iterator[str]:
    return (text[start : start + size] for start in range(len(text) - size + 1))


def _merged(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged
