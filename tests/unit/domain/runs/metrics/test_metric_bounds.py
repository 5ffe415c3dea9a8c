"""Every metric on the longest texts that runs and values have: it is computed in time, or says why not."""

import json
import time
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest

from promptyard.domain.runs.metrics.registry import METRICS
from promptyard.domain.runs.metrics.types import Metric, MetricInput, Unscored

LONGEST = 1_000_000
SECONDS = 3.0
PROSE = "The invoice of 2024 says, in words, that 12 of the sums are due. "


def texts(size: int) -> dict[str, str]:
    """Plain ones, and ones that are made to take long."""

    def filled(text: str) -> str:
        return (text * (size // len(text) + 1))[:size]

    return {
        "prose": filled(PROSE),
        "one letter": filled("a"),
        "blanks": filled(" "),
        "short words": filled("a b "),
        "words": " ".join(f"{number:x}" for number in range(size // 6)),
        "digits": filled("1234 5678 "),
        "nested objects": filled('{"a":'),
        "nested lists": filled('{"a":[['),
        "objects": filled('{"a":1}'),
        "braces": filled("{"),
        "lines of braces": filled("{\n"),
        "a large object": '{"a":' + json.dumps(["x"] * (size // 5)) + "}",
        "quotes": filled('"'),
        "ideographs": filled("\u6f22"),
        "at signs": filled("a@b."),
    }


def values(name: str, text: str) -> list[Any]:
    """What the metric is measured with, as large as the text or made to take long."""
    if name == "regex":
        return ["(a?){250}b", "[ab].{400}c", "(x+x+)+y", "(?i)the.*sums.*z$", r"(\w{1,400})+!"]
    if name in {"is_json", "contains_json"}:
        return [None, {"type": "object", "patternProperties": {"^(a|b)*$": {"pattern": "(a?){250}b"}}}]
    if name == "word_count":
        return [None, {"min": 1, "max": 2}]
    if name.endswith(("contains_all", "contains_any")):
        size = len(text)
        many = [f"q{number}" for number in range(size // 9)]
        return [many, ",".join(many), [text[:1000] + "!"] * (size // 1000)]
    if name == "bleu":
        return [text, [text[: len(text) // 90]] * 90]
    return [text]


def measured(metric: Metric, answer: str, other: str, value: Any) -> float:
    """The seconds of CPU that it takes."""
    run = MetricInput(
        prompt=other,
        output=answer,
        reference=other,
        documents=(other,),
        latency_ms=1,
        ttft_ms=1,
        cost_usd=Decimal(1),
    )
    began = time.thread_time()
    if metric.compute:
        metric.compute(run)
    elif metric.measure:
        with suppress(Unscored):
            metric.measure(run, value)
    return time.thread_time() - began


@pytest.mark.parametrize(
    "size",
    [
        10_000,
        *(pytest.param(size, marks=[pytest.mark.hard, pytest.mark.alone]) for size in (100_000, 250_000, LONGEST)),
    ],
)
@pytest.mark.parametrize("name", [name for name, metric in METRICS.items() if metric.compute or metric.measure])
def test_a_metric_is_computed_in_time(name: str, size: int) -> None:
    metric, given = METRICS[name], texts(size)
    for answer in given:
        others = {answer} if name.startswith("levenshtein") else {answer, "prose"}
        for other in others:
            for value in values(name, given[other]):
                took = measured(metric, given[answer], given[other], value)
                assert took < SECONDS, (answer, other, str(value)[:50])
