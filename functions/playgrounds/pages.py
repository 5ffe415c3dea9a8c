"""Lists by offset and limit, with the addresses of their neighbouring pages."""

from collections.abc import Callable, Sequence
from typing import Generic, Self, TypeVar

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.datastructures import URL

from promptyard.api.answers.fields import carried
from promptyard.domain.deferred import DeferredModel
from promptyard.domain.paging import fitting

DEFAULT_LIMIT = 100
MAX_LIMIT = 100

Thing = TypeVar("Thing")
Entry = TypeVar("Entry", bound=BaseModel)


class LinkedPageQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    offset: int = Field(0, ge=0)
    """How many things to pass over, at least 0."""
    limit: int = Field(DEFAULT_LIMIT, ge=1, le=MAX_LIMIT)
    """How many things the page may have, from 1 to 100."""


class OffsetPage(DeferredModel, Generic[Entry]):
    """`count` is of this page, `totalCount` of all that match; `next` and `previous` are addresses, null where there
    is no such page."""

    count: int
    """How many things the page has."""
    data: list[Entry]
    """The page's things."""
    next: str | None
    """The address of the next page. Null on the last one."""
    previous: str | None
    """The address of the page before. Null on the first one."""
    total_count: int = Field(serialization_alias="totalCount")
    """How many things match, on all pages."""

    @classmethod
    def of(
        cls, request: Request, query: LinkedPageQuery, things: Sequence[Thing], answer: Callable[[Thing], Entry]
    ) -> Self:
        """One page of all these things: fewer than the limit where that many have no room."""
        offset, limit, total = query.offset, query.limit, len(things)
        page = [answer(thing) for thing in things[offset : offset + limit]]
        page = page[: fitting(carried(entry) for entry in page)]
        here, following = _address(request), offset + len(page)
        return cls(
            count=len(page),
            data=page,
            next=_at(here, following, limit) if page and following < total else None,
            previous=_at(here, max(0, offset - limit), limit) if offset else None,
            total_count=total,
        )


def _at(here: URL, offset: int, limit: int) -> str:
    return str(here.include_query_params(offset=offset, limit=limit))


def _address(request: Request) -> URL:
    """Where the request was sent to. API Gateway leaves its stage out of the path that it hands to the function, and
    tells the whole path beside it."""
    context = request.scope.get("aws.event", {}).get("requestContext", {})
    path = context.get("path")
    return request.url.replace(path=path) if isinstance(path, str) else request.url
