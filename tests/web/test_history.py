"""The history: found again, opened with everything, run again, kept for a dataset; ten thousand rows; hostile texts."""

from playwright.sync_api import Page, Route, expect

from tests.web.conftest import CheckAccess, Watched
from tests.web.serving import Api

HOSTILE = (
    '<img src=x onerror="document.title=1"> <script>1</script> [a](javascript:1) ![i](http://x.example/i.png) '
    "\u05e9\u05dc\u05d5\u05dd \U0001f469\u200d\U0001f467 \u202ex"
)


def test_runs_are_filtered_and_the_filter_outlives_a_reload(page: Page, api: Api, accessible: CheckAccess) -> None:
    api.run(prompt_text="one of the echo")
    api.run(model="demo/writer", prompt_text="one of the writer")
    page.goto("/#/history")
    runs = page.get_by_role("list", name="Runs")
    expect(runs.get_by_text("one of the echo")).to_be_visible()
    page.get_by_label("Model").fill("writer")
    page.get_by_label("Model").press("Tab")
    expect(runs.get_by_text("one of the echo")).to_have_count(0)
    expect(runs.get_by_text("one of the writer")).to_be_visible()
    accessible(page)
    page.reload()
    expect(page.get_by_label("Model")).to_have_value("writer")
    expect(runs.get_by_text("one of the echo")).to_have_count(0)
    page.get_by_label("State").select_option("failed")
    expect(page.get_by_text("No run matches.")).to_be_visible()


def test_a_run_is_shown_whole(page: Page, api: Api, accessible: CheckAccess) -> None:
    run = api.run(prompt_text="Say {{word}}", variables={"word": "hello"}, parameters={"temperature": 0.5})
    page.goto(f"/#/history/{run['id']}")
    expect(page.get_by_role("region", name="Answer", exact=True)).to_have_text("Say hello")
    expect(page.get_by_role("region", name="What the user says")).to_have_text("Say hello")
    for fact in ("temperature 0.5", "2 → 2", "$0"):
        expect(page.get_by_text(fact, exact=True)).to_be_visible()
    accessible(page)


def test_it_is_run_again_with_another_model(page: Page, api: Api, accessible: CheckAccess) -> None:
    run = api.run(prompt_text="Again, please")
    page.goto(f"/#/history/{run['id']}")
    page.get_by_role("button", name="Run again").click()
    accessible(page)
    page.get_by_label("Model").fill("demo/writer")
    page.get_by_role("dialog").get_by_role("button", name="Run").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("demo/writer")
    expect(page.get_by_role("region", name="Answer", exact=True)).to_contain_text("You asked: “Again, please”")
    page.get_by_role("link", name="another run").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("demo/echo")


def test_it_is_run_again_with_another_version(page: Page, api: Api) -> None:
    api.version("again/greeting", "Good day, {{name}}")
    api.version("again/greeting", "Hi {{name}}", commit_message="Shorter")
    run = api.run(prompt_id="again/greeting@1", variables={"name": "Ada"})
    page.goto(f"/#/history/{run['id']}")
    page.get_by_role("button", name="Run again").click()
    page.get_by_label("Version of the prompt").select_option(label="version 2: Shorter")
    page.get_by_role("dialog").get_by_role("button", name="Run").click()
    expect(page.get_by_role("region", name="Answer", exact=True)).to_have_text("Hi Ada")


def test_what_cannot_be_run_again_says_why_and_stays_open(page: Page, api: Api, watched: Watched) -> None:
    watched.statuses.add(422)
    run = api.run(prompt_text="x")
    page.goto(f"/#/history/{run['id']}")
    page.get_by_role("button", name="Run again").click()
    page.get_by_label("Model").fill("openai/gpt-4o")
    with page.expect_response("**/rerun") as refused:
        page.get_by_role("dialog").get_by_role("button", name="Run").click()
    assert refused.value.status == 422
    expect(page.get_by_role("alert")).to_contain_text("missing_key")


