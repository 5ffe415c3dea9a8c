"""What a repeated request is answered from."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from promptyard.services.runs.run_handle import RunHandle


@dataclass(frozen=True, slots=True)
class RunAgain:
    """The answer is that run's, which may be going on."""

    handle: "RunHandle"
    stream: bool
