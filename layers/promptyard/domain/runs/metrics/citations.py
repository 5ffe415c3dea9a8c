"""How much of an answer the run's documents support, and which: measured by words alone.

The answer is taken sentence by sentence. A sentence is supported when one passage of a document (80 words in a row)
holds at least 60 % of its content words and every number in it. Content words are words of four letters or more, by
their first six letters, which does without word lists of any language; in scripts that do not part words, every
character counts as one. The score is the supported sentences' share of all content words.

So it sees what was left out, added or taken from elsewhere. It does not understand: a sentence that denies what the
passage says in the passage's own words counts as supported. A judge's `faithfulness` is the metric for that.
"""

import re
from collections import Counter, defaultdict

from promptyard.domain.runs.metrics.types import MetricInput, MetricResult

PASSAGE_WORDS = 80
SUPPORTED_FROM = 0.6
_STEM = 6
_COMMON = 400
"""A word found in more passages than this says nothing about where a sentence comes from; it is left out."""

_IDEOGRAPHIC = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
_IDEOGRAPH = re.compile(f"[{_IDEOGRAPHIC}]")
_WORD = re.compile(rf"[{_IDEOGRAPHIC}]|[^\W_{_IDEOGRAPHIC}]+")
_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+|(?<=[。！？])|\n+")

_Passage = tuple[int, int]
"""A document's index and a passage's within it."""


def citations(run: MetricInput) -> MetricResult:
    """0 to 1; `details` has the share that each document supports, by its index. A sentence that several documents
    support counts for the one that supports it most."""
    name = "citations"
    passages = _index(run.documents)
    total = 0
    supported: Counter[int] = Counter()
    sentences = supported_sentences = 0
    for sentence in _SENTENCE_END.split(run.output or ""):
        words = {word for word in _content_words(sentence) if len(passages.get(word, ())) <= _COMMON}
        if not words:
            continue
        sentences += 1
        total += len(words)
        document = _supporting_document(words, passages)
        if document is not None:
            supported_sentences += 1
            supported[document] += len(words)
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


def _index(documents: tuple[str, ...]) -> dict[str, set[_Passage]]:
    """Which passages a content word stands in. Passages overlap by half, so that no cut parts a sentence."""
    index: defaultdict[str, set[_Passage]] = defaultdict(set)
    half = PASSAGE_WORDS // 2
    for number, document in enumerate(documents):
        for place, word in enumerate(_WORD.findall(document)):
            if stem := _content(word):
                block = place // half
                index[stem].add((number, block))
                if block:
                    index[stem].add((number, block - 1))
    return dict(index)


def _supporting_document(words: set[str], passages: dict[str, set[_Passage]]) -> int | None:
    """The document with the passage that holds most of the words; of equals the first."""
    found = Counter(passage for word in words for passage in passages.get(word, ()))
    numbers = [word for word in words if _has_digit(word)]
    enough = [
        (-count, passage)
        for passage, count in found.items()
        if count >= SUPPORTED_FROM * len(words) and all(passage in passages.get(number, ()) for number in numbers)
    ]
    return min(enough)[1][0] if enough else None


def _content_words(text: str) -> set[str]:
    return {stem for word in _WORD.findall(text) if (stem := _content(word))}


def _content(word: str) -> str:
    """The word's stem, "" for a word too short to say anything. Numbers are kept whole."""
    word = word.lower()
    if _has_digit(word):
        return word
    if len(word) >= 4:
        return word[:_STEM]
    return word if _IDEOGRAPH.match(word) else ""


def _has_digit(word: str) -> bool:
    return any(character.isdigit() for character in word)
