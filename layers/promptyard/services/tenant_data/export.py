"""All that a tenant has, read a page at a time."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from promptyard.domain.benchmarks.evidence.report import BenchmarkReport
from promptyard.domain.errors import NotFound
from promptyard.domain.paging import each_page
from promptyard.services.account.api_keys import ApiKeys
from promptyard.services.account.audit import AuditLog
from promptyard.services.account.collectors import TenantCollectors
from promptyard.services.account.provider_keys import StoredProviderKeys, provider_keys_of
from promptyard.services.account.tenant_directory import TenantDirectory
from promptyard.services.ports.benchmark_work import EvidenceStore
from promptyard.services.ports.benchmarks import BenchmarkRunStore, BenchmarkStore, CellStore, DatasetStore
from promptyard.services.ports.metering import LedgerReader, MonthStore
from promptyard.services.ports.playgrounds import BlueprintStore, ConfigurationStore, PlaygroundStore, ReportStore
from promptyard.services.ports.prompts import AllPrompts
from promptyard.services.ports.runs import AllSavedRuns, RunFilter, RunStore
from promptyard.services.ports.tenant_data import TenantData

RUN_PAGE = 20
PAGE = 100
_BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)


class TenantExport:
    def __init__(
        self,
        *,
        data: TenantData,
        tenants: TenantDirectory,
        runs: RunStore,
        saved_runs: AllSavedRuns,
        prompts: AllPrompts,
        playgrounds: PlaygroundStore,
        blueprints: BlueprintStore,
        configurations: ConfigurationStore,
        reports: ReportStore,
        datasets: DatasetStore,
        benchmarks: BenchmarkStore,
        benchmark_runs: BenchmarkRunStore,
        cells: CellStore,
        evidence: EvidenceStore,
        keys: ApiKeys,
        provider_keys: StoredProviderKeys,
        collectors: TenantCollectors,
        months: MonthStore,
        ledger: LedgerReader,
        audit: AuditLog,
    ) -> None:
        self._data = data
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
        self._cells = cells
        self._evidence = evidence
        self._keys = keys
        self._provider_keys = provider_keys
        self._collectors = collectors
        self._months = months
        self._ledger = ledger
        self._audit = audit

    async def pages(self, tenant: str) -> AsyncGenerator[tuple[str, Sequence[Any]], None]:
        """The kind of things, and a page of them as the domain has them; a kind's pages come one after another, and
        there is one at least of each."""
        for kind, pages in self.kinds().items():
            yield kind, []
            async for page in pages(tenant):
                if page:
                    yield kind, page

    def kinds(self) -> dict[str, Callable[[str], AsyncIterator[Sequence[Any]]]]:
        """Where the pages of each kind are read."""
        return {
            "tenant": self._tenant,
            "runs": self._all_runs,
            "saved_runs": self._saved_runs.pages,
            "prompts": self._prompts.pages,
            "prompt_versions": self._versions,
            "playgrounds": self._all_playgrounds,
            "llm_blueprints": self._all_blueprints,
            "metric_configurations": self._all_configurations,
            "moderation_reports": self._all_reports,
            "datasets": self._all_datasets,
            "dataset_versions": self._all_dataset_versions,
            "dataset_rows": self._all_rows,
            "benchmarks": self._all_benchmarks,
            "benchmark_runs": self._all_benchmark_runs,
            "benchmark_cells": self._all_cells,
            "benchmark_reports": self._all_benchmark_reports,
            "keys": self._all_keys,
            "provider_keys": self._all_provider_keys,
            "collectors": self._own_collector,
            "months": self._all_months,
            "ledger": self._all_entries,
            "audit": self._all_acts,
        }

    async def _tenant(self, tenant: str) -> AsyncIterator[Sequence[Any]]:
        record = await self._tenants.find(tenant)
        yield [] if record is None else [record]

    def _all_runs(self, tenant: str) -> AsyncIterator[Sequence[Any]]:
        return each_page(partial(self._runs.page, tenant, RunFilter()), RUN_PAGE)

    async def _versions(self, tenant: str) -> AsyncIterator[Sequence[Any]]:
        async for prompts in self._prompts.pages(tenant):
            for prompt in prompts:
                async for versions in self._prompts.version_pages(tenant, prompt.id):
                    yield versions

    async def _all_playgrounds(self, tenant: str) -> AsyncIterator[Sequence[Any]]:
        yield await self._playgrounds.all(tenant)

    async def _all_blueprints(self, tenant: str) -> AsyncIterator[Sequence[Any]]:
        yield await self._blueprints.all(tenant)

    async def _all_configurations(self, tenant: str) -> AsyncIterator[Sequence[Any]]:
        for playground in await self._playgrounds.all(tenant):
            yield await self._configurations.all(tenant, playground.id)

    async def _all_reports(self, tenant: str) -> AsyncIterator[Sequence[Any]]:
        """(playground's id, report)."""
        for playground in await self._playgrounds.all(tenant):
            async for reports in each_page(partial(self._reports.page, tenant, playground.id), PAGE):
                yield [(playground.id, report) for report in reports]

    def _all_datasets(self, tenant: str) -> AsyncIterator[Sequence[Any]]:
        return each_page(partial(self._datasets.page, tenant), PAGE)

    def _all_benchmarks(self, tenant: str) -> AsyncIterator[Sequence[Any]]:
        return each_page(partial(self._benchmarks.page, tenant), PAGE)

    def _all_benchmark_runs(self, tenant: str) -> AsyncIterator[Sequence[Any]]:
        return each_page(partial(self._benchmark_runs.page, tenant, None), PAGE)

    async def _all_cells(self, tenant: str) -> AsyncIterator[Sequence[Any]]:
        """(benchmark run's id, result)."""
        async for runs in self._all_benchmark_runs(tenant):
            for run in runs:
                async for cells in self._cells.pages(tenant, run.id):
                    yield [(run.id, cell) for cell in cells]

    async def _all_benchmark_reports(self, tenant: str) -> AsyncIterator[Sequence[Any]]:
        async for runs in self._all_benchmark_runs(tenant):
            for run in runs:
                with suppress(NotFound):  # it has none yet
                    text = await self._evidence.report(tenant, run.id, "json")
                    yield [BenchmarkReport.model_validate_json(text)]

    async def _all_dataset_versions(self, tenant: str) -> AsyncIterator[Sequence[Any]]:
        async for datasets in self._all_datasets(tenant):
            for dataset in datasets:
                async for versions in each_page(partial(self._datasets.versions, tenant, dataset.id), PAGE):
                    yield versions

    async def _all_rows(self, tenant: str) -> AsyncIterator[Sequence[Any]]:
        async for versions in self._all_dataset_versions(tenant):
            for version in versions:
                async for rows in self._datasets.row_pages(tenant, version):
                    yield rows

    async def _all_keys(self, tenant: str) -> AsyncIterator[Sequence[Any]]:
        yield await self._keys.all_of(tenant)

    async def _all_provider_keys(self, tenant: str) -> AsyncIterator[Sequence[Any]]:
        """(provider, key)."""
        yield sorted(provider_keys_of(await self._provider_keys.of(tenant, fresh=True)).items())

    async def _own_collector(self, tenant: str) -> AsyncIterator[Sequence[Any]]:
        collector = await self._collectors.get(tenant)
        yield [] if collector is None else [collector]

    async def _all_months(self, tenant: str) -> AsyncIterator[Sequence[Any]]:
        yield [await self._months.month(tenant, month) for month in await self._data.months(tenant)]

    async def _all_entries(self, tenant: str) -> AsyncIterator[Sequence[Any]]:
        async for entries in self._ledger.entries(tenant, _BEGINNING, datetime.now(UTC) + timedelta(days=1)):
            yield entries

    def _all_acts(self, tenant: str) -> AsyncIterator[Sequence[Any]]:
        return each_page(partial(self._audit.page, tenant), PAGE)
