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
    model: str | None = None
    status: Literal["running", "succeeded", "failed", "cancelled", "blocked"] | None = None
    prompt_id: str | None = None
    version_id: str | None = None
    comparison_id: str | None = None
    playground_id: str | None = None
    since: Moment | None = Field(None, alias="from")
    until: Moment | None = Field(None, alias="to")

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
    version_id: UUID | None = None
    config: dict[str, Any]
    results: list[dict[str, Any]]


def _prompt_id(given: str | None, tenant: str) -> str | None:
    if given is None or "/" not in given:
        return given
    return PromptReference.parse(given, loc=("query", "prompt_id"), with_version=False).prompt_id(tenant)


class VoteRequest(WireRequest):
    """What the answer is beside the others of its comparison; null takes the vote back."""

    model_config = example({"vote": "better"})

    vote: Vote | None
