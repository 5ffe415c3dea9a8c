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
    """`upload` is the id of one, where the archive is no body; `after` the `next` of the answer before, where an import
    goes on."""

    upload: str | None = Field(None, max_length=100)
    after: str | None = Field(None, max_length=100)


TenantImportOf = Annotated[TenantImportQuery, Query()]
