"""What a person does on the playground's page, for its tests."""

from typing import Any

import httpx
from playwright.sync_api import Locator, Page, expect

from tests.web.conftest import PATIENCE_MS

PROMPT = "User's message 1"


def write(page: Page, text: str) -> None:
    page.get_by_label(PROMPT).fill(text)


def choose(page: Page, *models: str) -> None:
    """Opens the page anew with these."""
    page.goto("/?" + "&".join(f"models={model}" for model in models))
    expect(page.locator(".targets li")).to_have_count(len(models))


def set_extra(page: Page, number: int, extra: str) -> None:
    """The provider's own field of the target with that number, from 1."""
    page.locator(".targets li").nth(number - 1).get_by_role("button", name="Parameters and key").click()
    dialog = page.get_by_role("dialog")
    if not dialog.get_by_label("Extra fields").is_visible():
        dialog.get_by_text("More, which it may refuse").click()
    dialog.get_by_label("Extra fields").fill(extra)
    dialog.get_by_role("button", name="Use these").click()


def slow_down(page: Page, *delays: int) -> None:
    """Milliseconds between two words of each target."""
    for number, delay in enumerate(delays, 1):
        set_extra(page, number, f'{{"delay_ms": {delay}}}')


def start(page: Page) -> None:
    page.get_by_role("button", name="Run", exact=False).and_(page.locator(".run")).click()


def column(page: Page, number: int) -> Locator:
    return page.locator("answer-column").nth(number - 1)


def wait_for_end(page: Page) -> None:
    expect(page.locator("answer-column").first).to_be_visible(timeout=PATIENCE_MS)
    busy = page.locator('answer-column[aria-busy="true"]')
    expect(busy).to_have_count(0)


def run(page: Page) -> None:
    start(page)
    wait_for_end(page)


def text_of(page: Page, number: int) -> str:
    """The answer's text as it stands in the page, without what is around it."""
    return column(page, number).locator(".text:not(.thought)").evaluate("node => node.textContent")


def shown_id(page: Page) -> str:
    page.wait_for_url("**/#/play/*")
    return page.url.rsplit("/", 1)[1]


def record(server: str, comparison_id: str) -> list[dict[str, Any]]:
    answer = httpx.get(f"{server}/api/v1/playground/comparisons/{comparison_id}")
    assert answer.status_code == 200, answer.text
    runs: list[dict[str, Any]] = answer.json()["runs"]
    return runs
