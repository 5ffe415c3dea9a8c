"""The wire of the playgrounds group: requests about playgrounds."""

from typing import Annotated, Any

from fastapi import Path, Query
from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_camel

from functions.playgrounds.pages import LinkedPageQuery
from promptyard.api.requests import WireRequest, example
from promptyard.domain.playgrounds.playground import PlaygroundFilter, PlaygroundSort

MAX_TEXT = 5_000

PlaygroundId = Annotated[str, Path(alias="playgroundId")]
Text = Annotated[str, Field(max_length=MAX_TEXT)]


class CamelRequest(WireRequest):
    """A request whose fields are written in camel case."""

    model_config = ConfigDict(alias_generator=to_camel)


class PlaygroundsQuery(LinkedPageQuery):
    """Playgrounds of any of the use cases, with `search` in their names, whatever its case; the newest first unless
    `sort` says otherwise (a leading dash: in descending order)."""

    use_case_id: list[str] = Field([], alias="useCaseId")
    """Playgrounds of this use case; several times: of any of them."""
    search: str = ""
    """A part of the playground's name, whatever its case."""
    sort: PlaygroundSort = "-creationDate"
    """What the list is sorted by; a leading dash: in descending order."""

    def filter(self) -> PlaygroundFilter:
        return PlaygroundFilter(use_case_ids=frozenset(self.use_case_id), search=self.search, sort=self.sort)


PlaygroundsOf = Annotated[PlaygroundsQuery, Query()]


class CopyInsightsRequest(CamelRequest):
    """What to take over from another playground: its metric configurations. Its datasets stay its own,
    also with `withEvaluationDatasets`: any benchmark may use them."""

    source_playground_id: str
    """The id of the playground to take them from."""
    with_evaluation_datasets: bool = False
    """Changes nothing: any benchmark may use that playground's datasets."""


class CreatePlaygroundRequest(CamelRequest):
    """A playground. With `keepBlocked`, what its guards block is kept for the tenant's admins."""

    model_config = example({"name": "Support answers", "description": "", "useCaseId": "support"})

    copy_insights: CopyInsightsRequest | None = None
    """Another playground, whose metric configurations are taken over."""
    description: Text
    """What the playground is for, at most 5,000 characters; may be empty."""
    name: Text
    """What the playground is called, at most 5,000 characters."""
    use_case_id: Text
    """The caller's own id of a use case, at most 5,000 characters; kept as it is."""
    keep_blocked: bool = False
    """Whether what the playground's guards block is kept for the tenant's admins."""


class EditPlaygroundRequest(CamelRequest):
    """What is to change; what is left out, or null, stays."""

    model_config = example({"name": "Support answers, second round"})

    description: Text | None = None
    name: Text | None = None
    keep_blocked: bool | None = None

    def changes(self) -> dict[str, Any]:
        given = {"description": self.description, "name": self.name, "keep_blocked": self.keep_blocked}
        return {name: value for name, value in given.items() if value is not None}
