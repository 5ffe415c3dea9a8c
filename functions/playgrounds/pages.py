"""Lists by offset and limit, with the addresses of their neighbouring pages."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.datastructures import URL

DEFAULT_LIMIT = 100
MAX_LIMIT = 100

Entry = TypeVar("Entry")


class OffsetQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    offset: int = Field(0, ge=0)
    limit: int = Field(DEFAULT_LIMIT, ge=1, le=MAX_LIMIT)


class OffsetPage(BaseModel):
    """`count` is of this page, `totalCount` of all that match; `next` and `previous` are addresses, null where there
    is no such page."""

    count: int
    next: str | None
    previous: str | None
    total_count: int = Field(alias="totalCount")


def offset_page(
    request: Request, query: OffsetQuery, entries: Sequence[Entry], answer: Callable[[Entry], dict[str, Any]]
) -> dict[str, Any]:
    """One page of all these entries."""
    offset, limit, total = query.offset, query.limit, len(entries)
    page = entries[offset : offset + limit]
    here = _address(request)
    return {
        "count": len(page),
        "data": [answer(entry) for entry in page],
        "next": _at(here, offset + limit, limit) if offset + limit < total else None,
        "previous": _at(here, max(0, offset - limit), limit) if offset else None,
        "totalCount": total,
    }


def _at(here: URL, offset: int, limit: int) -> str:
    return str(here.include_query_params(offset=offset, limit=limit))


def _address(request: Request) -> URL:
    """Where the request was sent to. API Gateway leaves its stage out of the path that it hands to the function, and
    tells the whole path beside it."""
    context = request.scope.get("aws.event", {}).get("requestContext", {})
    path = context.get("path")
    return request.url.replace(path=path) if isinstance(path, str) else request.url
