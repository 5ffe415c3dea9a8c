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
    """Always null: nothing was sent."""
    model_id: str
    """The caller's own id of the model, else `provider/model`."""
    latency_ms: int
    """Milliseconds until it was known that nothing would be sent."""
    tokens: None
    """Always null: nothing was sent."""
    cost_usd: None
    """Always null: nothing was sent, so there is no cost in US dollars."""
    error: str
    """Why it failed, in a sentence."""


class MultiRun(RunAnswer):
    """A model's run; `error` is its message where it failed, with `output`, `tokens` and `cost_usd` as far as known."""

    error: str | None  # type: ignore[assignment]  # the template playground's form
    """Why it failed, in a sentence. Null where it did not."""


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
    """Milliseconds from sending the request to the last token; of a run that failed all the time that it took. Null
    where that is not known."""
    prompt_tokens: int | None
    """Tokens of the prompt. Null where that is not known."""
    completion_tokens: int | None
    """Tokens of the answer. Null where that is not known."""
    total_tokens: int | None
    """Tokens of prompt and answer together. Null where either is not known."""
    cost_usd: Usd | None
    """What the provider charges, in US dollars. Null where that is not known."""
    usage_source: LeftOut[UsageSource] = None
    """`estimated` where the tokens are counted here. Left out where they are the provider's."""

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
    """The version's id."""
    version_number: int
    """The version's number, from 1."""
    output: str | None
    metrics: VersionMetrics
    """The run's time, tokens and cost."""
    error: str | None
    """Why it failed, in a sentence. Null where it did not."""
    cut: LeftOut[dict[str, int]] = None
    scores: LeftOut[list[MetricScore]] = None
    """The scores of the playground's metrics. Left out where the run's playground has none."""
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
    """A result for each version, in the order of the request."""


class ComparisonRecord(DeferredModel):
    """The runs of a comparison in their order, and the ids of the fastest, the cheapest and the longest of those
    that succeeded. `outcome` is `clean` when every run has output tokens, `broken` when none has, else `partial`;
    null while one is going on."""

    comparison_id: str
    """The comparison's id."""
    outcome: Outcome | None
    """`clean` where every run has output tokens, `broken` where none has, else `partial`. Null while one is going
    on."""
    fastest: str | None
    """The id of the run with the least `latency_ms` of those that succeeded. Null where none can be named."""
    cheapest: str | None
    """The id of the run with the least `cost_usd` of those that succeeded. Null where none can be named."""
    longest: str | None
    """The id of the run with the longest text, in characters, of those that succeeded. Null where none can be named."""
    runs: list[RunRecord]
    """The runs, in the order of the targets."""

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
