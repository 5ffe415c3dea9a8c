"""An archive of `archive`, read back: each line is the thing that it was made of, as it is of the tenant that takes
it."""

import json
import re
import zipfile
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from itertools import islice
from typing import IO, Any, TypeVar

from anyio.to_thread import run_sync
from pydantic import AwareDatetime, BaseModel, NonNegativeInt, ValidationError
from pydantic_core import from_json

from functions.account.archive import FORM, FORM_VERSION, MANIFEST, SHOWN_AS_KEPT
from promptyard.api.answers.fields import timestamp
from promptyard.api.zip_reading import check_names, lines_of, open_zip, refused, whole_file
from promptyard.domain.benchmarks.benchmark import Benchmark, BenchmarkRun
from promptyard.domain.benchmarks.datasets import MAX_ROW_BYTES, MAX_ROWS, Dataset, DatasetVersion, RowContent
from promptyard.domain.deferred import DeferredModel
from promptyard.domain.errors import InvalidRequest
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
from promptyard.domain.tenant_data.importing import IMPORTED, NOT_IMPORTED
from promptyard.domain.tenant_data.moved_prompts import MovedPrompts

ROWS = "dataset_rows"
KINDS = (*IMPORTED, ROWS, *NOT_IMPORTED)
_BATCH = 100
_BATCH_BYTES = 1_000_000
_MANIFEST_BYTES = 100_000
_PERHAPS_INFINITE = re.compile(rb"[eE]\+?\d{3}|\d{300}")

Thing = TypeVar("Thing")
Model = TypeVar("Model", bound=BaseModel)
Line = Mapping[str, Any]


class _Manifest(DeferredModel):
    form: str
    version: int
    tenant: str
    exported_at: AwareDatetime
    things: dict[str, NonNegativeInt]


def open_archive(file: IO[bytes], tenant: str) -> "TenantArchive":
    """The archive in a file that can be sought in, for that tenant. Raises InvalidRequest for what is no archive of an
    export, or one of a later form."""
    archive = open_zip(file)
    if MANIFEST not in archive.namelist():
        raise refused(f"This is no archive of a tenant: {MANIFEST} is not in it")
    try:
        text = whole_file(archive, MANIFEST, _MANIFEST_BYTES)
        version = from_json(text).get("version") if text.startswith(b"{") else None
        if isinstance(version, int) and version > FORM_VERSION:
            raise refused(f"The archive's form is {version}: a newer Promptyard made it. This one reads {FORM_VERSION}")
        manifest = _Manifest.model_validate_json(text)
    except ValueError as error:
        raise refused(f"{MANIFEST}: {_fault(error)}") from None
    if manifest.form != FORM:
        raise refused("This is no archive of a tenant: its manifest says that it is something else")
    check_names(archive, (MANIFEST, *(f"{kind}.jsonl" for kind in KINDS)))
    if manifest.things.keys() != set(KINDS):
        raise refused(f"{MANIFEST} does not count what is in the archive")
    return TenantArchive(archive, manifest, tenant)


class TenantArchive:
    """The `ImportedArchive` that an import takes (`promptyard.services.ports.tenant_data`)."""

    def __init__(self, archive: zipfile.ZipFile, manifest: _Manifest, tenant: str) -> None:
        self._archive = archive
        self.tenant = tenant
        self.made_of = manifest.tenant
        self.exported_at = timestamp(manifest.exported_at)
        self.things: Mapping[str, int] = manifest.things
        self._moved = MovedPrompts({})
        if tenant != self.made_of:
            self._moved = MovedPrompts(dict(self._prompt_ids()))

    async def batches(self, kind: str, after: int = 0) -> AsyncGenerator[Sequence[Any], None]:
        things = self._things(kind, partial(_READERS[kind], self), after)
        while batch := await run_sync(_next_batch, things):
            yield batch

    async def rows(self) -> AsyncGenerator[tuple[str, RowContent], None]:
        rows = self._things(ROWS, _row)
        while batch := await run_sync(_next_batch, rows):
            for row in batch:
                yield row

    def placed(self, thing: Model) -> Model:
        return self._moved.placed(thing)

    def _prompt_ids(self) -> Iterator[tuple[str, str]]:
        for prompt, _ in self._things("prompts", partial(_prompt, self)):
            yield prompt_id(self.made_of, prompt.namespace, prompt.slug), prompt.id

    def _things(self, kind: str, read: Callable[[Line], Thing], after: int = 0) -> Iterator[tuple[Thing, int]]:
        """With the bytes of their lines."""
        name = f"{kind}.jsonl"
        for number, line in enumerate(lines_of(self._archive, name), start=1):
            if number <= after:
                continue
            try:
                thing = read(_parsed(line))
            except (ValueError, InvalidRequest) as error:
                raise refused(f"{name}, line {number}: {_fault(error)}") from None
            yield thing, len(line)


def _next_batch(things: Iterator[tuple[Thing, int]]) -> list[Thing]:
    batch, size = [], 0
    for thing, length in islice(things, _BATCH):
        batch.append(thing)
        size += length
        if size > _BATCH_BYTES:
            break
    return batch


