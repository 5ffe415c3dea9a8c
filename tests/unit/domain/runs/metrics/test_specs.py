from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptyard.domain.errors import InvalidRequest
from promptyard.domain.runs.metrics.registry import METRICS
from promptyard.domain.runs.metrics.spec import MetricSpec
from promptyard.domain.runs.metrics.specs import (
    SpecScore,
    check_spec,
    check_specs,
    combined,
    is_measure,
    outcome,
    values_for,
)
from promptyard.domain.runs.metrics.types import Unscored, ValueForm

SAMPLES: dict[ValueForm, Any] = {
    ValueForm.TEXT: "a",
    ValueForm.JSON: {"a": [1]},
    ValueForm.TEXTS: ["a", 1],
    ValueForm.REFERENCES: ["a", "b"],
    ValueForm.PATTERN: "^a",
    ValueForm.SCHEMA: {"type": "object"},
    ValueForm.WORDS: {"min": 1},
    ValueForm.RUBRIC: "Is it short?",
}


def spec_of(metric: str, **fields: Any) -> MetricSpec:
    return MetricSpec.model_validate({"metric": metric, **fields})


def whole_spec(name: str, **fields: Any) -> MetricSpec:
    """One that can be taken."""
    metric = METRICS[name]
    known = {"value": SAMPLES[metric.value]} if metric.value else {}
    return spec_of(name, **known | ({"judge": "demo/echo"} if metric.judge else {}) | fields)


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_is_taken_with_a_value_of_its_form(name: str) -> None:
    spec = whole_spec(name)
    check_spec(spec)
    assert MetricSpec.model_validate(spec.model_dump(mode="json")) == spec


