"""How each kind of thing of an archive is written, where it is not there yet."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from promptyard.domain.account.access import Caller
from promptyard.domain.benchmarks.benchmark import GOING_ON, Benchmark, BenchmarkRun
from promptyard.domain.benchmarks.datasets import Dataset, DatasetVersion, RowContent
from promptyard.domain.benchmarks.matrix import versions_held
from promptyard.domain.errors import Conflict, NotFound
from promptyard.domain.playgrounds.blueprints import LlmBlueprint
from promptyard.domain.playgrounds.metric_configurations import MetricConfiguration
from promptyard.domain.playgrounds.playground import Playground
from promptyard.domain.prompts.prompt import Prompt, PromptVersion
from promptyard.domain.runs.run import Run
from promptyard.domain.runs.run_metrics import ModerationReport
from promptyard.domain.runs.saved_runs import SavedRun
from promptyard.domain.tenant_data.importing import DELETED, EXPIRED, WENT_ON, TenantImportReport
from promptyard.services.account.tenant_directory import TenantDirectory
from promptyard.services.benchmarks.outside.outcomes import verdict_of
from promptyard.services.benchmarks.row_writer import RowWriter
from promptyard.services.ports.benchmarks import BenchmarkRunStore, BenchmarkStore, DatasetStore
from promptyard.services.ports.playgrounds import BlueprintStore, ConfigurationStore, PlaygroundStore, ReportStore
from promptyard.services.ports.prompts import PromptStore
from promptyard.services.ports.runs import RunStore, SavedRunStore

IMPORTED_NOW, THERE = "", "there"
Outcome = str
"""One of these, or why it was left out."""

_NO_PROMPT = "its prompt is not there"
_NO_PLAYGROUND = "its playground is not there"
_NO_DATASET = "its dataset is not there"
_OTHER_VERSION = "another version has its number here"
_OF_ANOTHER_TENANT = "it was deleted here, or another tenant of this deployment has it"
_FULL = "it was deleted here, or its playground is full"
_OTHERS_ALIAS = "another prompt has it here"
_UNSIGNED = "an archive holds no secrets: set the benchmark's webhook_url again to get a new one"


@dataclass(frozen=True, slots=True)
class ImportInto:
    """The tenant that takes an archive, and what became of it so far."""

    tenant: str
    retention_days: int | None
    kept_since: datetime | None
    """What is older than that is not kept here."""
    report: TenantImportReport = field(default_factory=TenantImportReport)

    def keeps(self, moment: datetime) -> bool:
        return self.kept_since is None or moment >= self.kept_since


class ImportWriters:
    def __init__(
        self,
        *,
        tenants: TenantDirectory,
        runs: RunStore,
        saved_runs: SavedRunStore,
        prompts: PromptStore,
        playgrounds: PlaygroundStore,
        blueprints: BlueprintStore,
        configurations: ConfigurationStore,
        reports: ReportStore,
        datasets: DatasetStore,
        benchmarks: BenchmarkStore,
        benchmark_runs: BenchmarkRunStore,
        retention: timedelta | None,
    ) -> None:
        """`retention` is how long the deployment keeps runs, where their tenant does not say."""
        self._tenants = tenants
        self._runs = runs
        self._saved_runs = saved_runs
        self._prompts = prompts
        self._playgrounds = playgrounds
        self._blueprints = blueprints
        self._configurations = configurations
        self._reports = reports
        self._datasets = datasets
        self._benchmarks = benchmarks
        self._benchmark_runs = benchmark_runs
        self._retention = retention
        self._by_kind: Mapping[str, Callable[[Any, ImportInto], Awaitable[Outcome]]] = {
            "playgrounds": self._playground,
            "prompts": self._prompt,
            "prompt_versions": self._version,
            "llm_blueprints": self._blueprint,
            "metric_configurations": self._configuration,
            "datasets": self._dataset,
            "benchmarks": self._benchmark,
            "benchmark_runs": self._benchmark_run,
            "saved_runs": self._saved_run,
            "runs": self._run,
            "moderation_reports": self._report,
        }

    async def into(self, caller: Caller) -> ImportInto:
        days = (await self._tenants.of(caller)).retention_days
        kept = self._retention if days is None else timedelta(days=days)
        return ImportInto(caller.tenant, days, None if kept is None else datetime.now(UTC) - kept)

    async def write(self, kind: str, thing: Any, into: ImportInto) -> None:
        """`thing` is of a kind of IMPORTED, but no dataset version."""
        identifier = thing[1].run_id if isinstance(thing, tuple) else thing.id
        _count(into.report, kind, identifier, await self._by_kind[kind](thing, into))

    async def write_version(
        self, version: DatasetVersion, rows: AsyncGenerator[RowContent, None], into: ImportInto
    ) -> None:
        """Of its rows as many are read as are needed."""
        outcome = await self._dataset_version(version, rows, into)
        _count(into.report, "dataset_versions", version.id, outcome)
        if outcome == IMPORTED_NOW:
            into.report.imported["dataset_rows"] += version.row_count

    async def _playground(self, playground: Playground, into: ImportInto) -> Outcome:  # noqa: ARG002 - as the others
        try:
            await self._playgrounds.add(playground)
        except Conflict:
            return await _there(self._playgrounds.get(playground.tenant, playground.id))
        return IMPORTED_NOW

    async def _prompt(self, prompt: Prompt, into: ImportInto) -> Outcome:
        try:
            await self._prompts.get(prompt.tenant, prompt.id)
        except NotFound:
            aliases = {}
            for alias, given_at in prompt.aliases.items():
                try:
                    await self._prompts.claim_alias(prompt.tenant, alias, prompt.id)
                    aliases[alias] = given_at
                except Conflict:
                    into.report.leave_out("prompt_aliases", _OTHERS_ALIAS, alias)
            try:
                await self._prompts.create(prompt.model_copy(update={"aliases": aliases}))
            except Conflict:
                return THERE
            return IMPORTED_NOW
        return THERE

    async def _version(self, version: PromptVersion, into: ImportInto) -> Outcome:
        try:
            await self._prompts.get(into.tenant, version.prompt_id)
        except NotFound:
            return _NO_PROMPT
        try:
            await self._prompts.add_version(into.tenant, version)
        except Conflict:
            there = await self._prompts.version(into.tenant, version.prompt_id, version.number)
            return THERE if there is not None and _says(there) == _says(version) else _OTHER_VERSION
        await self._prompts.note_latest(into.tenant, version)
        return IMPORTED_NOW

    async def _blueprint(self, blueprint: LlmBlueprint, into: ImportInto) -> Outcome:  # noqa: ARG002
        try:
            await self._blueprints.add(blueprint)
        except NotFound:
            return _NO_PLAYGROUND
        except Conflict:
            return await _there(self._blueprints.get(blueprint.tenant, blueprint.id), else_=_FULL)
        return IMPORTED_NOW

    async def _configuration(self, configuration: MetricConfiguration, into: ImportInto) -> Outcome:
        tenant, playground_id = into.tenant, configuration.playground_id
        try:
            await self._playgrounds.get(tenant, playground_id)
        except NotFound:
            return _NO_PLAYGROUND
        try:
            await self._configurations.add(configuration)
        except Conflict:
            return await _there(self._configurations.get(tenant, playground_id, configuration.id))
        return IMPORTED_NOW

    async def _dataset(self, dataset: Dataset, into: ImportInto) -> Outcome:  # noqa: ARG002
        try:
            await self._datasets.add(dataset)
        except Conflict:
            return await _there(self._datasets.get(dataset.tenant, dataset.id))
        return IMPORTED_NOW

    async def _dataset_version(
        self, version: DatasetVersion, rows: AsyncGenerator[RowContent, None], into: ImportInto
    ) -> Outcome:
        tenant, dataset_id = into.tenant, version.dataset_id
        try:
            await self._datasets.get(tenant, dataset_id)
        except NotFound:
            return _NO_DATASET
        try:
            there = await self._datasets.version(tenant, dataset_id, version.number)
            return THERE if there.id == version.id else _OTHER_VERSION
        except NotFound:
            """It is to be written."""
        writer = RowWriter(self._datasets, tenant, dataset_id, version.id)
        async for row in rows:
            await writer.add(row, row.json_text().encode())
        await writer.finish()
        written = version.model_copy(update={"chunks": writer.chunks, "bytes": writer.bytes})
        try:
            await self._datasets.add_version(tenant, written)
        except Conflict:
            return THERE  # somebody imports the same at the same time: the rows are in the same objects
        except NotFound:
            return _NO_DATASET
        return IMPORTED_NOW

    async def _benchmark(self, benchmark: Benchmark, into: ImportInto) -> Outcome:
        try:
            await self._benchmarks.add(benchmark)
        except Conflict:
            return await _there(self._benchmarks.get(benchmark.tenant, benchmark.id), else_=_OF_ANOTHER_TENANT)
        if benchmark.webhook_url is not None:
            into.report.leave_out("webhook_secrets", _UNSIGNED, benchmark.id)
        return IMPORTED_NOW

    async def _benchmark_run(self, run: BenchmarkRun, into: ImportInto) -> Outcome:
        if run.status in GOING_ON:
            return WENT_ON
        tenant, benchmark_id = into.tenant, run.benchmark.id
        if run.request_id is not None:
            await self._benchmark_runs.claim(tenant, benchmark_id, run.request_id, run.id)
        try:
            await self._benchmark_runs.add(run)
        except Conflict:
            return THERE
        for version_id in versions_held(run.columns, run.baseline, run.version_id):
            await self._benchmark_runs.note_verdict(tenant, benchmark_id, version_id, verdict_of(run))
        return IMPORTED_NOW

    async def _saved_run(self, saved: SavedRun, into: ImportInto) -> Outcome:
        if not into.keeps(saved.created_at):
            return EXPIRED
        with suppress(NotFound):  # whatever is written before its item would stay where that is there
            await self._saved_runs.get(into.tenant, saved.id)
            return THERE
        try:
            await self._saved_runs.add(saved.model_copy(update={"retention_days": into.retention_days}))
        except Conflict:
            return THERE
        return IMPORTED_NOW

    async def _run(self, run: Run, into: ImportInto) -> Outcome:
        if not run.settled:
            return WENT_ON
        if not into.keeps(run.created_at):
            return EXPIRED
        try:
            await self._runs.bring(run.model_copy(update={"retention_days": into.retention_days}))
        except Conflict:
            return THERE
        return IMPORTED_NOW

    async def _report(self, placed: tuple[str, ModerationReport], into: ImportInto) -> Outcome:
        playground_id, report = placed
        if not into.keeps(report.created_at):
            return EXPIRED
        try:
            await self._playgrounds.get(into.tenant, playground_id)
        except NotFound:
            return _NO_PLAYGROUND
        try:
            await self._reports.add(into.tenant, playground_id, report, into.retention_days)
        except Conflict:
            return THERE
        return IMPORTED_NOW


def _count(report: TenantImportReport, kind: str, identifier: str, outcome: Outcome) -> None:
    if outcome == IMPORTED_NOW:
        report.imported[kind] += 1
    elif outcome == THERE:
        report.there_already[kind] += 1
    else:
        report.leave_out(kind, outcome, identifier)


async def _there(found: Awaitable[Any], *, else_: str = DELETED) -> Outcome:
    """Of what has the id already: deleted things hold theirs for a day."""
    try:
        await found
    except NotFound:
        return else_
    return THERE


def _says(version: PromptVersion) -> tuple[Any, ...]:
    return version.content, version.default_model, version.parameters
