"""How our own lists are asked for, and answered, a page at a time."""

from typing import Annotated, Generic, Self, TypeVar

from fastapi import Query
from pydantic import AfterValidator, BaseModel, Field

from promptyard.api.requests import WireRequest
from promptyard.domain.deferred import DeferredModel
from promptyard.domain.paging import Page, PageRequest

MAX_LIMIT = 100

Body = TypeVar("Body", bound=BaseModel)


def _at_most_100(limit: int) -> int:
    return min(limit, MAX_LIMIT)


AtMost100 = Annotated[
    int, Field(ge=1, description=f"At most {MAX_LIMIT}: more is cut to it"), AfterValidator(_at_most_100)
]
"""A limit: one over the bound is cut to it."""


class OffsetQuery(WireRequest):
    limit: AtMost100 = 20
    offset: int = Field(0, ge=0, le=1000)
    """How many things to pass over, from 0 to 1,000."""


class CursorQuery(OffsetQuery):
    """`offset` is left aside when there is a cursor."""

    cursor: str | None = Field(None, max_length=2048)
    """Where to go on: the `next_cursor` of the page before. `offset` is then left aside."""

    def request(self) -> PageRequest:
        return PageRequest(self.limit, self.offset, self.cursor)


OffsetPaging = Annotated[OffsetQuery, Query()]
CursorPaging = Annotated[CursorQuery, Query()]


class PageAnswer(DeferredModel, Generic[Body]):
    """`total` is null where it is not kept."""

    items: list[Body]
    """The page's things."""
    total: int | None
    """How many there are on all pages. Null where that is not kept."""
    limit: int
    """How many things a page may have."""
    offset: int
    """How many things were to be passed over, as the request has it."""
    next_cursor: str | None
    """The `cursor` of the next page. Null on the last one."""

    @classmethod
    def of(cls, page: Page[Body], query: OffsetQuery) -> Self:
        return cls(
            items=page.items,
            total=page.total,
            limit=query.limit,
            offset=query.offset,
            next_cursor=page.next_cursor,
        )

    @classmethod
    def of_whole(cls, items: list[Body], query: OffsetQuery) -> Self:
        """The page of a list that is short enough to be read whole."""
        shown = items[query.offset : query.offset + query.limit]
        return cls.of(Page(shown, total=len(items)), query)
