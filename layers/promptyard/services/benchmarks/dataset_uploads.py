"""Files that are uploaded apart from the API, as large as a dataset may be, and taken when they are there."""

from collections.abc import AsyncIterable
from contextlib import aclosing
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from promptyard.domain.account.access import Caller
from promptyard.domain.benchmarks.datasets import URL_SECONDS, DatasetUpload, DatasetVersion, FileForm
from promptyard.domain.benchmarks.messages import OBJECT_CREATED, S3_SOURCE, EventMessage
from promptyard.domain.benchmarks.reading.mapping import FieldMap
from promptyard.domain.errors import BadLines, Conflict, NotFound, PromptyardError, TooLarge
from promptyard.domain.identifiers import time_ordered_id
from promptyard.services.benchmarks.dataset_versions import DatasetVersions

if TYPE_CHECKING:
    from promptyard.services.account.audit import AuditLog
    from promptyard.services.ports.benchmarks import DatasetStore, Queue, UploadStore


class DatasetUploads:
    """Methods raise NotFound where there is no such dataset, or no such upload, in the tenant."""

    def __init__(
        self,
        uploads: "UploadStore",
        datasets: "DatasetStore",
        versions: DatasetVersions,
        audit: "AuditLog",
        *,
        told: "Queue | None" = None,
    ) -> None:
        """`told` where files come through the API (`take_file`): of what S3 would tell, and does not hear."""
        self._uploads = uploads
        self._datasets = datasets
        self._versions = versions
        self._audit = audit
        self._told = told

    async def begin(self, caller: Caller, dataset_id: str, form: FileForm) -> DatasetUpload:
        """A place for a file. Raises InvalidRequest for what is no map."""
        FieldMap.parse_all(form.maps)
        await self._datasets.get(caller.tenant, dataset_id)
        upload = DatasetUpload(
            id=time_ordered_id(),
            dataset_id=dataset_id,
            format=form.format,
            maps=list(form.maps),
            created_at=datetime.now(UTC),
            created_by=caller.actor.id,
        )
        await self._audit.record(caller, "dataset.version_added", dataset_id, {"version_id": upload.id})
        await self._uploads.put(caller.tenant, upload)
        return upload

    async def url(self, tenant: str, upload: DatasetUpload) -> str | None:
        """Where the file may be PUT for URL_SECONDS, without a key; None: to the API."""
        return None if self._told is not None else await self._uploads.url(tenant, upload, URL_SECONDS)

    async def get(self, tenant: str, dataset_id: str, upload_id: str) -> DatasetUpload:
        return await self._uploads.get(tenant, dataset_id, upload_id)

    async def take_upload(self, tenant: str, dataset_id: str, upload_id: str) -> DatasetVersion | None:
        """What the event that a file is there leads to: it becomes a version, or is refused, once, however often this
        is called. None where it was refused, or there is nothing to take."""
        try:
            upload = await self._uploads.get(tenant, dataset_id, upload_id)
            if upload.status == "waiting":
                async with aclosing(self._uploads.pieces(tenant, upload)) as pieces:
                    upload = await self._taken(tenant, upload, pieces)
                await self._uploads.drop(tenant, upload)
            if upload.version is None:
                return None
            return await self._datasets.version(tenant, dataset_id, upload.version)
        except NotFound:
            return None

    async def take_file(
        self, tenant: str, dataset_id: str, upload_id: str, pieces: AsyncIterable[bytes]
    ) -> DatasetUpload:
        """The same with the file itself, where nothing keeps it on its way. Raises Conflict where it was taken, and
        BadLines, TooLarge where it is refused."""
        upload = await self._uploads.get(tenant, dataset_id, upload_id)
        if upload.status != "waiting":
            raise Conflict(f"The upload was {upload.status} already")
        upload = await self._taken(tenant, upload, pieces)
        if upload.bad_lines:
            raise BadLines(upload.bad_lines, upload.bad_count)
        if upload.error is not None:
            raise TooLarge(upload.error)
        if self._told is not None:
            detail = {"object": {"key": self._uploads.key(tenant, upload)}}
            event = EventMessage(id=upload.id, source=S3_SOURCE, detail_type=OBJECT_CREATED, detail=detail)
            await self._told.send([event])
        return upload

    async def _taken(self, tenant: str, upload: DatasetUpload, pieces: AsyncIterable[bytes]) -> DatasetUpload:
        """The upload as it is afterwards. Raises NotFound where its dataset is gone."""
        version = await self._versions.find(tenant, upload.dataset_id, upload.id)
        if version is None:
            try:
                writer = self._versions.writer(tenant, upload.dataset_id, upload.id)
                form = FileForm(upload.format, upload.maps)
                version = await self._versions.read_file(writer, pieces, form, upload.created_by, for_upload=True)
            except (BadLines, TooLarge) as error:
                refused = upload.model_copy(update=_refusal(error))
                await self._uploads.put(tenant, refused)
                return refused
        taken = upload.model_copy(update={"status": "taken", "version": version.number})
        await self._uploads.put(tenant, taken)
        return taken


def _refusal(error: PromptyardError) -> dict[str, object]:
    if isinstance(error, BadLines):
        return {
            "status": "refused",
            "bad_lines": list(error.lines),
            "bad_count": error.count,
            "error": error.message,
        }
    return {"status": "refused", "error": error.message}
