"""The page of a report: whole, escaped, without a script, readable without seeing, small enough."""

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptyard.api.reports.page import html_report
from promptyard.domain.benchmarks.benchmark import BenchmarkStatus, CellResult, CellStatus, Gate
from promptyard.domain.benchmarks.datasets import Row
from promptyard.domain.benchmarks.evidence.building import build_report
from promptyard.domain.benchmarks.evidence.changes import with_answers
from promptyard.domain.benchmarks.evidence.report import BenchmarkReport
from promptyard.domain.runs.metrics.spec import MetricSpec
from tests.support.checks.page_reader import Element, read_page
from tests.support.samples.sample_evidence import done, realistic_cells, run_of

NAMES = ["v3·gpt-4o", "v4·gpt-4o", "v4·gpt-4o·brief", "v4·gpt-4o·full", "v4·claude", "v4·gemini"]
GATES = [Gate(metric="exact_match", op=">=", value=0.5), Gate(metric="rouge_1", verdict="better")]
USED = frozenset(
    {
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "header",
        "main",
        "section",
        "footer",
        "h1",
        "h2",
        "p",
        "ul",
        "li",
    }
    | {"strong", "small", "span", "figure", "figcaption", "svg", "desc", "g", "line", "path", "circle", "rect", "text"}
    | {"tspan", "div", "table", "thead", "tbody", "tr", "th", "td", "details", "summary", "ins", "del"}
)


def report_of(names: list[str] = NAMES, rows: int = 150, words: int = 40, **fields: Any) -> BenchmarkReport:
    given_ = {"gates": GATES, "repeats": 1, "name": "Invoices", "status": BenchmarkStatus.COMPLETED} | fields
    judged = MetricSpec(metric="correctness", judge="demo/echo")
    run = run_of(names, rows, ["exact_match", "rouge_1", judged], **given_)
    cells = [cell for cell in realistic_cells(run, words=words) if cell.row > 1]
    cells.append(CellResult(row=1, column=0, repeat=0, status=CellStatus.POISON, error="no variable named date"))
    asked = [
        Row(id=f"r-{number}", number=number, variables={"q": f"Total of {number}?"}) for number in range(1, rows + 1)
    ]
    return with_answers(build_report(run, cells), cells, asked)


@pytest.fixture(scope="module")
def report() -> BenchmarkReport:
    return report_of()


@pytest.fixture(scope="module")
def page(report: BenchmarkReport) -> Element:
    return read_page(html_report(report))


def test_a_page_has_all_parts(report: BenchmarkReport, page: Element) -> None:
    assert [heading.text for heading in page.all("h2")] == [
        "Gates",
        "Against the baseline",
        "What compression saves",
        "Cost and quality",
        "How long answers take",
        "Columns",
        "All comparisons",
        "Rows that could not be run",
        "Rows, those that changed most first",
    ]
    assert page.all("h1")[0].text == "Invoices"
    assert report.sentence in page.all("header")[0].text
    pictures = [picture.all("title")[0].text for picture in page.all("svg")]
    assert pictures[:3] == ["exact_match", "rouge_1", "correctness"]
    assert pictures[-2:] == ["exact_match against the cost of an answer", "Latency"]
    for gate in report.gates:
        assert gate.words in page.all("ul")[0].text
    assert "nothing was judged twice" in page.text
    assert {element.name for element in page.all()} <= USED


def test_every_picture_has_a_title_and_a_description(report: BenchmarkReport, page: Element) -> None:
    ids = [element.attributes["id"] for element in page.all() if "id" in element.attributes]
    assert len(ids) == len(set(ids)) == 2 * len(page.all("svg"))
    for picture in page.all("svg"):
        title, description = (element for element in picture.inside[:2] if isinstance(element, Element))
        assert (title.name, description.name) == ("title", "desc")
        assert picture.attributes["aria-labelledby"] == f"{title.attributes['id']} {description.attributes['id']}"
        assert picture.attributes["role"] == "img"
        assert title.text
        assert report.columns[1].column in description.text
        assert re.search(r"\d", description.text)


