"""What the services need from outside, as protocols. `bootstrap` chooses what stands behind them."""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from promptyard.domain.models.provider_events import ProviderEvent
from promptyard.domain.models.targets import ProviderCall
from promptyard.domain.prompts.prompt import Prompt, PromptFilter, PromptVersion, VersionInfo
from promptyard.domain.runs.run import Run, RunStatus
from promptyard.domain.runs.saved_runs import SavedRun


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

    async def repair_counters(self, tenant: str) -> int:
        """Count a tenant's runs again, correct the totals, and return how many of them were off."""


class SavedRunStore(Protocol):
    """Keeps saved runs. Every method raises StoreUnavailable when the store does not answer."""

    async def add(self, saved: SavedRun) -> None: ...

    async def get(self, tenant: str, saved_id: str) -> SavedRun:
        """Raises NotFound."""

    async def delete(self, tenant: str, saved_id: str) -> None:
        """Raises NotFound."""

    async def newest(self, tenant: str, version_id: str, limit: int) -> list[SavedRun]:
        """The newest of a prompt version, newest first."""


class RunContentStore(Protocol):
    """Where the content of runs is kept beside their records. Every method raises StoreUnavailable when the store does
    not answer."""

    async def delete_expired(self, tenant: str, before: datetime) -> int:
        """Delete the content of the runs, executed and saved ones, that began before that moment and are no more;
        returns how many parts there were."""


@dataclass(frozen=True, slots=True)
class PromptPage:
    prompts: list[Prompt]
    total: int
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class VersionPage:
    versions: list[VersionInfo]
    total: int
    next_cursor: str | None


class PromptStore(Protocol):
    """Keeps prompts and their versions. Every method raises StoreUnavailable when the store does not answer."""

    async def create(self, prompt: Prompt) -> None:
        """Raises Conflict when there is one of that name."""

    async def get(self, tenant: str, prompt_id: str) -> Prompt:
        """Raises NotFound."""

    async def page(
        self, tenant: str, where: PromptFilter, *, limit: int, offset: int = 0, cursor: str | None = None
    ) -> PromptPage:
        """By name. `offset` is left aside when there is a cursor. Raises BadCursor."""

    async def change(
        self, tenant: str, prompt_id: str, changes: Mapping[str, str | datetime | None], at: datetime
    ) -> None:
        """Write `description`, `archived_at` or both; None removes. Raises NotFound."""

    async def set_label(self, tenant: str, prompt_id: str, label: str, number: int, at: datetime) -> None:
        """Make, or move, a label. Raises NotFound."""

    async def remove_label(self, tenant: str, prompt_id: str, label: str, at: datetime) -> None:
        """Raises NotFound when it is not there."""

    async def add_version(self, tenant: str, version: PromptVersion) -> None:
        """Raises Conflict when the number is taken."""

    async def note_latest(self, tenant: str, version: PromptVersion) -> None:
        """Tell the prompt of its newest version; does nothing where it knows of that one or of a later one."""

    async def version(self, tenant: str, prompt_id: str, number: int) -> PromptVersion | None: ...

    async def has_version(self, tenant: str, prompt_id: str, number: int) -> bool: ...

    async def newest(self, tenant: str, prompt_id: str) -> PromptVersion | None: ...

    async def versions(
        self, tenant: str, prompt_id: str, *, limit: int, offset: int = 0, cursor: str | None = None
    ) -> VersionPage:
        """Newest first. `offset` is left aside when there is a cursor. Raises BadCursor."""


class EventPublisher(Protocol):
    """Tells others what has happened. At most once: an event that cannot be published is logged, and lost."""

    async def publish(self, detail_type: str, detail: Mapping[str, Any]) -> None:
        """`detail` is a JSON object."""
