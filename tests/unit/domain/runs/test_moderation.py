from itertools import product

import pytest

from promptyard.domain.errors import InvalidRequest
from promptyard.domain.runs.metrics.registry import METRICS
from promptyard.domain.runs.metrics.types import MetricResult, Score, ScoreKind
from promptyard.domain.runs.moderation import (
    Comparand,
    Comparator,
    Guard,
    GuardCondition,
    Intervention,
    decide,
    evaluate,
    validate,
)
from promptyard.domain.runs.run_metrics import Action

ORDER = {"greaterThan", "lessThan"}
EQUALITY = {"equals", "notEquals", "is", "isNot"}
MEMBERSHIP = {"matches", "doesNotMatch", "contains", "doesNotContain"}

COMPARANDS: dict[str, Comparand] = {"number": 0.5, "boolean": True, "text": "a", "list": ["a", "b"]}
SENSIBLE = {
    (ScoreKind.NUMBER, "number"): ORDER | EQUALITY,
    (ScoreKind.NUMBER, "boolean"): set(),
    (ScoreKind.NUMBER, "text"): set(),
    (ScoreKind.NUMBER, "list"): set(),
    (ScoreKind.BOOLEAN, "number"): ORDER | EQUALITY,
    (ScoreKind.BOOLEAN, "boolean"): EQUALITY,
    (ScoreKind.BOOLEAN, "text"): set(),
    (ScoreKind.BOOLEAN, "list"): set(),
    (ScoreKind.STRING, "number"): set(),
    (ScoreKind.STRING, "boolean"): set(),
    (ScoreKind.STRING, "text"): EQUALITY | MEMBERSHIP,
    (ScoreKind.STRING, "list"): MEMBERSHIP,
    (ScoreKind.STRINGS, "number"): set(),
    (ScoreKind.STRINGS, "boolean"): set(),
    (ScoreKind.STRINGS, "text"): MEMBERSHIP,
    (ScoreKind.STRINGS, "list"): EQUALITY | MEMBERSHIP,
}
SCORES: dict[ScoreKind, Score] = {
    ScoreKind.NUMBER: 0.7,
    ScoreKind.BOOLEAN: 1.0,
    ScoreKind.STRING: "a",
    ScoreKind.STRINGS: ["a"],
}


def test_the_table_has_every_comparator_and_every_pair_of_types() -> None:
    assert {comparator.value for comparator in Comparator} == ORDER | EQUALITY | MEMBERSHIP
    assert set(SENSIBLE) == set(product(ScoreKind, COMPARANDS))


@pytest.mark.parametrize("comparator", Comparator)
@pytest.mark.parametrize(("kind", "comparand"), SENSIBLE)
def test_what_makes_no_sense_is_refused_and_what_does_can_be_evaluated(
    kind: ScoreKind, comparand: str, comparator: Comparator
) -> None:
    condition = GuardCondition(COMPARANDS[comparand], comparator)
    if comparator in SENSIBLE[kind, comparand]:
        validate(condition, kind)
        assert evaluate(condition, SCORES[kind]) in (True, False)
    else:
        with pytest.raises(InvalidRequest) as caught:
            validate(condition, kind)
        assert caught.value.loc[:4] == ("body", "moderationConfiguration", "guardConditions", 0)
        assert caught.value.loc[4] == ("comparator" if SENSIBLE[kind, comparand] else "comparand")


