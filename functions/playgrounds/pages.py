"""Lists by offset and limit, with the addresses of their neighbouring pages."""

from collections.abc import Callable, Sequence
from typing import Generic, Self, TypeVar

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.datastructures import URL

from promptyard.domain.deferred import DeferredModel

DEFAULT_LIMIT = 100
MAX_LIMIT = 100

Thing = TypeVar("Thing")
Entry = TypeVar("Entry", bound=BaseModel)


class LinkedPageQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    offset: int = Field(0, ge=0)
    limit: int = Field(DEFAULT_LIMIT, ge=1, le=MAX_LIMIT)


class OffsetPage(DeferredModel, Generic[Entry]):
    """`count` is of this page, `totalCount` of all that match; `next` and `previous` are addresses, null where there
    is no such page."""

    count: int
    data: list[Entry]
    next: str | None
    previous: str | None
    total_count: int = Field(serialization_alias="totalCount")

    @classmethod
    def of(
        cls, request: Request, query: LinkedPageQuery, things: Sequence[Thing], answer: Callable[[Thing], Entry]
    ) -> Self:
        """One page of all these things."""
        offset, limit, total = query.offset, query.limit, len(things)
        page = things[offset : offset + limit]
        here = _address(request)
        return cls(
            count=len(page),
            data=[answer(thing) for thing in page],
            next=_at(here, offset + limit, limit) if offset + limit < total else None,
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
