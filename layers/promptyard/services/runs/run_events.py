"""What the log of a run tells."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from promptyard.domain.models.provider_events import AnswerPiece, ReplayPart

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
