"""Playgrounds: made, given metrics and guards; what they reported."""

from playwright.sync_api import Page, expect

from tests.web.conftest import CheckAccess
from tests.web.serving import Api


def test_one_is_made_and_guarded_and_reports(page: Page, api: Api, accessible: CheckAccess) -> None:
    page.goto("/#/playgrounds")
    page.get_by_role("button", name="New playground").first.click()
    page.get_by_role("textbox", name="Name").fill("Support answers")
    page.get_by_label("Keep what its guards block").check()
    accessible(page)
    page.get_by_role("button", name="Make").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Support answers")
    page.get_by_role("button", name="Add a metric").click()
    page.get_by_role("combobox", name="Metric").select_option("pii_violation")
    page.get_by_role("combobox", name="Guard").select_option("reportAndBlock")
    page.get_by_label("What is said in a blocked answer's place").fill("That holds personal data.")
    accessible(page)
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("table", name="Metrics and guards")).to_contain_text("reportAndBlock")
    playground = page.url.rpartition("/")[2]
    run = api.run(prompt_text="Write to ada@example.com", playground_id=playground)
    assert run["output"] == "That holds personal data."
    page.reload()
    expect(page.get_by_text("pii_violation of the prompt: 1")).to_be_visible()
    page.get_by_text("What was blocked").click()
    expect(page.get_by_role("region", name="What was blocked")).to_contain_text("ada@example.com")
    expect(page.get_by_role("table", name="Runs").get_by_text("blocked")).to_be_visible()
    accessible(page)


def test_a_metric_is_removed(page: Page, api: Api) -> None:
    made = api("POST", "/api/v2/genai/playgrounds/", {"name": "Measured", "description": "", "useCaseId": "tests"})[
        "id"
    ]
    api("POST", f"/api/v2/genai/playgrounds/{made}/ootbMetricConfigurations/", {"ootbMetricName": "rouge_1"})
    page.goto(f"/#/playgrounds/{made}")
    page.get_by_role("button", name="Remove rouge_1").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(page.get_by_text("Nothing is measured yet.")).to_be_visible()
