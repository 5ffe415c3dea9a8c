"""Paths of a tenant's data as a whole: take it away, bring it, and have it gone."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from anyio.to_thread import run_sync
from fastapi import Request, Response
from starlette.responses import StreamingResponse

from functions.account.tenant_data_answers import ArchiveUploadAnswer, ErasureAnswer, TenantImportAnswer
from functions.account.tenant_data_schemas import EraseRequest, TenantImportOf
from promptyard.api.answers.descriptions import ResponseDescriptions
from promptyard.api.app import group_router
from promptyard.api.auth.authentication import Admin, Eraser, ImportRoute
from promptyard.api.lambda_scope import seconds_left
from promptyard.api.middleware import MAX_FILE_BYTES
from promptyard.bootstrap.services import Audit, TenantArchives, TenantErasures, TenantExports, TenantImports
from promptyard.domain.errors import InvalidRequest, TooLarge
from promptyard.domain.tenant_data.importing import ImportPosition
from promptyard.services.ports.tenant_data import ImportedArchive

ERASE_SECONDS = 20.0
"""How long one request goes on with an erasure. Its answer begins when it ends, and nothing in front of a function
waits for more than 29 seconds for that."""

IMPORT_SECONDS = 20.0
"""The same of an import."""
_IN_MEMORY = 1_000_000
"""An archive that is larger is in a temporary file while it is read."""

Pages = AsyncGenerator[tuple[str, Sequence[Any]], None]

router = group_router("account")
import_router = group_router("account", ImportRoute)

_ZIP: dict[str, Any] = {"application/zip": {"schema": {"type": "string", "format": "binary"}}}
_ARCHIVE: ResponseDescriptions = {200: {"content": _ZIP}}


@router.post(
    "/api/v1/tenant/export",
    response_class=Response,
    responses=_ARCHIVE,
    summary="All that the tenant has, as one archive",
)
async def export_tenant(caller: Admin, audit: Audit, exports: TenantExports) -> StreamingResponse:
    """A ZIP archive, sent while it is made: a file of JSON Lines for each kind of things (`runs.jsonl` with all
    content, `saved_runs`, `prompts`, `prompt_versions`, `playgrounds`, `llm_blueprints`, `metric_configurations`,
    `moderation_reports`, `datasets`, `dataset_versions`, `dataset_rows`, `benchmarks`, `benchmark_runs`,
    `benchmark_cells`, `benchmark_reports`, `months`, `ledger`, `audit`, `tenant`), and at its end
    `manifest.json`, which says how many things of each kind there are. Of API keys (`keys`) and provider keys
    (`provider_keys`) it says what there is, and holds none. What is made meanwhile may be in it or not. An archive that
    was cut off has no directory, and opens nowhere. Where a deployment's function ends before the archive does (after
    15 minutes, or 200 MB), the history's export gives the runs in parts. An `Idempotency-Key` does not keep the
    archive: a repeated request makes it anew."""
    await audit.record(caller, "tenant.exported", caller.tenant)
    write, _ = _archives()
    return await write(caller.tenant, exports.pages(caller.tenant))


@router.post("/api/v1/tenant/import/uploads", status_code=201, summary="Where an archive is uploaded to")
async def begin_archive_upload(caller: Admin, uploads: TenantArchives) -> ArchiveUploadAnswer:
    """No request to a function of a deployment holds an archive: there it goes to S3 first. The local server takes it
    as the body of the import, and says so by nulls."""
    return ArchiveUploadAnswer.of(await uploads.begin(caller))


@import_router.post(
    "/api/v1/tenant/import",
    openapi_extra={"requestBody": {"content": _ZIP}},
    summary="Take an archive of an export in",
)
async def import_tenant(
    request: Request, query: TenantImportOf, caller: Admin, imports: TenantImports, uploads: TenantArchives
) -> TenantImportAnswer:
    """The archive is the body, or what was uploaded (`tenant/import/uploads`), which is forgotten when it is `done`; at
    most 200 MB. It is checked whole before anything of it is written: what is wrong in it is a 422 that names the file
    and the line. Ids are kept, and what is there already is not changed, so that the same archive twice is the same as
    once. The ids of prompts follow from the tenant: those of another tenant's archive become this tenant's, also where
    runs and benchmarks name them. Keys, the tenant's settings, the audit log, the ledger and its months stay in the
    archive: `left_out` says so. A request goes on for some seconds: as long as `done` is false, send the same archive
    again, with `next` as `after`."""
    _, read = _archives()
    position = ImportPosition() if query.after is None else ImportPosition.parse(query.after)
    with SpooledTemporaryFile(_IN_MEMORY) as file:
        async for piece in uploads.pieces(caller.tenant, query.upload, request.stream()):
            if file.tell() + len(piece) > MAX_FILE_BYTES:
                raise TooLarge(f"An archive is over {MAX_FILE_BYTES // 1_000_000} MB")
            await run_sync(file.write, piece)
        archive = await run_sync(read, file, caller.tenant)
        report = await imports.take(caller, archive, position, seconds_left(request.scope, IMPORT_SECONDS))
    if query.upload is not None and report.next is None:
        await uploads.drop(caller.tenant, query.upload)
    return TenantImportAnswer.of(archive, report)


def _archives() -> tuple[
    Callable[[str, Pages], Awaitable[StreamingResponse]], Callable[[IO[bytes], str], ImportedArchive]
]:
    """What writes an archive, and what reads one."""
    from functions.account import archive, archive_reading  # they know every kind of thing: nothing else needs that

    return archive.archive_response, archive_reading.open_archive


@router.post("/api/v1/tenant/erase", summary="Delete the tenant, with all that it has")
async def erase_tenant(request: Request, body: EraseRequest, caller: Eraser, erasures: TenantErasures) -> ErasureAnswer:
    """`confirm` is the tenant's id. From the first request on nothing else is let in, and every API key but the one in
    the request is revoked; then whatever was let in before has to end, which takes two minutes and more. A request goes
    on with the erasure for some seconds: as long as `done` is false, send it again, `look_again_seconds` later, with no
    `Idempotency-Key` or a new one. With the last one its key is revoked too. What stays is the tenant's id and what it
    used in each month. The local server's own tenant goes on, empty."""
    if body.confirm != caller.tenant:
        raise InvalidRequest("confirm has to be the tenant's id", loc=("body", "confirm"))
    return ErasureAnswer.of(await erasures.erase(caller, seconds_left(request.scope, ERASE_SECONDS)))
