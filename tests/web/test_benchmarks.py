"""Datasets and benchmarks: from a file to a report."""

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.web.conftest import CheckAccess, Watched
from tests.web.serving import Api

ROWS = ('{"word": "hello", "reference": "hello"}', '{"word": "good morning", "reference": "good morning"}')


def test_a_file_becomes_a_dataset_and_a_file_again(page: Page, accessible: CheckAccess) -> None:
    page.goto("/#/datasets")
    page.get_by_role("button", name="New dataset").first.click()
    page.get_by_label("Name").fill("Words")
    file = {"name": "words.jsonl", "mimeType": "application/x-ndjson", "buffer": "\n".join(ROWS).encode()}
    page.get_by_label("File").set_input_files(file)
    page.get_by_role("button", name="Make").click()
    expect(page.get_by_role("cell", name="good morning").first).to_be_visible()
    accessible(page)
    with page.expect_download() as saved:
        page.get_by_role("button", name="Export").click()
    assert saved.value.suggested_filename == "Words.jsonl"
    assert Path(saved.value.path()).read_text().count("\n") == len(ROWS)


def test_a_file_with_a_bad_line_is_refused_with_its_place(page: Page, api: Api, watched: Watched) -> None:
    watched.statuses.add(422)
    dataset = api.dataset("Bad", *ROWS)
    page.goto(f"/#/datasets/{dataset}")
    page.get_by_role("button", name="Add a file").click()
    file = {"name": "bad.jsonl", "mimeType": "application/x-ndjson", "buffer": b'{"word": "a"}\nno json\n'}
    page.get_by_label("File", exact=True).set_input_files(file)
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("2")


def test_a_benchmark_is_made_run_and_reported(page: Page, api: Api, accessible: CheckAccess) -> None:
    dataset = api.dataset("Repeat", *ROWS)
    page.goto(f"/#/datasets/{dataset}")
    page.get_by_role("link", name="Benchmark on it").click()
    page.get_by_label("Name").fill("Who repeats?")
    page.get_by_role("textbox", name="Template").fill("{{word}}")
    page.get_by_role("button", name="Add a gate").click()
    accessible(page)
    page.get_by_role("button", name="Make benchmark").click()
    expect(page.get_by_text("exact_match >= 0.9")).to_be_visible()
    page.get_by_role("button", name="Start a run").click()
    expect(page.get_by_text("exact_match of demo/writer is 0").first).to_be_visible(timeout=30_000)
    expect(page.get_by_role("img", name="exact_match").first).to_be_visible()
    expect(page.get_by_text("not passed")).to_be_visible()
    accessible(page)
    with page.expect_download() as saved:
        page.get_by_role("button", name="CSV").click()
    assert "demo/echo" in Path(saved.value.path()).read_text()


def test_a_run_is_watched_and_cancelled(page: Page, api: Api, accessible: CheckAccess) -> None:
    dataset = api.dataset("Slow", *(f'{{"word": "w{number}"}}' for number in range(40)))
    slow = {"model": "demo/writer", "parameters": {"extra": {"delay_ms": 40}}}
    body = {"name": "Slow", "dataset_id": dataset, "template": "{{word}}", "targets": [slow]}
    made = api("POST", "/api/v1/benchmarks", {**body, "metrics": [{"metric": "latency"}], "concurrency": 2})
    page.goto(f"/#/benchmarks/{made['id']}")
    page.get_by_role("button", name="Start a run").click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    expect(page.get_by_text("running")).to_be_visible()
    accessible(page)
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("cancelled").first).to_be_visible()
    expect(page.get_by_role("button", name="Resume")).to_be_visible()
    expect(page.get_by_role("button", name="Show the report")).to_be_visible()


def test_a_definition_that_makes_no_sense_says_where(page: Page, api: Api, watched: Watched) -> None:
    watched.statuses.add(422)
    api.dataset("Any", *ROWS)
    page.goto("/#/benchmarks/new")
    page.get_by_label("Name").fill("Nobody")
    page.get_by_role("textbox", name="Template").fill("{{word}}")
    page.get_by_label("Models").fill("nobody-knows-this")
    page.get_by_role("button", name="Make benchmark").click()
    expect(page.get_by_role("alert")).to_contain_text("nobody-knows-this")
