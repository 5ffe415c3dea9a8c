"""Paths whose body is a file of rows."""

import json
from collections.abc import AsyncIterator
from typing import Any

from fastapi import Request, Response
from pydantic import ValidationError

from functions.benchmarks.answers import DatasetVersionAnswer, UploadAnswer
from functions.benchmarks.paths import DATASETS
from functions.benchmarks.schemas import FileOf, UploadRequest
from promptyard.api.answers.fields import json_response
from promptyard.api.app import group_router
from promptyard.api.auth.authentication import FileRoute, Member
from promptyard.bootstrap.services import Uploads, VersionsOfDatasets
from promptyard.domain.benchmarks.datasets import DatasetFormat, FileForm
from promptyard.domain.errors import InvalidRequest

router = group_router("benchmarks", FileRoute)

_FORMATS: dict[str, DatasetFormat] = {
    "application/x-ndjson": "jsonl",
    "application/jsonl": "jsonl",
    "application/jsonlines": "jsonl",
    "text/csv": "csv",
    "application/json": "json",
}
_TEXT = {"schema": {"type": "string"}}
_FILE: dict[str, Any] = {"application/x-ndjson": _TEXT, "text/csv": _TEXT}
_UPLOAD = {"const": True, "description": "Always true: the answer is to say where the file can be uploaded to."}
_ROWS_OR_UPLOAD: dict[str, Any] = {
    "anyOf": [
        {"type": "array", "items": {"type": "object"}},
        {"type": "object", "properties": {"upload": _UPLOAD}, "required": ["upload"]},
    ]
}


@router.post(
    DATASETS + "/{dataset_id}/versions",
    status_code=201,
    response_model=DatasetVersionAnswer,
    responses={202: {"model": UploadAnswer, "description": "Where to upload the file to"}},
    openapi_extra={"requestBody": {"content": _FILE | {"application/json": {"schema": _ROWS_OR_UPLOAD}}}},
    summary="Add a version to a dataset",
)
async def add_dataset_version(
    dataset_id: str, request: Request, query: FileOf, caller: Member, versions: VersionsOfDatasets, uploads: Uploads
) -> Response:
    """The body is the file: JSON Lines, CSV with a header, or a JSON array. It is taken whole, or refused with a 422
    whose `detail` names the first 100 lines that are no rows and whose `error.bad_lines` counts them all. The fields of
    many tools are known by their names: `mapping` in the answer says what became of each. A file over 5 MB is uploaded
    apart: the body `{"upload": true}` is answered with a 202 that says where to."""
    body = await request.body()
    said = _FORMATS.get(_media_type(request))
    is_object = said == "json" and body.lstrip().startswith(b"{")
    if is_object and not _is_upload(body) and query.format != "jsonl":
        raise InvalidRequest(
            'A JSON body is an array of rows, or {"upload": true}; JSON Lines are application/x-ndjson, or format=jsonl'
        )
    if is_object and _is_upload(body):
        upload = await uploads.begin(caller, dataset_id, FileForm(query.format, query.map))
        url = await uploads.url(caller.tenant, upload) or f"{request.base_url}{_path(dataset_id, upload.id)}"
        return json_response(UploadAnswer.of(upload, url), status=202)
    version = await versions.add_file(caller, dataset_id, _once(body), FileForm(query.format or said, query.map))
    return json_response(DatasetVersionAnswer.of(version), status=201)


@router.put(
    DATASETS + "/{dataset_id}/uploads/{upload_id}",
    openapi_extra={
        "requestBody": {"content": _FILE | {"application/json": {"schema": {"type": "array", "items": {}}}}}
    },
    summary="Upload a file for a version",
)
async def put_upload(
    dataset_id: str, upload_id: str, request: Request, caller: Member, uploads: Uploads
) -> UploadAnswer:
    """Of the local server: of a deployment the file goes to S3, whose address the upload names. The file is taken at
    once, at most 200 MB of it."""
    return UploadAnswer.of(await uploads.take_file(caller.tenant, dataset_id, upload_id, request.stream()))


def _path(dataset_id: str, upload_id: str) -> str:
    return f"{DATASETS}/{dataset_id}/uploads/{upload_id}".removeprefix("/")


def _media_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def _once(body: bytes) -> AsyncIterator[bytes]:
    yield body


def _is_upload(body: bytes) -> bool:
    """Whether it is an `UploadRequest`, whatever the file's format will be, and no row of JSON Lines."""
    try:
        UploadRequest.model_validate(json.loads(body))
    except (ValidationError, ValueError, RecursionError):
        return False
    return True
