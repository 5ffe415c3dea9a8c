"""How answers write what JSON has no type for, and what they leave out; and the answer as HTTP has it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, Field, PlainSerializer, WithJsonSchema
from pydantic.json_schema import SkipJsonSchema
from starlette.responses import Response

from promptyard.domain.lambda_payloads import carried_bytes

T = TypeVar("T")
Model = TypeVar("Model", bound=BaseModel)


def timestamp(moment: datetime) -> str:
    """ISO 8601 in UTC, as `2026-11-21T10:30:00.123Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _no_default(schema: dict[str, Any]) -> None:
    schema.pop("default", None)


_DATE_TIME = WithJsonSchema({"type": "string", "format": "date-time"})
Timestamp = Annotated[datetime, PlainSerializer(timestamp), _DATE_TIME]
WrittenTimestamp = Annotated[str, _DATE_TIME]
"""One that is a text already."""
Day = Annotated[str, WithJsonSchema({"type": "string", "format": "date"})]
"""YYYY-MM-DD."""
Usd = Annotated[Decimal, PlainSerializer(float, return_type=float, when_used="json")]
"""US dollars: exact until they are JSON, which has only numbers."""
LeftOut = Annotated[
    T | SkipJsonSchema[None], Field(exclude_if=lambda value: value is None, json_schema_extra=_no_default)
]
"""Not in the answer where it is None: never null."""
WithoutNulls = Annotated[
    Model, PlainSerializer(lambda model: model.model_dump(mode="json", by_alias=True, exclude_none=True))
]
"""A model of the domain that is shown as it is, less what was not given."""


def json_of(answer: BaseModel) -> str:
    return answer.model_dump_json(by_alias=True)


def carried(answer: BaseModel) -> int:
    """What the answer takes where Lambda carries it."""
    return carried_bytes(json_of(answer).encode())


def json_value(answer: BaseModel) -> dict[str, Any]:
    """As `json_of`, for what is a part of something larger."""
    value: dict[str, Any] = answer.model_dump(mode="json", by_alias=True)
    return value


def json_response(answer: BaseModel, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """For answers with a status or headers of their own; of others FastAPI does the same."""
    return Response(json_of(answer), status, headers, media_type="application/json")
