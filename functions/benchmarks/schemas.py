"""The wire of datasets: requests."""

from typing import Annotated, Literal

from fastapi import Query
from pydantic import Field

from promptyard.api.paging import CursorQuery
from promptyard.api.requests import WireRequest, example
from promptyard.api.text_files import FileFormat
from promptyard.domain.benchmarks.datasets import DatasetFormat

Name = Annotated[str, Field(min_length=1, max_length=256)]
Description = Annotated[str, Field(max_length=5_000)]


class NewDatasetRequest(WireRequest):
    """A dataset, which may belong to a playground."""

    model_config = example({"name": "Questions from support"})

    name: Name
    """What to call the dataset, from 1 to 256 characters."""
    description: Description = ""
    """What the dataset is for, at most 5,000 characters."""
    playground_id: str | None = Field(None, alias="playgroundId")
    """The id of a playground that the dataset belongs to."""


class DatasetChanges(WireRequest):
    """What is to change; what is left out, or null, stays."""

    model_config = example({"name": "Questions from support, 2026"})

    name: Name | None = None
    """What to call the dataset, from 1 to 256 characters."""
    description: Description | None = None
    """What the dataset is for, at most 5,000 characters."""

    def changes(self) -> dict[str, str]:
        given = {"name": self.name, "description": self.description}
        return {name: value for name, value in given.items() if value is not None}


class FileQuery(WireRequest):
    """How a file is read. `format`: else its Content-Type says so, else its first character. Each `map` is
    `place=field`, as `variables.question=q` or `reference=a`."""

    format: DatasetFormat | None = None
    """How the file is written. Without it its Content-Type says so, else its first character."""
    map: list[str] = Field([], max_length=100)
    """What becomes of a field of the file, as `place=field`: `variables.question=q`, `reference=a`. May repeat, at most
    100 times."""


FileOf = Annotated[FileQuery, Query()]


class UploadRequest(WireRequest):
    """A place to upload the file to."""

    upload: Literal[True]


class RowsQuery(CursorQuery):
    """The rows of a version; of the newest where none is named."""

    version: int | None = Field(None, ge=1)
    """The version's number, from 1. Without it the newest one."""


RowsOf = Annotated[RowsQuery, Query()]


class RunRowsRequest(WireRequest):
    """Runs of the history, which become the rows of a new version. With `append` they come after the rows of the newest
    version."""

    model_config = example({"run_ids": ["01a2c3d4-0000-7000-8000-000000000000"]})

    run_ids: list[Annotated[str, Field(min_length=1, max_length=64)]] = Field(min_length=1, max_length=100)
    """The ids of 1 to 100 runs of the history, each of which becomes a row."""
    append: bool = False
    """Whether the rows come after those of the newest version, rather than alone."""


class DatasetExportQuery(WireRequest):
    """A version as a file; the newest where none is named. `promptfoo` is a config of promptfoo, in JSON. `bom` begins
    a CSV file with a byte order mark, for spreadsheets."""

    format: FileFormat | Literal["promptfoo"] = "jsonl"
    """`jsonl` is a row a line as JSON, `csv` a table, `promptfoo` a config of promptfoo in JSON."""
    version: int | None = Field(None, ge=1)
    """The version's number, from 1. Without it the newest one."""
    bom: bool = False
    """Begin a CSV file with a byte order mark, by which spreadsheets know UTF-8."""


ExportOf = Annotated[DatasetExportQuery, Query()]