def _parsed(line: bytes) -> Line:
    """Raises ValueError."""
    value = from_json(line, allow_inf_nan=False)
    if _PERHAPS_INFINITE.search(line):
        json.dumps(value, allow_nan=False)
    if not isinstance(value, dict):
        raise ValueError("it is no JSON object")
    return value


def _fault(error: Exception) -> str:
    """Without the values, which are the tenant's."""
    if isinstance(error, InvalidRequest):
        return error.message
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        return ": ".join(part for part in (".".join(map(str, first["loc"])), first["msg"]) if part)
    return str(error)


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


def _of(model: type[BaseModel], *ids: str) -> Callable[["TenantArchive", Line], Any]:
    def read(archive: TenantArchive, line: Line) -> Any:
        _check_ids(line, *ids)
        return archive.placed(model.model_validate({**line, "tenant": archive.tenant}))

    return read


def _prompt(archive: TenantArchive, line: Line) -> Prompt:
    prompt = Prompt.model_validate({**line, "tenant": archive.tenant})
    PromptReference.parse(prompt.name, loc=(), with_version=False)
    _check(line.get("id") == prompt_id(archive.made_of, prompt.namespace, prompt.slug), "id is not its name's")
    _check(all(map(is_label, prompt.labels)), "labels: one is no label")
    _check(all(map(is_alias, prompt.aliases)), "aliases: one is no alias")
    for number in (prompt.latest_version, *prompt.labels.values()):
        _check_number(number)
    return prompt


def _version(archive: TenantArchive, line: Line) -> PromptVersion:
    version = PromptVersion.model_validate(line)
    _check_number(version.number)
    named = prompt_id(archive.made_of, version.namespace, version.slug)
    _check(version.prompt_id == named, "prompt_id is not its name's")
    return archive.placed(version)


def _dataset_version(archive: TenantArchive, line: Line) -> DatasetVersion:  # noqa: ARG001 - as the others
    _check_ids(line, "id", "dataset_id")
    version = DatasetVersion.model_validate({**line, "chunks": []})
    _check_number(version.number)
    _check(0 <= version.row_count <= MAX_ROWS, f"a dataset takes {MAX_ROWS:,} rows")
    return version


def _configuration(archive: TenantArchive, line: Line) -> MetricConfiguration:
    _check_ids(line, "id", "playground_id")
    configuration = MetricConfiguration.model_validate({**line, "tenant": archive.tenant})
    _check(configuration.metric in PLAYGROUND_METRICS, "metric: it is not known here")
    return configuration


def _benchmark(archive: TenantArchive, line: Line) -> Benchmark:
    _check_ids(line, "id", "dataset_id")
    benchmark = Benchmark.model_validate({**line, "tenant": archive.tenant})
    _check_metrics(benchmark.metrics)
    return archive.placed(benchmark)


def _row(line: Line) -> tuple[str, RowContent]:
    row = RowContent.model_validate(line)
    _check_metrics(row.metrics)
    _check(len(row.json_text().encode()) <= MAX_ROW_BYTES, f"a row is over {MAX_ROW_BYTES:,} bytes")
    return str(line.get("id")), row


def _benchmark_run(archive: TenantArchive, line: Line) -> BenchmarkRun:
    _check_ids(line, "id")
    run = BenchmarkRun.model_validate({**line, "benchmark": _benchmark(archive, _object(line, "benchmark"))})
    return archive.placed(run)


def _run(archive: TenantArchive, line: Line) -> Run:
    record = _object(line, "record")
    shown = {name: line[name] for name in SHOWN_AS_KEPT if line.get(name) is not None}
    run = Run.model_validate({**record, **shown, "tenant": archive.tenant})
    _check_ids(line, "id")
    _check(run.id == line["id"], "record.id is another one")
    _check_moment(run.created_at)
    return archive.placed(run)


def _report(archive: TenantArchive, line: Line) -> tuple[str, ModerationReport]:  # noqa: ARG001 - as the others
    _check_ids(line, "playground_id", "run_id")
    report = ModerationReport.model_validate(line)
    _check_moment(report.created_at)
    return line["playground_id"], report


def _saved_run(archive: TenantArchive, line: Line) -> SavedRun:
    _check_ids(line, "id")
    saved = SavedRun.model_validate({**line, "tenant": archive.tenant})
    _check_moment(saved.created_at)
    return archive.placed(saved)


_READERS: Mapping[str, Callable[[TenantArchive, Line], Any]] = {
    "playgrounds": _of(Playground, "id"),
    "prompts": _prompt,
    "prompt_versions": _version,
    "llm_blueprints": _of(LlmBlueprint, "id", "playground_id"),
    "metric_configurations": _configuration,
    "datasets": _of(Dataset, "id"),
    "dataset_versions": _dataset_version,
    "benchmarks": _benchmark,
    "benchmark_runs": _benchmark_run,
    "saved_runs": _saved_run,
    "runs": _run,
    "moderation_reports": _report,
}
