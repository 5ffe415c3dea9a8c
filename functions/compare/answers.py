"""Answers of the compare group."""

from pydantic import RootModel

from promptyard.api.answers.events import if_estimated
from promptyard.api.answers.fields import LeftOut, Usd
from promptyard.api.answers.judgements import MetricScore, ModerationOutcome, moderation, scores
from promptyard.api.answers.runs import RunAnswer, RunRecord, records_within
from promptyard.domain.deferred import DeferredModel
from promptyard.domain.models.usage import Usage, UsageSource
from promptyard.domain.runs.comparisons import Comparison, Outcome
from promptyard.services.prompts.prompting import ComposedPrompt
from promptyard.services.runs.comparisons import TargetEnded


class MultiFailure(DeferredModel):
    """A model to which nothing was sent. `latency_ms` is the time until that was known."""

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
    if not end.is_sent and end.error is not None:
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


class VersionMetrics(DeferredModel):
    """Null is not known; where `usage_source` stands, tokens are as we count them. `latency_ms` of a version
    that failed is the time until that was known."""

    latency_ms: int | None
    prompt_tokens: int | None
    completion_tokens: int | None
    total_tokens: int | None
    cost_usd: Usd | None
    usage_source: LeftOut[UsageSource] = None

    @classmethod
    def of(cls, end: TargetEnded) -> "VersionMetrics":
        run = end.run
        usage = run.usage or Usage()
        return VersionMetrics(
            latency_ms=run.latency_ms if end.error is None else end.elapsed_ms,
            prompt_tokens=usage.input_tokens,
            completion_tokens=usage.output_tokens,
            total_tokens=usage.total_tokens,
            cost_usd=run.cost_usd,
            usage_source=if_estimated(run.usage_source),
        )


class VersionResult(DeferredModel):
    """A version's run; `error` is its message where it failed, with the rest as far as known. In a playground `scores`
    are those of its metrics, and `moderation` is there where a guard intervened."""

    version_id: str
    version_number: int
    output: str | None
    metrics: VersionMetrics
    error: str | None
    cut: LeftOut[dict[str, int]] = None
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
            output=run.output,
            metrics=VersionMetrics.of(end),
            error=end.error.message if end.error else None,
            cut=run.cut,
            scores=scores(run),
            moderation=moderation(run),
        )


class RunVersionsAnswer(DeferredModel):
    results: list[VersionResult]


class ComparisonRecord(DeferredModel):
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
            runs=records_within(comparison.runs),
        )
