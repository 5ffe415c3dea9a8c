"""The answer of `/v1/playground/compare`."""

from dataclasses import dataclass
from decimal import Decimal

from promptyard.api.answers.fields import LeftOut, Usd
from promptyard.api.answers.judgements import MetricScore, ModerationOutcome, moderation, scores
from promptyard.domain.deferred import DeferredModel
from promptyard.domain.models.usage import Usage, UsageSource
from promptyard.domain.prompts.compression import RULES_VERSION, Intensity, savings_percent
from promptyard.domain.runs.comparisons import Outcome, outcome
from promptyard.services.runs.comparisons import TargetEnded


@dataclass(frozen=True, slots=True)
class _Arm:
    response: str
    tokens: int | None
    error: str | None
    ms: int
    input_tokens: int | None
    cost_usd: Decimal | None
    ttft_ms: int | None
    usage_source: UsageSource
    scores: list[MetricScore] | None
    moderation: ModerationOutcome | None

    @classmethod
    def of(cls, end: TargetEnded) -> "_Arm":
        run = end.run
        usage = run.usage or Usage()
        output_tokens = usage.output_tokens
        if output_tokens is None and end.error is not None and not run.output:
            output_tokens = 0
        return _Arm(
            response=run.output or "",
            tokens=output_tokens,
            error=end.error.message if end.error else None,
            ms=end.elapsed_ms if end.error is not None or run.latency_ms is None else run.latency_ms,
            input_tokens=usage.input_tokens,
            cost_usd=run.cost_usd,
            ttft_ms=run.ttft_ms,
            usage_source=run.usage_source,
            scores=scores(run),
            moderation=moderation(run),
        )


class CompressionAnswer(DeferredModel):
    """Both arms. Durations in milliseconds (of a failed arm all the time that it took), money in US dollars, tokens as
    the provider reports them, else as we count them (`…_usage_source` is `estimated`); a number that is not known is
    null. A failed arm has an error, and 0 output tokens unless some came. In a playground there are
    also the scores of its metrics, and what a guard made of an arm."""

    normal_response: str
    """The text of the raw prompt's answer. Empty where it failed."""
    normal_tokens: int | None
    """Output tokens of the raw prompt's answer. Null where they are not known."""
    normal_error: str | None
    """Why the raw prompt's run failed, in a sentence. Null where it did not."""
    normal_ms: int
    """Milliseconds of the raw prompt's run; all the time that it took where it failed."""
    mintoken_response: str
    """The text of the answer under the compression rules. Empty where it failed."""
    mintoken_tokens: int | None
    """Output tokens of the answer under the rules. Null where they are not known."""
    mintoken_error: str | None
    """Why the run under the rules failed, in a sentence. Null where it did not."""
    mintoken_ms: int
    """Milliseconds of the run under the rules; all the time that it took where it failed."""
    savings_percent: float | None
    """Output tokens that the rules save, in percent of the raw prompt's, negative where they take more; 0 where an arm
    returned nothing. Null where the tokens are not known."""
    intensity: Intensity
    """How terse the rules make the model: `lite`, `full` or `ultra`."""
    normal_input_tokens: int | None
    """Input tokens of the raw prompt. Null where they are not known."""
    mintoken_input_tokens: int | None
    """Input tokens of the prompt with the rules. Null where they are not known."""
    normal_cost_usd: Usd | None
    """What the raw prompt's run costs, in US dollars. Null where that is not known."""
    mintoken_cost_usd: Usd | None
    """What the run under the rules costs, in US dollars. Null where that is not known."""
    savings_cost_percent: float | None
    """What the rules save of the whole cost, their own input tokens counted, in percent; negative where they cost more.
    Null where a cost is not known."""
    normal_ttft_ms: int | None
    """Milliseconds to the first of the raw prompt's answer. Null where nothing came."""
    mintoken_ttft_ms: int | None
    """Milliseconds to the first of the answer under the rules. Null where nothing came."""
    normal_usage_source: UsageSource
    """Whose the raw prompt's tokens are: `reported`, `estimated` or `unknown`."""
    mintoken_usage_source: UsageSource
    """Whose the tokens under the rules are: `reported`, `estimated` or `unknown`."""
    outcome: Outcome
    """`clean` where both arms have output tokens, `broken` where none has, else `partial`."""
    rules_version: str
    """The version of the compression rules."""
    comparison_id: str
    """The id under which the two runs are found together."""
    normal_scores: LeftOut[list[MetricScore]] = None
    """The scores of the playground's metrics for the raw prompt's answer. Left out where there are none."""
    normal_moderation: LeftOut[ModerationOutcome] = None
    """The guard that intervened on the raw prompt. Left out where none did."""
    mintoken_scores: LeftOut[list[MetricScore]] = None
    """The scores of the playground's metrics for the answer under the rules. Left out where there are none."""
    mintoken_moderation: LeftOut[ModerationOutcome] = None
    """The guard that intervened under the rules. Left out where none did."""

    @classmethod
    def of(
        cls, comparison_id: str, intensity: Intensity, normal: TargetEnded, compressed: TargetEnded
    ) -> "CompressionAnswer":
        raw, terse = _Arm.of(normal), _Arm.of(compressed)
        return CompressionAnswer(
            normal_response=raw.response,
            normal_tokens=raw.tokens,
            normal_error=raw.error,
            normal_ms=raw.ms,
            mintoken_response=terse.response,
            mintoken_tokens=terse.tokens,
            mintoken_error=terse.error,
            mintoken_ms=terse.ms,
            savings_percent=savings_percent(raw.tokens, terse.tokens),
            intensity=intensity,
            normal_input_tokens=raw.input_tokens,
            mintoken_input_tokens=terse.input_tokens,
            normal_cost_usd=raw.cost_usd,
            mintoken_cost_usd=terse.cost_usd,
            savings_cost_percent=savings_percent(_number(raw.cost_usd), _number(terse.cost_usd)),
            normal_ttft_ms=raw.ttft_ms,
            mintoken_ttft_ms=terse.ttft_ms,
            normal_usage_source=raw.usage_source,
            mintoken_usage_source=terse.usage_source,
            outcome=outcome([normal.run, compressed.run]),
            rules_version=RULES_VERSION,
            comparison_id=comparison_id,
            normal_scores=raw.scores,
            normal_moderation=raw.moderation,
            mintoken_scores=terse.scores,
            mintoken_moderation=terse.moderation,
        )


def _number(usd: Decimal | None) -> float | None:
    return None if usd is None else float(usd)
