"""What every request has in common."""

from functools import cache
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError, model_validator


class WireRequest(BaseModel):
    """A request's body or query: an unknown field is a mistake, not a wish. An optional one that is null is absent."""

    model_config = ConfigDict(extra="forbid", protected_namespaces=())

    @model_validator(mode="before")
    @classmethod
    def _null_is_absent(cls, body: Any) -> Any:
        if not isinstance(body, dict) or None not in body.values():
            return body
        absent = _never_null(cls)
        return {name: value for name, value in body.items() if value is not None or name not in absent}


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
