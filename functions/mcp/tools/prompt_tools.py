"""Tools around prompts."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import AfterValidator, Field, model_validator

from functions.mcp.answers import PromptWithVersion
from functions.mcp.tools.tool import Tool, Toolbox, ToolResult
from promptyard.api.answers.prompts import PromptAnswer, SavedVersionAnswer, VersionAnswer
from promptyard.api.paging import CursorQuery, PageAnswer
from promptyard.api.requests import WireRequest, example
from promptyard.api.schemas.versions import Name, VersionFields, one_version
from promptyard.domain.account.access import Role
from promptyard.domain.prompts.names import NAME_PATTERN, PromptReference, label_name
from promptyard.domain.prompts.prompt import PromptFilter

PromptId = Annotated[
    str,
    Field(min_length=1, max_length=256, description="A prompt as namespace/slug, or by its id"),
]


class ListPrompts(CursorQuery):
    """Prompts by name, a page at a time."""

    namespace: Name | None = Field(None, description="Those of one namespace")
    search: str | None = Field(None, max_length=256, description="A part of a name or of a description")
    archived: bool = Field(False, description="Archived ones, too")


class PromptsFound(PageAnswer[PromptAnswer]):
    pass


async def _list_prompts(box: Toolbox, asked: ListPrompts) -> ToolResult:
    where = PromptFilter(namespace=asked.namespace, search=asked.search, archived=asked.archived)
    page = await box.prompts.page(box.tenant, where, asked.request())
    return ToolResult(PromptsFound.of(page.map(PromptAnswer.of), asked))


class GetPrompt(WireRequest):
    """One prompt with one version."""

    model_config = example({"prompt_id": "team/explain@production"})

    prompt_id: str = Field(
        min_length=1,
        max_length=256,
        description="A prompt as namespace/slug, or by its id; with @3 its version 3, with @production the one that "
        "has that label, else the newest",
    )


async def _get_prompt(box: Toolbox, asked: GetPrompt) -> ToolResult:
    reference = PromptReference.parse(asked.prompt_id, loc=("arguments", "prompt_id"))
    prompt = await box.prompts.get(box.tenant, reference)
    version = None
    if prompt.latest_version is not None or reference.number is not None or reference.label is not None:
        version = VersionAnswer.of_whole(await box.prompts.find_version(box.tenant, reference))
    return ToolResult(PromptWithVersion(prompt=PromptAnswer.of(prompt), version=version))


class SaveVersion(VersionFields):
    """The next version of a prompt."""

    model_config = example(
        {"namespace": "team", "slug": "explain", "content": "Explain {{topic}}.", "default_model": "demo/writer"}
    )

    namespace: Name = Field(description="The first part of the prompt's name: a-z, 0-9, '.', '_' and '-'")
    slug: Name = Field(description="The second part of it")


async def _save_version(box: Toolbox, asked: SaveVersion) -> ToolResult:
    draft = await asked.draft(box.tenant, box.history)
    saved = await box.prompts.save_version(box.caller, asked.namespace, asked.slug, draft)
    return ToolResult(SavedVersionAnswer.of(saved))


class SetLabel(WireRequest):
    """A label, and the version that it is to point at."""

    model_config = example({"prompt_id": "team/explain", "label": "production", "version_number": 3})

    prompt_id: PromptId
    label: Annotated[str, Field(pattern=NAME_PATTERN, description="Such as production"), AfterValidator(label_name)]
    version_number: int | None = Field(None, ge=1, description="The version's number. Give it or version_id")
    version_id: UUID | None = Field(None, description="The version's id. Give it or version_number")

    @model_validator(mode="after")
    def _one_version(self) -> Self:
        return one_version(self)


async def _set_label(box: Toolbox, asked: SetLabel) -> ToolResult:
    reference = PromptReference.parse(asked.prompt_id, loc=("arguments", "prompt_id"), with_version=False)
    version_id = None if asked.version_id is None else str(asked.version_id)
    labelled = await box.prompts.set_label(
        box.caller, reference, asked.label, number=asked.version_number, version_id=version_id
    )
    return ToolResult(PromptAnswer.of(labelled))


LIST_PROMPTS = Tool(
    "list_prompts",
    "List prompts",
    "Lists the prompts of the registry with their labels and newest versions, by name.",
    ListPrompts,
    _list_prompts,
)
GET_PROMPT = Tool(
    "get_prompt",
    "Read a prompt",
    "Reads one prompt with the content, variables, default model and parameters of one of its versions.",
    GetPrompt,
    _get_prompt,
)
SAVE_VERSION = Tool(
    "save_version",
    "Save a prompt version",
    "Saves a text, messages or what a run was made from as the next version of a prompt, which is made if it is not "
    "there. Versions never change. The content of the newest version makes no new one.",
    SaveVersion,
    _save_version,
    role=Role.MEMBER,
    repeatable=True,
)
SET_LABEL = Tool(
    "set_label",
    "Move a label",
    "Points a label, such as production, at a version of a prompt: whoever runs namespace/slug@label runs that version "
    "from then on. Where a benchmark guards the label, a version that has not passed it is refused.",
    SetLabel,
    _set_label,
    role=Role.MEMBER,
    overwrites=True,
    repeatable=True,
)
