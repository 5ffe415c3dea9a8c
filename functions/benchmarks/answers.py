"""Answers about datasets."""

from pydantic import BaseModel, Field

from promptyard.api.answers.fields import Timestamp
from promptyard.api.paging import PageAnswer
from promptyard.domain.benchmarks.datasets import Dataset


class DatasetAnswer(BaseModel):
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
