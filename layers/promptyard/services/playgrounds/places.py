"""Where a run belongs: its playground and its LLM blueprint, found to be there."""

import asyncio
from dataclasses import dataclass

from promptyard.domain.errors import InvalidRequest
from promptyard.domain.playgrounds.blueprints import LlmBlueprint
from promptyard.domain.playgrounds.metric_configurations import MetricConfiguration
from promptyard.domain.playgrounds.playground import Playground
from promptyard.domain.runs.run import RunLinks
from promptyard.services.ports.playgrounds import BlueprintStore, ConfigurationStore, PlaygroundStore


@dataclass(frozen=True, slots=True)
class Place:
    playground: Playground
    blueprint: LlmBlueprint | None = None
    configurations: tuple[MetricConfiguration, ...] = ()
    """The playground's metrics."""


class Places:
    def __init__(
        self, playgrounds: PlaygroundStore, blueprints: BlueprintStore, configurations: ConfigurationStore
    ) -> None:
        self._playgrounds = playgrounds
        self._blueprints = blueprints
        self._configurations = configurations

    async def find(self, tenant: str, links: RunLinks) -> Place | None:
        """None for a run that belongs nowhere. Raises NotFound, and InvalidRequest for a blueprint that is another
        playground's."""
        blueprint = None
        playground_id = links.playground_id
        if links.llm_blueprint_id is not None:
            blueprint = await self._blueprints.get(tenant, links.llm_blueprint_id)
            if playground_id not in {None, blueprint.playground_id}:
                raise InvalidRequest(
                    "The LLM blueprint belongs to another playground", loc=("body", "llm_blueprint_id")
                )
            playground_id = blueprint.playground_id
        if playground_id is None:
            return None
        playground, configurations = await asyncio.gather(
            self._playgrounds.get(tenant, playground_id), self._configurations.all(tenant, playground_id)
        )
        return Place(playground, blueprint, tuple(configurations))
