"""Paths of datasets' versions and their rows."""

from fastapi import Response

from functions.benchmarks.answers import (
    DatasetVersionAnswer,
    DatasetVersionPageAnswer,
    RowAnswer,
    RowPageAnswer,
    UploadAnswer,
)
from functions.benchmarks.export import dataset_response, promptfoo_response
from functions.benchmarks.paths import DATASETS
from functions.benchmarks.schemas import ExportOf, RowsOf, RunRowsRequest
from promptyard.api.app import group_router
from promptyard.api.auth.authentication import Member, Viewer
from promptyard.api.paging import CursorPaging
from promptyard.bootstrap.services import Datasets, Uploads, VersionsOfDatasets

router = group_router("benchmarks")

_TEXT = {"schema": {"type": "string"}}


@router.get(DATASETS + "/{dataset_id}/versions", summary="List a dataset's versions, newest first")
async def list_dataset_versions(
    dataset_id: str, query: CursorPaging, caller: Viewer, versions: VersionsOfDatasets
) -> DatasetVersionPageAnswer:
    page = await versions.page(caller.tenant, dataset_id, query.request())
    return DatasetVersionPageAnswer.of(page.map(DatasetVersionAnswer.of), query)


@router.get(DATASETS + "/{dataset_id}/uploads/{upload_id}", summary="What became of an upload")
async def get_upload(dataset_id: str, upload_id: str, caller: Viewer, uploads: Uploads) -> UploadAnswer:
    """It is forgotten after a week."""
    return UploadAnswer.of(await uploads.get(caller.tenant, dataset_id, upload_id))


@router.get(DATASETS + "/{dataset_id}/rows", summary="The rows of a version, in order")
async def list_rows(dataset_id: str, query: RowsOf, caller: Viewer, versions: VersionsOfDatasets) -> RowPageAnswer:
    page = await versions.rows(caller.tenant, dataset_id, query.version, query.request())
    return RowPageAnswer.of(page.map(RowAnswer.of), query)


@router.post(DATASETS + "/{dataset_id}/rows", status_code=201, summary="Make a version of runs of the history")
async def add_run_rows(
    dataset_id: str, body: RunRowsRequest, caller: Member, versions: VersionsOfDatasets
) -> DatasetVersionAnswer:
    """A row has the variables of the run's prompt, or its messages where there are none, and the run's answer as
    reference; its `metadata` names the run."""
    version = await versions.add_runs(caller, dataset_id, body.run_ids, append=body.append)
    return DatasetVersionAnswer.of(version)


@router.get(
    DATASETS + "/{dataset_id}/export",
    response_class=Response,
    responses={
        200: {
            "content": {
                "application/x-ndjson": _TEXT,
                "text/csv": _TEXT,
                "application/json": {"schema": {"type": "object", "additionalProperties": True}},
            }
        }
    },
    summary="A version as a file",
)
async def export_dataset(
    dataset_id: str, query: ExportOf, caller: Viewer, datasets: Datasets, versions: VersionsOfDatasets
) -> Response:
    """JSON Lines and CSV are taken as a version again as they are, and are the same."""
    version = await versions.get(caller.tenant, dataset_id, query.version)
    pages = versions.row_pages(caller.tenant, version)
    if query.format == "promptfoo":
        return promptfoo_response((await datasets.get(caller.tenant, dataset_id)).name, version, pages)
    return dataset_response(version, pages, query.format, bom=query.bom)
