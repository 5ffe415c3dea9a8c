"""What the services of prompts need from outside, as protocols."""

from collections.abc import AsyncGenerator, Mapping
from datetime import datetime
from typing import Any, Protocol

from promptyard.domain.paging import Page, PageRequest
from promptyard.domain.prompts.prompt import Prompt, PromptFilter, PromptVersion, VersionInfo


class PromptStore(Protocol):
    """Keeps prompts and their versions. Every method raises StoreUnavailable when the store does not answer."""

    async def create(self, prompt: Prompt) -> None:
        """Raises Conflict when there is one of that name."""

    async def get(self, tenant: str, prompt_id: str) -> Prompt:
        """Raises NotFound."""

    async def page(self, tenant: str, where: PromptFilter, request: PageRequest) -> Page[Prompt]:
        """By name. Raises BadCursor."""

    async def change(
        self, tenant: str, prompt_id: str, changes: Mapping[str, str | datetime | None], at: datetime
    ) -> None:
        """Write `description`, `archived_at` or both; None removes. Raises NotFound."""

    async def set_label(self, tenant: str, prompt_id: str, label: str, number: int, at: datetime) -> None:
        """Make, or move, a label. Raises NotFound."""

    async def remove_label(self, tenant: str, prompt_id: str, label: str, at: datetime) -> None:
        """Raises NotFound when it is not there."""

    async def claim_alias(self, tenant: str, alias: str, prompt_id: str) -> None:
        """Raises Conflict when another prompt has it."""

    async def alias(self, tenant: str, alias: str) -> str | None:
        """The id of the prompt that has it."""

    async def release_alias(self, tenant: str, alias: str, prompt_id: str) -> None:
        """Does nothing when that prompt has not claimed it."""

    async def note_alias(self, tenant: str, prompt_id: str, alias: str, at: datetime) -> None:
        """Have the prompt show it. Raises NotFound."""

    async def forget_alias(self, tenant: str, prompt_id: str, alias: str, at: datetime) -> None:
        """Raises NotFound when the prompt does not show it."""

    async def add_version(self, tenant: str, version: PromptVersion) -> None:
        """Raises Conflict when the number is taken."""

    async def note_latest(self, tenant: str, version: PromptVersion) -> None:
        """Tell the prompt of its newest version; does nothing where it knows of that one or of a later one."""

    async def version(self, tenant: str, prompt_id: str, number: int) -> PromptVersion | None: ...

    async def has_version(self, tenant: str, prompt_id: str, number: int) -> bool: ...

    async def newest(self, tenant: str, prompt_id: str) -> PromptVersion | None: ...

    async def versions(self, tenant: str, prompt_id: str, request: PageRequest) -> Page[VersionInfo]:
        """Newest first. Raises BadCursor."""


class EventPublisher(Protocol):
    """Tells others what has happened. At most once: an event that cannot be published is logged, and lost."""

    async def publish(self, detail_type: str, detail: Mapping[str, Any]) -> None:
        """`detail` is a JSON object."""


class LabelGate(Protocol):
    """What a label waits for."""

    async def check(self, tenant: str, prompt_id: str, label: str, version_id: str) -> None:
        """Raises GatesFailed where something guards the label, and that version has not passed it."""


class AllPrompts(Protocol):
    def pages(self, tenant: str) -> AsyncGenerator[list[Prompt], None]: ...

    def version_pages(self, tenant: str, prompt_id: str) -> AsyncGenerator[list[PromptVersion], None]:
        """With their content, the oldest first."""
