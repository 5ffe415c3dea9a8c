"""The wire of the catalog group: requests."""

from typing import Annotated

from fastapi import Query
from pydantic import Field

from promptyard.api.requests import WireRequest


class ModelsFilter(WireRequest):
    """`search` is a case-blind part of the id or the name."""

    provider: str | None = None
    search: str | None = Field(None, max_length=256)
    limit: int = Field(1000, ge=1, le=1000)
    offset: int = Field(0, ge=0)


ModelsQuery = Annotated[ModelsFilter, Query()]
