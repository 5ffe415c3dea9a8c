"""What runs say beside each other."""

from decimal import Decimal
from typing import Any

import pytest

from promptyard.domain.models.usage import Usage, UsageSource
from promptyard.domain.runs.comparisons import Comparison, Outcome, outcome
from promptyard.domain.runs.run import Run, RunLinks, RunStatus
from tests.support.samples.sample_runs import new_run, settled


def run(status: RunStatus = RunStatus.SUCCEEDED, *, tokens: int | None, output: str | None = "text") -> Run:
    usage = None if tokens is None else Usage(input_tokens=3, output_tokens=tokens)
    return settled(new_run(), status=status, usage=usage, output=output)


SAID = run(tokens=2)
NOTHING = run(tokens=0, output="")
UNCOUNTED = run(tokens=None)
FAILED = run(RunStatus.FAILED, tokens=None, output=None)
COUNTED_HERE = UNCOUNTED.model_copy(
    update={"usage": Usage(input_tokens=3, output_tokens=2), "usage_source": UsageSource.ESTIMATED}
)
CUT = run(RunStatus.FAILED, tokens=None, output="Half an")
LEFT = run(RunStatus.CANCELLED, tokens=4, output="So far")


@pytest.mark.parametrize(
    ("runs", "expected"),
    [
        ([SAID, SAID], Outcome.CLEAN),
        ([SAID, UNCOUNTED], Outcome.CLEAN),
        ([SAID, LEFT], Outcome.CLEAN),
        ([SAID, NOTHING], Outcome.PARTIAL),
        ([SAID, FAILED], Outcome.PARTIAL),
        ([SAID, CUT], Outcome.PARTIAL),
        ([SAID, COUNTED_HERE], Outcome.CLEAN),
        ([CUT, CUT], Outcome.BROKEN),
        ([FAILED, FAILED], Outcome.BROKEN),
        ([NOTHING, NOTHING], Outcome.BROKEN),
    ],
)
def test_the_outcome(runs: list[Run], expected: Outcome) -> None:
    assert outcome(runs) is expected


def compared(index: int, **changes: Any) -> Run:
    return settled(new_run(links=RunLinks(comparison_id="c", comparison_index=index)), **changes)


def test_who_stands_out_among_those_that_succeeded() -> None:
    runs = [
        compared(2, latency_ms=5, cost_usd=Decimal("0.1"), output="a", status=RunStatus.FAILED),
        compared(1, latency_ms=20, cost_usd=Decimal("0.3"), output="a long one"),
        compared(0, latency_ms=30, cost_usd=None, output="short"),
    ]
    comparison = Comparison.of("c", runs)
    assert comparison.runs == runs[::-1]
    assert (comparison.fastest, comparison.cheapest, comparison.longest) == (runs[1].id,) * 3


def test_one_that_goes_on_has_no_outcome() -> None:
    going_on = new_run(links=RunLinks(comparison_id="c", comparison_index=1))
    comparison = Comparison.of("c", [compared(0, usage=Usage(input_tokens=1, output_tokens=1)), going_on])
    assert comparison.outcome is None


def test_of_a_target_the_newest_record_stands() -> None:
    """A start record may be left behind where the store did not say that it had been written."""
    left, failed = compared(0, status=RunStatus.RUNNING), compared(0, status=RunStatus.FAILED, output=None)
    good = compared(1)
    comparison = Comparison.of("c", [good, failed, left])
    assert comparison.runs == [failed, good]
    assert comparison.outcome is Outcome.PARTIAL
