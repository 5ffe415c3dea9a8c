"""Where an archive comes from: the request's body, or S3, where no request to a function holds it."""

from collections.abc import AsyncIterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from promptyard.domain.account.access import Caller
from promptyard.domain.benchmarks.datasets import URL_SECONDS
from promptyard.domain.errors import InvalidRequest, NotFound
from promptyard.domain.identifiers import is_id, time_ordered_id
from promptyard.services.ports.tenant_data import ArchiveStore


@dataclass(frozen=True, slots=True)
class ArchiveUpload:
    id: str
    url: str
    """Where the archive may be PUT until then, without a key."""
    expires_at: datetime


class ArchiveUploads:
    def __init__(self, store: ArchiveStore | None) -> None:
        """Without a store, archives are the bodies of requests."""
        self._store = store

    async def begin(self, caller: Caller) -> ArchiveUpload | None:
        """A place for an archive; None where it is to be the body of the import."""
        if self._store is None:
            return None
        upload_id = time_ordered_id()
        expires_at = datetime.now(UTC) + timedelta(seconds=URL_SECONDS)
        return ArchiveUpload(upload_id, await self._store.url(caller.tenant, upload_id, URL_SECONDS), expires_at)

    def pieces(self, tenant: str, upload_id: str | None, body: AsyncIterable[bytes]) -> AsyncIterable[bytes]:
        """The archive. Raises InvalidRequest for a body where archives come by S3, NotFound (also later on) where
        there is no such upload."""
        if upload_id is None:
            if self._store is not None:
                raise InvalidRequest(
                    "This deployment takes archives by S3: POST /api/v1/tenant/import/uploads says where to",
                    loc=("query", "upload"),
                    kind="missing",
                )
            return body
        return self._known(upload_id).pieces(tenant, upload_id)

    async def drop(self, tenant: str, upload_id: str) -> None:
        await self._known(upload_id).drop(tenant, upload_id)

    def _known(self, upload_id: str) -> ArchiveStore:
        if self._store is None or not is_id(upload_id):
            raise NotFound("Upload not found")
        return self._store
