"""The wire of the prompts group: requests."""

from typing import Annotated, Self
from uuid import UUID

from fastapi import Path, Query
from pydantic import AfterValidator, Field, model_validator

from promptyard.api.paging import CursorQuery
from promptyard.api.requests import WireRequest, example
from promptyard.api.schemas.versions import Name, VersionFields, one_version
from promptyard.domain.prompts.names import ALIAS_PATTERN, NAME_PATTERN, is_alias, label_name
from promptyard.domain.prompts.prompt import PromptFilter

Description = Annotated[str, Field(max_length=1000)]


Label = Annotated[str, Path(pattern=NAME_PATTERN), AfterValidator(label_name)]


def _not_an_id(alias: str) -> str:
    if not is_alias(alias):
        raise ValueError("an alias of an id's form would read as a prompt's id")
    return alias


Alias = Annotated[str, Path(pattern=ALIAS_PATTERN), AfterValidator(_not_an_id)]


class SaveVersionRequest(VersionFields):
    """The next version of the prompt `namespace/slug`, which is made if it is not there."""

    model_config = example(
        {"namespace": "team", "slug": "explain", "content": "Explain {{topic}}.", "default_model": "demo/writer"}
    )

    namespace: Name
    """The first part of the prompt's name."""
    slug: Name
    """The second part of the prompt's name."""


class NewPromptRequest(WireRequest):
    """A prompt without a version yet."""

    model_config = example({"namespace": "team", "slug": "summarise"})

    namespace: Name
    """The first part of the prompt's name."""
    slug: Name
    """The second part of the prompt's name."""
    description: Description | None = None
    """What the prompt is for, at most 1,000 characters."""


class PromptChanges(WireRequest):
    """What is to change; what is not given stays. A `description` of null is none."""

    model_config = example({"description": "What a newcomer asks first"})

    description: Description | None = None
    """What the prompt is for, at most 1,000 characters. Null takes it away."""
    archived: bool | None = None
    """Whether the prompt is archived: its versions and runs stay."""


class LabelRequest(WireRequest):
    """Where a label points: exactly one of a version's number and its id. With `override`, which is for admins and
    noted in the audit, also where a benchmark guards the label and the version has not passed it."""

    model_config = example({"version_number": 1})

    version_number: int | None = Field(None, ge=1)
    """The number of the version to point at, from 1. Give it or `version_id`."""
    version_id: UUID | None = None
    """The id of the version to point at. Give it or `version_number`."""
    override: bool = False
    """Move the label also where a benchmark guards it and the version has not passed. For admins alone."""

    @model_validator(mode="after")
    def _one_version(self) -> Self:
        return one_version(self)


class PromptsQuery(CursorQuery):
    """Prompts by name. `search` is a part of `namespace/slug` or of the description, whatever its case; `archived`
    lists archived ones too."""

    namespace: Name | None = None
    """Prompts of this namespace."""
    search: str | None = Field(None, max_length=256)
    """A part of `namespace/slug` or of the description, whatever its case."""
    archived: bool = False
    """Whether archived prompts are listed, too."""

    def filter(self) -> PromptFilter:
        return PromptFilter(namespace=self.namespace, search=self.search, archived=self.archived)


PromptsOf = Annotated[PromptsQuery, Query()]


class DiffQuery(WireRequest):
    """Two versions, by number."""

    old: int = Field(alias="from", ge=1)
    """The number of the version to compare with, from 1."""
    new: int = Field(alias="to", ge=1)
    """The number of the version that is compared, from 1."""


Diff = Annotated[DiffQuery, Query()]
