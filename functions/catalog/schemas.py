"""The wire of the catalog group: requests."""

from typing import Annotated

from fastapi import Query
from pydantic import Field

from promptyard.api.requests import WireRequest


class ModelsFilter(WireRequest):
    """`search` is a case-blind part of the id or the name."""

    provider: str | None = None
    """Models of this provider's id."""
    search: str | None = Field(None, max_length=256)
    """A part of the model's id or name, whatever its case."""
    limit: int = Field(1000, ge=1, le=1000)
    """How many models the page may have, from 1 to 1,000."""
    offset: int = Field(0, ge=0)
    """How many models to pass over, at least 0."""


ModelsQuery = Annotated[ModelsFilter, Query()]
