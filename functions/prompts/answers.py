"""Prompts and versions as the wire shows them."""

from typing import TYPE_CHECKING, Any

from promptyard.api.wire import timestamp
from promptyard.domain.prompts.names import version_id

if TYPE_CHECKING:
    from promptyard.domain.prompts.diff import PromptDiff
    from promptyard.domain.prompts.prompt import Prompt, PromptVersion, VersionInfo
    from promptyard.services.prompts.registry import SavedVersion


def prompt_answer(prompt: "Prompt") -> dict[str, Any]:
    """The body of PromptAnswer."""
    latest = prompt.latest_version
    return {
        "id": prompt.id,
        "namespace": prompt.namespace,
        "slug": prompt.slug,
        "description": prompt.description,
        "latest_version": None if latest is None else _pointer(prompt, latest),
        "labels": {label: _pointer(prompt, number) for label, number in sorted(prompt.labels.items())},
        "archived": prompt.archived_at is not None,
        "author": prompt.author,
        "author_id": prompt.author_id,
        "created_at": timestamp(prompt.created_at),
        "updated_at": timestamp(prompt.updated_at),
    }


def _pointer(prompt: "Prompt", number: int) -> dict[str, Any]:
    return {"version_number": number, "version_id": version_id(prompt.id, number)}


def version_summary(version: "VersionInfo") -> dict[str, Any]:
    """The body of VersionSummary."""
    return {
        "id": version.id,
        "prompt_id": version.prompt_id,
        "namespace": version.namespace,
        "slug": version.slug,
        "version_number": version.number,
        "type": version.type,
        "default_model": version.default_model,
        "commit_message": version.commit_message,
        "author": version.author,
        "author_id": version.author_id,
        "created_at": timestamp(version.created_at),
    }


def version_answer(version: "PromptVersion") -> dict[str, Any]:
    """The body of VersionAnswer."""
    messages = version.content.messages
    return version_summary(version) | {
        "text": version.content.text,
        "messages": None if messages is None else [message.wire() for message in messages],
        "variables": version.content.variables(),
        "parameters": version.parameters.given() if version.parameters else {},
    }


def saved_answer(saved: "SavedVersion") -> dict[str, Any]:
    """The body of SavedVersionAnswer."""
    version = saved.version
    return {
        "prompt_id": version.prompt_id,
        "version_id": version.id,
        "version_number": version.number,
        "namespace": version.namespace,
        "slug": version.slug,
        "created": saved.is_new,
    }


def diff_answer(prompt_id: str, old: int, new: int, diff: "PromptDiff") -> dict[str, Any]:
    """The body of DiffAnswer."""
    return {
        "prompt_id": prompt_id,
        "from": old,
        "to": new,
        "text": diff.text,
        "messages": diff.messages,
        "variables_added": diff.variables_added,
        "variables_removed": diff.variables_removed,
        "settings": {name: {"from": old, "to": new} for name, (old, new) in diff.settings.items()},
    }
