"""Comparing an answer with the reference that the run brings."""

import re
from collections import Counter

from promptyard.domain.runs.metrics.types import MetricInput, MetricResult

_WORD = re.compile("[a-z0-9]+")


def exact_match(run: MetricInput) -> MetricResult:
    """1 when the answer is the reference, character for character, else 0."""
    return MetricResult("exact_match", float(run.output == run.reference))


def rouge_1(run: MetricInput) -> MetricResult:
    """ROUGE-1 F-measure (Lin, 2004): the harmonic mean of precision and recall of single words.

    Words are as in Lin's own program, without stemming: lower-case a–z and digits, and nothing else. A reference in
    another script has none, and then there is no score.
    """
    name = "rouge_1"
    wanted, given = _words(run.reference or ""), _words(run.output or "")
    if not wanted:
        return MetricResult.skipped(
            name, "ROUGE counts words of the letters a to z and digits; the reference has none."
        )
    common = (wanted & given).total()
    precision, recall = common / max(given.total(), 1), common / wanted.total()
    score = 2 * precision * recall / (precision + recall) if common else 0.0
    return MetricResult(name, score, details={"precision": precision, "recall": recall})


def _words(text: str) -> Counter[str]:
    return Counter(_WORD.findall(text.lower()))
