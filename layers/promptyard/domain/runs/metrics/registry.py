"""The table of metrics. A new one is a function and a row."""

from promptyard.domain.runs.metrics.citations import citations
from promptyard.domain.runs.metrics.counts import all_tokens, document_tokens, latency, prompt_tokens, response_tokens
from promptyard.domain.runs.metrics.pii.metric import pii_violation
from promptyard.domain.runs.metrics.reference import exact_match, rouge_1
from promptyard.domain.runs.metrics.types import Metric, MetricInput, MetricResult, Need, ScoreKind, Side

_RESPONSE = Side.RESPONSE
_TEXT = frozenset({Need.TEXT})
_REFERENCE = frozenset({Need.OUTPUT, Need.REFERENCE})
_DOCUMENTS = frozenset({Need.OUTPUT, Need.DOCUMENTS})

_ROWS = (
    Metric("latency", _RESPONSE, latency),
    Metric("prompt_tokens", _RESPONSE, prompt_tokens),
    Metric("response_tokens", _RESPONSE, response_tokens),
    Metric("document_tokens", _RESPONSE, document_tokens, needs=frozenset({Need.DOCUMENTS})),
    Metric("all_tokens", _RESPONSE, all_tokens),
    Metric("exact_match", _RESPONSE, exact_match, kind=ScoreKind.BOOLEAN, needs=_REFERENCE),
    Metric("rouge_1", _RESPONSE, rouge_1, needs=_REFERENCE),
    Metric("citations", _RESPONSE, citations, needs=_DOCUMENTS),
    Metric("faithfulness", _RESPONSE, judge="faithfulness", needs=_DOCUMENTS),
    Metric("correctness", _RESPONSE, judge="correctness", needs=_REFERENCE),
    Metric("pii_violation", Side.BOTH, pii_violation, needs=_TEXT, windowed=True),
    Metric("toxicity_violation", Side.BOTH, judge="toxicity_violation", needs=_TEXT),
    Metric("jailbreak_violation", Side.BOTH, judge="jailbreak_violation", needs=_TEXT),
)

METRICS: dict[str, Metric] = {metric.name: metric for metric in _ROWS}


def missing(metric: Metric, run: MetricInput) -> MetricResult | None:
    """The result of a metric for which the run lacks something, None where it lacks nothing."""
    for need, present, message in (
        (Need.OUTPUT, run.output is not None, "The run has no answer."),
        (Need.REFERENCE, run.reference is not None, "The run has no reference to compare the answer with."),
        (Need.DOCUMENTS, bool(run.documents), "The run has no documents."),
        (Need.TEXT, run.prompt is not None or run.output is not None, "The run has neither a prompt nor an answer."),
    ):
        if need in metric.needs and not present:
            return MetricResult.skipped(metric.name, message)
    return None


def compute(name: str, run: MetricInput) -> MetricResult:
    """One metric of a run; for the ones without a judge. Raises KeyError for a name that is not in the table."""
    metric = METRICS[name]
    if metric.compute is None:
        return MetricResult.failed(name, "This metric is scored by a judge.")
    return missing(metric, run) or metric.compute(run)
