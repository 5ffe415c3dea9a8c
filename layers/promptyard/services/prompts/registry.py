"""Use cases around prompts: save versions, find them, label them, and put values into them."""

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from promptyard.domain.account.access import Caller, Role
from promptyard.domain.errors import (
    Conflict,
    Forbidden,
    GatesFailed,
    InvalidRequest,
    MissingVariables,
    NotFound,
    StoreUnavailable,
    named_in_body,
)
from promptyard.domain.paging import Page, PageRequest
from promptyard.domain.prompts.diff import PromptDiff, diff
from promptyard.domain.prompts.names import PromptReference, split_version_id
from promptyard.domain.prompts.names import version_id as make_version_id
from promptyard.domain.prompts.prompt import MAX_LABELS, Prompt, PromptFilter, PromptVersion, VersionDraft, VersionInfo
from promptyard.services.account.audit import AuditLog
from promptyard.services.ports.prompts import EventPublisher, LabelGate, PromptStore
from promptyard.services.prompts.aliases import PromptAliases
from promptyard.services.prompts.prompting import ComposedPrompt, PromptSource, compose

VERSION_SAVED = "promptyard.prompt.version_saved"

SAVE_ATTEMPTS = 200
"""A save that loses a number to another one tries the next: each attempt lost is a version that somebody saved."""


@dataclass(frozen=True, slots=True)
class SavedVersion:
    version: PromptVersion
    is_new: bool
    """False when the newest version had this content already: that one is given back."""


