"""Datasets: rows that a benchmark runs. A version of a dataset never changes."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from promptyard.domain.deferred import FrozenModel
from promptyard.domain.models.messages import Message
from promptyard.domain.runs.metrics.spec import MetricSpec

MAX_BYTES = 200_000_000
"""Of what a version is read from."""
MAX_ROWS = 200_000
MAX_ROW_BYTES = 1_000_000
MAX_NAMES = 500
"""Different names of fields in one input."""

DatasetFormat = Literal["jsonl", "csv", "json"]
VersionFormat = DatasetFormat | Literal["runs", "promptfoo", "openai-evals"]


class RowContent(FrozenModel):
    """What a row says. It has variables for a prompt, or messages of its own, or both."""

    variables: dict[str, Any] = Field({})
    messages: list[Message] | None = None
    reference: str | list[str] | None = None
    """What an answer is compared with; a list: any of them."""
    documents: list[str] = Field([])
    tags: list[str] = Field([])
    metadata: dict[str, Any] = Field({})
    metrics: list[MetricSpec] = Field([])
    """Its own, beside the benchmark's; one with the same label takes that one's place."""

    def json_text(self) -> str:
        """On one line, without what is not there; `model_validate_json` reads it back. Raises ValueError for a number
        that is not finite, RecursionError for endless nesting."""
        given = {name: value for name in RowContent.model_fields if (value := getattr(self, name)) not in _NOTHING}
        if self.messages:
            given["messages"] = [message.wire() for message in self.messages]
        if self.metrics:
            given["metrics"] = [spec.model_dump(mode="json", exclude_defaults=True) for spec in self.metrics]
        return json.dumps(given, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


_NOTHING: tuple[Any, ...] = (None, {}, [])


class Row(RowContent):
    """One input of a version."""

    id: str
    """The version's id, a dash, and the row's number."""
    number: int
    """From 1, in the order in which they came."""

    @classmethod
    def of(cls, version_id: str, number: int, content: RowContent) -> "Row":
        return cls.model_construct(id=f"{version_id}-{number}", number=number, **vars(content))


class Dataset(FrozenModel):
    id: str
    """Time-ordered."""
    tenant: str
    name: str
    description: str = ""
    playground_id: str | None = None
    created_at: datetime
    created_by: str
    updated_at: datetime
    latest_version: int | None = None
    """None until there is one."""


class DatasetVersion(FrozenModel):
    """A version is there whole, or not at all."""

    id: str
    """Time-ordered."""
    dataset_id: str
    number: int
    """From 1."""
    format: VersionFormat
    """What it was read from."""
    row_count: int
    bytes: int
    """Of the rows as they are kept."""
    mapping: dict[str, str]
    """What became of each field that the input named: `{"question": "variables.question", "answer": "reference"}`."""
    variables: list[str] = Field([])
    """The names of the rows' variables in the order of their first appearance, at most MAX_NAMES."""
    skipped: int = 0
    """How many rows of the input its source itself had put aside, and are not in the version."""
    chunks: list[int] = Field([])
    """The number of the first row of each object that holds rows, ascending."""
    created_at: datetime
    created_by: str


URL_SECONDS = 3600
"""How long the address of an upload is good for."""


@dataclass(frozen=True, slots=True)
class FileForm:
    """How a file of rows is to be read."""

    format: DatasetFormat | None = None
    """None: its first character says."""
    maps: Sequence[str] = ()
    """Each is `place=field` (`reading.mapping.FieldMap`)."""


class DatasetUpload(FrozenModel):
    """A file that is to become a version, and what became of it. It is forgotten some days after."""

    id: str
    """Time-ordered. The version that it becomes has the same."""
    dataset_id: str
    format: DatasetFormat | None = None
    """None: the file's first character says which."""
    maps: list[str] = Field([])
    """Each is `place=field`."""
    status: Literal["waiting", "taken", "refused"] = "waiting"
    version: int | None = None
    """The number of what it became."""
    bad_lines: list[tuple[int, str]] = Field([])
    """The first of those that are no rows, with what is wrong."""
    bad_count: int = 0
    error: str | None = None
    """In a sentence, where it was refused."""
    created_at: datetime
    created_by: str
