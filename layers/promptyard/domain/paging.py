"""Lists by the page: how one is asked for, what it holds, and how all of them are walked."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

PAGE_BYTES = 5_000_000
"""What a page takes in an answer (`lambda_payloads.carried_bytes`), however many items were asked for: Lambda answers
with at most 6 MB where it does not stream, and holds the page several times over while it makes the answer of it."""

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


def fitting(sizes: Iterable[int], room: int = PAGE_BYTES) -> int:
    """How many of the items, whose sizes in bytes these are, there is room for on one page: one at least. The sizes are
    asked for one after another, and no further than needed."""
    count = 0
    for size in sizes:
        room -= size
        if count and room < 0:
            return count
        count += 1
    return count


async def as_many_as_fit(
    fetch: Callable[[PageRequest], Awaitable[Page[Item]]], request: PageRequest, size: Callable[[Item], int]
) -> Page[Item]:
    """A page of what is small by itself: where it is too large as a whole, it is asked for again with fewer items, and
    the rest comes with the next one."""
    page = await fetch(request)
    count = fitting(size(item) for item in page.items)
    return page if count == len(page.items) else await fetch(replace(request, limit=count))


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
