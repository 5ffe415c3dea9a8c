"""What an adapter makes of a provider's answer, whatever its wire: deltas, usage, and one `Finished` at the end."""

from dataclasses import dataclass
from enum import StrEnum

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


@dataclass(frozen=True, slots=True)
class ToolCallDelta:
    """A piece of a tool call; pieces with the same `index` belong together, `arguments` are concatenated."""

    index: int
    id: str | None = None
    name: str | None = None
    arguments: str = ""


@dataclass(frozen=True, slots=True)
class UsageReport:
    """The usage so far; a later report replaces an earlier one."""

    usage: Usage


@dataclass(frozen=True, slots=True)
class Finished:
    """The provider's own terminal event was seen. Nothing but a `UsageReport` may follow."""

    reason: FinishReason


AnswerPiece = TextDelta | ReasoningDelta | ToolCallDelta
"""What an answer is made of."""

ProviderEvent = AnswerPiece | UsageReport | Finished
