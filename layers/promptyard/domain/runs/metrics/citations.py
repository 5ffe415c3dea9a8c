"""How much of an answer the run's documents support, and which: measured by words alone.

The answer is taken sentence by sentence. A sentence is supported when one passage of a document (80 words in a row)
holds at least 60 % of its content words and every number in it. Content words are words of four letters or more, by
their first six letters, which does without word lists of any language; in scripts that do not part words, every
character counts as one. The score is the supported sentences' share of all content words.

So it sees what was left out, added or taken from elsewhere. It does not understand: a sentence that denies what the
passage says in the passage's own words counts as supported. A judge's `faithfulness` is the metric for that.
"""

import math
import re
from collections import Counter
from functools import cache

from promptyard.domain.runs.metrics.types import MetricInput, MetricResult

PASSAGE_WORDS = 80
SUPPORTED_FROM = 0.6
_STEM = 6
_COMMON = 400
"""A word found in more passages than this says nothing about where a sentence comes from; it is left out."""

MAX_VISITS = 4_000_000
"""How many passages are looked at, all sentences together: about a second. A megabyte of prose with as much of sources
takes a fraction of it; texts made to take long would take a minute."""
_PLACES = 10**8
"""More than a document has words."""

_IDEOGRAPHIC = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+|(?<=[。！？])|\n+")

_Sentence = frozenset[str]
"""Its content words."""

_Index = dict[str, set[int]]
"""Which passages a content word stands in, a passage as a number that grows with its document and its place there."""


class _TooMuch(Exception):
    pass


def citations(run: MetricInput) -> MetricResult:
    """0 to 1; `details` has the share that each document supports, by its index. A sentence that several documents
    support counts for the one that supports it most. SKIPPED where answer and documents are so long and so alike that
    comparing them would take more than MAX_VISITS."""
    name = "citations"
    times = Counter(map(_content_words, _SENTENCE_END.split(run.output or "")))
    passages = _index(run.documents, frozenset().union(*times))
    common = {word for word, found in passages.items() if len(found) > _COMMON}
    total = 0
    supported: Counter[int] = Counter()
    sentences = supported_sentences = 0
    visits = _Visits()
    for whole, number in times.items():
        words = whole - common
        if not words:
            continue
        sentences += number
        total += number * len(words)
        try:
            document = _supporting_document(words, passages, visits)
        except _TooMuch:
            return MetricResult.skipped(name, "The answer and the documents are too long to be compared.")
        if document is not None:
            supported_sentences += number
            supported[document] += number * len(words)
    if not total:
        return MetricResult.skipped(name, "The answer has no words that a document could support.")
    return MetricResult(
        name,
        supported.total() / total,
        details={
            "documents": [{"index": index, "share": words / total} for index, words in sorted(supported.items())],
            "sentences": sentences,
            "supported_sentences": supported_sentences,
        },
    )


class _Visits:
    """Counts the passages that are looked at: what comparing costs."""

    def __init__(self) -> None:
        self._left = MAX_VISITS

    def add(self, count: int) -> None:
        """Raises _TooMuch."""
        self._left -= count
        if self._left < 0:
            raise _TooMuch


def _index(documents: tuple[str, ...], wanted: frozenset[str]) -> _Index:
    """Of the words that are wanted. Passages overlap by half, so that no cut parts a sentence. Of a common word no more
    passages are kept than tell that it is one."""
    index: _Index = {}
    half = PASSAGE_WORDS // 2
    for number, document in enumerate(documents):
        first = number * _PLACES
        for place, word in enumerate(found[0] for found in _word().finditer(document)):
            stem = _content(word)
            if stem not in wanted:
                continue
            there = index.setdefault(stem, set())
            if len(there) <= _COMMON:
                block = first + place // half
                there.add(block)
                if block > first:
                    there.add(block - 1)
    return index


def _supporting_document(words: _Sentence, passages: _Index, visits: _Visits) -> int | None:
    """The document with the passage that holds most of the words; of equals the first. A passage with enough of them
    holds one of the rarest at least: only those that do are looked at."""
    by_rarity = sorted(words, key=lambda word: len(passages.get(word, ())))
    needed = math.ceil(SUPPORTED_FROM * len(words))
    rarest = len(words) - needed + 1
    found: Counter[int] = Counter()
    for word in by_rarity[:rarest]:
        there = passages.get(word, set())
        visits.add(len(there))
        found.update(there)
    numbers = [passages.get(word, set()) for word in words if _has_digit(word)]
    if numbers:
        everywhere = set.intersection(*numbers)
        found = Counter({passage: count for passage, count in found.items() if passage in everywhere})
    for word in by_rarity[rarest:]:
        if not found:
            return None
        there = passages.get(word, set())
        visits.add(min(len(there), len(found)))
        found.update(there & found.keys())
    best = min(((-count, passage) for passage, count in found.items() if count >= needed), default=None)
    return None if best is None else best[1] // _PLACES


def _content_words(text: str) -> _Sentence:
    return frozenset(stem for word in _word().findall(text) if (stem := _content(word)))


def _content(word: str) -> str:
    """The word's stem, "" for a word too short to say anything. Numbers are kept whole."""
    word = word.lower()
    if _has_digit(word):
        return word
    if len(word) >= 4:
        return word[:_STEM]
    return word if _ideograph().match(word) else ""


def _has_digit(word: str) -> bool:
    return any(character.isdigit() for character in word)


@cache
def _word() -> re.Pattern[str]:
    """Compiled when it is first used, for that takes 6 ms."""
    return re.compile(rf"[{_IDEOGRAPHIC}]|[^\W_{_IDEOGRAPHIC}]+")


@cache
def _ideograph() -> re.Pattern[str]:
    return re.compile(f"[{_IDEOGRAPHIC}]")
