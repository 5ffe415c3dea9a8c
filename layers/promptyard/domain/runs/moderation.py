"""Moderation: when a metric's score calls for an intervention, and what the interventions of a run come to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import isfinite

from promptyard.domain.errors import InvalidRequest
from promptyard.domain.runs.metrics.types import MetricResult, Score, ScoreKind
from promptyard.domain.runs.run_metrics import Action, MetricStatus

Comparand = float | str | bool | list[str]


class Comparator(StrEnum):
    GREATER_THAN = "greaterThan"
    LESS_THAN = "lessThan"
    EQUALS = "equals"
    NOT_EQUALS = "notEquals"
    IS = "is"
    IS_NOT = "isNot"
    MATCHES = "matches"
    DOES_NOT_MATCH = "doesNotMatch"
    CONTAINS = "contains"
    DOES_NOT_CONTAIN = "doesNotContain"


@dataclass(frozen=True, slots=True)
class GuardCondition:
    comparand: Comparand
    comparator: Comparator


@dataclass(frozen=True, slots=True)
class Intervention:
    action: Action
    message: str
    """What the caller gets instead of an answer that is blocked."""


@dataclass(frozen=True, slots=True)
class Guard:
    """The moderation part of a metric configuration."""

    configuration_id: str
    metric: str
    condition: GuardCondition
    intervention: Intervention


@dataclass(frozen=True, slots=True)
class Trigger:
    """A guard whose condition was met, by which score; None where nobody can say that it was not."""

    guard: Guard
    score: Score | None


@dataclass(frozen=True, slots=True)
class Decision:
    triggers: tuple[Trigger, ...] = ()
    """In the order of the guards."""
    unchecked: tuple[Guard, ...] = ()
    """Guards that could not be checked, for their metric has no score. They neither block nor report, but where what
    was looked at may itself have kept them from being checked: then those that block do. Or whoever wants to get past a
    guard would only have to confuse it."""

    @property
    def blocked_by(self) -> Trigger | None:
        """The first guard that blocks: its message is the one the caller gets."""
        return next((trigger for trigger in self.triggers if trigger.guard.intervention.action.blocks), None)

    @property
    def reports(self) -> tuple[Trigger, ...]:
        return tuple(trigger for trigger in self.triggers if trigger.guard.intervention.action.reports)


def decide(guards: Sequence[Guard], results: Mapping[str, MetricResult]) -> Decision:
    """What the guards make of a run's metrics. `results` is by the guard's configuration id; a guard without a result,
    as one that is checked at another time, is passed over."""
    triggers, unchecked = [], []
    for guard in guards:
        result = results.get(guard.configuration_id)
        if result is None:
            continue
        score = result.score if result.status is MetricStatus.COMPLETED else None
        if score is not None and evaluate(guard.condition, score):
            triggers.append(Trigger(guard, score))
        elif result.inconclusive and guard.intervention.action.blocks:
            triggers.append(Trigger(guard, None))
        elif score is None:
            unchecked.append(guard)
    return Decision(tuple(triggers), tuple(unchecked))


_NEGATIONS = {
    Comparator.NOT_EQUALS: Comparator.EQUALS,
    Comparator.IS_NOT: Comparator.IS,
    Comparator.DOES_NOT_MATCH: Comparator.MATCHES,
    Comparator.DOES_NOT_CONTAIN: Comparator.CONTAINS,
}


def evaluate(condition: GuardCondition, score: Score) -> bool:
    """Whether the condition is met.

    - greaterThan, lessThan compare numbers.
    - equals and is are the same: the score is the comparand; lists have the same items in the same order.
    - matches: the score, or one item of a list, is the comparand or one of its items.
    - contains: the comparand, or each of its items, is a part of the text, or an item of the list.
    - notEquals, isNot, doesNotMatch, doesNotContain are the opposites.

    Texts are compared as they are, upper and lower case apart. A boolean metric's score is 1 or 0, or true or false.
    Raises ValueError for a pair of types that `validate` does not let through.
    """
    positive = _NEGATIONS.get(condition.comparator)
    if positive:
        return not _holds(positive, condition.comparand, score)
    return _holds(condition.comparator, condition.comparand, score)


def _holds(comparator: Comparator, comparand: Comparand, score: Score) -> bool:
    match comparator, score, comparand:
        case Comparator.GREATER_THAN, int() | float(), int() | float():
            return score > comparand
        case Comparator.LESS_THAN, int() | float(), int() | float():
            return score < comparand
        case Comparator.EQUALS | Comparator.IS, _, _ if _comparable(score, comparand):
            return score == comparand
        case Comparator.MATCHES, str() | list(), str() | list():
            return not set(_items(score)).isdisjoint(_items(comparand))
        case Comparator.CONTAINS, str() | list(), str() | list():
            return all(item in score for item in _items(comparand))
    raise ValueError(f"{comparator} does not compare {type(score).__name__} with {type(comparand).__name__}")


def _comparable(score: Score, comparand: Comparand) -> bool:
    return any(
        isinstance(score, kind) and isinstance(comparand, kind) for kind in (int | float, str, list)
    )  # a bool is an int


def _items(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


_ORDER = frozenset({Comparator.GREATER_THAN, Comparator.LESS_THAN})
_EQUALITY = frozenset({Comparator.EQUALS, Comparator.NOT_EQUALS, Comparator.IS, Comparator.IS_NOT})
_MEMBERSHIP = frozenset(
    {Comparator.MATCHES, Comparator.DOES_NOT_MATCH, Comparator.CONTAINS, Comparator.DOES_NOT_CONTAIN}
)
_ALLOWED: dict[ScoreKind, dict[str, frozenset[Comparator]]] = {
    # kind of score: type of comparand: comparators
    ScoreKind.NUMBER: {"a number": _ORDER | _EQUALITY},
    ScoreKind.BOOLEAN: {"true or false": _EQUALITY, "a number": _ORDER | _EQUALITY},
    ScoreKind.STRING: {"a text": _EQUALITY | _MEMBERSHIP, "a list of texts": _MEMBERSHIP},
    ScoreKind.STRINGS: {"a text": _MEMBERSHIP, "a list of texts": _EQUALITY | _MEMBERSHIP},
}


def validate(condition: GuardCondition, kind: ScoreKind) -> None:
    """Refuse a condition that could not be checked against a score of this kind, or that would hold always or never.

    Raises InvalidRequest with the place of the field at fault.
    """
    comparators = _ALLOWED[kind]
    described = _describe(condition.comparand)
    if described not in comparators:
        raise _refusal("comparand", f"a score that is a {kind} cannot be compared with {described}")
    if condition.comparator not in comparators[described]:
        raise _refusal("comparator", f"{condition.comparator} does not compare a {kind} with {described}")
    if isinstance(condition.comparand, float) and not isfinite(condition.comparand):
        raise _refusal("comparand", "must be finite")
    if condition.comparator in _MEMBERSHIP and not _only_real_items(condition.comparand):
        raise _refusal("comparand", "must hold at least one text, and none that is empty")


def _describe(comparand: Comparand) -> str:
    match comparand:
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "a text"
        case _:
            return "a list of texts"


def _only_real_items(comparand: Comparand) -> bool:
    return isinstance(comparand, str | list) and bool(comparand) and all(_items(comparand))


def _refusal(field: str, message: str) -> InvalidRequest:
    return InvalidRequest(
        message, loc=("body", "moderationConfiguration", "guardConditions", 0, field), kind="guard_condition"
    )
