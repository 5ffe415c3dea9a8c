"""What every request has in common."""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

_DATE_FIRST = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")


class WireRequest(BaseModel):
    """A request's body or query: an unknown field is a mistake, not a wish. An optional one that is null is absent.
    Nor is one type another, though Python takes it for it: 1 for true, true for 1, a number for a date."""

    model_config = ConfigDict(extra="forbid", protected_namespaces=(), defer_build=True)

    @model_validator(mode="before")
    @classmethod
    def _null_is_absent(cls, body: Any) -> Any:
        if not isinstance(body, dict) or None not in body.values():
            return body
        absent = _never_null(cls)
        return {name: value for name, value in body.items() if value is not None or name not in absent}

    @field_validator("*", mode="before")
    @classmethod
    def _one_type_for_another(cls, value: Any, info: ValidationInfo) -> Any:
        if value is None:
            return value
        types = _types_of(cls, info.field_name or "")
        if isinstance(value, bool) and bool not in types and types & {int, float, Decimal}:
            raise ValueError("this is a number, and not true or false")
        if types == {bool} and str(value).lower() not in {"true", "false"}:  # a query has them as words
            raise ValueError("this is true or false")
        if datetime in types and isinstance(value, str | int | float) and not _DATE_FIRST.match(str(value)):
            raise ValueError("a moment is written as ISO 8601 has it, like 2026-11-21T10:30:00Z")
        return value


@cache
def _types_of(model: type[BaseModel], name: str) -> frozenset[Any]:
    """What the field may be, but for null."""
    return frozenset(_alternatives(model.model_fields[name].rebuild_annotation())) - {NoneType}


def _alternatives(annotation: Any) -> Iterator[Any]:
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from _alternatives(annotation.__origin__)
    elif origin in {Union, UnionType}:
        for one in get_args(annotation):
            yield from _alternatives(one)
    else:
        yield annotation


@cache
def _never_null(model: type[BaseModel]) -> frozenset[str]:
    """The optional fields, as the wire names them, for which null is no value of its own."""
    optional = {name: field for name, field in model.model_fields.items() if not field.is_required()}
    return frozenset(
        field.alias or name for name, field in optional.items() if not _takes_null(field.rebuild_annotation())
    )


def _takes_null(annotation: Any) -> bool:
    try:
        TypeAdapter(annotation).validate_python(None)
    except ValidationError:
        return False
    return True


def example(request: dict[str, Any]) -> ConfigDict:
    """The configuration of a model with a request that works: what `/docs` offers to send."""
    return ConfigDict(json_schema_extra={"examples": [request]})


OnDisconnect = Literal["cancel", "continue"]
"""What the caller's leaving does."""


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("has no time in UTC: that would be before year 1 or after year 9999") from None


Moment = Annotated[datetime, AfterValidator(_in_utc)]
"""ISO 8601, in UTC where it has no offset; from here on always in UTC."""


def given_of(request: WireRequest, names: Sequence[str]) -> list[str]:
    """Which of these fields, that stand for one another, were given: an empty one beside another is none."""
    given = [name for name in names if getattr(request, name) is not None]
    return [name for name in given if getattr(request, name)] or given
