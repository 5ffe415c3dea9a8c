"""What a request's parameters have in common: which of them there are, and their expressions with what those use."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from promptyard_local.dynamodb.conditions import Given, Test
from promptyard_local.dynamodb.documents import Steps, chosen_parts, refuse_overlaps
from promptyard_local.dynamodb.expressions import Parsed, parsed
from promptyard_local.dynamodb.refusals import invalid, refused
from promptyard_local.dynamodb.updates import Update
from promptyard_local.dynamodb.values import Attributes, kept

Parameters = Mapping[str, Any]
PLACEHOLDERS = ("ExpressionAttributeNames", "ExpressionAttributeValues")
_SAYING_NOTHING = {"ReturnConsumedCapacity": "NONE", "ReturnItemCollectionMetrics": "NONE"}
"""Parameters that may be given with this value alone."""
CONDITION_FAILED = "ConditionalCheckFailedException"


def check_parameters(
    operation: str, given: Parameters, required: Collection[str], optional: Collection[str] = ()
) -> None:
    """Raises ValidationException for one that is missing, NotImplementedError for one that is not known here."""
    for name in required:
        if name not in given:
            raise invalid(f"The parameter '{name}' is required but was not present in the request")
    for name, value in given.items():
        if name in required or name in optional:
            continue
        if name not in _SAYING_NOTHING or value != _SAYING_NOTHING[name]:
            raise NotImplementedError(f"The embedded DynamoDB knows no {name}={value!r} of {operation}")


def one_of(given: Parameters, name: str, *values: str) -> str:
    """The parameter's value; the first one where it is not given. Raises ValidationException for another one."""
    value = given.get(name, values[0])
    if value not in values:
        raise invalid(f"Value '{value}' at '{name}' failed to satisfy constraint: Member must satisfy enum value set")
    return str(value)


@dataclass(slots=True)
class Expressions:
    """The expressions of one request, checked against what it gives them."""

    given: Given
    condition: Test | None = None
    filter: Test | None = None
    filter_heads: frozenset[str] = frozenset()
    """The attributes that the filter looks at, or into."""
    key: Test | None = None
    update: Update | None = None
    changes: Collection[Steps] = ()
    """What the update changes."""
    projection: tuple[Steps, ...] | None = None

    def projected(self, item: Attributes) -> Attributes:
        return item if self.projection is None else chosen_parts(self.projection, item)

    def require(self, item: Attributes | None, returned: str) -> None:
        """Raises ConditionalCheckFailedException, with the item where that is asked for (`ALL_OLD`)."""
        if self.condition is not None and not self.condition.holds(item or {}, self.given):
            shown = item if returned == "ALL_OLD" else None
            raise refused(CONDITION_FAILED, "The conditional request failed", item=shown)


def expressions_of(parameters: Parameters, *kinds: str) -> Expressions:
    """The expressions that stand in parameters of these names. Raises ValidationException."""
    found = {kind: parsed(kind, parameters[kind]) for kind in kinds if parameters.get(kind) is not None}
    for name in PLACEHOLDERS:
        placeholders = parameters.get(name)
        if placeholders is not None and not found:
            raise invalid(f"{name} can only be specified when using expressions")
        if placeholders is not None and not placeholders:
            raise invalid(f"{name} must not be empty")
    names, values = (parameters.get(name) or {} for name in PLACEHOLDERS)
    expressions = Expressions(Given(names, kept(values)))
    given = expressions.given
    _check_use(found.values(), given)
    for kind, expression in found.items():
        match kind:
            case "ConditionExpression":
                expressions.condition = expression.root
            case "KeyConditionExpression":
                expressions.key = expression.root
            case "FilterExpression":
                expressions.filter = expression.root
                expressions.filter_heads = frozenset(given.names.get(head, head) for head in expression.heads)
            case "UpdateExpression":
                expressions.update = expression.root
                expressions.changes = expression.root.paths(given)
                refuse_overlaps(expressions.changes)
            case "ProjectionExpression":
                expressions.projection = tuple(path.steps(given) for path in expression.root)
                refuse_overlaps(expressions.projection)
                continue
        expression.root.check(given)
    return expressions


def _check_use(expressions: Collection[Parsed], given: Given) -> None:
    names = {name for expression in expressions for name in expression.names}
    values = {name for expression in expressions for name in expression.values}
    for what, used, there in (("name", names, given.names.keys()), ("value", values, given.values.keys())):
        if used == there:
            continue
        if used - there:
            raise invalid(
                f"An expression attribute {what} used in expression is not defined; "
                f"attribute {what}: {', '.join(sorted(used - there))}"
            )
        raise invalid(
            f"Value provided in ExpressionAttribute{what.capitalize()}s unused in expressions: "
            f"keys: {{{', '.join(sorted(there - used))}}}"
        )
