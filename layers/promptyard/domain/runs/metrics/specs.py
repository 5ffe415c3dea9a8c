"""Metrics by `MetricSpec`: what may be asked for, what a spec's value is for one row, and what its score means."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import isfinite
from typing import Any

from promptyard.domain.errors import InvalidRequest, TooLarge
from promptyard.domain.prompts.templates import compile_text
from promptyard.domain.runs.metrics.guardrails import FILTERS
from promptyard.domain.runs.metrics.registry import METRICS
from promptyard.domain.runs.metrics.spec import MetricSpec
from promptyard.domain.runs.metrics.types import Metric, Need, ScoreKind, Unscored, ValueForm
from promptyard.domain.runs.metrics.values import fault_of

MAX_VALUE_BYTES = 50_000
"""Of a value as JSON."""


@dataclass(frozen=True, slots=True)
class SpecScore:
    """What a spec says of one run."""

    label: str
    score: float | None
    """With a threshold, and where the metric says yes or no, 1 or 0. None: it could not be computed."""
    passed: bool | None
    """None where it could not be computed, and where nothing says what passes."""
    reason: str | None = None
    """Why there is no score, or what the judge said."""
    grade: float | None = None
    """From 0 to 1, turned round where the metric is: the score before the threshold, where it is of that kind, else 1
    or 0 for passed or not."""
    judge_run_id: str | None = None
    judge_cost_usd: Decimal | None = None


def check_spec(spec: MetricSpec, *, has_guardrail: bool = False) -> None:
    """Refuse a metric that could never be computed. `has_guardrail`: the deployment has one that scores toxicity and
    jailbreaks in a judge's place. Whether the judge's model is there is not looked at.

    Raises InvalidRequest with the place within the spec, below `body`.
    """
    metric = METRICS.get(spec.metric)
    if metric is None:
        raise _refusal("metric", f"is none of {', '.join(METRICS)}", "unknown_metric")
    _check_value(metric, spec)
    _check_threshold(metric, spec)
    needs_judge = metric.judge is not None and not (has_guardrail and metric.name in FILTERS)
    if needs_judge and spec.judge is None:
        raise _refusal("judge", f"is missing: {metric.name} is scored by a model", "missing")
    if metric.judge is None and spec.judge is not None:
        raise _refusal("judge", f"is not taken by {metric.name}: no model scores it")


def check_specs(specs: Sequence[MetricSpec], *, has_guardrail: bool = False) -> None:
    """A list of them, none of whose labels stands twice. Raises as `check_spec`, below the spec's index."""
    labels: set[str] = set()
    for index, spec in enumerate(specs):
        try:
            check_spec(spec, has_guardrail=has_guardrail)
            if spec.label in labels:
                raise _refusal("name", f"stands twice: {spec.label}", "duplicate")
        except InvalidRequest as error:
            error.loc = ("body", index, *error.loc[1:])
            raise
        labels.add(spec.label)


def is_measure(spec: MetricSpec) -> bool:
    """Whether the score is a number without an upper bound, of which less is better."""
    metric = METRICS[spec.metric]
    return metric.lower_is_better and not (metric.value is ValueForm.WORDS and spec.value is not None)


def values_for(spec: MetricSpec, variables: Mapping[str, Any], references: Sequence[str]) -> list[Any]:
    """What the metric is computed with, once for each: the spec's value with the row's variables put in, or the row's
    references, or None alone for a metric that is measured with nothing. Raises Unscored."""
    metric = METRICS[spec.metric]
    if spec.value is not None:
        return [_filled(spec.value, variables)]
    if not metric.from_reference and Need.REFERENCE not in metric.needs:
        return [None]
    if not references:
        raise Unscored("The row has no reference to compare the answer with.")
    return [list(references)] if metric.value in {ValueForm.TEXTS, ValueForm.REFERENCES} else list(references)


