"""Answers of the compare group."""

from pydantic import BaseModel, RootModel

from promptyard.api.answers.events import Indexed
from promptyard.api.answers.fields import LeftOut, Usd
from promptyard.api.answers.judgements import MetricScore, ModerationOutcome, moderation, scores
from promptyard.api.answers.runs import RunAnswer, RunRecord, TargetAnswer
from promptyard.api.errors import ErrorBody
from promptyard.domain.models.provider_events import FinishReason
from promptyard.domain.models.targets import Target
from promptyard.domain.models.usage import UsageSource
from promptyard.domain.runs.comparisons import Comparison, Outcome
from promptyard.domain.runs.failures import RunFailure
from promptyard.domain.runs.run import RunStatus
from promptyard.services.prompts.prompting import ComposedPrompt
from promptyard.services.runs.comparisons import TargetEnded


class CompareResult(TargetAnswer, Indexed):
    """A target's run; where nothing was run (`id` null) only `error` and what was asked for are there."""

    @classmethod
    def of(cls, end: TargetEnded, target: Target) -> "CompareResult":
        if end.run is not None:
            return CompareResult(index=end.index, **vars(RunAnswer.of(end.run)))
        assert end.error is not None
        return CompareResult(
            index=end.index,
            id=None,
            output=None,
            model_id=target.model or target.provider or "",
            provider=target.provider,
            model=target.model,
            status=RunStatus.FAILED,
            latency_ms=None,
            ttft_ms=None,
            tokens=None,
            usage_source=UsageSource.UNKNOWN,
            cost_usd=None,
            finish_reason=FinishReason.ERROR,
            tool_calls=None,
            error=ErrorBody.of(RunFailure.of(end.error)),
            created_at=None,
        )


class CompareAnswer(BaseModel):
    comparison_id: str
    results: list[CompareResult]


class MultiFailure(BaseModel):
    """A model of which nothing was run. `latency_ms` is the time until that was known."""

    output: None
    model_id: str
    latency_ms: int
    tokens: None
    cost_usd: None
    error: str


class MultiRun(RunAnswer):
    """A model's run; `error` is its message where it failed, with `output`, `tokens` and `cost_usd` as far as known."""

    error: str | None  # type: ignore[assignment]  # the template playground's form


def multi_result(end: TargetEnded, model_id: str) -> MultiRun | MultiFailure:
    if end.run is None:
        assert end.error is not None
        return MultiFailure(
            output=None,
            model_id=model_id,
            latency_ms=end.elapsed_ms,
            tokens=None,
            cost_usd=None,
            error=end.error.message,
        )
    facts = vars(RunAnswer.of(end.run)) | {"error": None}
    if end.error is not None:
        facts |= {"latency_ms": end.elapsed_ms, "error": end.error.message}
    return MultiRun(**facts)


class MultiAnswer(RootModel[list[MultiRun | MultiFailure]]):
    """A result a model, in their order."""


class VersionMetrics(BaseModel):
    """Null is not known. `latency_ms` of a version of which nothing was run is the time until that was known."""

    latency_ms: int | None
    prompt_tokens: int | None
    completion_tokens: int | None
    total_tokens: int | None
    cost_usd: Usd | None

    @classmethod
    def of(cls, end: TargetEnded) -> "VersionMetrics":
        run = end.run
        usage = run.usage if run else None
        return VersionMetrics(
            latency_ms=run.latency_ms if run else end.elapsed_ms,
            prompt_tokens=usage.input_tokens if usage else None,
            completion_tokens=usage.output_tokens if usage else None,
            total_tokens=usage.total_tokens if usage else None,
            cost_usd=run.cost_usd if run else None,
        )


class VersionResult(BaseModel):
    """A version's run; `error` is its message where it failed, with the rest as far as known. In a playground `scores`
    are those of its metrics, and `moderation` is there where a guard intervened."""

    version_id: str
    version_number: int
    output: str | None
    metrics: VersionMetrics
    error: str | None
    scores: LeftOut[list[MetricScore]] = None
    moderation: LeftOut[ModerationOutcome] = None

    @classmethod
    def of(cls, end: TargetEnded, prompt: ComposedPrompt) -> "VersionResult":
        links, run = prompt.links, end.run
        assert links.version_id is not None
        assert links.version_number is not None
        return VersionResult(
            version_id=links.version_id,
            version_number=links.version_number,
            output=run.output if run else None,
            metrics=VersionMetrics.of(end),
            error=end.error.message if end.error else None,
            scores=scores(run) if run else None,
            moderation=moderation(run) if run else None,
        )


class RunVersionsAnswer(BaseModel):
    results: list[VersionResult]


class ComparisonRecord(BaseModel):
    """The runs of a comparison in their order, and the ids of the fastest, the cheapest and the longest of those
    that succeeded. `outcome` is `clean` when every run has output tokens, `broken` when none has, else `partial`;
    null while one is going on."""

    comparison_id: str
    outcome: Outcome | None
    fastest: str | None
    cheapest: str | None
    longest: str | None
    runs: list[RunRecord]

    @classmethod
    def of(cls, comparison: Comparison) -> "ComparisonRecord":
        return ComparisonRecord(
            comparison_id=comparison.id,
            outcome=comparison.outcome,
            fastest=comparison.fastest,
            cheapest=comparison.cheapest,
            longest=comparison.longest,
            runs=[RunRecord.of(run) for run in comparison.runs],
        )
