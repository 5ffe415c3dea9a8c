"""Prompts to save."""

from datetime import UTC, datetime
from typing import Any

from promptyard.domain.account.access import Caller, Role
from promptyard.domain.models.messages import Message
from promptyard.domain.prompts.names import prompt_id
from promptyard.domain.prompts.prompt import PromptContent, PromptVersion, VersionDraft


def caller_of(tenant: str) -> Caller:
    return Caller(tenant=tenant, role=Role.MEMBER, id="key-1", name="ci")


def text_draft(text: str, **settings: Any) -> VersionDraft:
    return VersionDraft(PromptContent.of_text(text), **settings)


def chat_draft(*messages: tuple[str, str], **settings: Any) -> VersionDraft:
    return VersionDraft(chat_content(*messages), **settings)


def chat_content(*messages: tuple[str, str]) -> PromptContent:
    return PromptContent.of_messages(
        [Message.model_validate({"role": role, "content": content}) for role, content in messages]
    )


def version_of(content: PromptContent, number: int = 1, **changes: Any) -> PromptVersion:
    fields = {
        "prompt_id": prompt_id("local", "support", "greeting"),
        "number": number,
        "namespace": "support",
        "slug": "greeting",
        "type": content.type,
        "created_at": datetime.now(UTC),
        "content": content,
    }
    return PromptVersion.model_validate(fields | changes)
