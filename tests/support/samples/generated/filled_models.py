"""A model of pydantic's with every field set, also those that are seldom there, to any depth."""

import types
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel, SecretStr

Model = TypeVar("Model", bound=BaseModel)

MOMENT = datetime(2026, 11, 29, 12, 30, 15, 123456, tzinfo=UTC)
_PLAIN: dict[Any, Any] = {
    str: "text",
    int: 7,
    float: 0.5,
    bool: True,
    Decimal: Decimal("12.345678"),
    datetime: MOMENT,
    SecretStr: SecretStr("secret"),
    Any: {"any": ["thing", 1, None]},
}


def filled(model: type[Model], **known: Any) -> Model:
    """Not validated: what is valid together differs, and what writes a model has to write all of it. `known` are values
    whose form matters."""
    model.model_rebuild()
    values = {name: _value(field.annotation) for name, field in model.model_fields.items() if name not in known}
    return model.model_construct(**values, **known)


def _value(kind: Any) -> Any:
    if kind in _PLAIN:
        return _PLAIN[kind]
    origin, inner = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _value(inner[0])
    if origin in {Union, types.UnionType}:
        return _value(next(form for form in inner if form is not type(None)))
    if origin is Literal:
        return inner[0]
    if origin is dict:
        return {_value(inner[0]): _value(inner[1])}
    if origin is tuple:
        return tuple(_value(form) for form in inner if form is not ...)
    if origin is not None:  # a list, a sequence, a set of them
        return [_value(inner[0])]
    if isinstance(kind, type) and issubclass(kind, Enum):
        return next(iter(kind))
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return filled(kind)
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        return kind(**{field.name: _value(hints[field.name]) for field in fields(kind)})
    raise TypeError(f"no sample of {kind}")