class PromptService:
    """Methods that take a `PromptReference` raise NotFound where there is no such prompt in the tenant."""

    def __init__(
        self,
        store: PromptStore,
        audit: AuditLog,
        events: EventPublisher | None = None,
        gate: Callable[[], LabelGate] | None = None,
    ) -> None:
        """`gate` is called when a label is to move."""
        self._store = store
        self._audit = audit
        self._events = events
        self._gate = gate
        self.aliases = PromptAliases(store, audit)

    async def compose(self, tenant: str, source: PromptSource) -> ComposedPrompt:
        """What the source says, with its values put in. Raises UnknownReference for a prompt that is not there,
        NotFound for such a version, and what `prompting.compose` raises."""
        if source.version_id is not None:
            return _compose_version(await self.version(tenant, source.version_id), source)
        if source.prompt_id is not None:
            reference = PromptReference.parse(source.prompt_id, loc=("body", "prompt_id"))
            with named_in_body("prompt_id"):
                version = await self.find_version(tenant, reference)
            return _compose_version(version, source)
        return compose(source)

    async def compose_versions(
        self, tenant: str, version_ids: Sequence[str], variables: dict[str, Any]
    ) -> list[ComposedPrompt]:
        """Several versions of one request with the same values. Raises UnknownReference for the first that is not
        there, and MissingVariables with all that any lacks."""
        versions = await asyncio.gather(
            *(self._version_at(tenant, index, version_id) for index, version_id in enumerate(version_ids))
        )
        names = dict.fromkeys(name for version in versions for name in version.content.variables())
        if missing := [name for name in names if name not in variables]:
            raise MissingVariables(missing)
        return [_compose_version(version, PromptSource(variables=variables)) for version in versions]

    async def _version_at(self, tenant: str, index: int, version_id: str) -> PromptVersion:
        with named_in_body("versions", index, "version_id"):
            return await self.version(tenant, version_id)

    async def version(self, tenant: str, version_id: str) -> PromptVersion:
        """Raises NotFound."""
        prompt_id, number = split_version_id(version_id)
        version = await self._store.version(tenant, prompt_id, number)
        if version is None:
            raise NotFound(f"No such prompt version: {version_id}")
        return version

    async def prompt_of_version(self, tenant: str, version_id: str) -> str:
        """The id of the prompt that it is a version of. Raises NotFound where there is no such version."""
        prompt_id, number = split_version_id(version_id)
        if not await self._store.has_version(tenant, prompt_id, number):
            raise NotFound(f"No such prompt version: {version_id}")
        return prompt_id

    async def find_version(self, tenant: str, reference: PromptReference) -> PromptVersion:
        """The version with the reference's number or label, or the newest. Raises NotFound."""
        prompt_id = reference.prompt_id(tenant)
        number = reference.number
        if reference.label is not None:
            number = (await self.get(tenant, reference)).labels.get(reference.label)
        elif number is None:
            newest = await self._store.newest(tenant, prompt_id)
            return _found(newest, reference)
        version = None if number is None else await self._store.version(tenant, prompt_id, number)
        return _found(version, reference)

    async def create(self, caller: Caller, namespace: str, slug: str, description: str | None = None) -> Prompt:
        """A prompt without a version. Raises Conflict when there is one of that name."""
        prompt = _new_prompt(caller, namespace, slug, description)
        try:
            await self._store.create(prompt)
        except Conflict:
            raise Conflict(f"{prompt.name} is there already{await self._whether_archived(prompt)}") from None
        return prompt

    async def _whether_archived(self, prompt: Prompt) -> str:
        there = await self._store.get(prompt.tenant, prompt.id)
        return ", archived: restore it with PATCH" if there.archived_at else ""

    async def get(self, tenant: str, reference: PromptReference) -> Prompt:
        try:
            return await self._store.get(tenant, reference.prompt_id(tenant))
        except NotFound:
            raise NotFound(f"No such prompt: {reference.name}") from None

    async def page(self, tenant: str, where: PromptFilter, request: PageRequest) -> Page[Prompt]:
        """By name. Raises BadCursor."""
        return await self._store.page(tenant, where, request)

    async def change(
        self, tenant: str, reference: PromptReference, changes: dict[str, str | None], *, archived: bool | None = None
    ) -> Prompt:
        """Set what `changes` holds of `description`, and archive or restore. An archived prompt is hidden from lists
        and takes no new versions or labels; those that it has can still be read and run."""
        prompt = await self.get(tenant, reference)
        now = datetime.now(UTC)
        wanted: dict[str, str | datetime | None] = dict(changes)
        if archived is not None and archived != (prompt.archived_at is not None):
            wanted["archived_at"] = now if archived else None
        if wanted:
            await self._store.change(tenant, prompt.id, wanted, now)
        return await self.get(tenant, reference)

    async def save_version(self, caller: Caller, namespace: str, slug: str, draft: VersionDraft) -> SavedVersion:
        """The next version of `namespace/slug`, which is made if it is not there. Raises Conflict for an archived
        prompt, TooLarge."""
        draft.check_size()
        prompt = _new_prompt(caller, namespace, slug)
        try:
            prompt = await self._store.get(caller.tenant, prompt.id)
        except NotFound:
            try:
                await self._store.create(prompt)
            except Conflict:  # somebody else made it a moment ago
                prompt = await self._store.get(caller.tenant, prompt.id)
        return await self._save(caller, prompt, draft)

    async def add_version(self, caller: Caller, reference: PromptReference, draft: VersionDraft) -> SavedVersion:
        """The next version of a prompt that is there. Raises Conflict for an archived one, TooLarge."""
        draft.check_size()
        return await self._save(caller, await self.get(caller.tenant, reference), draft)

    async def _save(self, caller: Caller, prompt: Prompt, draft: VersionDraft) -> SavedVersion:
        _check_not_archived(prompt)
        for attempt in range(SAVE_ATTEMPTS):
            newest = await self._store.newest(prompt.tenant, prompt.id)
            if newest is not None and draft.is_in(newest):
                saved = SavedVersion(newest, is_new=False)
            else:
                version = _new_version(caller, prompt, draft, 1 + (newest.number if newest else 0))
                try:
                    await self._store.add_version(prompt.tenant, version)
                except Conflict:
                    await asyncio.sleep(random.uniform(0, min(0.005 * 2**attempt, 0.5)))  # noqa: S311 - guards nothing
                    continue
                saved = SavedVersion(version, is_new=True)
            await self._store.note_latest(prompt.tenant, saved.version)
            if saved.is_new and self._events is not None:
                await self._events.publish(VERSION_SAVED, _told(prompt.tenant, saved.version))
            return saved
        raise StoreUnavailable("Too many are saving this prompt at once", retry_after=1)

    async def versions(self, tenant: str, reference: PromptReference, request: PageRequest) -> Page[VersionInfo]:
        """Newest first. Raises BadCursor."""
        prompt = await self.get(tenant, reference)
        return await self._store.versions(tenant, prompt.id, request)

    async def diff(self, tenant: str, reference: PromptReference, old: int, new: int) -> PromptDiff:
        """Raises NotFound for a version that is not there."""
        references = [replace(reference, number=number, label=None) for number in (old, new)]
        before, after = await asyncio.gather(*(self.find_version(tenant, reference) for reference in references))
        return diff(before, after)

    async def set_label(
        self,
        caller: Caller,
        reference: PromptReference,
        label: str,
        *,
        number: int | None,
        version_id: str | None,
        override: bool = False,
    ) -> Prompt:
        """Make a label, or move it, to the version with this number or id; with `override`, which is for admins, also
        one that has not passed what guards the label. Raises UnknownReference for a version that is not there,
        InvalidRequest for another prompt's, Conflict for an archived prompt and for too many labels, GatesFailed,
        Forbidden."""
        tenant = caller.tenant
        if override and not caller.role.allows(Role.ADMIN):
            raise Forbidden("Only an admin may override what guards a label")
        prompt = await self.get(tenant, reference)
        _check_not_archived(prompt)
        field = "version_number" if version_id is None else "version_id"
        if version_id is not None:
            with named_in_body(field):
                owner, number = split_version_id(version_id)
            if owner != prompt.id:
                raise InvalidRequest(f"This is not a version of {prompt.name}", loc=("body", "version_id"))
        assert number is not None, "a number or an id is given"
        if label not in prompt.labels and len(prompt.labels) >= MAX_LABELS:
            raise Conflict(f"{prompt.name} has {MAX_LABELS} labels already")
        with named_in_body(field):
            await self.find_version(tenant, replace(reference, number=number, label=None))
        details: dict[str, Any] = {"version_number": number, "was": prompt.labels.get(label)}
        if number != details["was"]:
            details |= await self._passed(prompt, label, number, override=override)
        await self._audit.record(caller, "label.set", f"{prompt.name}@{label}", details)
        await self._store.set_label(tenant, prompt.id, label, number, datetime.now(UTC))
        return await self.get(tenant, reference)

    async def _passed(self, prompt: Prompt, label: str, number: int, *, override: bool) -> dict[str, Any]:
        """What the audit is told of the label's guards. Raises GatesFailed."""
        if self._gate is None:
            return {}
        try:
            await self._gate().check(prompt.tenant, prompt.id, label, make_version_id(prompt.id, number))
        except GatesFailed as failed:
            if not override:
                raise
            return {"override": True, "failed_gates": failed.failed_gates, "run_ids": failed.run_ids}
        return {}

    async def set_alias(self, caller: Caller, reference: PromptReference, alias: str) -> Prompt:
        """Raises Conflict for an archived prompt, and as `PromptAliases.set`."""
        prompt = await self.get(caller.tenant, reference)
        _check_not_archived(prompt)
        return await self.aliases.set(caller, prompt, alias)

    async def remove_alias(self, caller: Caller, reference: PromptReference, alias: str) -> None:
        """Raises NotFound when it is not there."""
        await self.aliases.remove(caller, await self.get(caller.tenant, reference), alias)

    async def remove_label(self, caller: Caller, reference: PromptReference, label: str) -> None:
        """Raises NotFound when it is not there."""
        prompt = await self.get(caller.tenant, reference)
        _check_not_archived(prompt)
        if label in prompt.labels:
            details = {"was": prompt.labels[label]}
            await self._audit.record(caller, "label.removed", f"{prompt.name}@{label}", details)
        await self._store.remove_label(caller.tenant, prompt.id, label, datetime.now(UTC))


