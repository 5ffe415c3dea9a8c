"""Paths of the prompts group."""

from uuid import UUID

from fastapi import Response

from functions.prompts.answers import DiffAnswer, PromptPageAnswer, VersionPageAnswer
from functions.prompts.paths import PromptInPath
from functions.prompts.schemas import (
    Alias,
    Diff,
    Label,
    LabelRequest,
    NewPromptRequest,
    PromptChanges,
    PromptsOf,
    SaveVersionRequest,
)
from promptyard.api.answers.prompts import PromptAnswer, SavedVersionAnswer, VersionAnswer, VersionSummary
from promptyard.api.app import group_router
from promptyard.api.auth.authentication import Member, Viewer
from promptyard.api.paging import CursorPaging
from promptyard.api.schemas.versions import VersionFields
from promptyard.bootstrap.services import History, Prompts

router = group_router("prompts")
_SAME = "The newest version, which has this content already"


@router.post(
    "/api/v1/playground/save-version",
    status_code=201,
    responses={200: {"model": SavedVersionAnswer, "description": _SAME}},
    summary="Save a text, messages or a run as a prompt's next version",
)
async def save_version(
    body: SaveVersionRequest, response: Response, caller: Member, prompts: Prompts, history: History
) -> SavedVersionAnswer:
    """Makes the prompt if it is not there. Content that the newest version has already makes no new one, unless a
    default model or parameters are named that differ. An archived prompt is a 409: restore it first."""
    draft = await body.draft(caller.tenant, history)
    saved = await prompts.save_version(caller, body.namespace, body.slug, draft)
    response.status_code = 201 if saved.is_new else 200
    return SavedVersionAnswer.of(saved)


@router.get("/api/v1/prompts", summary="List prompts by name")
async def list_prompts(query: PromptsOf, caller: Viewer, prompts: Prompts) -> PromptPageAnswer:
    page = await prompts.page(caller.tenant, query.filter(), query.request())
    return PromptPageAnswer.of(page.map(PromptAnswer.of), query)


@router.post("/api/v1/prompts", status_code=201, summary="Make a prompt")
async def create_prompt(body: NewPromptRequest, caller: Member, prompts: Prompts) -> PromptAnswer:
    """A 409 where there is one of that name, archived or not."""
    return PromptAnswer.of(await prompts.create(caller, body.namespace, body.slug, body.description))


@router.get(
    "/api/v1/prompts/{prompt_id:prompt}/versions",
    summary="List a prompt's versions, newest first",
)
async def list_versions(
    prompt: PromptInPath, query: CursorPaging, caller: Viewer, prompts: Prompts
) -> VersionPageAnswer:
    page = await prompts.versions(caller.tenant, prompt, query.request())
    return VersionPageAnswer.of(page.map(VersionSummary.of), query)


@router.post(
    "/api/v1/prompts/{prompt_id:prompt}/versions",
    status_code=201,
    responses={200: {"model": VersionAnswer, "description": _SAME}},
    summary="Add a version to a prompt",
)
async def add_version(
    prompt: PromptInPath, body: VersionFields, response: Response, caller: Member, prompts: Prompts, history: History
) -> VersionAnswer:
    saved = await prompts.add_version(caller, prompt, await body.draft(caller.tenant, history))
    response.status_code = 201 if saved.is_new else 200
    return VersionAnswer.of_whole(saved.version)


@router.get("/api/v1/prompts/{prompt_id:prompt}/diff", summary="What changed between two versions")
async def diff_versions(prompt: PromptInPath, query: Diff, caller: Viewer, prompts: Prompts) -> DiffAnswer:
    diff = await prompts.diff(caller.tenant, prompt, query.old, query.new)
    return DiffAnswer.of(prompt.prompt_id(caller.tenant), query.old, query.new, diff)


@router.put("/api/v1/prompts/{prompt_id:prompt}/labels/{label}", summary="Make or move a label")
async def set_label(
    prompt: PromptInPath, label: Label, body: LabelRequest, caller: Member, prompts: Prompts
) -> PromptAnswer:
    """Points the label at a version of this prompt. `namespace/slug@label` is that version from then on. Where a
    benchmark guards the label, a version that has not passed it is a 409 with `failed_gates` and `run_ids`."""
    version_id = None if body.version_id is None else str(body.version_id)
    labelled = await prompts.set_label(
        caller, prompt, label, number=body.version_number, version_id=version_id, override=body.override
    )
    return PromptAnswer.of(labelled)


@router.delete("/api/v1/prompts/{prompt_id:prompt}/labels/{label}", status_code=204, summary="Remove a label")
async def remove_label(prompt: PromptInPath, label: Label, caller: Member, prompts: Prompts) -> Response:
    await prompts.remove_label(caller, prompt, label)
    return Response(status_code=204)


@router.put("/api/v1/prompts/{prompt_id:prompt}/aliases/{alias}", summary="Give a prompt an alias")
async def set_alias(prompt: PromptInPath, alias: Alias, caller: Member, prompts: Prompts) -> PromptAnswer:
    """A name beside its own, such as the `pmpt_…` that it had at OpenAI: `prompt.id` of `/v1/responses`, and `model` on
    the routes of clients' protocols, take it from then on, with `@3` or `@label`, too. It is one prompt's alone:
    another one's is a 409."""
    return PromptAnswer.of(await prompts.set_alias(caller, prompt, alias))


@router.delete("/api/v1/prompts/{prompt_id:prompt}/aliases/{alias}", status_code=204, summary="Remove an alias")
async def remove_alias(prompt: PromptInPath, alias: Alias, caller: Member, prompts: Prompts) -> Response:
    await prompts.remove_alias(caller, prompt, alias)
    return Response(status_code=204)


# After the routes below a prompt: of `…/{id}/versions` the prompt is the id, not `{id}/versions`.
@router.get("/api/v1/prompts/{prompt_id:prompt_or_not}", summary="One prompt")
async def get_prompt(prompt: PromptInPath, caller: Viewer, prompts: Prompts) -> PromptAnswer:
    """Archived ones too."""
    return PromptAnswer.of(await prompts.get(caller.tenant, prompt))


@router.patch(
    "/api/v1/prompts/{prompt_id:prompt_or_not}",
    summary="Describe, archive or restore a prompt",
)
async def change_prompt(prompt: PromptInPath, body: PromptChanges, caller: Member, prompts: Prompts) -> PromptAnswer:
    changes = {"description": body.description} if "description" in body.model_fields_set else {}
    return PromptAnswer.of(await prompts.change(caller.tenant, prompt, changes, archived=body.archived))


@router.delete("/api/v1/prompts/{prompt_id:prompt_or_not}", status_code=204, summary="Archive a prompt")
async def archive_prompt(prompt: PromptInPath, caller: Member, prompts: Prompts) -> Response:
    """Nothing is lost: the prompt is hidden from lists and takes no new versions or labels, its versions can still be
    read and run, and PATCH with `{"archived": false}` brings it back."""
    await prompts.change(caller.tenant, prompt, {}, archived=True)
    return Response(status_code=204)


@router.get("/api/v1/prompt-versions/{version_id}", summary="One version of a prompt")
async def get_version(version_id: UUID, caller: Viewer, prompts: Prompts) -> VersionAnswer:
    return VersionAnswer.of_whole(await prompts.version(caller.tenant, str(version_id)))
