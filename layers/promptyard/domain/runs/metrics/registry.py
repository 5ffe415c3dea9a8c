"""The table of metrics. A new one is a function and a row."""

from promptyard.domain.runs.metrics.checks import answers
from promptyard.domain.runs.metrics.citations import citations
from promptyard.domain.runs.metrics.counts import (
    all_tokens,
    cost,
    document_tokens,
    latency,
    prompt_tokens,
    response_tokens,
    ttft,
)
from promptyard.domain.runs.metrics.pii.metric import pii_violation
from promptyard.domain.runs.metrics.reference import exact_match, rouge_1
from promptyard.domain.runs.metrics.types import (
    Metric,
    MetricInput,
    MetricResult,
    Need,
    ScoreKind,
    Side,
    ValueForm,
)

_RESPONSE = Side.RESPONSE
_NOTHING: frozenset[Need] = frozenset()
_OUTPUT = frozenset({Need.OUTPUT})
_TEXT = frozenset({Need.TEXT})
_REFERENCE = frozenset({Need.OUTPUT, Need.REFERENCE})
_DOCUMENTS = frozenset({Need.OUTPUT, Need.DOCUMENTS})


def _pii_violation(run: MetricInput) -> MetricResult:
    from promptyard.domain.runs.metrics.pii.metric import pii_violation  # its patterns take long to compile

    return pii_violation(run)


_ROWS = (
    Metric("latency", _RESPONSE, latency, lower_is_better=True),
    Metric("prompt_tokens", _RESPONSE, prompt_tokens, lower_is_better=True),
    Metric("response_tokens", _RESPONSE, response_tokens, lower_is_better=True),
    Metric("document_tokens", _RESPONSE, document_tokens, needs=frozenset({Need.DOCUMENTS}), lower_is_better=True),
    Metric("all_tokens", _RESPONSE, all_tokens, lower_is_better=True),
    Metric("exact_match", _RESPONSE, exact_match, kind=ScoreKind.BOOLEAN, needs=_REFERENCE),
    Metric("rouge_1", _RESPONSE, rouge_1, needs=_REFERENCE),
    Metric("citations", _RESPONSE, citations, needs=_DOCUMENTS),
    Metric("faithfulness", _RESPONSE, judge="faithfulness", needs=_DOCUMENTS),
    Metric("correctness", _RESPONSE, judge="correctness", needs=_REFERENCE),
    Metric("pii_violation", Side.BOTH, pii_violation, needs=_TEXT, windowed=True),
    Metric("toxicity_violation", Side.BOTH, judge="toxicity_violation", needs=_TEXT),
    Metric("jailbreak_violation", Side.BOTH, judge="jailbreak_violation", needs=_TEXT),
)

# What benchmarks have beside them: most are measured with a value.


def _yes_or_no(
    name: str, value: ValueForm | None = None, *, from_reference: bool = False, needs: frozenset[Need] = _OUTPUT
) -> Metric:
    return Metric(
        name,
        _RESPONSE,
        measure=getattr(answers, name),
        kind=ScoreKind.BOOLEAN,
        needs=needs,
        value=value,
        from_reference=from_reference,
    )


def _graded(name: str, value: ValueForm = ValueForm.TEXT, *, lower_is_better: bool = False) -> Metric:
    return Metric(
        name,
        _RESPONSE,
        measure=getattr(answers, name),
        needs=_OUTPUT,
        value=value,
        from_reference=True,
        lower_is_better=lower_is_better,
    )


_BENCHMARK_ROWS = (
    Metric("ttft", _RESPONSE, ttft, lower_is_better=True),
    Metric("cost", _RESPONSE, cost, lower_is_better=True),
    _yes_or_no("equals", ValueForm.JSON, from_reference=True),
    _yes_or_no("contains", ValueForm.TEXT, from_reference=True),
    _yes_or_no("icontains", ValueForm.TEXT, from_reference=True),
    _yes_or_no("contains_all", ValueForm.TEXTS, from_reference=True),
    _yes_or_no("contains_any", ValueForm.TEXTS, from_reference=True),
    _yes_or_no("icontains_all", ValueForm.TEXTS, from_reference=True),
    _yes_or_no("icontains_any", ValueForm.TEXTS, from_reference=True),
    _yes_or_no("starts_with", ValueForm.TEXT, from_reference=True),
    _yes_or_no("regex", ValueForm.PATTERN),
    _yes_or_no("is_json", ValueForm.SCHEMA),
    _yes_or_no("contains_json", ValueForm.SCHEMA),
    _yes_or_no("is_refusal"),
    _yes_or_no("is_valid_tool_call", needs=_NOTHING),
    _yes_or_no("finish_reason", ValueForm.TEXT, needs=_NOTHING),
    _graded("levenshtein"),
    _graded("levenshtein_distance", lower_is_better=True),
    _graded("rouge_n"),
    _graded("bleu", ValueForm.REFERENCES),
    Metric(
        "word_count",
        _RESPONSE,
        measure=answers.word_count,
        needs=_OUTPUT,
        value=ValueForm.WORDS,
        lower_is_better=True,
    ),
    Metric("rubric", _RESPONSE, judge="rubric", needs=_OUTPUT, value=ValueForm.RUBRIC),
    Metric("imported", _RESPONSE, measure=answers.imported),
    Metric("all_pass", _RESPONSE, kind=ScoreKind.BOOLEAN, combines=True),
)

METRICS: dict[str, Metric] = {metric.name: metric for metric in (*_ROWS, *_BENCHMARK_ROWS)}
PLAYGROUND_METRICS = tuple(metric.name for metric in _ROWS)
"""What a playground can be given: what needs no more than a run."""


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
        how = "measured with a value" if metric.measure else "scored by a judge"
        return MetricResult.failed(name, f"This metric is {how}.")
    return missing(metric, run) or metric.compute(run)
