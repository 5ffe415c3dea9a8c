"""Answers of the prompts group."""

from typing import Any, Literal

from pydantic import Field

from promptyard.api.answers.prompts import PromptAnswer, VersionSummary
from promptyard.api.paging import PageAnswer
from promptyard.domain.deferred import DeferredModel
from promptyard.domain.prompts.diff import MessageChange, PromptDiff


class PromptPageAnswer(PageAnswer[PromptAnswer]):
    total: int


class VersionPageAnswer(PageAnswer[VersionSummary]):
    """Newest first."""

    total: int


class MessageChangeAnswer(DeferredModel):
    """One message in both versions; an index is null where it is not there. `diff` is unified, empty for the same."""

    change: Literal["same", "changed", "added", "removed"]
    from_index: int | None
    to_index: int | None
    diff: str

    @classmethod
    def of(cls, change: MessageChange) -> "MessageChangeAnswer":
        return MessageChangeAnswer(
            change=change.change, from_index=change.from_index, to_index=change.to_index, diff=change.diff
        )


class SettingChange(DeferredModel):
    old: Any = Field(serialization_alias="from")
    new: Any = Field(serialization_alias="to")


class DiffAnswer(DeferredModel):
    """`text` is a unified diff of the whole template, of a chat with the roles as headings; `messages` is null between
    two texts. `settings` holds what differs of the default model and the parameters."""

    prompt_id: str
    old: int = Field(serialization_alias="from")
    new: int = Field(serialization_alias="to")
    text: str
    messages: list[MessageChangeAnswer] | None
    variables_added: list[str]
    variables_removed: list[str]
    settings: dict[str, SettingChange]

    @classmethod
    def of(cls, prompt_id: str, old: int, new: int, diff: PromptDiff) -> "DiffAnswer":
        changes = diff.messages
        return DiffAnswer(
            prompt_id=prompt_id,
            old=old,
            new=new,
            text=diff.text,
            messages=None if changes is None else [MessageChangeAnswer.of(change) for change in changes],
            variables_added=diff.variables_added,
            variables_removed=diff.variables_removed,
            settings={name: SettingChange(old=had, new=has) for name, (had, has) in diff.settings.items()},
        )
