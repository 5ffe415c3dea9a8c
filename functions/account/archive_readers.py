"""Each kind of line of an archive, read back as the thing that it was made of."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from pydantic import BaseModel

from functions.account.archive import SHOWN_AS_KEPT
from promptyard.domain.benchmarks.benchmark import MAX_REPEATS, Benchmark, BenchmarkRun, CellResult
from promptyard.domain.benchmarks.datasets import MAX_ROW_BYTES, MAX_ROWS, Dataset, DatasetVersion, RowContent
from promptyard.domain.benchmarks.evidence.report import BenchmarkReport
from promptyard.domain.identifiers import is_id
from promptyard.domain.playgrounds.blueprints import LlmBlueprint
from promptyard.domain.playgrounds.metric_configurations import MetricConfiguration
from promptyard.domain.playgrounds.playground import Playground
from promptyard.domain.prompts.names import MAX_VERSIONS, PromptReference, is_alias, is_label, prompt_id
from promptyard.domain.prompts.prompt import Prompt, PromptVersion
from promptyard.domain.runs.metrics.registry import METRICS, PLAYGROUND_METRICS
from promptyard.domain.runs.metrics.spec import MetricSpec
from promptyard.domain.runs.run import Run
from promptyard.domain.runs.run_metrics import ModerationReport
from promptyard.domain.runs.saved_runs import SavedRun
from promptyard.domain.tenant_data.moved_prompts import MovedPrompts

Line = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ArchiveContext:
    """Whose the things of an archive become."""

    tenant: str
    made_of: str
    """The tenant that was exported."""
    moved: MovedPrompts
    page_of: Callable[[BenchmarkReport], str]
    """Makes a report's page."""


_MAX_LINK = 100
_MAX_COST = 10**9

Reader = Callable[[ArchiveContext, Line], Any]
"""Raises ValueError, InvalidRequest."""


def _check(holds: bool, fault: str) -> None:
    if not holds:
        raise ValueError(fault)


def _check_ids(line: Line, *names: str) -> None:
    for name in names:
        _check(isinstance(line.get(name), str) and is_id(line[name]), f"{name} is no id")


def _object(line: Line, name: str) -> Line:
    value = line.get(name)
    if not isinstance(value, dict):
        raise ValueError(f"{name}: there is none")
    return value


def _check_metrics(specs: Sequence[MetricSpec]) -> None:
    _check(all(spec.metric in METRICS for spec in specs), "metrics: there is one that is not known here")


def _check_moment(moment: datetime) -> None:
    _check(moment.tzinfo is not None, "created_at: it has no offset from UTC")


def _check_number(number: int | None) -> None:
    _check(number is None or 0 < number <= MAX_VERSIONS, f"a version's number is 1 to {MAX_VERSIONS}")


def _check_links(*links: str | None) -> None:
    """What becomes part of a key."""
    _check(all(linked is None or len(linked) <= _MAX_LINK for linked in links), "one of its ids is none")


def _check_costs(*costs: Decimal | None) -> None:
    known = [cost for cost in costs if cost is not None]
    _check(all(0 <= cost <= _MAX_COST for cost in known), f"a cost is 0 to {_MAX_COST:,} US dollars")


def _of(model: type[BaseModel], *ids: str) -> Reader:
    def read(context: ArchiveContext, line: Line) -> Any:
        _check_ids(line, *ids)
        return context.moved.placed(model.model_validate({**line, "tenant": context.tenant}))

    return read


def _prompt(context: ArchiveContext, line: Line) -> Prompt:
    prompt = Prompt.model_validate({**line, "tenant": context.tenant})
    PromptReference.parse(prompt.name, loc=(), with_version=False)
    _check(line.get("id") == prompt_id(context.made_of, prompt.namespace, prompt.slug), "id is not its name's")
    _check(all(map(is_label, prompt.labels)), "labels: one is no label")
    _check(all(map(is_alias, prompt.aliases)), "aliases: one is no alias")
    for number in (prompt.latest_version, *prompt.labels.values()):
        _check_number(number)
    return prompt


def _version(context: ArchiveContext, line: Line) -> PromptVersion:
    version = PromptVersion.model_validate(line)
    _check_number(version.number)
    named = prompt_id(context.made_of, version.namespace, version.slug)
    _check(version.prompt_id == named, "prompt_id is not its name's")
    return context.moved.placed(version)


def _dataset_version(context: ArchiveContext, line: Line) -> DatasetVersion:  # noqa: ARG001 - as the others
    _check_ids(line, "id", "dataset_id")
    version = DatasetVersion.model_validate({**line, "chunks": []})
    _check_number(version.number)
    _check(0 <= version.row_count <= MAX_ROWS, f"a dataset takes {MAX_ROWS:,} rows")
    return version


