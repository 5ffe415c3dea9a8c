"""Playgrounds: where a team keeps LLM blueprints, metrics and guards, and the runs that are made with them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from promptyard.domain.deferred import FrozenModel

MAX_BLUEPRINTS = 1_000
"""LLM blueprints in one playground."""

PlaygroundSort = Literal[
    "name",
    "-name",
    "description",
    "-description",
    "creationUserId",
    "-creationUserId",
    "creationDate",
    "-creationDate",
    "lastUpdateUserId",
    "-lastUpdateUserId",
    "lastUpdateDate",
    "-lastUpdateDate",
    "savedLLMBlueprintsCount",
    "-savedLLMBlueprintsCount",
    "llmBlueprintsCount",
    "-llmBlueprintsCount",
]
"""A leading dash sorts in descending order."""


class Playground(FrozenModel):
    """A playground. `…_by` are ids of actors."""

    id: str
    """Time-ordered."""
    tenant: str
    name: str
    description: str
    use_case_id: str
    """The caller's own id, kept as it is."""
    created_at: datetime
    created_by: str
    created_by_name: str
    updated_at: datetime
    updated_by: str
    keep_blocked: bool = False
    """Whether what its guards block is kept for the tenant's admins."""
    blueprints: dict[str, bool] = Field({})
    """By the id of each of its LLM blueprints, whether it is saved. This is what makes a blueprint exist."""

    @property
    def llm_blueprints_count(self) -> int:
        return len(self.blueprints)

    @property
    def saved_llm_blueprints_count(self) -> int:
        return sum(self.blueprints.values())


@dataclass(frozen=True, slots=True)
class PlaygroundFilter:
    """Which playgrounds, in which order: the newest first unless said otherwise."""

    use_case_ids: frozenset[str] = frozenset()
    """Of any of these; empty: of any at all."""
    search: str = ""
    """A part of the name, whatever its case."""
    sort: PlaygroundSort = "-creationDate"

    def select(self, playgrounds: Iterable[Playground]) -> list[Playground]:
        """Those that match, sorted; of equals the older one comes first, in descending order the newer one."""
        wanted = self.search.casefold()
        found = [
            playground
            for playground in playgrounds
            if (not self.use_case_ids or playground.use_case_id in self.use_case_ids)
            and wanted in playground.name.casefold()
        ]
        attribute = _ATTRIBUTES[self.sort.removeprefix("-")]
        found.sort(key=lambda playground: (attribute(playground), playground.id), reverse=self.sort.startswith("-"))
        return found


_ATTRIBUTES: Mapping[str, Callable[[Playground], Any]] = {
    "name": lambda playground: playground.name.casefold(),
    "description": lambda playground: playground.description.casefold(),
    "creationUserId": lambda playground: playground.created_by,
    "creationDate": lambda playground: playground.created_at,
    "lastUpdateUserId": lambda playground: playground.updated_by,
    "lastUpdateDate": lambda playground: playground.updated_at,
    "savedLLMBlueprintsCount": lambda playground: playground.saved_llm_blueprints_count,
    "llmBlueprintsCount": lambda playground: playground.llm_blueprints_count,
}
