"""The services that routes take as parameters. Naming one imports nothing: the part that makes it is imported by the
first request that takes it."""

from operator import attrgetter
from typing import TYPE_CHECKING, Annotated

from promptyard.bootstrap.parts import provided

if TYPE_CHECKING:
    from promptyard.domain.models.catalogue import Catalogue
    from promptyard.services.account.api_keys import ApiKeys
    from promptyard.services.account.audit import AuditLog
    from promptyard.services.account.collectors import CollectorService
    from promptyard.services.account.provider_keys import ProviderKeyService, TenantKeys
    from promptyard.services.account.tenant_directory import TenantDirectory
    from promptyard.services.account.tenants import Tenants
    from promptyard.services.benchmarks.benchmark_runs import BenchmarkRunService
    from promptyard.services.benchmarks.dataset_uploads import DatasetUploads
    from promptyard.services.benchmarks.dataset_versions import DatasetVersions
    from promptyard.services.benchmarks.datasets import DatasetService
    from promptyard.services.benchmarks.defining.benchmarks import BenchmarkService
    from promptyard.services.benchmarks.imports import BenchmarkImports
    from promptyard.services.benchmarks.outside.webhooks import WebhookDeliveries
    from promptyard.services.metering.usage import UsageService
    from promptyard.services.playgrounds.blueprints import BlueprintService
    from promptyard.services.playgrounds.metric_configurations import ConfigurationService
    from promptyard.services.playgrounds.moderation_reports import ReportService
    from promptyard.services.playgrounds.playgrounds import PlaygroundService
    from promptyard.services.prompts.registry import PromptService
    from promptyard.services.runs.comparisons import CompareService
    from promptyard.services.runs.history import RunHistory
    from promptyard.services.runs.reruns import RerunService
    from promptyard.services.runs.resuming.kept_streams import KeptStreams
    from promptyard.services.runs.runs import RunService
    from promptyard.services.runs.saved_runs import SavedRunService
    from promptyard.services.tenant_data.archive_uploads import ArchiveUploads
    from promptyard.services.tenant_data.erasure import TenantErasure
    from promptyard.services.tenant_data.export import TenantExport
    from promptyard.services.tenant_data.importing import TenantImport

ManagedKeys = Annotated["ApiKeys", provided(attrgetter("account.api_keys"))]
ManagedTenants = Annotated["Tenants", provided(attrgetter("account.tenants"))]
ManagedProviderKeys = Annotated["ProviderKeyService", provided(attrgetter("account.provider_keys"))]
ManagedCollector = Annotated["CollectorService", provided(attrgetter("account.collectors"))]

Audit = Annotated["AuditLog", provided(attrgetter("callers.audit"))]
KnownTenants = Annotated["TenantDirectory", provided(attrgetter("callers.tenants"))]

Benchmarks = Annotated["BenchmarkService", provided(attrgetter("benchmarks.benchmarks"))]
BenchmarkRuns = Annotated["BenchmarkRunService", provided(attrgetter("benchmarks.runs"))]
Deliveries = Annotated["WebhookDeliveries", provided(attrgetter("benchmarks.webhook_deliveries"))]
Imports = Annotated["BenchmarkImports", provided(attrgetter("benchmarks.imports"))]
Datasets = Annotated["DatasetService", provided(attrgetter("benchmarks.datasets"))]
VersionsOfDatasets = Annotated["DatasetVersions", provided(attrgetter("benchmarks.dataset_versions"))]
Uploads = Annotated["DatasetUploads", provided(attrgetter("benchmarks.dataset_uploads"))]

UsageReports = Annotated["UsageService", provided(attrgetter("metering.usage"))]

ModelCatalogue = Annotated["Catalogue", provided(attrgetter("models.catalogue"))]
UsableKeys = Annotated["TenantKeys", provided(attrgetter("models.keys"))]

Playgrounds = Annotated["PlaygroundService", provided(attrgetter("playgrounds.playgrounds"))]
Blueprints = Annotated["BlueprintService", provided(attrgetter("playgrounds.blueprints"))]
Configurations = Annotated["ConfigurationService", provided(attrgetter("playgrounds.configurations"))]
Reports = Annotated["ReportService", provided(attrgetter("playgrounds.reports"))]

Prompts = Annotated["PromptService", provided(attrgetter("prompts.prompts"))]

Runs = Annotated["RunService", provided(attrgetter("running.runs"))]
Comparisons = Annotated["CompareService", provided(attrgetter("running.comparisons"))]
Reruns = Annotated["RerunService", provided(attrgetter("running.reruns"))]

History = Annotated["RunHistory", provided(attrgetter("runs.history"))]
Streams = Annotated["KeptStreams", provided(attrgetter("runs.streams"))]
SavedRuns = Annotated["SavedRunService", provided(attrgetter("runs.saved_runs"))]

TenantExports = Annotated["TenantExport", provided(attrgetter("tenant_data.export"))]
TenantArchives = Annotated["ArchiveUploads", provided(attrgetter("tenant_data.archive_uploads"))]
TenantImports = Annotated["TenantImport", provided(attrgetter("tenant_data.imports"))]
TenantErasures = Annotated["TenantErasure", provided(attrgetter("tenant_data.erasure"))]
