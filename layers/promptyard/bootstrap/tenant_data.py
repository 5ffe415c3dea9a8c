"""A tenant's data as a whole."""

from datetime import timedelta
from functools import cached_property

from promptyard.bootstrap.parts import Part
from promptyard.services.tenant_data.archive_uploads import ArchiveUploads
from promptyard.services.tenant_data.benchmark_writers import BenchmarkWriters
from promptyard.services.tenant_data.erasure import LET_IN_BEFORE, TenantErasure
from promptyard.services.tenant_data.export import TenantExport
from promptyard.services.tenant_data.import_writers import ImportWriters
from promptyard.services.tenant_data.importing import TenantImport
from promptyard.storage.tenant_data.archives import ObjectArchives
from promptyard.storage.tenant_data.tenant_data import TABLES, DynamoTenantData


class TenantDataServices(Part):
    aws = ("dynamodb", "s3")

    @cached_property
    def export(self) -> TenantExport:
        callers, kept = self._parts.callers, self._parts.playgrounds
        runs, metering = self._parts.runs, self._parts.metering
        return TenantExport(
            data=self.store,
            tenants=callers.tenants,
            runs=runs.store,
            saved_runs=runs.saved_store,
            prompts=self._parts.prompts.store,
            playgrounds=kept.store,
            blueprints=kept.blueprint_store,
            configurations=kept.configuration_store,
            reports=kept.report_store,
            datasets=self._parts.benchmarks.dataset_store,
            benchmarks=self._parts.benchmarks.store,
            benchmark_runs=self._parts.benchmarks.run_store,
            cells=self._parts.benchmarks.cells,
            evidence=self._parts.benchmarks.evidence,
            keys=self._parts.account.api_keys,
            provider_keys=self._parts.models.stored_keys,
            collectors=self._parts.telemetry.collectors,
            months=metering.months,
            ledger=metering.ledger,
            audit=callers.audit,
        )

    @cached_property
    def imports(self) -> TenantImport:
        kept, benchmarks = self._parts.playgrounds, self._parts.benchmarks
        writers = ImportWriters(
            tenants=self._parts.callers.tenants,
            runs=self._parts.runs.store,
            saved_runs=self._parts.runs.saved_store,
            prompts=self._parts.prompts.store,
            playgrounds=kept.store,
            blueprints=kept.blueprint_store,
            configurations=kept.configuration_store,
            reports=kept.report_store,
            benchmarks=BenchmarkWriters(
                datasets=benchmarks.dataset_store,
                benchmarks=benchmarks.store,
                runs=benchmarks.run_store,
                cells=benchmarks.cells,
                evidence=benchmarks.evidence,
            ),
            retention=self._parts.retention,
        )
        return TenantImport(writers, self._parts.callers.audit)

    @cached_property
    def archive_uploads(self) -> ArchiveUploads:
        return ArchiveUploads(ObjectArchives(self._parts.bucket) if self._parts.settings.uploads == "s3" else None)

    @cached_property
    def erasure(self) -> TenantErasure:
        callers = self._parts.callers
        return TenantErasure(
            data=self.store,
            tenants=callers.tenants,
            keys=self._parts.account.api_keys,
            provider_keys=self._parts.models.stored_keys,
            collector_secrets=self._parts.telemetry.secrets,
            months=self._parts.metering.months,
            sweeper=self._parts.runs.sweeper,
            audit=callers.audit,
            streams=self._parts.runs.streams,
            # Open, there is one process, which knows of the mark at once.
            let_in_before=timedelta(0) if self._parts.settings.auth == "open" else LET_IN_BEFORE,
        )

    @cached_property
    def store(self) -> DynamoTenantData:
        return DynamoTenantData({name: self._parts.table(name) for name in TABLES}, self._parts.bucket)