def test_runs_become_rows_of_a_dataset(page: Page, api: Api) -> None:
    for word in ("alpha", "beta"):
        api.run(prompt_text="Row {{word}}", variables={"word": word})
    page.goto("/#/history")
    for word in ("alpha", "beta"):
        page.get_by_role("checkbox", name=f"Row {word}").check()
    page.get_by_role("button", name="Add 2 to a dataset").click()
    page.get_by_label("Name of the new one").fill("Kept runs")
    page.get_by_role("dialog").get_by_role("button", name="Add").click()
    page.get_by_role("link", name="Show it").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Kept runs")
    expect(page.get_by_role("table", name="Rows").get_by_role("cell", name="alpha", exact=True)).to_be_visible()


def test_a_run_is_deleted_after_a_question(page: Page, api: Api) -> None:
    run = api.run(prompt_text="to be gone")
    page.goto(f"/#/history/{run['id']}")
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("History")
    expect(page.get_by_text("to be gone")).to_have_count(0)


def test_hostile_texts_are_texts(page: Page, api: Api) -> None:
    run = api.run(prompt_text=HOSTILE)
    page.goto("/#/history")
    expect(page.get_by_role("list", name="Runs").get_by_text(HOSTILE[:40])).to_be_visible()
    page.goto(f"/#/history/{run['id']}")
    answer = page.get_by_role("region", name="Answer", exact=True)
    expect(answer).to_be_visible()
    assert answer.evaluate("element => element.textContent") == run["output"]
    assert answer.locator("img, script, a, b").count() == 0
    assert page.title() == "History · Promptyard"


def test_an_answer_of_a_megabyte_is_whole_and_soon_there(page: Page, api: Api) -> None:
    run = api.run(prompt_text="a long one")
    long = "".join(f"{number} lines of an answer that is long, and longer still.\n" for number in range(18_000))

    def answer(route: Route) -> None:
        route.fulfill(json={**route.fetch().json(), "output": long})

    page.route(f"**/api/v1/playground/runs/{run['id']}", answer)
    page.goto(f"/#/history/{run['id']}")
    shown = page.get_by_role("region", name="Answer", exact=True)
    expect(shown).to_be_visible()
    assert shown.evaluate("element => element.textContent") == long


MANY = """
const ask = globalThis.fetch;
globalThis.fetch = async (...how) => {
  const url = new URL(how[0]);
  if (!url.pathname.endsWith("/history")) return ask(...how);
  const start = Number(url.searchParams.get("cursor") ?? 0);
  url.searchParams.delete("cursor");
  globalThis.sample ??= (await (await ask(url, how[1])).json()).items[0];
  const items = Array.from({ length: 100 }, (_, at) => ({ ...globalThis.sample, id: `run-${start + at}` }));
  return Response.json({ items, next_cursor: start < 9900 ? String(start + 100) : null });
};
"""
JUMPS = """async () => {
  const list = document.querySelector(".page");
  const times = [];
  for (let step = 0; step < 40; step++) {
    const start = performance.now();
    list.scrollTo(0, (list.scrollHeight * ((step * 17) % 40)) / 40);
    await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
    times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b)[20];
}"""


def test_ten_thousand_rows_are_as_fast_as_three_hundred(page: Page, api: Api) -> None:
    """Every page of them is one of the server's runs a hundred times."""
    api.run(prompt_text="one of very many")
    page.add_init_script(MANY)
    page.goto("/#/history")
    rows = page.locator(".rows li")
    expect(rows).not_to_have_count(0)
    few = page.evaluate(JUMPS)
    page.evaluate(
        """() => { const list = document.querySelector(".page");
                   globalThis.timer = setInterval(() => list.scrollTo(0, list.scrollHeight), 5); }"""
    )
    expect(rows).to_have_count(10_000, timeout=120_000)
    page.evaluate("clearInterval(globalThis.timer)")
    many = page.evaluate(JUMPS)
    print(f"a jump takes {few:.0f} ms with some hundreds of rows, {many:.0f} ms with ten thousand")
    assert many < 3 * few + 30