@pytest.mark.parametrize("name", METRICS)
def test_what_is_turned_round_is_bounded_or_has_a_threshold(name: str) -> None:
    turned = whole_spec(name, **{"not": True})
    if is_measure(turned):
        with pytest.raises(InvalidRequest) as refused:
            check_spec(turned)
        assert refused.value.loc == ("body", "not")
    else:
        check_spec(turned)
    check_spec(turned.model_copy(update={"threshold": 0.5}))


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"metric": "vibes"}, "metric"),
        ({"metric": "contains", "value": ["a"]}, "value"),
        ({"metric": "contains", "value": ""}, "value"),
        ({"metric": "contains", "value": "{{1x}}"}, "value"),
        ({"metric": "contains_all", "value": []}, "value"),
        ({"metric": "contains_all", "value": '"a'}, "value"),
        ({"metric": "regex"}, "value"),
        ({"metric": "regex", "value": "(?=a)"}, "value"),
        ({"metric": "is_json", "value": {"type": "texts"}}, "value"),
        ({"metric": "is_json", "value": "a"}, "value"),
        ({"metric": "is_refusal", "value": "a"}, "value"),
        ({"metric": "latency", "value": 3}, "value"),
        ({"metric": "word_count", "value": {"min": 3, "max": 2}}, "value"),
        ({"metric": "word_count", "value": -1}, "value"),
        ({"metric": "equals", "value": "a" * 60_000}, "value"),
        ({"metric": "rubric", "judge": "demo/echo"}, "value"),
        ({"metric": "rubric", "value": "Short?"}, "judge"),
        ({"metric": "equals", "value": "a", "judge": "demo/echo"}, "judge"),
        ({"metric": "bleu", "threshold": 1.5}, "threshold"),
        ({"metric": "bleu", "threshold": float("nan")}, "threshold"),
        ({"metric": "cost", "threshold": -1}, "threshold"),
        ({"metric": "all_pass", "value": "a"}, "value"),
        ({"metric": "equals", "value": "a", "weight": float("inf")}, "weight"),
    ],
)
def test_what_could_never_be_computed_is_refused_with_its_place(fields: dict[str, Any], place: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        check_spec(spec_of(**fields))
    assert refused.value.loc == ("body", place)
    with pytest.raises(InvalidRequest) as refused:
        check_specs([spec_of("latency"), spec_of(**fields)])
    assert refused.value.loc == ("body", 1, place)


def test_a_label_stands_once() -> None:
    check_specs([spec_of("equals"), spec_of("equals", **{"not": True}), spec_of("equals", name="same")])
    with pytest.raises(InvalidRequest, match="stands twice: not_equals"):
        check_specs([spec_of("equals", **{"not": True}), spec_of("bleu", name="not_equals")])


def test_a_guardrail_stands_for_a_judge() -> None:
    check_spec(spec_of("toxicity_violation"), has_guardrail=True)
    with pytest.raises(InvalidRequest):
        check_spec(spec_of("faithfulness"), has_guardrail=True)


def test_values_are_filled_with_the_rows_variables() -> None:
    row = {"name": "Ada", "n": 3, "nothing": "", "list": [1]}
    assert values_for(spec_of("contains", value="{{ name }}{{n}}"), row, []) == ["Ada3"]
    assert values_for(spec_of("contains_any", value=["{{name}}", 7]), row, []) == [["Ada", 7]]
    assert values_for(spec_of("is_json", value={"const": "{{name}}"}), row, []) == [{"const": "{{name}}"}]
    for value in ("{{other}}", "{{nothing}}", "{{list}}"):
        with pytest.raises(Unscored):
            values_for(spec_of("contains", value=value), row, [])


def test_references_stand_for_a_value() -> None:
    assert values_for(spec_of("equals"), {}, ["a", "b"]) == ["a", "b"]
    assert values_for(spec_of("exact_match"), {}, ["a", "b"]) == ["a", "b"]
    assert values_for(spec_of("exact_match", value="c"), {}, ["a", "b"]) == ["c"]
    assert values_for(spec_of("contains_any"), {}, ["a", "b"]) == [["a", "b"]]
    assert values_for(spec_of("bleu"), {}, ["a", "b"]) == [["a", "b"]]
    assert values_for(spec_of("is_refusal"), {}, ["a"]) == [None]
    with pytest.raises(Unscored, match="no reference"):
        values_for(spec_of("equals"), {}, [])


@given(
    raws=st.lists(st.floats(0, 1), min_size=1, max_size=4), threshold=st.none() | st.floats(0, 1), turned=st.booleans()
)
def test_the_best_score_counts_then_the_threshold_then_the_turn(
    raws: list[float], threshold: float | None, turned: bool
) -> None:
    spec = spec_of("bleu", threshold=threshold, **{"not": turned})
    best = max(raws)
    score, passed, grade = outcome(spec, raws)
    assert grade == (1 - best if turned else best)
    if threshold is None:
        assert (score, passed) == (grade, None)
    else:
        assert passed is ((best >= threshold) is not turned)
        assert score == float(passed)


@given(raws=st.lists(st.integers(0, 9), min_size=1, max_size=4), threshold=st.integers(0, 9), turned=st.booleans())
def test_of_measures_less_is_better(raws: list[int], threshold: int, turned: bool) -> None:
    spec = spec_of("levenshtein_distance", threshold=threshold, **{"not": turned})
    passed = (min(raws) <= threshold) is not turned
    assert outcome(spec, raws) == (float(passed), passed, float(passed))
    assert outcome(spec_of("levenshtein_distance"), raws) == (min(raws), None, None)


def test_yes_or_no_passes_without_a_threshold() -> None:
    assert outcome(spec_of("contains"), [0.0, 1.0]) == (1, True, 1)
    assert outcome(spec_of("contains", **{"not": True}), [0.0, 1.0]) == (0, False, 0)
    assert outcome(spec_of("word_count", value=3), [1.0]) == (1, True, 1)
    assert outcome(spec_of("word_count"), [12.0]) == (12, None, None)


def scored(
    metric: str, passed: bool | None, weight: float = 1, grade: float | None = None
) -> tuple[MetricSpec, SpecScore]:
    score = None if passed is None else float(passed)
    return spec_of(metric, name=f"{metric}{weight}", weight=weight), SpecScore(
        f"{metric}{weight}", score, passed, grade=score if grade is None else grade
    )


def test_all_pass() -> None:
    yes, no, unknown = scored("equals", True), scored("equals", False), scored("equals", None)
    plain = spec_of("all_pass")
    assert combined(plain, [yes, scored("equals", False, weight=0)]).score == 1
    assert combined(plain, [yes, no, unknown]).score == 0
    assert combined(plain, [yes, unknown]).score is None
    assert combined(plain, []).score == 1
    assert combined(spec_of("all_pass", **{"not": True}), [yes]).score == 0


def test_all_pass_with_a_threshold_is_the_weighted_mean() -> None:
    some = [scored("equals", True, weight=3), scored("bleu", False, weight=1, grade=0.2)]
    assert combined(spec_of("all_pass", threshold=0.8), some).score == 1
    assert combined(spec_of("all_pass", threshold=0.81), some).score == 0
    assert combined(spec_of("all_pass", threshold=0.5), [*some, scored("regex", None)]).score is None
