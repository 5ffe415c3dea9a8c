"""`citations` on the longest texts, and against the plain form of what it computes."""

import random
import time
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptyard.domain.runs.metrics import citations as module
from promptyard.domain.runs.metrics.citations import citations
from promptyard.domain.runs.metrics.types import MetricInput
from promptyard.domain.runs.run_metrics import MetricStatus

WORDS = st.sampled_from(["alpha", "betaa", "gamma", "delta", "omega", "42", "7", "\u6f22", "so", "thetas"])
TEXTS = st.lists(st.tuples(WORDS, st.sampled_from([" ", " ", " ", ". ", "\n"])), max_size=150).map(
    lambda pairs: "".join(word + gap for word, gap in pairs)
)
COMMON = 4
LONGEST = 1_000_000


def plainly(answer: str, documents: tuple[str, ...]) -> dict[str, Any]:
    """Every sentence against every passage."""
    passages = []
    for number, document in enumerate(documents):
        words = module._word().findall(document)
        blocks = range((len(words) + 39) // 40)
        passages += [
            (number, {module._content(word) for word in words[40 * block : 40 * block + 80]}) for block in blocks
        ]
    times = Counter(word for _, passage in passages for word in passage)
    supported: Counter[int] = Counter()
    total = 0
    for sentence in module._SENTENCE_END.split(answer):
        wanted = {word for word in module._content_words(sentence) if times[word] <= COMMON}
        total += len(wanted)
        numbers = {word for word in wanted if module._has_digit(word)}
        fit = [
            (-len(wanted & passage), number)
            for number, passage in passages
            if wanted and numbers <= passage and len(wanted & passage) >= module.SUPPORTED_FROM * len(wanted)
        ]
        if fit:
            supported[min(fit)[1]] += len(wanted)
    return {"total": total, "supported": dict(supported)}


@given(TEXTS, st.lists(TEXTS, min_size=1, max_size=3).map(tuple))
def test_it_is_what_comparing_everything_with_everything_gives(answer: str, documents: tuple[str, ...]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_COMMON", COMMON)
        result = citations(MetricInput(output=answer, documents=documents))
    plain = plainly(answer, documents)
    if not plain["total"]:
        assert result.status is MetricStatus.SKIPPED
        return
    shares = {entry["index"]: entry["share"] * plain["total"] for entry in result.details["documents"]}
    assert shares == pytest.approx(plain["supported"])


def text_of(words: list[str], dice: random.Random, sentence: int) -> str:
    count = LONGEST // 7
    return " ".join(dice.choice(words) + ("" if place % sentence else ".") for place in range(count))


@pytest.mark.parametrize(("words", "sentence"), [(170, 12), (4_000, 12), (600, 10**9), (100_000, 5), (40, 30)])
def test_the_longest_texts_take_seconds_at_most(words: int, sentence: int) -> None:
    dice = random.Random(words)
    some = ["".join(dice.choice("abcdefghij") for _ in range(6)) for _ in range(words)]
    answer, document = text_of(some, dice, sentence), text_of(some, dice, sentence)
    began = time.thread_time()
    result = citations(MetricInput(output=answer, documents=(document,)))
    assert time.thread_time() - began < 10, "a tenth of it on an idle machine"
    if result.status is MetricStatus.SKIPPED:
        assert "too long" in str(result.error_message) or "no words" in str(result.error_message)
