"""Usage and keys."""

from datetime import UTC, datetime

from playwright.sync_api import Page, expect

from tests.web.conftest import CheckAccess
from tests.web.serving import Api


def test_usage_is_shown_by_day_and_model(page: Page, api: Api, accessible: CheckAccess) -> None:
    for _ in range(3):
        api.run(prompt_text="one two")
    page.goto("/#/usage")
    day = page.get_by_role("table", name="By day").get_by_role("row").nth(1)
    expect(day).to_contain_text(f"{datetime.now(UTC):%Y-%m-%d}")
    expect(page.get_by_role("table", name="By model").get_by_role("row", name="demo/echo")).to_contain_text("3")
    accessible(page)
    page.get_by_label("Month").fill("2020-01")
    expect(page.get_by_text("Nothing was used in this month.")).to_be_visible()


def test_an_api_key_is_shown_once(page: Page, api: Api, accessible: CheckAccess) -> None:
    page.goto("/#/keys")
    page.get_by_role("button", name="New key").click()
    page.get_by_label("Name").fill("ci")
    accessible(page)
    page.get_by_role("button", name="Make key").click()
    shown = page.get_by_label("The key ci")
    key = shown.input_value()
    assert key.startswith("py_live_")
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_text("Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == key
    page.get_by_role("button", name="Done").click()
    row = page.get_by_role("table", name="API keys").get_by_role("row", name="ci")
    expect(row).to_contain_text(f"{key[:12]}…")
    assert key not in page.content()
    assert key not in page.evaluate("JSON.stringify([{ ...localStorage }, { ...sessionStorage }])")
    page.get_by_role("button", name="Revoke ci").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    expect(page.get_by_text("There is no API key yet.")).to_be_visible()
    assert api("GET", "/api/v1/keys")["items"] == []


def test_a_providers_key_is_stored_and_not_shown_again(page: Page, accessible: CheckAccess) -> None:
    page.goto("/#/keys")
    page.get_by_role("button", name="Store a key").click()
    page.get_by_role("combobox", name="Provider").select_option("anthropic")
    page.get_by_role("dialog").get_by_label("Key").fill("sk-secret-of-a-test-1234")
    page.get_by_role("button", name="Store", exact=True).click()
    row = page.get_by_role("table", name="Provider keys").get_by_role("row", name="anthropic")
    expect(row).to_contain_text("…1234")
    assert "sk-secret" not in page.content()
    assert "sk-secret" not in page.evaluate("JSON.stringify([{ ...localStorage }, { ...sessionStorage }])")
    accessible(page)
    page.get_by_role("button", name="Remove the key of anthropic").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(page.get_by_text("No provider's key is stored.")).to_be_visible()