@pytest.mark.parametrize(
    ("score", "comparator", "comparand", "met"),
    [
        # numbers
        (0.7, "greaterThan", 0.5, True),
        (0.5, "greaterThan", 0.5, False),
        (0.4, "greaterThan", 0.5, False),
        (3, "greaterThan", 2, True),
        (0.4, "lessThan", 0.5, True),
        (0.5, "lessThan", 0.5, False),
        (0.6, "lessThan", 0.5, False),
        (1, "equals", 1.0, True),
        (0.5, "equals", 0.6, False),
        (0.5, "notEquals", 0.6, True),
        (0.5, "notEquals", 0.5, False),
        (0.5, "is", 0.5, True),
        (0.5, "isNot", 0.5, False),
        # booleans, scored as numbers or as themselves
        (1.0, "is", True, True),
        (0.0, "is", True, False),
        (0.0, "is", False, True),
        (1.0, "isNot", True, False),
        (True, "equals", True, True),
        (False, "equals", True, False),
        (False, "notEquals", True, True),
        (1.0, "lessThan", 1, False),
        (0.0, "lessThan", 1, True),
        (True, "greaterThan", 0, True),
        # texts
        ("red", "equals", "red", True),
        ("red", "equals", "Red", False),
        ("red", "notEquals", "green", True),
        ("red", "is", "red", True),
        ("red", "isNot", "red", False),
        ("red", "matches", "red", True),
        ("red", "matches", "re", False),
        ("red", "matches", ["green", "red"], True),
        ("red", "matches", ["green", "blue"], False),
        ("red", "doesNotMatch", ["green", "blue"], True),
        ("red", "doesNotMatch", ["red"], False),
        ("infrared", "contains", "red", True),
        ("infrared", "contains", ["red", "infra"], True),
        ("infrared", "contains", ["red", "blue"], False),
        ("infrared", "doesNotContain", ["red", "blue"], True),
        ("infrared", "doesNotContain", "red", False),
        ("a.c", "contains", "a.c", True),
        ("abc", "contains", "a.c", False),
        # lists
        (["a", "b"], "equals", ["a", "b"], True),
        (["a", "b"], "equals", ["b", "a"], False),
        (["a", "b"], "notEquals", ["b", "a"], True),
        (["a", "b"], "is", ["a", "b"], True),
        (["a", "b"], "isNot", ["a"], True),
        (["a", "b"], "matches", "b", True),
        (["a", "b"], "matches", ["b", "c"], True),
        (["a", "b"], "matches", ["c"], False),
        (["a", "b"], "doesNotMatch", ["c"], True),
        (["a", "b"], "contains", "a", True),
        (["ab"], "contains", "a", False),
        (["a", "b"], "contains", ["a", "b"], True),
        (["a", "b"], "contains", ["a", "c"], False),
        (["a", "b"], "doesNotContain", ["a", "c"], True),
        ([], "matches", "a", False),
        ([], "doesNotContain", "a", True),
    ],
)
def test_every_comparator(score: Score, comparator: str, comparand: Comparand, met: bool) -> None:
    assert evaluate(GuardCondition(comparand, Comparator(comparator)), score) is met


@pytest.mark.parametrize(
    ("score", "comparator", "comparand"),
    [("a", "greaterThan", 1), (1, "contains", "1"), (1, "equals", "1"), ("a", "equals", ["a"]), (1, "matches", 1)],
)
def test_what_validation_refuses_does_not_pass_for_unmet(score: Score, comparator: str, comparand: Comparand) -> None:
    with pytest.raises(ValueError, match="does not compare"):
        evaluate(GuardCondition(comparand, Comparator(comparator)), score)


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_a_number_must_be_one_that_scores_can_reach(number: float) -> None:
    with pytest.raises(InvalidRequest, match="finite"):
        validate(GuardCondition(number, Comparator.GREATER_THAN), ScoreKind.NUMBER)


@pytest.mark.parametrize("comparand", ["", [], ["a", ""]])
@pytest.mark.parametrize("comparator", ["matches", "doesNotMatch", "contains", "doesNotContain"])
def test_a_condition_that_always_holds_is_refused(comparand: Comparand, comparator: str) -> None:
    with pytest.raises(InvalidRequest, match="at least one text"):
        validate(GuardCondition(comparand, Comparator(comparator)), ScoreKind.STRING)


