"""What a judge may cost at most, before it is asked."""

from datetime import datetime
from decimal import Decimal

from promptyard.domain.models.catalogue import ModelInfo
from promptyard.domain.models.estimates import DEFAULT_MAX_OUTPUT_TOKENS, input_tokens_bound
from promptyard.domain.models.pricing import cost_bound_usd
from promptyard.domain.models.targets import Parameters
from promptyard.domain.runs.metrics.judge import RESPONSE_FORMAT, judge_messages, judge_prompt
from promptyard.domain.runs.metrics.types import MetricInput

ANSWER_BYTES = 6
"""Of a token of an answer that there is not yet, as the judge is shown it, and its tokens are no longer than bytes."""
ANSWER_MARGIN = 1_000
"""Tokens of a short answer that has more bytes than that."""


def judge_bound_usd(
    metric: str, material: MetricInput, judge: ModelInfo | None, at: datetime, *, answer_tokens: int | None = None
) -> Decimal | None:
    """Of scoring it once, by what the judge is shown. `answer_tokens`: the material has no answer yet, and it will have
    at most so many. None where the judge's price is not known. A judge is shown no more than its context holds."""
    messages = judge_messages(judge_prompt(metric), material)
    tokens = input_tokens_bound(messages, Parameters(response_format=RESPONSE_FORMAT))
    if answer_tokens is not None:
        tokens += answer_tokens * ANSWER_BYTES + ANSWER_MARGIN
    if judge is None:
        return None
    if judge.context_window is not None:
        tokens = min(tokens, judge.context_window)
    return cost_bound_usd(judge, tokens, judge.max_output_tokens or DEFAULT_MAX_OUTPUT_TOKENS, at)
