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
    """The dataset's id. Ids sort by the time at which the datasets were made."""
    name: str
    """What the dataset is called."""
    description: str
    """What the dataset is for; may be empty."""
    playground_id: str | None = Field(serialization_alias="playgroundId")
    """The id of the playground that the dataset belongs to. Null where it belongs to none."""
    latest_version: int | None
    """The number of the newest version, from 1. Null before the first."""
    created_at: Timestamp
    """When the dataset was made, in UTC."""
    created_by: str
    """Who made the dataset, as a run names its `caller`."""
    updated_at: Timestamp
    """When the dataset was last changed, in UTC."""

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
    """The version's id."""
    dataset_id: str
    """The dataset's id."""
    number: int
    """The version's number, from 1."""
    format: VersionFormat
    """What the version was read from."""
    row_count: int
    """How many rows the version has."""
    bytes: int
    """How many bytes its rows take as they are kept."""
    mapping: dict[str, str]
    """What became of each field of the file: `{"question": "variables.question", "answer": "reference"}`."""
    variables: list[str]
    """The names of the rows' variables, at most 500."""
    skipped: int
    """How many rows their source had put aside, so that they are not in the version."""
    created_at: Timestamp
    """When the version was added, in UTC."""
    created_by: str
    """Who added the version, as a run names its `caller`."""

    @classmethod
    def of(cls, version: DatasetVersion) -> "DatasetVersionAnswer":
        return DatasetVersionAnswer(**{name: getattr(version, name) for name in cls.model_fields})


class DatasetVersionPageAnswer(PageAnswer[DatasetVersionAnswer]):
    pass


class RowAnswer(DeferredModel):
    """A row. It has variables for a prompt, or messages of its own, or both; `reference` is a text, or several of which
    an answer may be any. `metrics` are its own, beside the benchmark's."""

    id: str
    """The row's id: the version's id, a dash, and the row's number."""
    number: int
    """The row's number in its version, from 1."""
    variables: dict[str, Any]
    """The values of a prompt's variables, by name."""
    messages: list[WithoutNulls[Message]] | None
    """Messages of the row's own. Null where it has none."""
    reference: str | list[str] | None
    """What an answer is compared with; of several any will do. Null where there is none."""
    documents: list[str]
    """The texts that metrics hold the answer against."""
    tags: list[str]
    """Words by which rows are told apart."""
    metadata: dict[str, Any]
    """What else the file says of the row."""
    metrics: LeftOut[list[WithoutNulls[MetricSpec]]] = None
    """The row's own metrics, beside the benchmark's. Left out where it has none."""

    @classmethod
    def of(cls, row: Row) -> "RowAnswer":
        return RowAnswer(**{name: getattr(row, name) for name in cls.model_fields} | {"metrics": row.metrics or None})


class RowPageAnswer(PageAnswer[RowAnswer]):
    pass


class BadLineAnswer(DeferredModel):
    line: int
    """The number of the line in the file, from 1."""
    message: str
    """What is wrong with it, in a sentence."""


class UploadAnswer(DeferredModel):
    """An upload. While it is `waiting`, PUT the file to `url` until `expires_at`: with no key where the address is not
    this API's. `taken`, it is the version with the number `version`; `refused`, `bad_lines` are the first of
    `bad_count` lines that are no rows, or `error` says what else is wrong."""

    id: str
    """The upload's id."""
    dataset_id: str
    """The dataset's id."""
    status: Literal["waiting", "taken", "refused"]
    """`waiting` for the file; `taken`, so that there is a version; or `refused`."""
    url: LeftOut[str] = None
    """Where the file is to be sent. Left out once that is of no use."""
    method: LeftOut[str] = None
    """The HTTP method to send it with: `PUT`. Left out where there is no `url`."""
    expires_at: LeftOut[Timestamp] = None
    """Until when the address is good, in UTC. Left out where there is no `url`."""
    version: int | None
    """The number of the version that the file became, from 1. Null until it is taken."""
    bad_lines: list[BadLineAnswer]
    """The first of the lines that are no rows."""
    bad_count: int
    """How many lines are no rows."""
    error: str | None
    """What else is wrong with the file, in a sentence. Null where nothing is."""

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
