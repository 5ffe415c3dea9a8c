"""Datasets and benchmarks."""

from functools import cached_property

from promptyard.aws.queue import BenchmarkQueue
from promptyard.bootstrap.parts import Part, not_set
from promptyard.providers.network.webhooks import check_webhook_url
from promptyard.services.benchmarks.benchmark_runs import BenchmarkRunService
from promptyard.services.benchmarks.dataset_uploads import DatasetUploads
from promptyard.services.benchmarks.dataset_versions import DatasetVersions
from promptyard.services.benchmarks.datasets import DatasetService
from promptyard.services.benchmarks.defining.benchmarks import BenchmarkService
from promptyard.services.benchmarks.defining.definition import DefinitionCheck
from promptyard.services.benchmarks.defining.versions import MatrixReader
from promptyard.services.benchmarks.imported_runs import ImportedRuns
from promptyard.services.benchmarks.imports import BenchmarkImports, Readers
from promptyard.services.benchmarks.outside.webhooks import StoredWebhookSecrets, WebhookDeliveries
from promptyard.services.benchmarks.retention import BenchmarkRetention
from promptyard.services.benchmarks.starting import RunMaker
from promptyard.services.benchmarks.work.execution import Execution
from promptyard.storage.benchmarks.benchmark_runs import DynamoBenchmarkRunStore
from promptyard.storage.benchmarks.benchmarks import DynamoBenchmarkStore
from promptyard.storage.benchmarks.cell_slots import DynamoSlotStore
from promptyard.storage.benchmarks.cells import DynamoCellStore
from promptyard.storage.benchmarks.dataset_uploads import DynamoUploadStore
from promptyard.storage.benchmarks.datasets import DynamoDatasetStore
from promptyard.storage.benchmarks.evidence import S3EvidenceStore
from promptyard.storage.benchmarks.webhook_deliveries import DynamoDeliveryStore
from promptyard.storage.table.table import Table

QUEUE = "PROMPTYARD_BENCHMARKS_QUEUE"
"""The variable with the URL of the queue of benchmarks."""
ASIDE = "PROMPTYARD_BENCHMARKS_ASIDE"
"""That of the queue of what could not be done."""


class BenchmarkServices(Part):
    aws = ("dynamodb", "s3", "sqs")

    @cached_property
    def datasets(self) -> DatasetService:
        return DatasetService(self.dataset_store, self._parts.playgrounds.store, self._parts.callers.audit)

    @cached_property
    def dataset_versions(self) -> DatasetVersions:
        return DatasetVersions(self.dataset_store, self._parts.runs.store, self._parts.callers.audit)

    @cached_property
    def dataset_uploads(self) -> DatasetUploads:
        uploads = DynamoUploadStore(self._parts.table("benchmarks"), self._parts.bucket)
        return DatasetUploads(
            uploads,
            self.dataset_store,
            self.dataset_versions,
            self._parts.callers.audit,
            told=self.queue if self._parts.settings.uploads == "api" else None,
        )

    @cached_property
    def benchmarks(self) -> BenchmarkService:
        return BenchmarkService(self.store, self._definition_check, self.webhook_secrets, self._parts.callers.audit)

    @cached_property
    def imports(self) -> BenchmarkImports:
        from promptyard.services.benchmarks.importing import import_openai_evals, import_promptfoo  # for one route

        return BenchmarkImports(
            self.datasets,
            self.dataset_versions,
            self._parts.prompts.prompts,
            self.benchmarks,
            self._parts.models.resolver,
            runs=ImportedRuns(self.run_store, self.cells, self.queue),
            readers=Readers(import_promptfoo, import_openai_evals),
        )

    @cached_property
    def webhook_secrets(self) -> StoredWebhookSecrets:
        return StoredWebhookSecrets(self._parts.models.stored_keys)

    @property
    def _definition_check(self) -> DefinitionCheck:
        return DefinitionCheck(
            self.dataset_store,
            self._parts.prompts.prompts,
            self.matrix,
            self._parts.models.resolver,
            check_url=check_webhook_url,
            has_guardrail=self._parts.settings.guardrail_id is not None,
        )

    @cached_property
    def runs(self) -> BenchmarkRunService:
        return BenchmarkRunService(
            benchmarks=self.store,
            runs=self.run_store,
            cells=self.cells,
            maker=RunMaker(self.dataset_store, self.matrix, self._parts.models.resolver),
            queue=self.queue,
            execution=self.execution,
            evidence=self.evidence,
        )

    @cached_property
    def retention(self) -> BenchmarkRetention:
        return BenchmarkRetention(self.run_store, self.cells, self.evidence, self._parts.retention)

    @cached_property
    def webhook_deliveries(self) -> WebhookDeliveries:
        return WebhookDeliveries(self.store, self.delivery_store)

    @cached_property
    def execution(self) -> Execution:
        return Execution(self.run_store, self.slots, self._parts.runs.store, self.queue)

    @cached_property
    def matrix(self) -> MatrixReader:
        return MatrixReader(self._parts.prompts.prompts, self._parts.models.resolver)

    @cached_property
    def store(self) -> DynamoBenchmarkStore:
        return DynamoBenchmarkStore(self._table)

    @cached_property
    def run_store(self) -> DynamoBenchmarkRunStore:
        return DynamoBenchmarkRunStore(self._table)

    @cached_property
    def delivery_store(self) -> DynamoDeliveryStore:
        return DynamoDeliveryStore(self._table)

    @cached_property
    def cells(self) -> DynamoCellStore:
        return DynamoCellStore(self._table)

    @cached_property
    def slots(self) -> DynamoSlotStore:
        return DynamoSlotStore(self._table)

    @cached_property
    def evidence(self) -> S3EvidenceStore:
        return S3EvidenceStore(self._parts.bucket)

    @cached_property
    def queue(self) -> BenchmarkQueue:
        """One that the environment does not name raises BadSetting when it is used, not before."""
        names = [self._parts.environment.get(setting, "") for setting in (QUEUE, ASIDE)]
        if not all(names):
            return BenchmarkQueue(not_set(QUEUE), QUEUE, ASIDE)
        clients = self._parts.clients
        return BenchmarkQueue(lambda: clients.get("sqs"), *names, at_once=clients.answers_at_once("sqs"))

    @cached_property
    def dataset_store(self) -> DynamoDatasetStore:
        return DynamoDatasetStore(self._table, self._parts.bucket)

    @cached_property
    def _table(self) -> Table:
        return self._parts.table("benchmarks")
