"""What is told of runs to whoever watches the deployment from outside."""

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from promptyard.domain.otlp import Destination
    from promptyard.domain.runs.causes import Cause
    from promptyard.domain.runs.run import Run


class RunObserver(Protocol):
    def ended(self, run: "Run", cause: "Cause | None") -> None:
        """Once for each run that is recorded, when its record has its end; `cause`: whose matter its failure is. Waits
        for nothing."""

    async def rest(self) -> None:
        """Waits for what goes on of it beside, for a second at most."""


class Destinations(Protocol):
    """Where the spans of tenants' runs go."""

    def may_have(self, tenant: str) -> bool:
        """False where it is known that there is none, so that nothing need be waited for."""

    async def find(self, tenant: str) -> "Destination | None":
        """Raises StoreUnavailable."""
