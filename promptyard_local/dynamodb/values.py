"""Attribute values: what may be kept and how it is written, how values compare, how large an item is.

Numbers are kept as DynamoDB gives them back: in full, without an exponent or zeros at the end. Sets are kept in order.
"""

import re
from collections.abc import Mapping
from decimal import MAX_PREC, Context, Decimal
from typing import Any

from promptyard_local.dynamodb.refusals import invalid

Attribute = dict[str, Any]
"""As on the wire: `{"S": "text"}`."""
Attributes = dict[str, Attribute]

MAX_ITEM_BYTES = 400 * 1024
MAX_DEPTH = 32
SCALARS = frozenset({"S", "N"})
"""The types that have an order, and that keys may have."""
_PLAIN = re.compile(r"0|-?[1-9][0-9]{0,37}")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_EXACT = Context(prec=MAX_PREC)
_MAX_DIGITS = 38
_MAX_EXPONENT, _MIN_EXPONENT = 125, -130


def kept(attributes: Mapping[str, Any], depth: int = 0) -> Attributes:
    """The attributes as they are kept, none of it shared with what was given. Raises ValidationException."""
    if not isinstance(attributes, dict):
        raise invalid("Attributes are given by name")
    for name in attributes:
        if not isinstance(name, str) or not name:
            raise invalid("An attribute name is a text and not empty")
        if not name.isascii():
            _text(name)
    return {name: _kept(value, depth) for name, value in attributes.items()}


def _kept(attribute: Any, depth: int) -> Attribute:  # noqa: PLR0911 - one for each type
    if not isinstance(attribute, dict) or len(attribute) != 1:
        raise invalid("Supplied AttributeValue must contain exactly one of the supported datatypes")
    if depth > MAX_DEPTH:
        raise invalid("Nesting Levels have exceeded supported limits")
    [(kind, value)] = attribute.items()
    if kind == "S" and isinstance(value, str):
        return {kind: value if value.isascii() else _text(value)}
    if kind == "N" and isinstance(value, str):
        return {kind: canonical(value)}
    if kind == "BOOL" and isinstance(value, bool):
        return {kind: value}
    if kind == "NULL" and value is True:
        return {kind: value}
    if kind == "M" and isinstance(value, dict):
        return {kind: kept(value, depth + 1)}
    if kind == "L" and isinstance(value, list):
        return {kind: [_kept(entry, depth + 1) for entry in value]}
    if kind in {"SS", "NS"} and isinstance(value, list) and all(isinstance(entry, str) for entry in value):
        return {kind: _set_of(kind, value)}
    if kind in {"B", "BS"}:
        raise NotImplementedError("The embedded DynamoDB keeps no binary values")
    raise invalid(f"The value of an attribute of the type {kind} cannot be of the type {type(value).__name__}")


def _text(value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise invalid("A text holds a character that is half of one (a surrogate)") from None
    return value


def _set_of(kind: str, entries: list[str]) -> list[str]:
    if not entries:
        raise invalid("One or more parameter values were invalid: A set may not be empty")
    given = [_text(entry) for entry in entries] if kind == "SS" else [canonical(entry) for entry in entries]
    if len(set(given)) != len(given):
        raise invalid("One or more parameter values were invalid: Input collection contains duplicates")
    return in_order(kind, given)


def in_order(kind: str, entries: list[str]) -> list[str]:
    """A set's entries as they are kept."""
    return sorted(entries) if kind == "SS" else sorted(entries, key=Decimal)


def canonical(text: str) -> str:
    """A number as it is kept. Raises ValidationException for what is none, or what DynamoDB cannot keep exactly."""
    if _PLAIN.fullmatch(text):
        return text
    if not _NUMBER.fullmatch(text):
        raise invalid(f"The parameter cannot be converted to a numeric value: {text}")
    return written(Decimal(text))


def written(number: Decimal) -> str:
    """The same for a number that was computed."""
    if not number:
        return "0"
    if number.adjusted() > _MAX_EXPONENT:
        raise invalid("Number overflow. Attempting to store a number with magnitude larger than supported range")
    if number.adjusted() < _MIN_EXPONENT:
        raise invalid("Number underflow. Attempting to store a number with magnitude smaller than supported range")
    shortest = number.normalize(_EXACT)
    if len(shortest.as_tuple().digits) > _MAX_DIGITS:
        raise invalid("Attempting to store more than 38 significant digits in a Number")
    return format(shortest, "f")


def total(one: str, other: str, sign: int = 1) -> str:
    """One number plus, or with the sign -1 minus, another one. Raises ValidationException where that has no exact
    result."""
    try:
        number = int(one) + sign * int(other)
    except ValueError:  # not both are whole
        return written(_EXACT.add(Decimal(one), Decimal(other) if sign > 0 else -Decimal(other)))
    return str(number) if abs(number) < 10**_MAX_DIGITS else written(Decimal(number))


def kind_of(attribute: Attribute) -> str:
    return next(iter(attribute))


def same(one: Attribute, other: Attribute) -> bool:  # noqa: PLR0911 - one for each type
    """Whether two values are equal. Numbers in data of earlier versions are not written in one way."""
    if one == other:
        return True
    [(kind, left)], [(other_kind, right)] = one.items(), other.items()
    if kind != other_kind:
        return False
    if kind == "N":
        return Decimal(left) == Decimal(right)
    if kind == "NS":
        return {Decimal(entry) for entry in left} == {Decimal(entry) for entry in right}
    if kind == "SS":
        return set(left) == set(right)
    if kind == "M":
        return left.keys() == right.keys() and all(same(value, right[name]) for name, value in left.items())
    if kind == "L":
        return len(left) == len(right) and all(map(same, left, right))
    return False


def place(attribute: Attribute) -> Any:
    """What values of one ordered type are compared by: texts by their characters, which is the order of their UTF-8."""
    [(kind, value)] = attribute.items()
    return Decimal(value) if kind == "N" else value


def check_depth(attributes: Attributes, depth: int = 0) -> None:
    """Raises ValidationException for an item that was put together too deep."""
    if depth > MAX_DEPTH:
        raise invalid("Nesting Levels have exceeded supported limits")
    for attribute in attributes.values():
        [(kind, value)] = attribute.items()
        if kind == "M":
            check_depth(value, depth + 1)
        elif kind == "L":
            check_depth({str(place): entry for place, entry in enumerate(value)}, depth + 1)


def item_size(attributes: Attributes) -> int:
    """In bytes, as AWS says that items are counted (developer guide, "DynamoDB item sizes and formats")."""
    return sum(_bytes(name) + _size(value) for name, value in attributes.items())


def _size(attribute: Attribute) -> int:
    [(kind, value)] = attribute.items()
    if kind == "S":
        return _bytes(value)
    if kind == "N":
        return _number_size(value)
    if kind == "M":
        return 3 + sum(_bytes(name) + 1 + _size(entry) for name, entry in value.items())
    if kind == "L":
        return 3 + sum(1 + _size(entry) for entry in value)
    if kind in {"SS", "NS"}:
        return sum(_bytes(entry) if kind == "SS" else _number_size(entry) for entry in value)
    return 1


def _number_size(text: str) -> int:
    digits = text.lstrip("-").replace(".", "").strip("0")
    return (len(digits) + 1) // 2 + 1 + text.startswith("-")


def _bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())
