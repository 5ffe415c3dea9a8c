"""The events of streamed answers: what their `data` holds."""

from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import BaseModel

from promptyard.api.answers.fields import LeftOut, Usd, WithoutNulls
from promptyard.api.answers.judgements import MetricScore, ModerationOutcome, moderation, scores
from promptyard.api.answers.messages import AssistantMessage
from promptyard.api.errors import ErrorBody
from promptyard.api.sse import frame
from promptyard.domain.deferred import DeferredModel
from promptyard.domain.models.messages import ToolCall
from promptyard.domain.models.provider_events import Citation, FinishReason
from promptyard.domain.models.usage import UsageSource

if TYPE_CHECKING:
    from promptyard.domain.runs.failures import RunFailure
    from promptyard.domain.runs.run import Run


class RunContentEvent(DeferredModel):
    """The next piece of the answer's text. `frames` makes it without the model, as those of other pieces:
    there are thousands."""

    content: str
    """The next piece of the answer's text."""


class RunReasoningEvent(DeferredModel):
    """The next piece of what the model thinks, where `events` asks for `reasoning`. `item` is the provider's id of it,
    with its first piece, of runs that were asked for by `/v1/responses` or `/v1/messages`."""

    reasoning: str
    """The next piece of what the model thinks."""
    item: LeftOut[str] = None
    """The provider's id of the thought, with its first piece. Left out otherwise."""


class RunReplayEvent(DeferredModel):
    """What the provider wants back with the next turn, such as signed reasoning, in its own form: of runs that were
    asked for by `/v1/responses` or `/v1/messages`."""

    replay: dict[str, Any]
    """One part, in the provider's own form."""


class CallPiece(DeferredModel):
    """A piece of a tool call, where `events` asks for `tool_calls`. `id` and `name` come once, or null; `arguments` are
    joined. With `replaces` they are the whole arguments, and what came of them before was wrong; the calls as they are
    in the end stand in `done`."""

    id: str | None
    """The call's id, with its first piece. Null in the others."""
    name: str | None
    """The function's name, with the call's first piece. Null in the others."""
    arguments: str
    """The next piece of the arguments' JSON text; the pieces are joined."""
    replaces: LeftOut[Literal[True]] = None
    """True where this piece is the whole arguments, and what came of them before counts no more. Left out otherwise."""


class RunToolCallEvent(CallPiece):
    """`index` is the call's place among the answer's."""

    index: int
    """The call's place among those of the answer, from 0."""


class RunStats(DeferredModel):
    """Tokens, and times in milliseconds; null is not known. `usage_source` is there where tokens are an estimate."""

    tokens_in: int | None
    """Tokens of the prompt, those that came from a cache among them. Null where that is not known."""
    tokens_out: int | None
    """Tokens of the answer, those of reasoning among them. Null where that is not known."""
    latency_ms: int | None
    ttft_ms: int | None
    first_text_ms: int | None
    usage_source: LeftOut[UsageSource] = None
    """`estimated` where the tokens are counted here. Left out where they are the provider's."""


def if_estimated(source: UsageSource) -> UsageSource | None:
    """To mark counts that are ours, where those of a provider have no mark."""
    return source if source is UsageSource.ESTIMATED else None


class RunDoneEvent(DeferredModel):
    """The last event of a run that did not fail. `cut` is there where more of the answer came than is kept with the
    run: by the field's name, the bytes of the whole."""

    done: Literal[True]
    """Always true."""
    id: str
    """The run's id."""
    finish_reason: FinishReason | None
    cost_usd: Usd | None
    tool_calls: list[WithoutNulls[ToolCall]] | None
    reasoning: str | None
    citations: list[Citation] | None
    message: AssistantMessage | None
    cut: LeftOut[dict[str, int]] = None
    dropped: LeftOut[list[str]] = None
    stats: RunStats
    """The run's tokens and times."""
    metrics: LeftOut[list[MetricScore]] = None
    moderation: LeftOut[ModerationOutcome] = None

    @classmethod
    def of(cls, run: "Run") -> "RunDoneEvent":
        return RunDoneEvent(
            done=True,
            id=run.id,
            finish_reason=run.finish_reason,
            cost_usd=run.cost_usd,
            tool_calls=run.tool_calls or None,
            reasoning=run.reasoning,
            citations=run.citations,
            message=AssistantMessage.of(run),
            cut=run.cut,
            dropped=run.dropped,
            stats=RunStats(
                tokens_in=run.usage.input_tokens if run.usage else None,
                tokens_out=run.usage.output_tokens if run.usage else None,
                latency_ms=run.latency_ms,
                ttft_ms=run.ttft_ms,
                first_text_ms=run.first_text_ms,
                usage_source=if_estimated(run.usage_source),
            ),
            metrics=scores(run),
            moderation=moderation(run),
        )


class RunErrorEvent(DeferredModel):
    """The last event of a run that failed."""

    error: ErrorBody
    """Why the run failed."""
    id: str
    """The run's id."""

    @classmethod
    def of(cls, failure: "RunFailure", run_id: str) -> Self:
        return cls(error=ErrorBody.of(failure), id=run_id)


class Indexed(DeferredModel):
    """`index` is the target's place in the request."""

    index: int
    """The target's place in the request, from 0."""


class TargetContentEvent(RunContentEvent, Indexed):
    """The next piece of a target's text."""


class TargetReasoningEvent(RunReasoningEvent, Indexed):
    """The next piece of what a target's model thinks."""


class TargetToolCallEvent(CallPiece, Indexed):
    """`call_index` is the call's place among those of the target's answer."""

    call_index: int
    """The call's place among those of the target's answer, from 0."""


class TargetDoneEvent(RunDoneEvent, Indexed):
    """The last event of a target whose run did not fail."""

    @classmethod
    def of_target(cls, index: int, run: "Run") -> Self:
        return cls(index=index, **vars(RunDoneEvent.of(run)))


class TargetErrorEvent(Indexed):
    """The last event of a target that failed."""

    error: ErrorBody
    id: str


class ComparisonEndEvent(DeferredModel):
    """The last event of a comparison."""

    comparison_id: str
    """The comparison's id, under which its runs are found together."""


def event_frame(data: BaseModel, event: str, number: int | None = None) -> bytes:
    """`number` is the event's place in its log."""
    return frame(data.model_dump(mode="json", by_alias=True), event, number)
