"""Prompts: found, read, compared, labelled, archived."""

import pytest
from playwright.sync_api import Page, expect

from tests.web.conftest import CheckAccess
from tests.web.serving import Api

TOOL = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "properties": {}}}}


@pytest.fixture(scope="module", autouse=True)
def prompts(api: Api) -> None:
    api.version("team/explain", "Explain {{topic}} at length.\nTake your time.", commit_message="First try")
    api.version("team/explain", "Explain {{topic}} to a {{reader}}.\nTake your time.", parameters={"tools": [TOOL]})
    api.version("billing/invoice", "Read {{invoice}}")


def test_a_prompt_is_found_by_a_part_of_its_name(page: Page, accessible: CheckAccess) -> None:
    page.goto("/#/prompts")
    expect(page.get_by_role("link", name="billing/invoice")).to_be_visible()
    accessible(page)
    page.get_by_label("Search prompts").fill("expl")
    expect(page.get_by_role("link", name="billing/invoice")).to_have_count(0)
    page.get_by_role("link", name="team/explain").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("team/explain")


def test_versions_hold_tools_and_variables(page: Page, accessible: CheckAccess) -> None:
    page.goto("/#/prompts/team/explain")
    expect(page.get_by_role("region", name="What the user says")).to_contain_text("to a {{reader}}")
    expect(page.get_by_text("reader", exact=True)).to_be_visible()
    page.get_by_text("1 tool").click()
    expect(page.get_by_role("region", name="Tools")).to_contain_text('"weather"')
    accessible(page)
    page.get_by_role("link", name="Version 1").click()
    expect(page.get_by_role("region", name="What the user says")).to_contain_text("at length")


def test_what_changed_is_seen(page: Page) -> None:
    page.goto("/#/prompts/team/explain")
    changes = page.get_by_role("region", name="Changes")
    expect(changes.locator("del")).to_have_text(["Explain {{topic}} at length."])
    expect(changes.locator("ins")).to_have_text(["Explain {{topic}} to a {{reader}}."])
    expect(page.get_by_text("tools: not set →")).to_be_visible()


def test_a_label_is_set_and_seen(page: Page, api: Api, accessible: CheckAccess) -> None:
    page.goto("/#/prompts/team/explain/1")
    page.get_by_role("button", name="Label…").click()
    accessible(page)
    page.get_by_role("textbox", name="Label").fill("staging")
    page.get_by_role("button", name="Set label").click()
    expect(page.get_by_role("link", name="Version 1").get_by_text("staging")).to_be_visible()
    assert api("GET", "/api/v1/prompts/team/explain")["labels"]["staging"]["version_number"] == 1


def test_an_archived_prompt_leaves_the_list(page: Page, api: Api) -> None:
    api.version("team/old", "Old")
    page.goto("/#/prompts/team/old")
    page.get_by_role("button", name="Archive").click()
    page.get_by_role("dialog").get_by_role("button", name="Archive").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Prompts")
    expect(page.get_by_role("link", name="team/old")).to_have_count(0)