@pytest.mark.parametrize(("name", "allowed"), [("latency", False), ("exact_match", True), ("pii_violation", False)])
def test_true_and_false_are_for_metrics_that_are_one_or_the_other(name: str, allowed: bool) -> None:
    condition = GuardCondition(True, Comparator.IS)
    if allowed:
        validate(condition, METRICS[name].kind)
    else:
        with pytest.raises(InvalidRequest):
            validate(condition, METRICS[name].kind)


def guard(configuration: str, action: str, above: float = 0, metric: str = "pii_violation") -> Guard:
    intervention = Intervention(Action(action), f"message of {configuration}")
    return Guard(configuration, metric, GuardCondition(above, Comparator.GREATER_THAN), intervention)


@pytest.mark.parametrize(
    ("action", "blocks", "reports"),
    [("block", True, False), ("report", False, True), ("reportAndBlock", True, True)],
)
def test_an_action_does_what_it_says(action: str, blocks: bool, reports: bool) -> None:
    decision = decide([guard("one", action)], {"one": MetricResult("pii_violation", 2)})
    assert (decision.blocked_by is not None) is blocks
    assert bool(decision.reports) is reports
    [trigger] = decision.triggers
    assert (trigger.guard.configuration_id, trigger.score) == ("one", 2)


def test_a_condition_that_is_not_met_does_nothing() -> None:
    decision = decide([guard("one", "reportAndBlock", above=2)], {"one": MetricResult("pii_violation", 2)})
    assert (decision.triggers, decision.blocked_by, decision.reports, decision.unchecked) == ((), None, (), ())


def test_the_first_guard_that_blocks_gives_the_message_and_all_are_reported() -> None:
    guards = [guard("a", "report"), guard("b", "reportAndBlock"), guard("c", "block"), guard("d", "report", above=9)]
    decision = decide(guards, {name: MetricResult("pii_violation", 1) for name in "abcd"})
    assert decision.blocked_by is not None
    assert decision.blocked_by.guard.intervention.message == "message of b"
    assert [trigger.guard.configuration_id for trigger in decision.reports] == ["a", "b"]
    assert [trigger.guard.configuration_id for trigger in decision.triggers] == ["a", "b", "c"]


def test_two_configurations_of_one_metric_are_told_apart() -> None:
    guards = [guard("strict", "block", above=0), guard("lax", "report", above=5)]
    results = {"strict": MetricResult("pii_violation", 1), "lax": MetricResult("pii_violation", 7)}
    assert [trigger.score for trigger in decide(guards, results).triggers] == [1, 7]


def test_a_guard_whose_metric_has_no_score_is_named_as_unchecked() -> None:
    guards = [guard("failed", "block"), guard("skipped", "block"), guard("later", "block")]
    results = {
        "failed": MetricResult.failed("pii_violation", "why"),
        "skipped": MetricResult.skipped("pii_violation", "why"),
    }
    decision = decide(guards, results)
    assert decision.blocked_by is None
    assert [unchecked.configuration_id for unchecked in decision.unchecked] == ["failed", "skipped"]


@pytest.mark.parametrize("action", ["block", "reportAndBlock"])
def test_what_keeps_itself_from_being_scored_does_not_get_past_a_guard_that_blocks(action: str) -> None:
    results = {"one": MetricResult.failed("pii_violation", "why", inconclusive=True)}
    decision = decide([guard("one", action)], results)
    assert decision.blocked_by is not None
    assert (decision.blocked_by.score, decision.unchecked) == (None, ())
    reporting = decide([guard("one", "report")], results)
    assert (reporting.triggers, len(reporting.unchecked)) == ((), 1)


def test_a_count_that_may_be_too_low_is_enough_to_block() -> None:
    results = {"one": MetricResult("pii_violation", 2, inconclusive=True)}
    scores = [trigger.score for above in (1, 2) for trigger in decide([guard("one", "block", above)], results).triggers]
    assert scores == [2, None]
    decision = decide([guard("one", "report", above=2)], results)
    assert (decision.triggers, decision.unchecked) == ((), ()), "it was scored"
