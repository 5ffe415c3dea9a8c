"""How our own lists are asked for, and answered, a page at a time."""

from collections.abc import Sequence
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Query
from pydantic import BaseModel, Field

from promptyard.api.requests import WireRequest
from promptyard.domain import paging
from promptyard.domain.paging import PageRequest

Body = TypeVar("Body", bound=BaseModel)


class OffsetQuery(WireRequest):
    limit: int = Field(20, ge=1, le=100)
    offset: int = Field(0, ge=0, le=1000)


class CursorQuery(OffsetQuery):
    """`offset` is left aside when there is a cursor."""

    cursor: str | None = Field(None, max_length=2048)

    def request(self) -> PageRequest:
        return PageRequest(self.limit, self.offset, self.cursor)


OffsetPaging = Annotated[OffsetQuery, Query()]
CursorPaging = Annotated[CursorQuery, Query()]


class Page(BaseModel, Generic[Body]):
    """`total` is null where it is not kept."""

    items: list[Body]
    total: int | None
    limit: int
    offset: int
    next_cursor: str | None


def page_of(page: paging.Page[dict[str, Any]], query: OffsetQuery) -> dict[str, Any]:
    """The body of Page."""
    known = {"total": page.total, "limit": query.limit, "offset": query.offset, "next_cursor": page.next_cursor}
    return {"items": page.items, **known}


def page_of_whole(bodies: Sequence[dict[str, Any]], query: OffsetQuery) -> dict[str, Any]:
    """The body of Page, of a list that is short enough to be read whole."""
    shown = bodies[query.offset : query.offset + query.limit]
    return page_of(paging.Page(list(shown), total=len(bodies)), query)
