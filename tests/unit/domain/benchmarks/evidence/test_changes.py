"""The rows that changed most."""

from promptyard.domain.benchmarks.benchmark import CellResult
from promptyard.domain.benchmarks.datasets import Row
from promptyard.domain.benchmarks.evidence.building import build_report
from promptyard.domain.benchmarks.evidence.changes import (
    MAX_ROWS,
    MAX_WITH_ANSWERS,
    input_text,
    rows_to_read,
    with_answers,
)
from promptyard.domain.models.messages import Message, TextPart
from tests.support.samples.sample_evidence import cells_of, done, once, realistic_cells, run_of


def test_the_greatest_change_is_first() -> None:
    run = run_of(["base", "x", "y"], 5, ["rouge_1"])
    scores = [once(0.5, 0.5, 0.5, 0.5, None), once(0.5, 0.9, 0.4, 0.7, 0.1), once(0.5, 0.9, 0.1, 0.5, 0.1)]
    report = build_report(run, cells_of("rouge_1", scores))
    assert [one.row for one in report.changed_rows] == [2, 3, 4, 1, 5]
    first, second, third, *same = report.changed_rows
    assert (first.column, first.metric, first.scores) == ("x", "rouge_1", [0.5, 0.9, 0.9])
    """Both columns changed as much; the first is shown."""
    assert (second.column, round(second.difference or 0, 9)) == ("y", -0.4)
    assert (third.column, third.scores) == ("x", [0.5, 0.7, 0.5])
    assert [(one.column, one.metric, one.difference) for one in same] == [(None, None, None)] * 2
    assert same[1].scores == [None, 0.1, 0.1]


def test_metrics_are_weighed_by_their_range() -> None:
    run = run_of(["base", "x"], 2, ["word_count", "rouge_1"])
    cells = [
        done({"row": row, "column": column, "repeat": 0}, {"word_count": words, "rouge_1": rouge})
        for row, column, words, rouge in [(1, 0, 1_000, 0.5), (1, 1, 900, 0.5), (2, 0, 10, 0.1), (2, 1, 10, 0.5)]
    ]
    report = build_report(run, cells)
    assert [(one.row, one.metric) for one in report.changed_rows] == [(2, "rouge_1"), (1, "word_count")]


def test_what_has_no_metric_changes_in_what_it_costs_and_takes() -> None:
    run = run_of(["base", "x"], 2, [])
    cells = [
        done({"row": row, "column": column, "repeat": 0}, {}, latency_ms=100 * row * (1 + column * row))
        for row in (1, 2)
        for column in (0, 1)
    ]
    report = build_report(run, cells)
    assert report.main_metric == "cost_usd"
    assert [(one.row, one.metric) for one in report.changed_rows] == [(2, "latency_ms"), (1, "latency_ms")]


def test_answers_come_from_the_same_repeat_and_only_of_the_rows_wanted() -> None:
    run = run_of(["base", "x"], 300, repeats=2)
    cells = [cell for cell in realistic_cells(run) if (cell.row, cell.column, cell.repeat) != (5, 1, 0)]
    report = build_report(run, cells)
    wanted = rows_to_read(report)
    assert len(wanted) == MAX_WITH_ANSWERS
    rows = [Row(id=f"r-{number}", number=number, variables={"q": f"question {number}"}) for number in range(1, 301)]
    told = with_answers(report, reversed(cells), rows)
    outputs = {(cell.row, cell.column, cell.repeat): cell.output for cell in cells}
    columns = {column.column: column.index for column in report.columns}
    for number, changed in enumerate(told.changed_rows):
        if number >= MAX_WITH_ANSWERS:
            assert changed.input is changed.answer is changed.baseline_answer is None
            continue
        assert changed.input == f"question {changed.row}"
        if changed.column is None:
            assert changed.answer is None
            continue
        column = columns[changed.column]
        repeat = next(
            (
                repeat
                for repeat in (0, 1)
                if outputs.get((changed.row, 0, repeat)) and outputs.get((changed.row, column, repeat))
            ),
            None,
        )
        if repeat is not None:
            assert changed.baseline_answer == outputs[changed.row, 0, repeat]
            assert changed.answer == outputs[changed.row, column, repeat]


def test_an_answer_without_its_counterpart_is_shown() -> None:
    run = run_of(["base", "x"], 1)
    report = build_report(run, cells_of("exact_match", [once(1.0), once(0.0)]))
    cells = [CellResult(row=1, column=0, repeat=0, status="done", output="alone")]
    (changed,) = with_answers(report, cells, []).changed_rows
    assert (changed.baseline_answer, changed.answer) == ("alone", None)


def test_no_more_rows_than_a_page_takes() -> None:
    run = run_of(["base", "x"], MAX_ROWS + 50)
    assert len(build_report(run, []).changed_rows) == MAX_ROWS


def test_what_tells_a_row() -> None:
    assert input_text(Row(id="r-1", number=1, variables={"q": "What?"})) == "What?"
    assert input_text(Row(id="r-1", number=1, variables={"a": 1, "b": "x"})) == "a: 1, b: x"
    messages = [
        Message(role="system", content="Be."),
        Message(role="user", content=[TextPart(text="Hi"), TextPart(text="you")]),
    ]
    assert input_text(Row(id="r-1", number=1, messages=messages)) == "Hi you"
    assert input_text(Row(id="r-1", number=1)) == ""
    assert len(input_text(Row(id="r-1", number=1, variables={"q": "x" * 1_000}))) == 300
