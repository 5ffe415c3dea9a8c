"""Datasets and benchmarks."""

from functools import cached_property

from promptyard.bootstrap.parts import Part
from promptyard.providers.network.webhooks import check_webhook_url
from promptyard.services.benchmarks.benchmarks import BenchmarkService
from promptyard.services.benchmarks.dataset_uploads import DatasetUploads
from promptyard.services.benchmarks.dataset_versions import DatasetVersions
from promptyard.services.benchmarks.datasets import DatasetService
from promptyard.services.benchmarks.definition import DefinitionCheck
from promptyard.services.benchmarks.label_gate import BenchmarkGate
from promptyard.services.benchmarks.versions import MatrixReader
from promptyard.services.benchmarks.webhooks import StoredWebhookSecrets
from promptyard.storage.benchmarks.benchmark_runs import DynamoBenchmarkRunStore
from promptyard.storage.benchmarks.benchmarks import DynamoBenchmarkStore
from promptyard.storage.benchmarks.dataset_uploads import DynamoUploadStore
from promptyard.storage.benchmarks.datasets import DynamoDatasetStore


class BenchmarkServices(Part):
    aws = ("dynamodb", "s3")

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
            by_api=self._parts.settings.uploads == "api",
        )

    @cached_property
    def benchmarks(self) -> BenchmarkService:
        return BenchmarkService(self.store, self._definition_check, self.webhook_secrets, self._parts.callers.audit)

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
    def label_gate(self) -> BenchmarkGate:
        return BenchmarkGate(self.store, self.run_store)

    @cached_property
    def matrix(self) -> MatrixReader:
        return MatrixReader(self._parts.prompts.prompts, self._parts.models.resolver)

    @cached_property
    def store(self) -> DynamoBenchmarkStore:
        return DynamoBenchmarkStore(self._parts.table("benchmarks"))

    @cached_property
    def run_store(self) -> DynamoBenchmarkRunStore:
        return DynamoBenchmarkRunStore(self._parts.table("benchmarks"))

    @cached_property
    def dataset_store(self) -> DynamoDatasetStore:
        return DynamoDatasetStore(self._parts.table("benchmarks"), self._parts.bucket)
