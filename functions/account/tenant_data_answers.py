"""Answers about a tenant's data as a whole."""

from math import ceil
from typing import TYPE_CHECKING

from promptyard.api.answers.fields import Timestamp, WrittenTimestamp
from promptyard.domain.deferred import DeferredModel

if TYPE_CHECKING:
    from promptyard.domain.tenant_data.importing import TenantImportReport
    from promptyard.services.ports.tenant_data import ImportedArchive
    from promptyard.services.tenant_data.archive_uploads import ArchiveUpload
    from promptyard.services.tenant_data.erasure import Progress

KEPT = (
    "the tenant's id, which nobody else gets",
    "of each month the sums of its ledger: runs, tokens, cost",
    "in the operators' log, that the tenant was erased and how much it had",
)
BACKUPS = (
    "point-in-time recovery of the tables: who may restore them can do so for 35 days, with all that was deleted",
    "versions of deleted objects in the bucket: for 35 days",
    "logs: ids of things, no prompts, answers or keys, until the logs' retention ends",
)


class ErasureAnswer(DeferredModel):
    """`deleted` is how much of each kind; `waits_for` what the erasure has to wait for before it can go on, null when
    it goes on at once; `kept` says what stays, `in_backups` what a
    deployment in AWS holds for some time yet."""

    done: bool
    """Whether all is deleted."""
    started_at: Timestamp
    """When the erasure began, in UTC."""
    erased_at: Timestamp | None
    """When all was deleted, in UTC. Null until then."""
    deleted: dict[str, int]
    """How many things of each kind were deleted so far."""
    waits_for: str | None
    """What has to come about before the erasure can go on. Null where it goes on at once."""
    look_again_seconds: int | None
    """After how many seconds to send the request again. Null where all is deleted."""
    kept: list[str]
    """What stays, in words."""
    in_backups: list[str]
    """What backups still hold of it, and for how long, in words."""

    @classmethod
    def of(cls, progress: "Progress") -> "ErasureAnswer":
        erasure = progress.erasure
        done = erasure.erased_at is not None
        return ErasureAnswer(
            done=done,
            started_at=erasure.started_at,
            erased_at=erasure.erased_at,
            deleted=erasure.counts,
            waits_for=progress.waits_for,
            look_again_seconds=None if done else ceil(progress.look_again_seconds),
            kept=list(KEPT),
            in_backups=list(BACKUPS),
        )


class ArchiveUploadAnswer(DeferredModel):
    """A place for an archive. PUT it to `url` until `expires_at`, with no key; then import it with `id` as `upload`.
    All of it is null where the archive is to be the body of the import itself."""

    id: str | None
    """The upload's id, which the import is given as `upload`. Null where the archive is to be the import's body."""
    url: str | None
    """Where to send the archive. Null where it is to be the import's body."""
    method: str | None
    """The method to send it with: `PUT`. Null where it is to be the import's body."""
    expires_at: Timestamp | None
    """Until when it may be sent there, in UTC. Null where it is to be the import's body."""

    @classmethod
    def of(cls, upload: "ArchiveUpload | None") -> "ArchiveUploadAnswer":
        if upload is None:
            return ArchiveUploadAnswer(id=None, url=None, method=None, expires_at=None)
        return ArchiveUploadAnswer(id=upload.id, url=upload.url, method="PUT", expires_at=upload.expires_at)


class LeftInArchiveAnswer(DeferredModel):
    """`count` things of a kind that were not imported, for one reason; `ids` are the first 20 of them, and none where
    the whole kind stays in the archive."""

    kind: str
    """The kind of the things, as the archive's files are named."""
    reason: str
    """Why they were left out, in words."""
    count: int
    """How many things were left out for that reason."""
    ids: list[str]
    """The ids of the first 20 of them; none where the whole kind stays in the archive."""


class TenantImportAnswer(DeferredModel):
    """What one request has imported, by kind. `there_already` are things with ids that the tenant has: they are as they
    were. While `done` is false, send the same archive again with `next` as `after`; the counts are then those of that
    request. `made_of` is the tenant that was exported."""

    done: bool
    """Whether the whole archive is imported."""
    next: str | None
    """The `after` of the request that goes on. Null where all is done."""
    made_of: str
    """The id of the tenant that was exported."""
    exported_at: WrittenTimestamp
    """When the archive was made, in UTC."""
    imported: dict[str, int]
    """How many things of each kind this request has written."""
    there_already: dict[str, int]
    """How many things of each kind have ids that the tenant has: they are as they were."""
    left_out: list[LeftInArchiveAnswer]
    """What this request has left out, by kind and reason."""

    @classmethod
    def of(cls, archive: "ImportedArchive", report: "TenantImportReport") -> "TenantImportAnswer":
        return TenantImportAnswer(
            done=report.next is None,
            next=None if report.next is None else str(report.next),
            made_of=archive.made_of,
            exported_at=archive.exported_at,
            imported=report.imported,
            there_already=report.there_already,
            left_out=[
                LeftInArchiveAnswer(kind=kind, reason=reason, count=left.count, ids=left.ids)
                for (kind, reason), left in report.left_out.items()
            ],
        )
