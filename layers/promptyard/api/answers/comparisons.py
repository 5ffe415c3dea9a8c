"""A comparison's targets, as answers show them."""

from typing import TYPE_CHECKING

from promptyard.api.answers.events import Indexed
from promptyard.api.answers.runs import RunAnswer
from promptyard.domain.deferred import DeferredModel

if TYPE_CHECKING:
    from promptyard.services.runs.comparisons import TargetEnded


class CompareResult(RunAnswer, Indexed):
    """A target's run. Of one that failed before it was sent, `provider` and `model` are as they were named."""

    @classmethod
    def of_target(cls, end: "TargetEnded") -> "CompareResult":
        return CompareResult(index=end.index, **vars(RunAnswer.of(end.run)))


class CompareAnswer(DeferredModel):
    comparison_id: str
    """The comparison's id, under which its runs are found together."""
    results: list[CompareResult]
    """A result for each target, in the order of the request."""
