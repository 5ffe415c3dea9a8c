"""The rows in which columns differ most from the baseline, and what was answered there."""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from promptyard.domain.benchmarks.benchmark import CellResult
from promptyard.domain.benchmarks.datasets import Row
from promptyard.domain.benchmarks.evidence.measure_names import FAILURES
from promptyard.domain.benchmarks.evidence.measures import Measure
from promptyard.domain.benchmarks.evidence.report import BenchmarkReport, ChangedRow
from promptyard.domain.models.messages import Message, TextPart

if TYPE_CHECKING:
    from promptyard.domain.benchmarks.evidence.scores import ScoreTable

MAX_ROWS = 1_000
MAX_WITH_ANSWERS = 100
_LONGEST_INPUT = 300

Change = tuple[float, int, Measure, float]
"""How far, of the measure's whole range; the column; the measure; the difference."""


def changed_rows(table: "ScoreTable", main_metric: str) -> list[ChangedRow]:
    """Those that changed most first: by the greatest change in any column and metric, then by all changes together."""
    compared = table.metrics or [measure for measure in table.measures if measure.name != FAILURES]
    changes: list[list[Change]] = [[] for _ in range(table.run.row_count)]
    for measure in compared:
        for row, change in _changes(table, measure):
            changes[row].append(change)
    ranked = sorted(range(table.run.row_count), key=lambda row: _rank(changes[row]))[:MAX_ROWS]
    means = [table.row_means(column.index, main_metric) for column in table.run.columns]
    return [_changed_row(table, row, changes[row], [column[row] for column in means]) for row in ranked]


def _changes(table: "ScoreTable", measure: Measure) -> Iterator[tuple[int, Change]]:
    columns = [table.row_means(column.index, measure.name) for column in table.run.columns]
    known = [value for column in columns for value in column if not math.isnan(value)]
    span = max(known) - min(known) if known else 0.0
    if span <= 0:
        return
    baseline = columns[table.run.baseline]
    for index, column in enumerate(columns):
        for row, (before, after) in enumerate(zip(baseline, column, strict=True)):
            if abs(after - before) > 1e-9 * span:  # not so where either is not known
                yield row, (abs(after - before) / span, index, measure, after - before)


def _rank(changes: list[Change]) -> tuple[float, float]:
    sizes = [change[0] for change in changes]
    return -max(sizes, default=0.0), -math.fsum(sizes)


def _changed_row(table: "ScoreTable", row: int, changes: list[Change], scores: list[float]) -> ChangedRow:
    size_, column, measure, difference = max(changes, key=lambda change: change[0], default=(0.0, 0, None, 0.0))
    return ChangedRow(
        row=row + 1,
        column=table.run.columns[column].name if size_ else None,
        metric=measure.name if measure else None,
        difference=difference if size_ else None,
        scores=[None if math.isnan(score) else score for score in scores],
    )


def rows_to_read(report: BenchmarkReport) -> list[int]:
    """The numbers of the rows that `with_answers` wants the cells of, ascending."""
    return sorted(changed.row for changed in report.changed_rows[:MAX_WITH_ANSWERS])


def with_answers(report: BenchmarkReport, cells: Iterable[CellResult], rows: Iterable[Row]) -> BenchmarkReport:
    """The report with what was asked and answered in the rows that changed most. Cells and rows come in any order;
    what is of other rows is passed over."""
    wanted = set(rows_to_read(report))
    outputs: dict[tuple[int, int], dict[int, str]] = defaultdict(dict)
    for cell in cells:
        if cell.row in wanted and cell.output is not None:
            outputs[cell.row, cell.column][cell.repeat] = cell.output
    inputs = {row.number: input_text(row) for row in rows if row.number in wanted}
    indexes = {column.column: column.index for column in report.columns}
    told = [
        changed.model_copy(
            update={"input": inputs.get(changed.row)}
            | _answers(outputs, changed.row, indexes[report.baseline], indexes.get(changed.column or ""))
        )
        if changed.row in wanted
        else changed
        for changed in report.changed_rows
    ]
    return report.model_copy(update={"changed_rows": told})


def _answers(
    outputs: dict[tuple[int, int], dict[int, str]], row: int, baseline: int, column: int | None
) -> dict[str, str | None]:
    before = outputs.get((row, baseline), {})
    after = {} if column is None else outputs.get((row, column), {})
    repeat = min(before.keys() & after.keys() or before.keys() | after.keys(), default=None)
    if repeat is None:
        return {}
    return {"baseline_answer": before.get(repeat), "answer": after.get(repeat)}


def input_text(row: Row) -> str:
    """What tells the row from others: its variables, or its last message; cut."""
    if row.variables:
        only = next(iter(row.variables.values())) if len(row.variables) == 1 else None
        text = str(only) if only is not None else ", ".join(f"{name}: {value}" for name, value in row.variables.items())
    else:
        text = _message_text(row.messages[-1]) if row.messages else ""
    return text if len(text) <= _LONGEST_INPUT else text[: _LONGEST_INPUT - 1] + "…"


def _message_text(message: Message) -> str:
    if isinstance(message.content, str):
        return message.content
    return " ".join(part.text for part in message.content or [] if isinstance(part, TextPart))
