"""Ways through several views."""

from playwright.sync_api import Page, expect

from tests.web.conftest import CheckAccess
from tests.web.playing import PROMPT, column, run, wait_for_end
from tests.web.serving import Api


def test_a_newcomer_runs_two_models_saves_a_version_and_finds_it(page: Page, accessible: CheckAccess) -> None:
    """Five clicks, and nothing typed."""
    page.goto("/")
    run(page)
    expect(column(page, 2)).to_be_visible()
    page.get_by_role("button", name="Save", exact=True).click()
    name = page.get_by_role("textbox", name="Name", exact=True).input_value()
    page.get_by_role("button", name="Save version").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_role("navigation", name="Views").get_by_role("link", name="Prompts").click()
    page.get_by_role("link", name=name).click()
    expect(page.get_by_role("heading", name="Version 1")).to_be_visible()
    expect(page.get_by_role("region", name="What the user says")).to_contain_text("{{topic}}")
    accessible(page)


def test_a_run_of_the_history_is_opened_with_everything(page: Page, api: Api) -> None:
    parameters = {"temperature": 0.25}
    made = api.run(model="demo/writer", prompt_text="Tell {{name}}", variables={"name": "Ada"}, parameters=parameters)
    page.goto(f"/#/history/{made['id']}")
    page.get_by_role("link", name="Open in Play").click()
    expect(page.get_by_label(PROMPT)).to_have_value("Tell {{name}}")
    expect(page.get_by_label("Value of name")).to_have_value("Ada")
    expect(page.locator(".targets li")).to_have_count(1)
    expect(page.locator(".targets li")).to_contain_text("writer")
    expect(page.locator(".targets li")).to_contain_text("0.25")
    expect(column(page, 1)).to_contain_text("You asked: “Tell Ada”")


def test_a_version_is_opened_and_run(page: Page, api: Api) -> None:
    api.version("walk/greet", "Greet {{name}}", default_model="demo/echo")
    page.goto("/#/prompts/walk/greet")
    page.get_by_role("link", name="Open in Play").click()
    expect(page.get_by_label(PROMPT)).to_have_value("Greet {{name}}")
    page.get_by_label("Value of name").fill("Grace")
    run(page)
    expect(column(page, 1)).to_contain_text("Greet Grace")
    page.get_by_role("navigation", name="Views").get_by_role("link", name="Prompts").click()
    page.get_by_role("link", name="walk/greet").click()
    page.get_by_role("link", name="Its runs").click()
    expect(page.get_by_role("list", name="Runs").get_by_text("Greet Grace").first).to_be_visible()


def test_a_playground_is_tried_under_its_metrics(page: Page, api: Api) -> None:
    made = api("POST", "/api/v2/genai/playgrounds/", {"name": "Tried", "description": "", "useCaseId": "walk"})["id"]
    api("POST", f"/api/v2/genai/playgrounds/{made}/ootbMetricConfigurations/", {"ootbMetricName": "response_tokens"})
    page.goto(f"/#/playgrounds/{made}")
    page.get_by_role("link", name="Try in Play").click()
    page.get_by_label(PROMPT).fill("one two three")
    run(page)
    wait_for_end(page)
    page.goto(f"/#/playgrounds/{made}")
    expect(page.get_by_role("table", name="Runs").get_by_role("row")).not_to_have_count(1)