def outcome(spec: MetricSpec, raws: Sequence[float]) -> tuple[float, bool | None, float | None]:
    """The score, whether it passes and the grade, of the metric's own scores: one for each value, of which the best
    counts. First the threshold is looked at, then the metric is turned round."""
    measure = is_measure(spec)
    raw = min(raws) if measure else max(raws)
    passed: bool | None = None
    if spec.threshold is not None:
        passed = raw <= spec.threshold if measure else raw >= spec.threshold
    elif says_yes_or_no(spec):
        passed = raw >= 1
    if passed is not None:
        passed = passed is not spec.negated
    turned = 1 - raw if spec.negated and not measure else raw
    decided = None if passed is None else float(passed)
    graded = not measure and not says_yes_or_no(spec)
    return (turned if decided is None else decided), passed, (turned if graded else decided)


def combined(spec: MetricSpec, others: Sequence[tuple[MetricSpec, SpecScore]]) -> SpecScore:
    """`all_pass`: whether all metrics of the row that pass or fail pass, those of weight 0 left out; with a threshold,
    whether their weighted mean reaches it. None where that hangs on one that could not be computed."""
    counted = [(one, score) for one, score in others if one.weight > 0]
    unknown = [score.label for _, score in counted if score.score is None]
    if spec.threshold is None:
        verdicts = [score.passed for _, score in counted if score.passed is not None]
        if unknown and all(verdicts):
            return _not_combined(spec, unknown)
        passed = all(verdicts)
    else:
        graded = [(one.weight, score.grade) for one, score in counted if score.grade is not None]
        weight = sum(each for each, _ in graded)
        if unknown:
            return _not_combined(spec, unknown)
        passed = (sum(each * grade for each, grade in graded) / weight if weight else 0.0) >= spec.threshold
    passed = passed is not spec.negated
    return SpecScore(spec.label, float(passed), passed, grade=float(passed))


def _not_combined(spec: MetricSpec, unknown: Sequence[str]) -> SpecScore:
    return SpecScore(spec.label, None, None, f"Not computed: {', '.join(unknown)}.")


def says_yes_or_no(spec: MetricSpec) -> bool:
    """Whether the metric itself scores 1 or 0, also without a threshold."""
    metric = METRICS[spec.metric]
    bounded = metric.value is ValueForm.WORDS and spec.value is not None
    return bounded or metric.kind is ScoreKind.BOOLEAN


def _check_value(metric: Metric, spec: MetricSpec) -> None:
    if spec.value is None:
        if metric.value is not None and not metric.value.optional and not metric.from_reference:
            raise _refusal("value", f"is missing: {metric.name} needs {metric.value}", "missing")
        return
    if metric.value is None and Need.REFERENCE not in metric.needs:
        raise _refusal("value", f"is not taken by {metric.name}")
    why = fault_of(metric.value or ValueForm.TEXT, spec.value, MAX_VALUE_BYTES)
    if why is not None:
        raise _refusal("value", why)


def _check_threshold(metric: Metric, spec: MetricSpec) -> None:
    if not isfinite(spec.weight):
        raise _refusal("weight", "must be finite")
    if spec.threshold is None:
        if spec.negated and is_measure(spec):
            raise _refusal(
                "not", f"needs a threshold: {metric.name} has no upper bound that it could be turned round at"
            )
        return
    if not isfinite(spec.threshold) or spec.threshold < 0:
        raise _refusal("threshold", "must be a number from 0 on")
    if spec.threshold > 1 and not is_measure(spec):
        raise _refusal("threshold", f"must be from 0 to 1, as the scores of {metric.name} are")


def _filled(value: Any, variables: Mapping[str, Any]) -> Any:
    if isinstance(value, list):
        return [_filled(item, variables) if isinstance(item, str) else item for item in value]
    if not isinstance(value, str) or "{{" not in value:
        return value
    try:
        filled = compile_text(value, variables)
    except (InvalidRequest, TooLarge) as error:
        raise Unscored(f"{error.message}.") from None
    if filled.text == "":
        raise Unscored("The value is empty once the row's variables are put in.")
    if filled.text is None:
        lacking = ", ".join([*filled.missing_variables, *filled.invalid_names])
        raise Unscored(f"The row has no variable for: {lacking}.")
    return filled.text


def _refusal(field: str, message: str, kind: str = "metric") -> InvalidRequest:
    return InvalidRequest(f"{field} {message}", loc=("body", field), kind=kind)
