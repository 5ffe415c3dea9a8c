"""Metric configurations: which metrics a playground has, and what is to happen when one of them shows something."""

from typing import Literal, Self

from promptyard.domain.deferred import FrozenModel
from promptyard.domain.identifiers import time_ordered_id
from promptyard.domain.models.language_models import target_model
from promptyard.domain.runs.metrics.spec import MetricSpec
from promptyard.domain.runs.moderation import Comparator, Guard, GuardCondition, Intervention
from promptyard.domain.runs.run_metrics import Action, ErrorResolution

MAX_CONFIGURATIONS = 50
"""In one playground: every run computes all of them."""
MAX_BYTES = 50_000
"""Of a configuration as JSON."""

ConfigurationStatus = Literal["NEW", "COMPLETED", "ERROR"]


class Moderation(FrozenModel):
    """A condition on the score, and what is done where it is met."""

    comparand: int | float | bool | str | list[str]
    comparator: Comparator
    action: Action
    message: str

    @property
    def condition(self) -> GuardCondition:
        return GuardCondition(self.comparand, self.comparator)


class MetricConfiguration(FrozenModel):
    id: str
    """Time-ordered."""
    tenant: str
    playground_id: str
    metric: str
    """A name of the table of metrics."""
    custom_name: str | None = None
    llm_id: str | None = None
    """The judge, where the metric has one."""
    custom_model_id: str | None = None
    """With the judge `custom-model`: the LLM blueprint that says where it is."""
    moderation: Moderation | None = None
    status: ConfigurationStatus = "NEW"
    """NEW until the metric was first computed; then whether it could be, the last time that one could tell."""
    error_message: str | None = None
    error_resolution: tuple[ErrorResolution, ...] = ()

    @property
    def name(self) -> str:
        """What its owner calls the metric."""
        return self.custom_name or self.metric

    @property
    def spec(self) -> MetricSpec:
        """Without a judge where that is a custom model, which the blueprint says."""
        judge = None if self.llm_id is None or self.custom_model_id is not None else target_model(self.llm_id)
        return MetricSpec.model_construct(metric=self.metric, name=self.custom_name, judge=judge)

    def copy_to(self, playground_id: str) -> Self:
        """The same in another playground, where it is new."""
        fresh = {"id": time_ordered_id(), "playground_id": playground_id}
        return self.model_copy(update={**fresh, "status": "NEW", "error_message": None, "error_resolution": ()})

    def guard(self) -> Guard | None:
        if self.moderation is None:
            return None
        intervention = Intervention(self.moderation.action, self.moderation.message)
        return Guard(self.id, self.name, self.moderation.condition, intervention)
