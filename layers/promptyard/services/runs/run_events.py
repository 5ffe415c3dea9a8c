"""What the log of a run tells."""

from dataclasses import dataclass
from functools import lru_cache, partial
from typing import TYPE_CHECKING

from promptyard.domain.models.provider_events import (
    AnswerPiece,
    ProviderEvent,
    ReasoningDelta,
    ReplayPart,
    TextDelta,
    ToolCallDelta,
)
from promptyard.services.runs.resuming.packed_events import Maker, whole

if TYPE_CHECKING:
    from promptyard.domain.errors import PromptyardError
    from promptyard.domain.runs.run import Run


@dataclass(frozen=True, slots=True)
class RunBegan:
    """The provider's first event came: from here on nothing is retried."""


@dataclass(frozen=True, slots=True)
class RunSettled:
    """The end: the run's final record, and the error behind it where it did not succeed."""

    run: "Run"
    error: "PromptyardError | None"


RunEvent = RunBegan | AnswerPiece | ReplayPart | RunSettled


def parts_of_piece(piece: ProviderEvent) -> tuple[Maker[AnswerPiece], str]:
    """For a log to pack: pieces that go on with what others began are alike but for their texts."""
    if isinstance(piece, TextDelta):
        return TextDelta, piece.text
    match piece:
        case ReasoningDelta(text, None):
            return ReasoningDelta, text
        case ToolCallDelta(index, None, None, arguments, False, None):
            return _arguments_of(index), arguments
    return whole(piece)


def parts_of_event(event: RunEvent) -> tuple[Maker[RunEvent], str]:
    return whole(event) if isinstance(event, _NO_PIECES) else parts_of_piece(event)


_NO_PIECES = (RunBegan, ReplayPart, RunSettled)


@lru_cache(128)
def _arguments_of(index: int) -> Maker[ToolCallDelta]:
    return partial(ToolCallDelta, index, None, None)
