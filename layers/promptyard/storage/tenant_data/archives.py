"""Archives on their way to be imported, where they come by S3: an object each."""

from collections.abc import AsyncGenerator

from promptyard.storage.table import keys
from promptyard.storage.table.objects import Objects


class ObjectArchives:
    """Implements `services.ports.tenant_data.ArchiveStore`."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects

    async def url(self, tenant: str, upload_id: str, seconds: int) -> str:
        return await self._objects.upload_url(keys.import_object(tenant, upload_id), seconds)

    def pieces(self, tenant: str, upload_id: str) -> AsyncGenerator[bytes, None]:
        """Raises NotFound."""
        return self._objects.pieces(keys.import_object(tenant, upload_id))

    async def drop(self, tenant: str, upload_id: str) -> None:
        await self._objects.delete(keys.import_object(tenant, upload_id))
