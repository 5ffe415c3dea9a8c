"""Answers about what happens in a playground."""

from typing import Any

from promptyard.api.answers.fields import LeftOut, Timestamp, WithoutNulls, carried
from promptyard.api.answers.judgements import ShownScore
from promptyard.api.answers.runs import RunRecord
from promptyard.api.paging import PageAnswer
from promptyard.domain.deferred import DeferredModel
from promptyard.domain.models.messages import Message, ToolCall
from promptyard.domain.paging import PAGE_BYTES
from promptyard.domain.runs.run_metrics import Action, Intervened, ReportedSide, Unchecked, Withheld
from promptyard.services.playgrounds.moderation_reports import ShownReport

_LARGE = ("messages", "parameters", "output", "tool_calls")
MAX_BLOCKED_BYTES = PAGE_BYTES - 1_000_000
"""Of what was blocked, in one report: a page has room for that, and for the rest of the report."""


class RunsPage(PageAnswer[RunRecord]):
    pass


class ReportedIntervention(DeferredModel):
    """A guard whose condition was met, by the prompt or by the answer. `score` is null where what was looked at kept
    it from being scored, which a guard that blocks takes for a violation."""

    ootb_metric_configuration_id: str
    """The id of the metric's configuration."""
    metric: str
    """What the metric's owner calls it, else its name."""
    side: ReportedSide
    """Whether the `prompt` or the `response` met the condition."""
    score: ShownScore | None
    """The score that met the condition. Null where what was looked at kept it from being scored."""
    action: Action
    """What the guard did: `block`, `report` or `reportAndBlock`."""

    @classmethod
    def of(cls, met: Intervened) -> "ReportedIntervention":
        return ReportedIntervention(
            ootb_metric_configuration_id=met.configuration_id,
            metric=met.metric,
            side=met.side,
            score=met.score,
            action=met.action,
        )


class UncheckedGuard(DeferredModel):
    """A guard that could not be checked, so that it let everything pass."""

    ootb_metric_configuration_id: str
    """The id of the metric's configuration."""
    metric: str
    """What the metric's owner calls it, else its name."""
    reason: str
    """Why it could not be checked, in a sentence."""

    @classmethod
    def of(cls, unchecked: Unchecked) -> "UncheckedGuard":
        return UncheckedGuard(
            ootb_metric_configuration_id=unchecked.configuration_id, metric=unchecked.metric, reason=unchecked.reason
        )


class BlockedContent(DeferredModel):
    """What was blocked: the prompt with those parameters that hold texts, or the answer with the tool calls it would
    have made; and what judges said of it, by metric configuration."""

    messages: list[WithoutNulls[Message]] | None
    """The prompt that was blocked. Null where the answer was."""
    parameters: dict[str, Any] | None
    """The parameters of the prompt that hold texts. Null where the answer was blocked."""
    output: str | None
    """The answer's text that was blocked. Null where the prompt was, or there was none."""
    tool_calls: list[WithoutNulls[ToolCall]] | None
    """The tools that the answer would have called. Null where there are none."""
    reasons: dict[str, str]
    """What judges said of it, by the id of the metric's configuration."""
    cut: LeftOut[dict[str, int]] = None
    """What of it is too large to be shown: by the field's name, its bytes. Left out where all is there."""

    @classmethod
    def of(cls, withheld: Withheld, room: int = MAX_BLOCKED_BYTES) -> "BlockedContent":
        """In about so many bytes of an answer: what is largest is left out first."""
        content = BlockedContent(
            messages=withheld.messages,
            parameters=withheld.parameters,
            output=withheld.output,
            tool_calls=withheld.tool_calls,
            reasons=withheld.reasons,
        )
        sizes = {name: len(content.model_dump_json(include={name})) for name in _LARGE if getattr(content, name)}
        for name in sorted(sizes, key=lambda name: sizes[name], reverse=True):
            if carried(content) <= room:
                break
            content = content.model_copy(update={name: None, "cut": {**(content.cut or {}), name: sizes[name]}})
        return content


class Report(DeferredModel):
    """`content` is for admins alone, and there where the playground keeps what it blocks (`keepBlocked`)."""

    run_id: str
    """The run's id."""
    created_at: Timestamp
    """When the run began, in UTC."""
    blocked: bool
    """Whether a guard blocked the run."""
    interventions: list[ReportedIntervention]
    """The guards whose conditions were met."""
    unchecked: list[UncheckedGuard]
    """The guards that could not be checked, and so let everything pass."""
    content: BlockedContent | None
    """What was blocked. Null for all but admins, and where the playground does not keep it."""

    @classmethod
    def of(cls, shown: ShownReport) -> "Report":
        report, withheld = shown.report, shown.withheld
        return Report(
            run_id=report.run_id,
            created_at=report.created_at,
            blocked=report.is_blocked,
            interventions=[ReportedIntervention.of(met) for met in report.interventions],
            unchecked=[UncheckedGuard.of(guard) for guard in report.unchecked],
            content=None if withheld is None else BlockedContent.of(withheld),
        )


class ReportPage(PageAnswer[Report]):
    total: None
