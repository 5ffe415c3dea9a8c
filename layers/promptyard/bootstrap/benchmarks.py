"""Datasets and benchmarks."""

from functools import cached_property

from promptyard.bootstrap.parts import Part
from promptyard.services.benchmarks.datasets import DatasetService
from promptyard.storage.benchmarks.datasets import DynamoDatasetStore


class BenchmarkServices(Part):
    aws = ("dynamodb", "s3")

    @cached_property
    def datasets(self) -> DatasetService:
        return DatasetService(self.dataset_store, self._parts.playgrounds.store, self._parts.callers.audit)

    @cached_property
    def dataset_store(self) -> DynamoDatasetStore:
        return DynamoDatasetStore(self._parts.table("benchmarks"), self._parts.bucket)
