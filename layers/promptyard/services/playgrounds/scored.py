"""A metric of one run, scored."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from promptyard.domain.account.access import Caller
from promptyard.domain.errors import DeadlineExceeded, PromptyardError, ProviderError, ProviderMalformed
from promptyard.domain.runs.failures import REFUSALS
from promptyard.domain.runs.metrics.judge import JudgeRun
from promptyard.domain.runs.metrics.types import MetricResult

SECONDS_TO_SETTLE = 2.0
"""What a judged run keeps of its time to be written down."""


@dataclass(frozen=True, slots=True)
class Case:
    """The run that is scored, and who asked for it."""

    caller: Caller
    run_id: str
    deadline_at: datetime
    judge_run: JudgeRun | None = None
    """None: any."""

    def seconds_left(self) -> float:
        return (self.deadline_at - datetime.now(UTC)) / timedelta(seconds=1) - SECONDS_TO_SETTLE


@dataclass(frozen=True, slots=True)
class Scored:
    """A metric's result, and the judge's run where there was one."""

    result: MetricResult
    judge_run_id: str | None = None
    judge_cost_usd: Decimal | None = None


def may_be_the_texts_doing(error: PromptyardError) -> bool:
    """Whether what was to be scored may itself have brought the failure about: by talking the judge out of a verdict,
    or into one without end, by being too long for it, or by what its provider refuses."""
    if isinstance(error, ProviderMalformed | DeadlineExceeded):
        return True
    return isinstance(error, ProviderError) and error.status in REFUSALS
