"""Answers of the prompts group."""

import json
from typing import Any, Literal

from pydantic import Field

from promptyard.api.answers.fields import LeftOut, carried
from promptyard.api.answers.prompts import PromptAnswer, VersionSummary
from promptyard.api.paging import PageAnswer
from promptyard.domain.deferred import DeferredModel
from promptyard.domain.lambda_payloads import beginning, carried_bytes
from promptyard.domain.paging import PAGE_BYTES
from promptyard.domain.prompts.diff import MessageChange, PromptDiff


class PromptPageAnswer(PageAnswer[PromptAnswer]):
    total: int


class VersionPageAnswer(PageAnswer[VersionSummary]):
    """Newest first."""

    total: int


class MessageChangeAnswer(DeferredModel):
    """One message in both versions; an index is null where it is not there. `diff` is unified, empty for the same."""

    change: Literal["same", "changed", "added", "removed"]
    """What became of the message."""
    from_index: int | None
    """The message's place in the old version, from 0. Null where it is not there."""
    to_index: int | None
    """The message's place in the new version, from 0. Null where it is not there."""
    diff: str
    """A unified diff of the message. Empty where it is the same."""

    @classmethod
    def of(cls, change: MessageChange) -> "MessageChangeAnswer":
        return MessageChangeAnswer(
            change=change.change, from_index=change.from_index, to_index=change.to_index, diff=change.diff
        )


class SettingChange(DeferredModel):
    old: Any = Field(serialization_alias="from")
    """What the old version had. Null where it had nothing."""
    new: Any = Field(serialization_alias="to")
    """What the new version has. Null where it has nothing."""


class DiffAnswer(DeferredModel):
    """`text` is a unified diff of the whole template, of a chat with the roles as headings; `messages` is null between
    two texts. `settings` holds what differs of the default model and the parameters."""

    prompt_id: str
    """The prompt's id."""
    old: int = Field(serialization_alias="from")
    """The number of the version that is compared with."""
    new: int = Field(serialization_alias="to")
    """The number of the version that is compared."""
    text: str
    """A unified diff of the whole template, of a chat with the roles as headings."""
    messages: list[MessageChangeAnswer] | None
    """What became of each message. Null between two texts."""
    variables_added: list[str]
    """Names of variables that the new version alone has."""
    variables_removed: list[str]
    """Names of variables that the old version alone has."""
    settings: dict[str, SettingChange]
    """What differs of the default model and the parameters, by name."""
    cut: LeftOut[dict[str, int]] = None
    """What has no room here, or only its beginning: by the field's name, the bytes of the whole. Left out where all is
    there."""

    @classmethod
    def of(cls, prompt_id: str, old: int, new: int, diff: PromptDiff) -> "DiffAnswer":
        changes = diff.messages
        answer = DiffAnswer(
            prompt_id=prompt_id,
            old=old,
            new=new,
            text=diff.text,
            messages=None if changes is None else [MessageChangeAnswer.of(change) for change in changes],
            variables_added=diff.variables_added,
            variables_removed=diff.variables_removed,
            settings={name: SettingChange(old=had, new=has) for name, (had, has) in diff.settings.items()},
        )
        return answer.within(PAGE_BYTES)

    def within(self, room: int) -> "DiffAnswer":
        """In so many bytes of an answer: settings and messages are left out where they have no room, the larger first;
        of the text the beginning stays."""
        answer = self
        sizes = {name: len(self.model_dump_json(include={name})) for name in _EMPTY}
        for name in sorted(sizes, key=lambda name: sizes[name], reverse=True):
            if carried(answer) > room and getattr(answer, name):
                answer = answer._without(name, _EMPTY[name], sizes[name])
        over = carried(answer) - room
        if over > 0:
            kept = beginning(answer.text, _carried_text(answer.text) - over - _ROOM_FOR_CUT, _carried_text)
            answer = answer._without("text", kept, len(answer.text.encode()))
        return answer

    def _without(self, name: str, kept: Any, size: int) -> "DiffAnswer":
        return self.model_copy(update={name: kept, "cut": {**(self.cut or {}), name: size}})


_EMPTY: dict[str, Any] = {"settings": {}, "messages": None}
_ROOM_FOR_CUT = 100


def _carried_text(text: str) -> int:
    """What a text of the answer takes."""
    return carried_bytes(json.dumps(text, ensure_ascii=False).encode())
