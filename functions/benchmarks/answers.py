"""Answers about datasets."""

from datetime import timedelta
from typing import Any, Literal

from pydantic import Field

from promptyard.api.answers.fields import LeftOut, Timestamp, WithoutNulls
from promptyard.api.paging import PageAnswer
from promptyard.domain.benchmarks.datasets import (
    URL_SECONDS,
    Dataset,
    DatasetUpload,
    DatasetVersion,
    Row,
    VersionFormat,
)
from promptyard.domain.deferred import DeferredModel
from promptyard.domain.models.messages import Message
from promptyard.domain.runs.metrics.spec import MetricSpec


class DatasetAnswer(DeferredModel):
    """A dataset. `latest_version` is a number, null before the first; `created_by` is what a run names as its
    `caller`."""

    id: str
    name: str
    description: str
    playground_id: str | None = Field(serialization_alias="playgroundId")
    latest_version: int | None
    created_at: Timestamp
    created_by: str
    updated_at: Timestamp

    @classmethod
    def of(cls, dataset: Dataset) -> "DatasetAnswer":
        return DatasetAnswer(
            id=dataset.id,
            name=dataset.name,
            description=dataset.description,
            playground_id=dataset.playground_id,
            latest_version=dataset.latest_version,
            created_at=dataset.created_at,
            created_by=dataset.created_by,
            updated_at=dataset.updated_at,
        )


class DatasetPageAnswer(PageAnswer[DatasetAnswer]):
    pass


class DatasetVersionAnswer(DeferredModel):
    """A version of a dataset, which never changes. `mapping`: what became of each field of the file. `variables`: the
    names of the rows' variables, at most 500. `skipped`: rows that their source had archived."""

    id: str
    dataset_id: str
    number: int
    format: VersionFormat
    row_count: int
    bytes: int
    mapping: dict[str, str]
    variables: list[str]
    skipped: int
    created_at: Timestamp
    created_by: str

    @classmethod
    def of(cls, version: DatasetVersion) -> "DatasetVersionAnswer":
        return DatasetVersionAnswer(**{name: getattr(version, name) for name in cls.model_fields})


class DatasetVersionPageAnswer(PageAnswer[DatasetVersionAnswer]):
    pass


class RowAnswer(DeferredModel):
    """A row. It has variables for a prompt, or messages of its own, or both; `reference` is a text, or several of which
    an answer may be any. `metrics` are its own, beside the benchmark's."""

    id: str
    number: int
    variables: dict[str, Any]
    messages: list[WithoutNulls[Message]] | None
    reference: str | list[str] | None
    documents: list[str]
    tags: list[str]
    metadata: dict[str, Any]
    metrics: LeftOut[list[WithoutNulls[MetricSpec]]] = None

    @classmethod
    def of(cls, row: Row) -> "RowAnswer":
        return RowAnswer(**{name: getattr(row, name) for name in cls.model_fields} | {"metrics": row.metrics or None})


class RowPageAnswer(PageAnswer[RowAnswer]):
    pass


class BadLineAnswer(DeferredModel):
    line: int
    message: str


class UploadAnswer(DeferredModel):
    """An upload. While it is `waiting`, PUT the file to `url` until `expires_at`: with no key where the address is not
    this API's. `taken`, it is the version with the number `version`; `refused`, `bad_lines` are the first of
    `bad_count` lines that are no rows, or `error` says what else is wrong."""

    id: str
    dataset_id: str
    status: Literal["waiting", "taken", "refused"]
    url: LeftOut[str] = None
    method: LeftOut[str] = None
    expires_at: LeftOut[Timestamp] = None
    version: int | None
    bad_lines: list[BadLineAnswer]
    bad_count: int
    error: str | None

    @classmethod
    def of(cls, upload: DatasetUpload, url: str | None = None) -> "UploadAnswer":
        return UploadAnswer(
            id=upload.id,
            dataset_id=upload.dataset_id,
            status=upload.status,
            url=url,
            method=None if url is None else "PUT",
            expires_at=None if url is None else upload.created_at + timedelta(seconds=URL_SECONDS),
            version=upload.version,
            bad_lines=[BadLineAnswer(line=line, message=message) for line, message in upload.bad_lines],
            bad_count=upload.bad_count,
            error=upload.error,
        )
