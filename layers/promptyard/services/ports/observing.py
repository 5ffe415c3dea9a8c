"""What is told of runs to whoever watches the deployment from outside."""

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from promptyard.domain.runs.causes import Cause
    from promptyard.domain.runs.run import Run


class RunObserver(Protocol):
    def ended(self, run: "Run", cause: "Cause | None") -> None:
        """Once for each run that is recorded, when its record has its end; `cause`: whose matter its failure is. Waits
        for nothing."""

    async def rest(self) -> None:
        """Waits for what goes on of it beside, for a second at most."""
