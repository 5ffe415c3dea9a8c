"""Lists by the page."""

import pytest

from promptyard.domain.paging import Page, PageRequest, each_page


def test_a_page_of_what_its_items_become_is_the_same_page() -> None:
    page = Page([1, 2], total=7, next_cursor="c")
    assert page.map(str) == Page(["1", "2"], total=7, next_cursor="c")
    assert page.holding(["one"]) == Page(["one"], total=7, next_cursor="c")


@pytest.mark.parametrize("pages", [[[]], [[1, 2]], [[1, 2], [], [3]]])
async def test_every_page_is_read_once_and_when_it_is_asked_for(pages: list[list[int]]) -> None:
    asked: list[PageRequest] = []

    async def fetch(request: PageRequest) -> Page[int]:
        asked.append(request)
        number = int(request.cursor or 0)
        return Page(pages[number], next_cursor=str(number + 1) if number + 1 < len(pages) else None)

    walked = each_page(fetch, 2)
    for number, page in enumerate(pages):
        assert await anext(walked) == page
        assert len(asked) == number + 1
    assert [items async for items in walked] == []
    assert asked == [PageRequest(2, cursor=str(number) if number else None) for number in range(len(pages))]
