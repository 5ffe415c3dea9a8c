"""What OpenAI's evals export: data (`item`, `sample`) as rows; results (`run_id`, `data_source_idx`, `item`, `sample`,
`grades`) as rows and, for each `run_id`, a run of them with its scores."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from promptyard.domain.benchmarks.benchmark import MAX_COLUMNS, MAX_REPEATS, CellResult, CellStatus
from promptyard.domain.benchmarks.datasets import RowContent
from promptyard.domain.benchmarks.imports.documents import Node, read_json, read_json_lines
from promptyard.domain.benchmarks.imports.imported import ImportedBenchmark, ImportedRun
from promptyard.domain.benchmarks.imports.refusals import Refusals
from promptyard.domain.runs.metrics.spec import MetricSpec

IMPORTED = "imported"
"""The metric of scores that were made elsewhere."""
_MAX_OUTPUT = 2_000
_FIELDS = frozenset(
    {"item", "sample", "run_id", "data_source_idx", "grades", "passes", "grader_samples", "id", "status", "created_at"}
)


def read_evals(file: str, text: str, *, skip_unsupported: bool = False) -> ImportedBenchmark:
    """Raises ImportRefused, DocumentRefused for what is no JSON."""
    refusals = Refusals()
    reading = _EvalsReading(refusals)
    for node in _lines(file, text):
        reading.add(node)
    root = Node(file, 1, None)
    if not reading.rows:
        refusals.add(root, "the file", "has no line with an item")
    left_out = refusals.settle(skip_unsupported=skip_unsupported and bool(reading.rows))
    labels = dict.fromkeys(label for cells in reading.cells.values() for cell in cells for label in cell.scores)
    return ImportedBenchmark(
        name="openai-evals",
        rows=reading.rows,
        metrics=[MetricSpec(metric=IMPORTED, name=label) for label in labels],
        repeats=max(reading.repeats.values(), default=1),
        runs=[ImportedRun(run_id, cells) for run_id, cells in reading.cells.items()],
        left_out=list(left_out),
    )


def _lines(file: str, text: str) -> Iterable[Node]:
    if text.lstrip().startswith("["):
        return read_json(file, text).items
    return read_json_lines(file, text)


@dataclass(slots=True)
class _EvalsReading:
    refusals: Refusals
    rows: list[RowContent] = field(default_factory=list)
    cells: dict[str, list[CellResult]] = field(default_factory=dict)
    _numbers: dict[str, int] = field(default_factory=dict)
    """Of the rows, by index and item: lines of several runs with the same are of one row."""
    repeats: defaultdict[tuple[str, int], int] = field(default_factory=lambda: defaultdict(int))
    """How often a run has a row."""

    def add(self, node: Node) -> None:
        item = node.get("item")
        if item is None or not isinstance(item.value, dict):
            self.refusals.add(node, "line", "has no item")
            return
        self.refusals.unknown_fields(node, _FIELDS, "line:")
        index, run = node.get("data_source_idx"), node.get("run_id")
        if run is None:
            self._row(item.plain(), str(len(self.rows)), node)
            return
        if run.text is None or index is None or isinstance(index.value, bool) or not isinstance(index.value, int):
            self.refusals.add(node, "line", "has a run_id and no whole data_source_idx, or a run_id that is no text")
            return
        if run.text not in self.cells and len(self.cells) == MAX_COLUMNS:
            self.refusals.add(run, f"run {run.text}", f"is one too many: {MAX_COLUMNS} are compared")
            return
        number = self._row(item.plain(), f"{index.value}", None)
        repeat = self.repeats[run.text, number]
        if repeat == MAX_REPEATS:
            self.refusals.add(node, f"run {run.text}", f"has a row more than {MAX_REPEATS} times")
            return
        self.repeats[run.text, number] += 1
        self.cells.setdefault(run.text, []).append(_cell(node, number, repeat, self.refusals))

    def _row(self, item: dict[str, Any], index: str, node: Node | None) -> int:
        key = f"{index} {json.dumps(item, sort_keys=True)}"
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self.rows) + 1
            sample = None if node is None else node.get("sample")
            metadata = {} if sample is None else {"sample": sample.plain()}
            self.rows.append(RowContent(variables=dict(_flat(item)), metadata=metadata))
        return number


def _flat(item: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """With dots for objects; a list is its JSON."""
    for name, value in item.items():
        if isinstance(value, dict) and value:
            yield from _flat(value, f"{prefix}{name}.")
        elif isinstance(value, list | dict):
            yield f"{prefix}{name}", json.dumps(value, ensure_ascii=False)
        else:
            yield f"{prefix}{name}", "" if value is None else value


def _cell(node: Node, row: int, repeat: int, refusals: Refusals) -> CellResult:
    sample = node.get("sample")
    found: dict[str, Any] = {} if sample is None else sample.plain()
    error = found.get("error")
    if isinstance(error, dict):
        error = error.get("message") or "The model failed."
    usage = found.get("token_usage") or {}
    output = _output(found)
    return CellResult(
        row=row,
        column=0,
        repeat=repeat,
        status=CellStatus.FAILED if error or sample is None else CellStatus.DONE,
        scores=_scores(node, refusals),
        output=None if output is None else output[:_MAX_OUTPUT],
        input_tokens=_count(usage, "prompt_tokens"),
        output_tokens=_count(usage, "completion_tokens"),
        error=None if not error else str(error)[:_MAX_OUTPUT],
    )


def _scores(node: Node, refusals: Refusals) -> dict[str, float | None]:
    scores: dict[str, float | None] = {}
    for field_name, ending in (("grades", ""), ("passes", "_passed")):
        there = node.get(field_name)
        for name, value in ({} if there is None else there.fields).items():
            if value.is_null:
                scores[name + ending] = None
            elif isinstance(value.value, int | float):
                scores[name + ending] = float(value.value)
            else:
                refusals.add(value, f"{field_name} {name}", "is no number")
    return scores


def _output(sample: dict[str, Any]) -> str | None:
    outputs = sample.get("outputs") or sample.get("output")
    if isinstance(outputs, str):
        return outputs
    texts = [one.get("content") for one in outputs or [] if isinstance(one, dict)]
    known = [
        text if isinstance(text, str) else json.dumps(text, ensure_ascii=False) for text in texts if text is not None
    ]
    return "\n".join(known) if known else None


def _count(usage: Any, name: str) -> int | None:
    count = usage.get(name) if isinstance(usage, dict) else None
    return count if isinstance(count, int) and not isinstance(count, bool) and count >= 0 else None
