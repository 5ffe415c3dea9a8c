"""Somebody who has never seen the page: two models run, a version saved and found again, by the page alone."""

from playwright.sync_api import Locator, Page, expect

from tests.web.playing import wait_for_end

MOST_CLICKS = 8


def test_a_first_visit_takes_few_clicks(page: Page) -> None:
    clicks = 0

    def click(what: Locator) -> None:
        nonlocal clicks
        what.click()
        clicks += 1

    page.goto("/")
    click(page.locator("button.run.primary"))
    wait_for_end(page)
    expect(page.locator("answer-column")).to_have_count(2)
    click(page.get_by_role("button", name="Save", exact=True))
    click(page.get_by_role("button", name="Save version"))
    expect(page.get_by_role("dialog")).to_have_count(0)
    click(page.get_by_role("navigation", name="Views").get_by_role("link", name="Prompts"))
    click(page.get_by_role("main").get_by_text("explain-topic-to-somebody").first)
    expect(page.get_by_role("main")).to_contain_text("Explain {{topic}} to somebody")
    assert clicks <= MOST_CLICKS
