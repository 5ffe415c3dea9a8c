"""How each kind of thing of an archive is written, where it is not there yet."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from promptyard.domain.account.access import Caller
from promptyard.domain.benchmarks.datasets import DatasetVersion, RowContent
from promptyard.domain.errors import Conflict, NotFound, TooLarge
from promptyard.domain.playgrounds.blueprints import LlmBlueprint
from promptyard.domain.playgrounds.metric_configurations import MetricConfiguration
from promptyard.domain.playgrounds.playground import Playground
from promptyard.domain.prompts.prompt import Prompt, PromptVersion
from promptyard.domain.runs.run import Run
from promptyard.domain.runs.run_metrics import ModerationReport
from promptyard.domain.runs.saved_runs import SavedRun
from promptyard.domain.tenant_data.importing import EXPIRED, WENT_ON
from promptyard.services.account.tenant_directory import TenantDirectory
from promptyard.services.ports.playgrounds import BlueprintStore, ConfigurationStore, PlaygroundStore, ReportStore
from promptyard.services.ports.prompts import PromptStore
from promptyard.services.ports.runs import RunStore, SavedRunStore
from promptyard.services.tenant_data.benchmark_writers import OTHER_VERSION, BenchmarkWriters
from promptyard.services.tenant_data.import_outcomes import IMPORTED_NOW, THERE, ImportInto, Outcome, there

_NO_PROMPT = "its prompt is not there"
_NO_PLAYGROUND = "its playground is not there"
_FULL = "it was deleted here, or its playground is full"
_OTHERS_ALIAS = "another prompt has it here"
_TOO_LARGE = "it, or a number in it, is larger than the store keeps"

_IDENTIFIERS: Mapping[str, Callable[[Any], str]] = {
    "moderation_reports": lambda placed: str(placed[1].run_id),
    "benchmark_cells": lambda placed: str(placed[0]),
    "benchmark_reports": lambda placed: str(placed[0].run_id),
}
"""Of things that have no `id` of their own."""


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
        benchmarks: BenchmarkWriters,
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
        self._benchmarks = benchmarks
        self._retention = retention
        self._by_kind: Mapping[str, Callable[[Any, ImportInto], Awaitable[Outcome]]] = {
            "playgrounds": self._playground,
            "prompts": self._prompt,
            "prompt_versions": self._version,
            "llm_blueprints": self._blueprint,
            "metric_configurations": self._configuration,
            "saved_runs": self._saved_run,
            "runs": self._run,
            "moderation_reports": self._report,
            **benchmarks.by_kind,
        }

    async def into(self, caller: Caller) -> ImportInto:
        days = (await self._tenants.of(caller)).retention_days
        kept = self._retention if days is None else timedelta(days=days)
        return ImportInto(caller.tenant, days, None if kept is None else datetime.now(UTC) - kept)

    async def write(self, kind: str, thing: Any, into: ImportInto) -> None:
        """`thing` is of a kind of IMPORTED, but no dataset version."""
        identifier = _IDENTIFIERS[kind](thing) if kind in _IDENTIFIERS else thing.id
        into.count(kind, identifier, await _kept(self._by_kind[kind](thing, into)))

    async def write_version(
        self, version: DatasetVersion, rows: AsyncGenerator[RowContent, None], into: ImportInto
    ) -> None:
        """Of its rows as many are read as are needed."""
        outcome = await _kept(self._benchmarks.write_version(version, rows, into))
        into.count("dataset_versions", version.id, outcome)
        if outcome == IMPORTED_NOW:
            into.report.imported["dataset_rows"] += version.row_count

    async def _playground(self, playground: Playground, into: ImportInto) -> Outcome:  # noqa: ARG002 - as the others
        try:
            await self._playgrounds.add(playground)
        except Conflict:
            return await there(self._playgrounds.get(playground.tenant, playground.id))
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
            found = await self._prompts.version(into.tenant, version.prompt_id, version.number)
            return THERE if found is not None and _says(found) == _says(version) else OTHER_VERSION
        await self._prompts.note_latest(into.tenant, version)
        return IMPORTED_NOW

    async def _blueprint(self, blueprint: LlmBlueprint, into: ImportInto) -> Outcome:  # noqa: ARG002
        try:
            await self._blueprints.add(blueprint)
        except NotFound:
            return _NO_PLAYGROUND
        except Conflict:
            return await there(self._blueprints.get(blueprint.tenant, blueprint.id), else_=_FULL)
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
            return await there(self._configurations.get(tenant, playground_id, configuration.id))
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


async def _kept(outcome: Awaitable[Outcome]) -> Outcome:
    """No export has what the store did not keep: such a thing was made by hand."""
    try:
        return await outcome
    except TooLarge:
        return _TOO_LARGE


def _says(version: PromptVersion) -> tuple[Any, ...]:
    return version.content, version.default_model, version.parameters
