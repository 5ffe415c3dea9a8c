"""Expressions of DynamoDB, and the parameters of a request that they make."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from promptyard.storage.table.attributes import to_attributes


@dataclass(frozen=True, slots=True)
class Expression:
    """A condition, filter or update with the values that its `:names` stand for. Attribute names are all written as
    `#name`, so that none of them can be a reserved word; `names` holds those that are not plain words."""

    text: str
    values: Mapping[str, Any]
    names: Mapping[str, str] = field(default_factory=dict)


def request_parameters(
    *,
    key: Expression | None = None,
    where: Expression | None = None,
    condition: Expression | None = None,
    update: Expression | None = None,
    projection: Sequence[str] = (),
) -> dict[str, Any]:
    """The request's expressions with the names and values they use."""
    parameters: dict[str, Any] = {}
    names = {name: name for name in projection}
    values: dict[str, Any] = {}
    for parameter, expression in (
        ("KeyConditionExpression", key),
        ("FilterExpression", where),
        ("ConditionExpression", condition),
        ("UpdateExpression", update),
    ):
        if expression is not None:
            parameters[parameter] = expression.text
            names |= {name: name for name in _names_in(expression.text)} | dict(expression.names)
            values.update(expression.values)
    if projection:
        parameters["ProjectionExpression"] = ", ".join(f"#{name}" for name in projection)
    if names:
        parameters["ExpressionAttributeNames"] = {f"#{name}": attribute for name, attribute in names.items()}
    if values:
        parameters["ExpressionAttributeValues"] = to_attributes({f":{name}": value for name, value in values.items()})
    return parameters


def _names_in(text: str) -> list[str]:
    return re.findall(r"#(\w+)", text)
