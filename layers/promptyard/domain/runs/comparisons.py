"""Runs that belong together, and what they say beside each other."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Self

from promptyard.domain.models.usage import UsageSource
from promptyard.domain.runs.run import Run, RunStatus


class Outcome(StrEnum):
    """By output tokens: every run has some, some have, none has."""

    CLEAN = "clean"
    PARTIAL = "partial"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Comparison:
    """The runs in their targets' order, and the ids of those that stand out among the succeeded ones."""

    id: str
    runs: list[Run]
    outcome: Outcome | None
    fastest: str | None
    cheapest: str | None
    longest: str | None

    @classmethod
    def of(cls, identifier: str, runs: Sequence[Run]) -> Self:
        # Of a target that could not be begun a record may be left beside the one of its failure.
        of_target = {run.links.comparison_index or 0: run for run in sorted(runs, key=lambda run: run.id)}
        ordered = [run for _, run in sorted(of_target.items())]
        succeeded = [run for run in ordered if run.status is RunStatus.SUCCEEDED]
        return cls(
            id=identifier,
            runs=ordered,
            outcome=outcome(ordered) if all(run.settled for run in ordered) else None,
            fastest=_least(succeeded, lambda run: run.latency_ms),
            cheapest=_least(succeeded, lambda run: run.cost_usd),
            longest=_least(succeeded, lambda run: -len(run.output) if run.output else None),
        )


def outcome(runs: Sequence[Run]) -> Outcome:
    """What a provider counts no tokens of is judged by its text, where that is whole."""
    having = [_has_output(run) for run in runs]
    if all(having):
        return Outcome.CLEAN
    return Outcome.PARTIAL if any(having) else Outcome.BROKEN


def _has_output(run: Run) -> bool:
    is_told = run.usage_source is not UsageSource.ESTIMATED
    if is_told and run.usage is not None and run.usage.output_tokens is not None:
        return run.usage.output_tokens > 0
    return run.status is RunStatus.SUCCEEDED and bool(run.output or run.tool_calls)


def _least(runs: Sequence[Run], measure: Callable[[Run], Decimal | int | None]) -> str | None:
    """The id of the run that measures least; of equals the first."""
    known = [(value, run.id) for run in runs if (value := measure(run)) is not None]
    return min(known, key=lambda pair: pair[0])[1] if known else None


CANCEL_PATIENCE_SECONDS = 3.0
