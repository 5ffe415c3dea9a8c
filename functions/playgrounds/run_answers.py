"""Answers about what happens in a playground."""

from typing import Any

from promptyard.api.answers.fields import Timestamp, WithoutNulls
from promptyard.api.answers.judgements import ShownScore
from promptyard.api.answers.runs import RunRecord
from promptyard.api.paging import PageAnswer
from promptyard.domain.deferred import DeferredModel
from promptyard.domain.models.messages import Message, ToolCall
from promptyard.domain.runs.run_metrics import Action, Intervened, ReportedSide, Unchecked, Withheld
from promptyard.services.playgrounds.moderation_reports import ShownReport


class RunsPage(PageAnswer[RunRecord]):
    pass


class ReportedIntervention(DeferredModel):
    """A guard whose condition was met, by the prompt or by the answer. `score` is null where what was looked at kept
    it from being scored, which a guard that blocks takes for a violation."""

    ootb_metric_configuration_id: str
    metric: str
    side: ReportedSide
    score: ShownScore | None
    action: Action

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
    metric: str
    reason: str

    @classmethod
    def of(cls, unchecked: Unchecked) -> "UncheckedGuard":
        return UncheckedGuard(
            ootb_metric_configuration_id=unchecked.configuration_id, metric=unchecked.metric, reason=unchecked.reason
        )


class BlockedContent(DeferredModel):
    """What was blocked: the prompt with those parameters that hold texts, or the answer with the tool calls it would
    have made; and what judges said of it, by metric configuration."""

    messages: list[WithoutNulls[Message]] | None
    parameters: dict[str, Any] | None
    output: str | None
    tool_calls: list[WithoutNulls[ToolCall]] | None
    reasons: dict[str, str]

    @classmethod
    def of(cls, withheld: Withheld) -> "BlockedContent":
        return BlockedContent(
            messages=withheld.messages,
            parameters=withheld.parameters,
            output=withheld.output,
            tool_calls=withheld.tool_calls,
            reasons=withheld.reasons,
        )


class Report(DeferredModel):
    """`content` is for admins alone, and there where the playground keeps what it blocks (`keepBlocked`)."""

    run_id: str
    created_at: Timestamp
    blocked: bool
    interventions: list[ReportedIntervention]
    unchecked: list[UncheckedGuard]
    content: BlockedContent | None

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
