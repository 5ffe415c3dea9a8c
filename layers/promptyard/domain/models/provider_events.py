"""What an adapter makes of a provider's answer, whatever its wire: deltas, usage, and one `Finished` at the end."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

from promptyard.domain.models.usage import Usage


class FinishReason(StrEnum):
    STOP = "stop"
    LENGTH = "length"
    TOOL = "tool"
    FILTER = "filter"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class TextDelta:
    text: str


@dataclass(frozen=True, slots=True)
class ReasoningDelta:
    """What the model thought before it answered, as far as its provider shows it."""

    text: str
    item: str | None = None
    """The provider's id of what is thought, with its first piece: what is encrypted of it goes back under that id."""


@dataclass(frozen=True, slots=True)
class ToolCallDelta:
    """A piece of a tool call; pieces with the same `index` belong together, `arguments` are concatenated."""

    index: int
    id: str | None = None
    name: str | None = None
    arguments: str = ""
    replaces: bool = False
    """These are the whole arguments, and what came before of them was wrong."""
    extra_content: Mapping[str, Any] | None = None
    """What the next turn has to give back with the call, such as Gemini's signature, in the form of its OpenAI API."""


@dataclass(frozen=True, slots=True)
class Citation:
    """A source that the answer names. `text` is what is cited of it."""

    url: str | None = None
    """The source's address. Null where the provider names none."""
    title: str | None = None
    """The source's title. Null where the provider names none."""
    text: str | None = None
    """What is cited of the source. Null where the provider does not say."""


@dataclass(frozen=True, slots=True)
class ReplayPart:
    """A part of the answer that its provider wants back with the next turn, as it came and in its wire's own form:
    signed or encrypted reasoning."""

    part: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class UsageReport:
    """The usage so far; a later report replaces an earlier one."""

    usage: Usage


@dataclass(frozen=True, slots=True)
class Finished:
    """The provider's own terminal event was seen. Nothing but a `UsageReport` may follow."""

    reason: FinishReason
    word: str | None = None
    """The provider's own word for it, where it is none that we know, and what it says of it."""


AnswerPiece = TextDelta | ReasoningDelta | ToolCallDelta
"""What an answer is made of."""

StreamedPart = Literal["reasoning", "tool_calls"]
"""What a stream tells of an answer beside its text, where it is asked to."""
KeptPart = StreamedPart | Literal["replay"]
"""What is kept of a stream beside its text: `replay`, what the provider wants back, where the answer's form has a place
for it where it came."""

ProviderEvent = AnswerPiece | Citation | ReplayPart | UsageReport | Finished
