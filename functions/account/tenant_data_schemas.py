"""The wire of a tenant's data as a whole: requests."""

from typing import Annotated

from fastapi import Query
from pydantic import Field

from promptyard.api.requests import WireRequest, example


class EraseRequest(WireRequest):
    model_config = example({"confirm": "the id of the tenant"})

    confirm: str
    """The tenant's id, so that nothing is erased by mistake."""


class TenantImportQuery(WireRequest):
    upload: str | None = Field(None, max_length=100)
    """The id of an uploaded archive. Without it the archive is the body."""
    after: str | None = Field(None, max_length=100)
    """The `next` of the answer before, where an import goes on. Without it the import begins."""


TenantImportOf = Annotated[TenantImportQuery, Query()]