def _configuration(context: ArchiveContext, line: Line) -> MetricConfiguration:
    _check_ids(line, "id", "playground_id")
    configuration = MetricConfiguration.model_validate({**line, "tenant": context.tenant})
    _check(configuration.metric in PLAYGROUND_METRICS, "metric: it is not known here")
    return configuration


def _benchmark(context: ArchiveContext, line: Line) -> Benchmark:
    _check_ids(line, "id", "dataset_id")
    benchmark = Benchmark.model_validate({**line, "tenant": context.tenant})
    _check_metrics(benchmark.metrics)
    _check_links(benchmark.prompt_id, *benchmark.version_ids)
    if benchmark.watch is not None:
        _check_links(benchmark.watch.prompt_id)
    return context.moved.placed(benchmark)


def _row(context: ArchiveContext, line: Line) -> tuple[str, RowContent]:  # noqa: ARG001 - as the others
    row = RowContent.model_validate(line)
    _check_metrics(row.metrics)
    _check(len(row.json_text().encode()) <= MAX_ROW_BYTES, f"a row is over {MAX_ROW_BYTES:,} bytes")
    return str(line.get("id")), row


def _benchmark_run(context: ArchiveContext, line: Line) -> BenchmarkRun:
    _check_ids(line, "id")
    run = BenchmarkRun.model_validate({**line, "benchmark": _benchmark(context, _object(line, "benchmark"))})
    _check_links(run.version_id, *(column.version_id for column in run.columns))
    _check_costs(run.cost_usd, run.estimate_usd)
    _check(0 <= run.row_count <= MAX_ROWS, f"a dataset takes {MAX_ROWS:,} rows")
    _check(0 <= run.baseline < len(run.columns), "baseline: there is no such column")
    _check(1 <= run.benchmark.repeats <= MAX_REPEATS, f"repeats are 1 to {MAX_REPEATS}")
    return context.moved.placed(run)


def _cell(context: ArchiveContext, line: Line) -> tuple[str, CellResult]:  # noqa: ARG001 - as the others
    _check_ids(line, "benchmark_run_id")
    cell = CellResult.model_validate(line)
    _check_costs(cell.cost_usd, cell.judge_cost_usd)
    return line["benchmark_run_id"], cell


def _benchmark_report(context: ArchiveContext, line: Line) -> tuple[BenchmarkReport, str]:
    """With its page, which no archive has: it is made here, from what the page escapes."""
    _check_ids(line, "run_id", "benchmark_id")
    report = BenchmarkReport.model_validate(line)
    try:
        return report, context.page_of(report)
    except (ArithmeticError, LookupError, TypeError) as error:
        raise ValueError(f"its numbers make no page: {type(error).__name__}") from None


def _run(context: ArchiveContext, line: Line) -> Run:
    record = _object(line, "record")
    shown = {name: line[name] for name in SHOWN_AS_KEPT if line.get(name) is not None}
    run = Run.model_validate({**record, **shown, "tenant": context.tenant})
    _check_ids(line, "id")
    _check(run.id == line["id"], "record.id is another one")
    _check_moment(run.created_at)
    links = run.links
    _check_links(links.prompt_id, links.version_id, links.comparison_id, links.playground_id)
    return context.moved.placed(run)


def _report(context: ArchiveContext, line: Line) -> tuple[str, ModerationReport]:  # noqa: ARG001 - as the others
    _check_ids(line, "playground_id", "run_id")
    report = ModerationReport.model_validate(line)
    _check_moment(report.created_at)
    return line["playground_id"], report


def _saved_run(context: ArchiveContext, line: Line) -> SavedRun:
    _check_ids(line, "id")
    saved = SavedRun.model_validate({**line, "tenant": context.tenant})
    _check_moment(saved.created_at)
    return context.moved.placed(saved)


READERS: Mapping[str, Reader] = {
    "playgrounds": _of(Playground, "id"),
    "prompts": _prompt,
    "prompt_versions": _version,
    "llm_blueprints": _of(LlmBlueprint, "id", "playground_id"),
    "metric_configurations": _configuration,
    "datasets": _of(Dataset, "id"),
    "dataset_versions": _dataset_version,
    "dataset_rows": _row,
    "benchmarks": _benchmark,
    "benchmark_runs": _benchmark_run,
    "benchmark_cells": _cell,
    "benchmark_reports": _benchmark_report,
    "saved_runs": _saved_run,
    "runs": _run,
    "moderation_reports": _report,
}
