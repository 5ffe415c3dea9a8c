"""What is written and run goes elsewhere, and comes from elsewhere: links, copies, versions, playgrounds."""

import re
import time

import httpx
from playwright.sync_api import BrowserContext, Page, expect

from tests.web.conftest import PATIENCE_MS
from tests.web.playing import PROMPT, choose, column, record, run, set_extra, shown_id, text_of, wait_for_end, write

TOOL = {"name": "weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}


def test_a_request_is_copied_as_curl_and_as_python(page: Page) -> None:
    page.goto("/")
    for name, begins, asked in (
        ("curl", "curl -N 'http://127.0.0.1", "Explain {{topic}} to somebody"),
        ("Python", "from openai import OpenAI", "Explain event loops to somebody"),
    ):
        page.get_by_role("button", name="More", exact=True).click()
        page.get_by_role("menuitem", name=f"Copy as {name}").click()
        copied = _clipboard(page, "^" + re.escape(begins))
        assert asked in copied


def _clipboard(page: Page, pattern: str) -> str:
    """Its text, once that is found in it. A condition of the browser's own that is a promise would be met at once."""
    ends_at = time.monotonic() + PATIENCE_MS / 1000
    while not re.search(pattern, copied := str(page.evaluate("navigator.clipboard.readText()"))):
        assert time.monotonic() < ends_at, copied
        page.wait_for_timeout(20)
    return copied


def test_a_link_shows_everything_to_somebody_else(page: Page, context: BrowserContext, server: str) -> None:
    choose(page, "demo/writer", "demo/echo")
    set_extra(page, 1, '{"delay_ms": 1}')
    write(page, "Share {{this}}")
    page.get_by_label("Value of this").fill("thing")
    run(page)
    link = page.url
    assert "Share" not in link
    other = context.browser.new_context().new_page()  # type: ignore[union-attr]
    other.goto(link)
    expect(other.locator("answer-column")).to_have_count(2)
    assert text_of(other, 2) == "Share thing"
    expect(other.get_by_label(PROMPT)).to_have_value("Share {{this}}")
    expect(other.get_by_label("Value of this")).to_have_value("thing")
    expect(other.locator(".targets li").first).to_contain_text('{"delay_ms":1}')
    other.context.close()


def test_one_model_runs_alone(page: Page, server: str) -> None:
    choose(page, "demo/echo")
    run(page)
    run_id = shown_id(page)
    assert text_of(page, 1) == httpx.get(f"{server}/api/v1/playground/runs/{run_id}").json()["output"]
    page.reload()
    wait_for_end(page)
    assert "event loops" in text_of(page, 1)


def test_a_version_is_saved_and_a_run_is_tied_to_it(page: Page, server: str) -> None:
    page.goto("/")
    page.get_by_role("button", name="Save", exact=True).click()
    dialog = page.get_by_role("dialog", name="Save as a version")
    dialog.get_by_label("Name", exact=True).fill("flow")
    dialog.get_by_role("button", name="Save version").click()
    expect(page.locator("#notices")).to_contain_text("Saved as version 1 of playground/flow")
    run(page)
    runs = record(server, shown_id(page))
    assert [each["version_number"] for each in runs] == [1, 1]
    write(page, "Something else")
    run(page)
    assert record(server, shown_id(page))[0]["version_number"] is None


def test_a_link_is_copied_also_after_another_look(page: Page) -> None:
    page.goto("/")
    run(page)
    identifier = shown_id(page)
    page.evaluate("location.hash = '#/play'")
    page.wait_for_url(f"**/#/play/{identifier}")
    page.get_by_role("button", name="More", exact=True).click()
    page.get_by_role("menuitem", name="Copy link").click()
    _clipboard(page, re.escape(identifier) + "$")


def test_a_version_is_opened_with_all_that_it_has(page: Page, server: str) -> None:
    version = httpx.post(
        f"{server}/api/v1/playground/save-version",
        json={
            "namespace": "team",
            "slug": "opened",
            "messages": [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Hi {{name}}"}],
            "default_model": "demo/thinker",
            "parameters": {"max_tokens": 40, "tools": [{"type": "function", "function": TOOL}]},
        },
    ).json()
    page.goto(f"/#/play?version={version['version_id']}")
    expect(page.get_by_label(PROMPT)).to_have_value("Hi {{name}}")
    expect(page.get_by_label("System prompt")).to_have_value("Be kind.")
    expect(page.locator(".targets li").first).to_contain_text("max_tokens 40")
    expect(page.get_by_label("Tools", exact=False).first).to_have_value(re.compile("weather"))
    page.get_by_label("Value of name").fill("Zoë")
    run(page)
    assert [each["version_id"] for each in record(server, shown_id(page))] == [version["version_id"]] * 2


def test_a_playgrounds_metrics_stand_with_the_answers(page: Page, server: str) -> None:
    made = {"name": "Measured", "description": "", "useCaseId": "u"}
    playground = httpx.post(f"{server}/api/v2/genai/playgrounds/", json=made).json()["id"]
    metrics = f"{server}/api/v2/genai/playgrounds/{playground}/ootbMetricConfigurations/"
    assert httpx.post(metrics, json={"ootbMetricName": "pii_violation"}).status_code == 201
    page.goto(f"/#/play?playground={playground}")
    expect(page.locator(".chip", has_text="Measured")).to_be_visible()
    write(page, "Write to jane@example.com")
    run(page)
    expect(column(page, 2).get_by_label("Metrics")).to_contain_text(re.compile("pii_violation [12]"))
    page.get_by_role("button", name="Run outside of this playground").click()
    run(page)
    expect(column(page, 2).get_by_label("Metrics")).to_have_count(0)
