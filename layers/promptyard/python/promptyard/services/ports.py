"""What the services need from outside, as protocols. `bootstrap` chooses what stands behind them."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from promptyard.domain.events import ProviderEvent
from promptyard.domain.runs import Run, RunStatus
from promptyard.domain.targets import ProviderCall


class ProviderGateway(Protocol):
    """Calls providers."""

    def check(self, call: ProviderCall) -> None:
        """Whether the call can be made, as far as that shows without sending anything.

        Raises RefusedParameter, InvalidRequest, EndpointRefused.
        """

    def stream(self, call: ProviderCall) -> AsyncGenerator[ProviderEvent, None]:
        """Events as they come, `Finished` among them. Closing the generator stops the call at once.

        Raises what `check` raises before anything is sent, ProviderError after.
        """


@dataclass(frozen=True, slots=True)
class RunFilter:
    """What a page of history is narrowed to; None does not narrow. Times are [since, until)."""

    provider: str | None = None
    model: str | None = None
    status: RunStatus | None = None
    prompt_id: str | None = None
    version_id: str | None = None
    comparison_id: str | None = None
    playground_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class RunPage:
    runs: list[Run]
    total: int | None
    """How many runs match in all, None where that is not kept."""
    next_cursor: str | None


class RunStore(Protocol):
    """Keeps runs. Every method raises StoreUnavailable when the store does not answer."""

    async def start(self, run: Run) -> None:
        """Write the start record. Raises Conflict when the id is taken."""

    async def settle(self, run: Run) -> bool:
        """Write the final record; False when the run was settled already (or deleted), which is left as it is."""

    async def get(self, tenant: str, run_id: str) -> Run:
        """Raises NotFound."""

    async def delete(self, tenant: str, run_id: str) -> None:
        """Raises NotFound."""

    async def request_cancel(self, tenant: str, run_id: str) -> None:
        """Mark a running run; does nothing to a settled one. Raises NotFound."""

    async def cancel_requested(self, tenant: str, run_id: str) -> bool: ...

    async def page(
        self, tenant: str, where: RunFilter, *, limit: int, offset: int = 0, cursor: str | None = None
    ) -> RunPage:
        """Newest first. Raises BadCursor for a cursor that this store did not make for this filter."""

    async def interrupted(self, before: datetime) -> list[Run]:
        """Runs still marked running whose deadline was before that moment: their process died."""
