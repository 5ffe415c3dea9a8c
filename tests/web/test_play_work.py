"""Nobody's work is lost: drafts, reloads in the middle of a stream, keys that are kept nowhere."""

import json
import random
import re

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.web.conftest import Watched
from tests.web.playing import (
    PROMPT,
    choose,
    column,
    record,
    run,
    shown_id,
    slow_down,
    start,
    text_of,
    wait_for_end,
    write,
)

SECRET = "sk-very-secret-0123456789"


def test_a_draft_is_there_after_a_reload_and_in_another_tab(page: Page, context: BrowserContext) -> None:
    page.goto("/")
    page.get_by_label(PROMPT).press_sequentially("Half a {{thought")
    page.reload()
    expect(page.get_by_label(PROMPT)).to_have_value(re.compile(r"Half a \{\{thought$"))
    other = context.new_page()
    other.goto("/")
    expect(other.get_by_label(PROMPT)).to_have_value(re.compile("Half a"))
    other.get_by_label(PROMPT).fill("Another one")
    page.reload()
    expect(page.get_by_label(PROMPT)).to_have_value(re.compile("Half a"))


def test_an_earlier_draft_is_taken_up_again(page: Page) -> None:
    page.goto("/")
    write(page, "The first prompt")
    page.get_by_role("button", name="More", exact=True).click()
    page.get_by_role("menuitem", name="New prompt").click()
    expect(page.get_by_label(PROMPT)).to_have_value("")
    write(page, "The second prompt")
    page.get_by_role("button", name="More", exact=True).click()
    page.get_by_role("menuitem", name="The first prompt").click()
    expect(page.get_by_label(PROMPT)).to_have_value("The first prompt")


def test_a_draft_survives_the_tab(page: Page, context: BrowserContext) -> None:
    page.goto("/")
    write(page, "Before the crash")
    page.close(run_before_unload=False)
    again = context.new_page()
    again.goto("/")
    expect(again.get_by_label(PROMPT)).to_have_value("Before the crash")


def test_another_view_and_back_keeps_what_is_there(page: Page) -> None:
    page.goto("/")
    run(page)
    before = text_of(page, 1)
    page.evaluate("location.hash = '#/play'")
    assert text_of(page, 1) == before


def test_reloads_in_the_middle_of_a_stream(page: Page, server: str) -> None:
    reload_at_random(page, server, reloads=4, seed=1)


@pytest.mark.hard
def test_a_hundred_reloads(page: Page, server: str) -> None:
    reload_at_random(page, server, reloads=100, seed=2)


def reload_at_random(page: Page, server: str, *, reloads: int, seed: int) -> None:
    """Runs are begun and the page is loaded anew, five times in each, at moments between at once and a second."""
    chance = random.Random(seed)
    choose(page, "demo/writer", "demo/thinker")
    slow_down(page, 15, 15)
    for round_ in range(0, reloads, 5):
        write(page, f"Round {round_}: tell me what comes of it, with as many words as there are.")
        start(page)
        for _ in range(min(5, reloads - round_)):
            page.wait_for_timeout(chance.randrange(0, 1000))
            page.reload()
        wait_for_end(page)
        runs = record(server, shown_id(page))
        assert [text_of(page, number) for number in (1, 2)] == [each["output"] for each in runs]
        assert f"Round {round_}" in runs[0]["messages"][0]["content"]
        assert [each["status"] for each in runs] == ["succeeded", "succeeded"]


def test_a_connection_that_breaks_is_taken_up_again(page: Page, server: str, watched: Watched) -> None:
    choose(page, "demo/writer", "demo/writer")
    slow_down(page, 30, 30)
    broken = []

    def cut(route: Route) -> None:
        broken.append(route.request.url)
        route.abort()

    start(page)
    identifier = shown_id(page)
    expect(column(page, 1).locator(".text:not(.thought)")).to_contain_text("demo")
    page.route("**/events?after=0", cut, times=1)
    page.reload()
    wait_for_end(page)
    assert broken
    watched.complaints[:] = [each for each in watched.complaints if "net::ERR_FAILED" not in each]
    assert [text_of(page, number) for number in (1, 2)] == [each["output"] for each in record(server, identifier)]


def test_a_retry_is_there_after_a_reload(page: Page) -> None:
    choose(page, "demo/writer", "demo/writer")
    slow_down(page, 60, 1)
    start(page)
    column(page, 1).get_by_role("button", name="Stop this answer").click()
    wait_for_end(page)
    expect(column(page, 1).locator(".state")).to_contain_text("Stopped")
    page.reload()
    wait_for_end(page)
    expect(column(page, 1).locator(".state")).to_contain_text("Stopped")


def stored(page: Page) -> str:
    return json.dumps(page.evaluate("[{...localStorage}, {...sessionStorage}]"))


@pytest.mark.parametrize(("keeping", "after_reload"), [("memory", ""), ("tab", SECRET), ("device", SECRET)])
def test_a_provider_key_is_kept_where_one_says(page: Page, keeping: str, after_reload: str) -> None:
    choose(page, "demo/echo", "demo/writer")

    def open_dialog() -> None:
        page.locator(".targets li").first.get_by_role("button", name="Parameters and key").click()
        if not page.get_by_label("Key", exact=True).is_visible():
            page.get_by_text("Provider key and address").click()

    open_dialog()
    page.get_by_label("Key", exact=True).fill(SECRET)
    page.get_by_label("And then it is").select_option(keeping)
    page.get_by_role("button", name="Use these").click()
    with page.expect_request("**/playground/compare") as sent:
        start(page)
    wait_for_end(page)
    targets = sent.value.post_data_json["targets"]
    assert [target["provider_key"] for target in targets] == [SECRET, SECRET]
    assert (SECRET in stored(page)) == (keeping != "memory")
    assert SECRET not in page.url
    page.reload()
    open_dialog()
    expect(page.get_by_label("Key", exact=True)).to_have_value(after_reload)


def test_the_page_asks_for_a_key_where_the_server_wants_one(page: Page, watched: Watched) -> None:
    watched.statuses.add(401)
    refusal = {"detail": "No key", "error": {"code": "unauthenticated", "message": "Give an API key"}}
    page.route("**/playground/compare", lambda route: route.fulfill(status=401, json=refusal), times=1)
    page.goto("/")
    start(page)
    dialog = page.get_by_role("dialog", name="API key")
    dialog.get_by_label("Key", exact=True).fill("py_live_x")
    with page.expect_request("**/playground/compare") as sent:
        dialog.get_by_role("button", name="Use this key").click()
    assert sent.value.headers["authorization"] == "Bearer py_live_x"
    wait_for_end(page)
    assert "py_live_x" not in stored(page)


def test_a_stop_before_the_answer_begins(page: Page, server: str) -> None:
    choose(page, "demo/echo")
    slow_down(page, 200)
    write(page, " ".join(["word"] * 200))
    start(page)
    page.keyboard.press("Escape")
    expect(column(page, 1).locator(".state")).to_contain_text("Stopped")
