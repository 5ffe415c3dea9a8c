"""Where a run belongs: its playground and its LLM blueprint, found to be there."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from promptyard.domain.account.access import Caller
from promptyard.domain.errors import InvalidRequest, UnknownReference, named_in_body
from promptyard.domain.runs.run import RunLinks
from promptyard.services.ports.runs import Placement, RunGuard

if TYPE_CHECKING:
    from promptyard.domain.playgrounds.blueprints import LlmBlueprint
    from promptyard.domain.playgrounds.metric_configurations import MetricConfiguration
    from promptyard.domain.playgrounds.playground import Playground
    from promptyard.services.ports.playgrounds import BlueprintStore, ConfigurationStore, PlaygroundStore


@dataclass(frozen=True, slots=True)
class Place:
    playground: "Playground"
    blueprint: "LlmBlueprint | None" = None
    configurations: "tuple[MetricConfiguration, ...]" = ()
    """The playground's metrics."""


class Places:
    """Implements `services.ports.runs.Placer`."""

    def __init__(
        self,
        playgrounds: "PlaygroundStore",
        blueprints: "BlueprintStore",
        configurations: "ConfigurationStore",
        guard_for: Callable[[Caller, Place], RunGuard],
    ) -> None:
        """`guard_for` makes the guard of a run in a playground that has metrics."""
        self._playgrounds = playgrounds
        self._blueprints = blueprints
        self._configurations = configurations
        self._guard_for = guard_for

    async def place(self, caller: Caller, links: RunLinks, *, inherited: bool) -> Placement:
        place = await self._find_left(caller.tenant, links) if inherited else await self.find(caller.tenant, links)
        if place is None:
            return Placement()
        blueprint = place.blueprint
        return Placement(
            playground_id=place.playground.id,
            llm_blueprint_id=None if blueprint is None else blueprint.id,
            target=None if blueprint is None else blueprint.target(),
            system_prompt=None if blueprint is None else blueprint.system_prompt,
            guard=partial(self._guard_for, caller, place) if place.configurations else None,
        )

    async def _find_left(self, tenant: str, links: RunLinks) -> Place | None:
        """What is left of it: without a blueprint that is gone, else nowhere."""
        with suppress(UnknownReference):
            return await self.find(tenant, links)
        if links.llm_blueprint_id is None:
            return None
        return await self._find_left(tenant, links.model_copy(update={"llm_blueprint_id": None}))

    async def find(self, tenant: str, links: RunLinks) -> Place | None:
        """None for a run that belongs nowhere. Raises UnknownReference, and InvalidRequest for a blueprint that is
        another playground's."""
        blueprint = None
        playground_id = links.playground_id
        if links.llm_blueprint_id is not None:
            with named_in_body("llm_blueprint_id"):
                blueprint = await self._blueprints.get(tenant, links.llm_blueprint_id)
            playground_id = playground_id or blueprint.playground_id
        if playground_id is None:
            return None
        with named_in_body("playground_id"):
            playground, configurations = await asyncio.gather(
                self._playgrounds.get(tenant, playground_id), self._configurations.all(tenant, playground_id)
            )
        if blueprint is not None and blueprint.playground_id != playground.id:
            raise InvalidRequest("The LLM blueprint belongs to another playground", loc=("body", "llm_blueprint_id"))
        return Place(playground, blueprint, tuple(configurations))
