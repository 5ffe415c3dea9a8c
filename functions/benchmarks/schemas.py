"""The wire of datasets: requests."""

from typing import Annotated

from pydantic import Field

from promptyard.api.requests import WireRequest, example

Name = Annotated[str, Field(min_length=1, max_length=256)]
Description = Annotated[str, Field(max_length=5_000)]


class NewDatasetRequest(WireRequest):
    """A dataset, which may belong to a playground."""

    model_config = example({"name": "Questions from support"})

    name: Name
    description: Description = ""
    playground_id: str | None = Field(None, alias="playgroundId")


class DatasetChanges(WireRequest):
    """What is to change; what is left out, or null, stays."""

    model_config = example({"name": "Questions from support, 2026"})

    name: Name | None = None
    description: Description | None = None

    def changes(self) -> dict[str, str]:
        given = {"name": self.name, "description": self.description}
        return {name: value for name, value in given.items() if value is not None}
