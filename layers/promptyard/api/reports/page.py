"""The page of a report."""

from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from itertools import groupby

from promptyard.api.reports.changed_rows import changed_rows
from promptyard.api.reports.cost_quality import cost_quality
from promptyard.api.reports.interval_plot import interval_plot
from promptyard.api.reports.latency_curves import latency_curves
from promptyard.api.reports.markup import Content, Markup, joined, tag
from promptyard.api.reports.outcomes import outcomes
from promptyard.api.reports.tables import (
    comparisons_table,
    compression_table,
    expense_table,
    gates_list,
    poison_table,
    quality_table,
)
from promptyard.domain.benchmarks.evidence.report import BenchmarkReport, PairedComparison
from promptyard.domain.benchmarks.evidence.wording import amount, counted, percent

_MOST_INTERVALS = 300
"""Pictured; the table has all of them."""


def html_report(report: BenchmarkReport) -> str:
    """A whole document, in UTF-8."""
    head = tag(
        "head",
        Markup('<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'),
        tag("title", f"{report.benchmark}: report"),
        tag("style", Markup(_style())),
    )
    body = tag("body", _top(report), tag("main", *_sections(report)), _foot(report))
    return f"<!DOCTYPE html>\n{tag('html', head, body, lang='en')}\n"


@cache
def _style() -> str:
    return files(__package__ or "").joinpath("style.css").read_text(encoding="utf-8")


def _top(report: BenchmarkReport) -> Markup:
    facts = [
        counted(report.rows, "row"),
        f"× {counted(len(report.columns), 'column')}",
        f"× {report.repeats} repeats" if report.repeats > 1 else None,
        f"· baseline {report.baseline}",
        f"· dataset version {report.dataset_version}",
        f"· {report.started_at:%Y-%m-%d %H:%M} UTC" if report.started_at else None,
        f"· {report.status.value.replace('_', ' ')}",
    ]
    return tag(
        "header",
        tag("p", " ".join(fact for fact in facts if fact), class_="facts"),
        tag("h1", report.benchmark),
        tag("p", report.sentence, class_="lead"),
    )


def _sections(report: BenchmarkReport) -> Iterator[Markup]:
    by_measure = [list(found) for _, found in groupby(_by_measure(report), key=lambda one: one.metric)]
    of_metrics = [found for found in by_measure if found[0].metric in report.columns[0].metrics]
    if report.gates:
        yield _section("Gates", gates_list(report))
    if by_measure:
        yield _section(
            "Against the baseline",
            tag(
                "p",
                "The dot is the mean of the rows' differences, the line its interval of 95 %: where it crosses zero, "
                "these rows leave open which of the two is better. A verdict also takes into account that many "
                "differences are looked at together.",
            ),
            list(_pictures(by_measure)),
            [outcomes(f"outcomes-{index}", found) for index, found in enumerate(of_metrics)],
        )
    if report.compression:
        yield _section(
            "What compression saves",
            tag("p", "In percent of the means, each with its interval of 95 %; beside it the difference in quality."),
            compression_table(report.compression),
        )
    yield _section("Cost and quality", cost_quality("cost-quality", report))
    yield _section("How long answers take", latency_curves("latency", report))
    yield _section("Columns", quality_table(report), _judges(report), expense_table(report))
    if report.comparisons:
        yield _section("All comparisons", comparisons_table(report))
    if report.poison:
        yield _section("Rows that could not be run", poison_table(report))
    if len(report.columns) > 1 and report.changed_rows:
        yield _section(
            "Rows, those that changed most first",
            tag("p", f"Scores are {report.main_metric}. ", tag("del", "Struck out"), " is the baseline's, ",
                tag("ins", "underlined"), " the other column's. ", _cut(report)),
            changed_rows(report),
        )  # fmt: skip


def _by_measure(report: BenchmarkReport) -> list[PairedComparison]:
    order = list(dict.fromkeys(one.metric for one in report.comparisons))
    return sorted(report.comparisons, key=lambda one: order.index(one.metric))


def _pictures(by_measure: Sequence[Sequence[PairedComparison]]) -> Iterator[Markup | None]:
    drawn = 0
    for index, found in enumerate(by_measure):
        drawn += len(found)
        if drawn <= _MOST_INTERVALS or not index:
            yield interval_plot(f"intervals-{index}", found)


def _section(title: str, *content: Content) -> Markup:
    inside = joined(*content)
    return tag("section", tag("h2", title), inside) if inside else Markup()


def _judges(report: BenchmarkReport) -> list[Markup]:
    said = []
    for metric, judge in report.judges.items():
        if judge is None:
            words = "nothing was judged twice, so how far the judge agrees with itself is not known."
        else:
            words = (
                f"of {counted(judge.n, 'answer')} judged twice {percent(100 * judge.same)} were scored alike; the two "
                f"scores differ by {amount(metric, judge.mean_difference)} in the mean."
            )
        said.append(tag("p", f"{metric}: {words}", class_="note"))
    return said


def _cut(report: BenchmarkReport) -> str:
    shown = len(report.changed_rows)
    return "" if shown >= report.rows else f"The first {shown:,} of {report.rows:,} rows."


def _foot(report: BenchmarkReport) -> Markup:
    return tag(
        "footer",
        tag(
            "p",
            "Repeats of a row are averaged first. Intervals are for 95 %: paired t on row means, for yes or no Tango's "
            "score. p values are adjusted by Holm for all comparisons of this report. “Not shown” does not mean that "
            "there is no difference.",
        ),
        tag("p", f"Benchmark {report.benchmark_id}, run {report.run_id}."),
    )
