"""Lists by the page: how one is asked for, what it holds, and how all of them are walked."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

Item = TypeVar("Item")
Other = TypeVar("Other")


@dataclass(frozen=True, slots=True)
class PageRequest:
    """`offset` is left aside when there is a cursor, which is what a page before has given as its `next_cursor`."""

    limit: int
    offset: int = 0
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """It may hold fewer items than were asked for, or none, and yet not be the last one."""

    items: list[Item]
    total: int | None = None
    """How many there are in all, None where that is not kept."""
    next_cursor: str | None = None
    """Where the next page begins, None on the last one."""

    def holding(self, items: list[Other]) -> "Page[Other]":
        """The same page of other items, or of fewer."""
        return Page(items, self.total, self.next_cursor)

    def map(self, change: Callable[[Item], Other]) -> "Page[Other]":
        """The same page of what each item becomes."""
        return self.holding([change(item) for item in self.items])


async def each_page(
    fetch: Callable[[PageRequest], Awaitable[Page[Item]]], limit: int
) -> AsyncGenerator[list[Item], None]:
    """What every page holds, from the first to the last, each read when it is asked for. A page may be empty."""
    request = PageRequest(limit)
    while True:
        page = await fetch(request)
        yield page.items
        if page.next_cursor is None:
            return
        request = PageRequest(limit, cursor=page.next_cursor)
