"""Files on their way to become versions of datasets: an item and an object each. See `benchmark_keys`."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta

from promptyard.domain.benchmarks.datasets import DatasetUpload
from promptyard.domain.errors import NotFound
from promptyard.domain.identifiers import is_id
from promptyard.storage.runs.run_counts import is_live
from promptyard.storage.table import benchmark_keys, keys
from promptyard.storage.table.objects import Objects
from promptyard.storage.table.table import Table

REMEMBERED = timedelta(days=7)


class DynamoUploadStore:
    """Implements `services.ports.benchmarks.UploadStore`."""

    def __init__(self, table: Table, objects: Objects) -> None:
        self._table = table
        self._objects = objects

    async def put(self, tenant: str, upload: DatasetUpload) -> None:
        expires_at = int((upload.created_at + REMEMBERED).timestamp())
        key = benchmark_keys.dataset_upload_key(tenant, upload.dataset_id, upload.id)
        item = {**key, "v": keys.SCHEMA_VERSION, "expires_at": expires_at, "body": upload.model_dump_json()}
        await self._table.put(item)

    async def get(self, tenant: str, dataset_id: str, upload_id: str) -> DatasetUpload:
        """Raises NotFound."""
        item = None
        if is_id(dataset_id) and is_id(upload_id):
            item = await self._table.get(benchmark_keys.dataset_upload_key(tenant, dataset_id, upload_id))
        if item is None or not is_live(item, datetime.now(UTC)):
            raise NotFound("Upload not found")
        return DatasetUpload.model_validate_json(item["body"])

    def key(self, tenant: str, upload: DatasetUpload) -> str:
        """The name of its file, as events have it."""
        return benchmark_keys.upload_object(tenant, upload.dataset_id, upload.id)

    async def url(self, tenant: str, upload: DatasetUpload, seconds: int) -> str:
        return await self._objects.upload_url(self.key(tenant, upload), seconds)

    def pieces(self, tenant: str, upload: DatasetUpload) -> AsyncGenerator[bytes, None]:
        """The file. Raises NotFound."""
        return self._objects.pieces(self.key(tenant, upload))

    async def drop(self, tenant: str, upload: DatasetUpload) -> None:
        """Forget the file."""
        await self._objects.delete(self.key(tenant, upload))
