"""Datasets: rows that a benchmark runs. A version of a dataset never changes."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from promptyard.domain.models.messages import Message
from promptyard.domain.runs.metrics.spec import MetricSpec

DatasetFormat = Literal["jsonl", "csv", "json"]


class Row(BaseModel):
    """One input. It has variables for a prompt, or messages of its own, or both."""

    model_config = ConfigDict(frozen=True)

    id: str
    """The version's id, a dash, and the row's number."""
    number: int
    """From 1, in the order in which they came."""
    variables: dict[str, Any] = {}
    messages: list[Message] | None = None
    reference: str | list[str] | None = None
    """What an answer is compared with; a list: any of them."""
    documents: list[str] = []
    tags: list[str] = []
    metadata: dict[str, Any] = {}
    metrics: list[MetricSpec] = []
    """Its own, beside the benchmark's; one with the same label takes that one's place."""


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
    chunks: list[int] = Field(default_factory=list)
    """The number of the first row of each object that holds rows, ascending."""
    created_at: datetime
    created_by: str
