"""Runs that a client carried out, or watched, and saves as it likes."""

import math
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from promptyard.domain.errors import InvalidRequest, TooLarge
from promptyard.domain.messages import MAX_TEXT_BYTES

MAX_DEPTH = 100


class SavedRun(BaseModel):
    """A record of the client's own making. `config` and `results` are JSON in its own form, and given back as they
    came."""

    model_config = ConfigDict(frozen=True)

    id: str
    """Time-ordered, as a run's."""
    tenant: str
    prompt_id: str
    version_id: str | None = None
    config: dict[str, Any]
    results: list[dict[str, Any]]
    created_at: datetime
    retention_days: int | None = None
    """As a run's."""


def check_json(value: Any, loc: tuple[str | int, ...]) -> None:
    """Whether JSON of a client's can be kept as it is. `loc` is the field that it came in.

    Raises TooLarge for a text over 1 MB, InvalidRequest for a number that JSON does not have and for deep nesting.
    """
    match value:
        case str() if len(value.encode()) > MAX_TEXT_BYTES:
            raise TooLarge("A text is over 1 MB")
        case float() if not math.isfinite(value):
            raise InvalidRequest("NaN and the infinities are no JSON numbers", loc=loc, kind="finite_number")
        case dict() | list() if len(loc) > MAX_DEPTH:
            raise InvalidRequest(f"It is nested more than {MAX_DEPTH} levels deep", loc=loc[:2], kind="nesting")
        case dict():
            for name, entry in value.items():
                check_json(name, loc)
                check_json(entry, (*loc, name))
        case list():
            for index, entry in enumerate(value):
                check_json(entry, (*loc, index))
