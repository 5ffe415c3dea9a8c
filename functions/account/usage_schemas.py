"""The wire of what a tenant has used: requests."""

from typing import Annotated, Literal

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field, model_validator

from promptyard.api.paging import CursorQuery
from promptyard.api.text_files import FileFormat

Month = Annotated[str, Field(pattern=r"^20\d\d-(0[1-9]|1[0-2])$", description="YYYY-MM, in UTC", examples=["2026-11"])]
MAX_PAGE = 100
MAX_FILE_PAGE = 5_000


class UsageQuery(BaseModel):
    """Without a month it is the current one."""

    model_config = ConfigDict(extra="forbid")

    month: Month | None = None
    """The month, as YYYY-MM, in UTC. Without it the current one."""


class LedgerQuery(CursorQuery):
    """`limit` is 20 where none is given, at most 100; in a file 5,000, which is at most as many. `offset` is left
    aside when there is a cursor."""

    month: Month | None = None
    """The month, as YYYY-MM, in UTC. Without it the current one."""
    format: Literal["json"] | FileFormat = "json"
    """`json` is a page, `csv` and `jsonl` are files; the header `x-next-cursor` then has the cursor of the next one."""
    limit: int = Field(20, ge=1, le=MAX_FILE_PAGE)
    """How many entries at most: from 1 to 100, and 20 where none is given; in a file from 1 to 5,000, and 5,000 where
    none is given."""

    @model_validator(mode="after")
    def _fitting_limit(self) -> "LedgerQuery":
        if self.format == "json" and self.limit > MAX_PAGE:
            raise ValueError(f"limit is at most {MAX_PAGE} where format is json")
        if self.format != "json" and "limit" not in self.model_fields_set:
            self.limit = MAX_FILE_PAGE
        return self


UsageOf = Annotated[UsageQuery, Query()]
LedgerOf = Annotated[LedgerQuery, Query()]
