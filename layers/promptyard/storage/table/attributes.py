"""Plain values to DynamoDB's attribute values and back. By hand, for the few types that items here are made of:
boto3's own (de)serializer takes several times as long for the same page."""

from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any

Item = dict[str, Any]
"""An item's attributes as str, bool, int, Decimal, dict and list; an attribute without a value is not there."""

_NUMBERS = Context(prec=38, rounding=ROUND_HALF_EVEN)
"""DynamoDB keeps 38 significant digits and refuses more."""


def to_attributes(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: to_attribute(value) for name, value in item.items()}


def from_attributes(attributes: Mapping[str, Any]) -> Item:
    return {name: _from_attribute(value) for name, value in attributes.items()}


def to_attribute(value: Any) -> dict[str, Any]:
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, int):
        return {"N": str(value)}
    if isinstance(value, Decimal):
        return {"N": str(_NUMBERS.plus(value))}
    if isinstance(value, Mapping):
        return {"M": to_attributes(value)}
    if isinstance(value, list):
        return {"L": [to_attribute(entry) for entry in value]}
    raise TypeError(f"no attribute type for {type(value).__name__}")


def _from_attribute(attribute: Mapping[str, Any]) -> Any:
    [(kind, value)] = attribute.items()
    if kind in {"S", "BOOL"}:
        return value
    if kind == "N":
        return int(value) if value.lstrip("-").isdigit() else Decimal(value)
    if kind == "M":
        return from_attributes(value)
    if kind == "L":
        return [_from_attribute(entry) for entry in value]
    raise TypeError(f"no value for the attribute type {kind}")
