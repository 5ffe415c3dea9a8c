"""Scoring a run by a metric configuration: its spec, and the judge that it names."""

from typing import TYPE_CHECKING

from promptyard.domain.models.targets import Parameters, Target
from promptyard.domain.playgrounds.metric_configurations import MetricConfiguration
from promptyard.domain.runs.metrics.types import MetricInput
from promptyard.services.playgrounds.scored import Case, Scored

if TYPE_CHECKING:
    from promptyard.services.playgrounds.judge import TargetOf
    from promptyard.services.playgrounds.scoring import Scorer
    from promptyard.services.ports.playgrounds import BlueprintStore


class ConfigurationScorer:
    def __init__(self, scorer: "Scorer", blueprints: "BlueprintStore") -> None:
        self._scorer = scorer
        self._blueprints = blueprints

    async def score(self, configuration: MetricConfiguration, material: MetricInput, case: Case) -> Scored:
        """Whatever goes wrong is the result's error."""
        judge, is_guard = self._custom_judge(configuration), configuration.moderation is not None
        return await self._scorer.score(configuration.spec, material, case, judge, is_guard=is_guard)

    def _custom_judge(self, configuration: MetricConfiguration) -> "TargetOf | None":
        """A judge at an address of the tenant's own, which an LLM blueprint says; None: the spec names the judge."""
        blueprint_id = configuration.custom_model_id
        if blueprint_id is None:
            return None

        async def target() -> Target:
            blueprint = await self._blueprints.get(configuration.tenant, blueprint_id)
            return blueprint.target().model_copy(update={"parameters": Parameters()})

        return target
