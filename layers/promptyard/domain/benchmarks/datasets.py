"""Datasets: rows that a benchmark runs. A version of a dataset never changes."""

import json
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from promptyard.domain.models.messages import Message
from promptyard.domain.runs.metrics.spec import MetricSpec

MAX_BYTES = 200_000_000
"""Of what a version is read from."""
MAX_ROWS = 200_000
MAX_ROW_BYTES = 1_000_000
MAX_NAMES = 500
"""Different names of fields in one input."""

DatasetFormat = Literal["jsonl", "csv", "json"]


class RowContent(BaseModel):
    """What a row says. It has variables for a prompt, or messages of its own, or both."""

    model_config = ConfigDict(frozen=True)

    variables: dict[str, Any] = {}
    messages: list[Message] | None = None
    reference: str | list[str] | None = None
    """What an answer is compared with; a list: any of them."""
    documents: list[str] = []
    tags: list[str] = []
    metadata: dict[str, Any] = {}
    metrics: list[MetricSpec] = []
    """Its own, beside the benchmark's; one with the same label takes that one's place."""

    def json_text(self) -> str:
        """On one line, without what is not there; `model_validate_json` reads it back. Raises ValueError for a number
        that is not finite, RecursionError for endless nesting."""
        given = {name: value for name, value in vars(self).items() if value not in _NOTHING}
        if self.messages:
            given["messages"] = [message.wire() for message in self.messages]
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


class Dataset(BaseModel):
    model_config = ConfigDict(frozen=True)

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


class DatasetVersion(BaseModel):
    """A version is there whole, or not at all."""

    model_config = ConfigDict(frozen=True)

    id: str
    """Time-ordered."""
    dataset_id: str
    number: int
    """From 1."""
    format: DatasetFormat | Literal["runs"]
    """What it was read from."""
    row_count: int
    bytes: int
    """Of the rows as they are kept."""
    mapping: dict[str, str]
    """What became of each field that the input named: `{"question": "variables.question", "answer": "reference"}`."""
    variables: list[str] = []
    """The names of the rows' variables in the order of their first appearance, at most MAX_NAMES."""
    skipped: int = 0
    """How many rows of the input its source itself had put aside, and are not in the version."""
    chunks: list[int] = Field(default_factory=list)
    """The number of the first row of each object that holds rows, ascending."""
    created_at: datetime
    created_by: str
