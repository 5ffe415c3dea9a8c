"""The wire of the history group: requests."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Query
from pydantic import Field

from promptyard.api.paging import AtMost100, CursorQuery
from promptyard.api.requests import Moment, WireRequest, example
from promptyard.api.text_files import FileFormat
from promptyard.domain.prompts.names import PromptReference
from promptyard.domain.runs.run import RunStatus, Vote
from promptyard.services.ports.runs import RunFilter


class FilterQuery(WireRequest):
    """Which runs. `prompt_id` is a prompt's id, or `namespace/slug`. Times are ISO 8601, `from` included and `to` not;
    one without an offset is UTC."""

    provider: str | None = None
    """Runs of this provider's id."""
    model: str | None = None
    """Runs of this model, named without its provider."""
    status: Literal["running", "succeeded", "failed", "cancelled", "blocked"] | None = None
    """Runs of this status."""
    prompt_id: str | None = None
    """Runs of this prompt: its id, or `namespace/slug`."""
    version_id: str | None = None
    """Runs of this prompt version's id."""
    comparison_id: str | None = None
    """Runs of this comparison's id."""
    playground_id: str | None = None
    """Runs of this playground's id."""
    since: Moment | None = Field(None, alias="from")
    """Runs that began at this moment or later: ISO 8601, in UTC where it has no offset."""
    until: Moment | None = Field(None, alias="to")
    """Runs that began before this moment: ISO 8601, in UTC where it has no offset."""

    def filter(self, tenant: str) -> RunFilter:
        """Raises InvalidRequest."""
        return RunFilter(
            provider=self.provider,
            model=self.model,
            status=RunStatus(self.status) if self.status else None,
            prompt_id=_prompt_id(self.prompt_id, tenant),
            version_id=self.version_id,
            comparison_id=self.comparison_id,
            playground_id=self.playground_id,
            since=self.since,
            until=self.until,
        )


class HistoryQuery(FilterQuery, CursorQuery):
    """A page of them, newest first."""


class ExportQuery(FilterQuery):
    """All of them, newest first."""

    format: FileFormat = "jsonl"
    """`jsonl` is a run a line as JSON, `csv` a table."""
    bom: bool = Field(False, description="Begin a CSV file with a byte order mark, which Excel knows UTF-8 by")


HistoryOf = Annotated[HistoryQuery, Query()]
Export = Annotated[ExportQuery, Query()]
Limit = Annotated[AtMost100, Query()]


class SaveRunRequest(WireRequest):
    """A run to keep as the client describes it: `config` and `results` are JSON in any form, given back as they are.
    `prompt_id` is a prompt's id, or `namespace/slug`."""

    model_config = example(
        {"prompt_id": "team/explain", "config": {"model": "demo/writer"}, "results": [{"output": "Event loops …"}]}
    )

    prompt_id: str
    """The id of the prompt that the run is kept with, or its `namespace/slug`."""
    version_id: UUID | None = None
    """The id of the prompt's version. Null where the run is of none."""
    config: dict[str, Any]
    """What was run, as JSON in any form."""
    results: list[dict[str, Any]]
    """What came of it, as JSON objects in any form."""


def _prompt_id(given: str | None, tenant: str) -> str | None:
    if given is None or "/" not in given:
        return given
    return PromptReference.parse(given, loc=("query", "prompt_id"), with_version=False).prompt_id(tenant)


class VoteRequest(WireRequest):
    """What the answer is beside the others of its comparison; null takes the vote back."""

    model_config = example({"vote": "better"})

    vote: Vote | None
    """`better`, `worse` or `tie`. Null takes the vote back."""
