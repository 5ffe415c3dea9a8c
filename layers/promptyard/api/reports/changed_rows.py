"""The rows, those that changed most first, with the words that changed."""

from collections.abc import Iterator, Sequence

from promptyard.api.reports.markup import Markup, tag
from promptyard.api.reports.svg import shortened
from promptyard.api.reports.word_diff import word_diff
from promptyard.domain.benchmarks.evidence.report import BenchmarkReport, ChangedRow
from promptyard.domain.benchmarks.evidence.wording import amount, change, name_of

MOST_BYTES = 1_100_000
"""Of the answers on one page."""
_OPEN = 3


def changed_rows(report: BenchmarkReport) -> Markup:
    names = [column.column for column in report.columns]
    head = tag(
        "tr",
        tag("th", "row", scope="col"),
        [tag("th", shortened(name, 24), title=name, scope="col") for name in names],
        tag("th", "what changed most", scope="col"),
    )
    body = [tag("tbody", pieces) for pieces in _rows(report, len(names) + 2)]
    return tag("div", tag("table", tag("thead", head), body, class_="changes"), class_="wide")


def _rows(report: BenchmarkReport, width: int) -> Iterator[list[Markup]]:
    left = MOST_BYTES
    for index, changed in enumerate(report.changed_rows):
        pieces = [_numbers(report.main_metric, changed)]
        answers = _answers(report.baseline, changed, open_=index < _OPEN)
        if answers is not None and (left := left - len(answers.encode())) > 0:
            pieces.append(tag("tr", tag("td", answers, colspan=width)))
        yield pieces


def _numbers(metric: str, changed: ChangedRow) -> Markup:
    said = "nothing"
    if changed.column is not None and changed.metric is not None and changed.difference is not None:
        said = f"{name_of(changed.metric)} {change(changed.metric, changed.difference)} in {changed.column}"
    scores: Sequence[str] = ["–" if score is None else amount(metric, score) for score in changed.scores]
    return tag("tr", tag("th", str(changed.row), scope="row"), [tag("td", score) for score in scores], tag("td", said))


def _answers(baseline: str, changed: ChangedRow, *, open_: bool) -> Markup | None:
    before, after = changed.baseline_answer, changed.answer
    if before is None and after is None:
        return None
    if before is None or after is None or changed.column is None:
        name = changed.column if before is None and changed.column is not None else baseline
        words, said = tag("p", before if before is not None else after, class_="answer"), f"answer of {name}"
    elif before == after:
        words, said = tag("p", after, class_="answer"), f"the same answer of {baseline} and {changed.column}"
    else:
        words = tag("p", word_diff(before, after), class_="answer")
        said = f"from {baseline} to {changed.column}"
    asked = None if not changed.input else tag("span", shortened(changed.input, 160), class_="asked")
    return tag("details", tag("summary", asked, " ", tag("small", said)), words, open=open_)
