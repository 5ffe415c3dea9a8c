"""What holds between comparators, whatever is compared."""

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from promptyard.domain.errors import InvalidRequest
from promptyard.domain.runs.metrics.types import ScoreKind
from promptyard.domain.runs.moderation import Comparator, GuardCondition, evaluate, validate

TEXTS = st.text(alphabet="aAb\u00e9 ", max_size=3)
LISTS = st.lists(TEXTS, max_size=3)
NUMBERS = st.integers(-3, 3) | st.floats(allow_nan=False)
SCORES: dict[ScoreKind, st.SearchStrategy[Any]] = {
    ScoreKind.NUMBER: NUMBERS,
    ScoreKind.BOOLEAN: st.sampled_from([0, 1, 0.0, 1.0, True, False]),
    ScoreKind.STRING: TEXTS,
    ScoreKind.STRINGS: LISTS,
}
COMPARANDS = NUMBERS | st.just(float("nan")) | st.booleans() | TEXTS | LISTS
OPPOSITES = {
    Comparator.EQUALS: Comparator.NOT_EQUALS,
    Comparator.IS: Comparator.IS_NOT,
    Comparator.MATCHES: Comparator.DOES_NOT_MATCH,
    Comparator.CONTAINS: Comparator.DOES_NOT_CONTAIN,
}
LIKELY: dict[ScoreKind, st.SearchStrategy[Any]] = {
    ScoreKind.NUMBER: NUMBERS,
    ScoreKind.BOOLEAN: st.booleans(),
    ScoreKind.STRING: TEXTS,
    ScoreKind.STRINGS: TEXTS | LISTS,
}
"""What such a score is compared with as a rule: nearly all of what may be drawn is let through by no comparator."""
COMPARED = st.sampled_from(list(SCORES)).flatmap(
    lambda kind: st.tuples(
        st.just(kind), SCORES[kind], st.integers(0, 5).flatmap(lambda odd: LIKELY[kind] if odd else COMPARANDS)
    )
)


def met(comparator: Comparator, score: Any, comparand: Any) -> bool:
    return evaluate(GuardCondition(comparand, comparator), score)


def is_valid(comparator: Comparator, comparand: Any, kind: ScoreKind) -> bool:
    try:
        validate(GuardCondition(comparand, comparator), kind)
    except InvalidRequest:
        return False
    return True


@given(COMPARED, st.sampled_from(Comparator))
def test_what_is_let_through_is_compared(compared: tuple[ScoreKind, Any, Any], comparator: Comparator) -> None:
    kind, score, comparand = compared
    assume(is_valid(comparator, comparand, kind))
    assert met(comparator, score, comparand) in {True, False}


@given(COMPARED, st.sampled_from(sorted(OPPOSITES)))
def test_of_opposites_one_is_met(compared: tuple[ScoreKind, Any, Any], comparator: Comparator) -> None:
    kind, score, comparand = compared
    opposite = OPPOSITES[comparator]
    assert is_valid(comparator, comparand, kind) is is_valid(opposite, comparand, kind)
    assume(is_valid(comparator, comparand, kind))
    assert met(comparator, score, comparand) is not met(opposite, score, comparand)


@given(COMPARED)
def test_equals_and_is_are_the_same(compared: tuple[ScoreKind, Any, Any]) -> None:
    kind, score, comparand = compared
    assume(is_valid(Comparator.EQUALS, comparand, kind))
    assert met(Comparator.EQUALS, score, comparand) is met(Comparator.IS, score, comparand)


@given(NUMBERS, NUMBERS)
def test_a_number_is_less_or_equal_or_greater(score: float, comparand: float) -> None:
    ways = [met(one, score, comparand) for one in (Comparator.LESS_THAN, Comparator.EQUALS, Comparator.GREATER_THAN)]
    assert ways.count(True) == 1
    assert met(Comparator.LESS_THAN, score, comparand) is met(Comparator.GREATER_THAN, comparand, score)


@given(TEXTS | LISTS, LISTS.filter(bool), LISTS)
def test_each_item_more_is_matched_more_and_contained_less(score: Any, items: list[str], more: list[str]) -> None:
    assert met(Comparator.MATCHES, score, items) is any(met(Comparator.MATCHES, score, item) for item in items)
    assert met(Comparator.CONTAINS, score, items) is all(met(Comparator.CONTAINS, score, item) for item in items)
    if met(Comparator.MATCHES, score, items):
        assert met(Comparator.MATCHES, score, items + more)
    if not met(Comparator.CONTAINS, score, items):
        assert not met(Comparator.CONTAINS, score, items + more)


@given(TEXTS | LISTS, LISTS.filter(bool), st.randoms(use_true_random=False))
def test_the_order_of_a_list_is_none_for_members(score: Any, items: list[str], random: Any) -> None:
    shuffled = random.sample(items, len(items)) + items[:1]
    for comparator in (Comparator.MATCHES, Comparator.CONTAINS):
        assert met(comparator, score, items) is met(comparator, score, shuffled)


@given(TEXTS, TEXTS)
def test_a_text_is_compared_as_it_is(score: str, comparand: str) -> None:
    assert met(Comparator.EQUALS, score, comparand) is (score == comparand)
    assert met(Comparator.MATCHES, score, comparand) is (score == comparand)
    assert met(Comparator.CONTAINS, score, comparand) is (comparand in score)
    assert met(Comparator.MATCHES, [score, "z"], comparand) is (comparand in {score, "z"})


@given(st.sampled_from(list(ScoreKind)), COMPARANDS)
def test_what_would_hold_always_or_never_is_refused(kind: ScoreKind, comparand: Any) -> None:
    for comparator in (Comparator.MATCHES, Comparator.CONTAINS):
        if comparand in ("", []) or (isinstance(comparand, list) and "" in comparand):
            assert not is_valid(comparator, comparand, kind)


def test_no_number_that_is_none_is_taken() -> None:
    for number in (float("nan"), float("inf"), float("-inf")):
        for comparator in Comparator:
            with pytest.raises(InvalidRequest):
                validate(GuardCondition(number, comparator), ScoreKind.NUMBER)