def _new_prompt(caller: Caller, namespace: str, slug: str, description: str | None = None) -> Prompt:
    now = datetime.now(UTC)
    return Prompt(
        tenant=caller.tenant,
        namespace=namespace,
        slug=slug,
        description=description,
        author=caller.actor.name,
        author_id=caller.actor.id,
        created_at=now,
        updated_at=now,
    )


def _new_version(caller: Caller, prompt: Prompt, draft: VersionDraft, number: int) -> PromptVersion:
    return PromptVersion(
        prompt_id=prompt.id,
        number=number,
        namespace=prompt.namespace,
        slug=prompt.slug,
        type=draft.content.type,
        default_model=draft.default_model or draft.run_model,
        commit_message=draft.commit_message,
        author=caller.actor.name,
        author_id=caller.actor.id,
        created_at=datetime.now(UTC),
        content=draft.content,
        parameters=draft.parameters or draft.run_parameters,
    )


def _told(tenant: str, version: PromptVersion) -> dict[str, Any]:
    """What others are told of a version: where it is, not what is in it."""
    return {
        "tenant": tenant,
        "prompt_id": version.prompt_id,
        "namespace": version.namespace,
        "slug": version.slug,
        "version_id": version.id,
        "version_number": version.number,
        "author": version.author,
        "author_id": version.author_id,
        "created_at": version.created_at.isoformat(),
    }


def _check_not_archived(prompt: Prompt) -> None:
    if prompt.archived_at is not None:
        raise Conflict(f'{prompt.name} is archived: restore it first (PATCH with {{"archived": false}})')


def _found(version: PromptVersion | None, reference: PromptReference) -> PromptVersion:
    if version is None:
        raise NotFound(f"No such prompt version: {reference}")
    return version


def _compose_version(version: PromptVersion, source: PromptSource) -> ComposedPrompt:
    content = version.content
    composed = compose(
        PromptSource(
            text=content.text, messages=content.messages, system=source.system, variables=source.variables or {}
        )
    )
    return replace(
        composed,
        links=version.links,
        default_model=version.default_model,
        default_parameters=version.parameters,
    )
