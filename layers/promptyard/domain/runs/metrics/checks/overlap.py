"""ROUGE-N and BLEU: how many sequences of words an answer shares with a reference."""

from collections import Counter
from collections.abc import Sequence
from math import exp, log

from promptyard.domain.runs.metrics.checks.treebank import treebank
from promptyard.domain.runs.metrics.checks.words import SPACES

MAX_CHARACTERS = 250_000
"""Of an answer, and of references together: two texts of the shortest words take two seconds."""

_ALMOST_NOTHING = 1e-7
"""Stands for a precision of 0, whose logarithm is not there."""
_BLEU_ORDERS = 4


def rouge_n(answer: str, reference: str, n: int = 1) -> float:
    """ROUGE-N's F-measure (Lin, 2004) with clipped counts, upper and lower case apart ignored. Words are the Penn
    Treebank's: punctuation is a word of its own, and contractions are parted. A text of fewer than `n` words has 0."""
    given, wanted = (_ngrams(treebank(text.lower()), n) for text in (answer, reference))
    shared = (given & wanted).total()
    if not shared:
        return 0.0
    precision, recall = shared / given.total(), shared / wanted.total()
    return 2 * precision * recall / (precision + recall)


def bleu(answer: str, references: Sequence[str]) -> float:
    """BLEU (Papineni et al., 2002) of orders 1 to 4 against any number of references; words are what blanks part. Of an
    answer of fewer than four words the orders that it has count, evenly. It is 0 for an empty answer."""
    words = _words(answer)
    if not words:
        return 0.0
    wanted = [_words(reference) or [""] for reference in references]
    precisions = [_precision(words, wanted, n) for n in range(1, min(_BLEU_ORDERS, len(words)) + 1)]
    mean = sum(log(precision or _ALMOST_NOTHING) for precision in precisions) / len(precisions)
    length = min((len(other) for other in wanted), key=lambda count: (abs(count - len(words)), count))
    brevity = 1.0 if len(words) > length else exp(1 - length / len(words))
    return brevity * exp(mean)


def _precision(words: Sequence[str], references: Sequence[Sequence[str]], n: int) -> float:
    given = _ngrams(words, n)
    return max((given & _ngrams(reference, n)).total() for reference in references) / given.total()


def _ngrams(words: Sequence[str], n: int) -> Counter[tuple[str, ...]]:
    return Counter(tuple(words[start : start + n]) for start in range(len(words) - n + 1))


def _words(text: str) -> list[str]:
    return [word for word in SPACES.split(text.lower()) if word]
