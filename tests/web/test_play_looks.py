"""The playground in the dark, on narrow screens, without motion: all of it there, readable, and within the window."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.web.conftest import CheckAccess, Watched
from tests.web.playing import choose, column, run, start, wait_for_end

SETTINGS = {
    "dark": {"color_scheme": "dark"},
    "narrow": {"viewport": {"width": 390, "height": 844}, "has_touch": True},
    "narrow and dark": {"viewport": {"width": 320, "height": 640}, "color_scheme": "dark"},
    "high contrast": {"forced_colors": "active"},
    "without motion": {"reduced_motion": "reduce"},
}


@pytest.fixture(params=SETTINGS)
def page(request: pytest.FixtureRequest, browser: Browser, server: str, watched: Watched) -> Iterator[Page]:
    context = browser.new_context(base_url=server, **SETTINGS[request.param])
    context.on("page", watched.watch)
    yield context.new_page()
    context.close()


def test_all_of_it_is_there_and_accessible(page: Page, accessible: CheckAccess) -> None:
    choose(page, "demo/thinker", "demo/nope")
    accessible(page)
    run(page)
    expect(column(page, 1).locator(".state")).to_contain_text("Done")
    expect(column(page, 2).get_by_role("alert")).to_contain_text("unknown_model")
    accessible(page)
    wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wider <= 0
    for name in ("Save", "More"):
        expect(page.get_by_role("button", name=name, exact=True)).to_be_visible()


def test_dialogs_fit_the_window(page: Page, accessible: CheckAccess) -> None:
    choose(page, "demo/writer", "demo/echo")
    page.get_by_role("button", name="Model", exact=True).click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("thinker")).to_be_visible()
    accessible(page)
    box, window = dialog.bounding_box(), page.viewport_size
    assert box
    assert window
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= window["width"]
    assert box["y"] + box["height"] <= window["height"]


def test_nothing_moves_where_that_is_not_wanted(browser: Browser, server: str) -> None:
    with browser.new_context(base_url=server, reduced_motion="reduce") as context:
        page = context.new_page()
        choose(page, "demo/writer", "demo/echo")
        start(page)
        expect(column(page, 1)).to_be_visible()
        moving = page.evaluate("document.getAnimations().filter(each => each.effect.getTiming().duration > 1).length")
        assert moving == 0
        wait_for_end(page)