def test_nothing_is_loaded_and_nothing_runs(report: BenchmarkReport, page: Element) -> None:
    for element in page.all():
        assert element.name not in {"script", "link", "img", "iframe", "object", "a", "form"}
        assert not {"src", "href", "style", "xlink:href"} & set(element.attributes)
        assert not any(name.startswith("on") for name in element.attributes)
    style = page.all("style")[0].text
    assert not re.search(r"url\(|@import|https?:", style)


def test_pictures_have_the_colour_of_the_text(page: Element) -> None:
    for picture in page.all("svg"):
        for element in picture.all():
            assert not {"fill", "stroke", "color"} & set(element.attributes)
    style = page.all("style")[0].text
    painted = re.findall(r"svg [^{]*\{[^}]*?(?:fill|stroke): ([^;}]+)", style)
    assert set(painted) <= {"currentColor", "none", "var(--paper)"}
    assert "prefers-color-scheme: dark" in style
    assert "@media print" in style


NASTY = st.text(min_size=1, max_size=40) | st.sampled_from(
    [
        "<script>alert(1)</script>",
        '"><svg onload=x>',
        "</style><b>",
        "&lt;",
        "'",
        "]]>",
        "<!--",
        "\x00\x1b",
        "\u202e",
        "\ud7ff",
    ]
)


@settings(max_examples=40, deadline=None)
@given(NASTY, NASTY, NASTY, NASTY, NASTY)
def test_whatever_is_said_is_escaped(name: str, column: str, asked: str, answer: str, error: str) -> None:
    run = run_of(["base", f"x{column}"], 3, [MetricSpec(metric="exact_match", name=f"m{column}")], name=name)
    run = run.model_copy(update={"benchmark": run.benchmark.model_copy(update={"name": name})})
    cells = [
        done({"row": row, "column": index, "repeat": 0}, {f"m{column}": float(index)}, output=answer[:: 1 - 2 * index])
        for row in (1, 2)
        for index in (0, 1)
    ]
    cells.append(CellResult(row=3, column=0, repeat=0, status=CellStatus.POISON, error=error))
    rows = [Row(id="r-1", number=1, variables={"q": asked})]
    page = read_page(html_report(with_answers(build_report(run, cells), cells, rows)))
    assert {element.name for element in page.all()} <= USED

    def shown(text: str) -> str:
        return "".join(text.split())

    whole = shown(page.text)
    for said in (name, column, asked, error):
        if said.isprintable():
            assert shown(said) in whole
    assert "\x00" not in page.text
    assert "\x1b" not in page.text


def test_a_thousand_rows_by_six_columns_are_under_two_megabytes() -> None:
    report = report_of(rows=1_000, words=600)
    report = report.model_copy(
        update={
            "changed_rows": [
                one.model_copy(
                    update={"answer": "é<b> &" * 333, "baseline_answer": (one.baseline_answer or "")[:2_000]}
                )
                if one.answer is not None
                else one
                for one in report.changed_rows
            ]
        }
    )
    page = html_report(report)
    assert len(page.encode()) < 2_000_000
    assert len(read_page(page).all("tbody")) >= 1_000


@pytest.mark.parametrize("columns", [1, 2, 50])
@pytest.mark.parametrize("rows", [0, 1, 2, 30])
def test_however_few_rows_and_many_columns(columns: int, rows: int) -> None:
    names = [f"v{index}·a-provider-with-a-long-name/a-model-with-a-long-name" for index in range(columns)]
    run = run_of(names, max(rows, 1), ["exact_match", "rouge_1"], repeats=2)
    cells = realistic_cells(run, words=10) if rows else []
    page = html_report(build_report(run, cells))
    assert read_page(page).all("h1")
    assert len(page.encode()) < 2_000_000
    assert "nan" not in page
    assert "None" not in page
