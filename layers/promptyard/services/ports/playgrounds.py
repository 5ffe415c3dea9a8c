"""What keeps playgrounds and what is in them, as protocols. Every method raises StoreUnavailable when the store does
not answer."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, Protocol

from promptyard.domain.paging import Page, PageRequest

if TYPE_CHECKING:
    from collections import Counter

    from promptyard.domain.playgrounds.blueprints import LlmBlueprint
    from promptyard.domain.playgrounds.metric_configurations import MetricConfiguration
    from promptyard.domain.playgrounds.playground import Playground
    from promptyard.domain.runs.metrics.guardrails import FilterFinding
    from promptyard.domain.runs.run_metrics import ModerationReport


class PlaygroundStore(Protocol):
    async def announce(self, playground: "Playground") -> None:
        """Hold its place, before anything is put into it: an erasure then finds that, and until `add` nobody else
        does."""

    async def add(self, playground: "Playground") -> None:
        """Raises Conflict when the id is taken."""

    async def get(self, tenant: str, playground_id: str) -> "Playground":
        """Raises NotFound."""

    async def all(self, tenant: str) -> "list[Playground]": ...

    async def change(
        self, tenant: str, playground_id: str, changes: Mapping[str, str | bool], by: str, at: datetime
    ) -> None:
        """Set fields. Raises NotFound."""

    async def delete(self, tenant: str, playground_id: str, at: datetime) -> None:
        """With everything in it but its runs. May be repeated for a day. Raises NotFound."""


class BlueprintStore(Protocol):
    async def add(self, blueprint: "LlmBlueprint") -> None:
        """Raises NotFound when its playground is not there, Conflict when that is full or the id is taken."""

    async def get(self, tenant: str, blueprint_id: str) -> "LlmBlueprint":
        """Raises NotFound."""

    async def of_playground(self, playground: "Playground") -> "list[LlmBlueprint]": ...

    async def all(self, tenant: str) -> "list[LlmBlueprint]": ...

    async def change(self, tenant: str, blueprint_id: str, changes: Mapping[str, Any], by: str, at: datetime) -> None:
        """Set fields; None removes one. Raises NotFound."""

    async def save(self, tenant: str, playground_id: str, blueprint_id: str, saved: bool) -> None:
        """Note whether it is saved. Raises NotFound."""

    async def delete(self, tenant: str, blueprint_id: str, at: datetime) -> None:
        """For a day it may be repeated. Raises NotFound."""


class ConfigurationStore(Protocol):
    async def add(self, configuration: "MetricConfiguration") -> None:
        """Raises Conflict when the id is taken."""

    async def all(self, tenant: str, playground_id: str) -> "list[MetricConfiguration]":
        """A playground's, the oldest first."""

    async def get(self, tenant: str, playground_id: str, configuration_id: str) -> "MetricConfiguration":
        """Raises NotFound."""

    async def change(self, tenant: str, playground_id: str, configuration_id: str, changes: Mapping[str, Any]) -> None:
        """Set fields, given as JSON has them; None removes one. Raises NotFound."""

    async def delete(self, tenant: str, playground_id: str, configuration_id: str, at: datetime) -> None:
        """For a day it may be repeated. Raises NotFound."""


class ReportStore(Protocol):
    async def add(
        self, tenant: str, playground_id: str, report: "ModerationReport", retention_days: int | None
    ) -> None:
        """Keep a report as long as its run is kept. Raises Conflict when the run has one."""

    async def page(self, tenant: str, playground_id: str, request: PageRequest) -> "Page[ModerationReport]":
        """Newest first. Raises BadCursor."""


class ContentGuardrail(Protocol):
    @property
    def name(self) -> str: ...

    async def assess(
        self, text: str, source: Literal["INPUT", "OUTPUT"], units: "Counter[str]"
    ) -> "list[FilterFinding]":
        """What the guardrail's filters say of a text. What each answer took is added to `units`, text units by the
        provider's own names of what counts them: also where the rest is not answered, or not waited for. Raises
        ProviderError, MissingKey."""
