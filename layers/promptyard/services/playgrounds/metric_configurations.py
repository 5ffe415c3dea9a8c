"""Use cases around metric configurations: make, list, change, delete."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from promptyard.domain.account.access import Caller
from promptyard.domain.errors import Conflict, InvalidRequest, NotFound, TooLarge, UnknownModel, below, named_in_body
from promptyard.domain.identifiers import time_ordered_id
from promptyard.domain.models.language_models import CUSTOM_MODEL, target_model
from promptyard.domain.models.targets import Target
from promptyard.domain.playgrounds.metric_configurations import (
    MAX_BYTES,
    MAX_CONFIGURATIONS,
    MetricConfiguration,
    Moderation,
)
from promptyard.domain.runs.metrics.guardrails import FILTERS
from promptyard.domain.runs.metrics.registry import METRICS
from promptyard.domain.runs.moderation import validate

if TYPE_CHECKING:
    from promptyard.services.account.audit import AuditLog
    from promptyard.services.ports.playgrounds import BlueprintStore, ConfigurationStore, PlaygroundStore
    from promptyard.services.runs.targets import TargetResolver


@dataclass(frozen=True, slots=True)
class ConfigurationDraft:
    """What is to become a configuration."""

    metric: str
    custom_name: str | None = None
    llm_id: str | None = None
    custom_model_id: str | None = None
    moderation: Moderation | None = None


class ConfigurationService:
    """`has_guardrail` tells whether the deployment has one that scores toxicity and jailbreaks in a judge's place.

    Every method raises NotFound where the playground is not there."""

    def __init__(
        self,
        store: "ConfigurationStore",
        playgrounds: "PlaygroundStore",
        blueprints: "BlueprintStore",
        resolver: "TargetResolver",
        audit: "AuditLog",
        *,
        has_guardrail: bool,
    ) -> None:
        self._store = store
        self._playgrounds = playgrounds
        self._blueprints = blueprints
        self._resolver = resolver
        self._audit = audit
        self._has_guardrail = has_guardrail

    async def all(self, tenant: str, playground_id: str) -> list[MetricConfiguration]:
        """The oldest first."""
        await self._playgrounds.get(tenant, playground_id)
        return await self._store.all(tenant, playground_id)

    async def create(self, caller: Caller, playground_id: str, draft: ConfigurationDraft) -> MetricConfiguration:
        """Raises InvalidRequest for one that could never be computed or checked, Conflict for one too many."""
        await self._check_room(caller.tenant, playground_id, 1)
        configuration = _new(caller.tenant, playground_id, draft)
        await self._check(configuration)
        await self._add(caller, playground_id, [configuration])
        return configuration

    async def create_all(
        self, caller: Caller, playground_id: str, drafts: Sequence[ConfigurationDraft]
    ) -> list[MetricConfiguration]:
        """The `ootbMetricConfigurations` of a request. Raises what `create` does; then none of them is made."""
        await self._check_room(caller.tenant, playground_id, len(drafts))
        configurations = [_new(caller.tenant, playground_id, draft) for draft in drafts]
        for index, configuration in enumerate(configurations):
            with below("ootbMetricConfigurations", index):
                await self._check(configuration)
        await self._add(caller, playground_id, configurations)
        return configurations

    async def _check_room(self, tenant: str, playground_id: str, more: int) -> None:
        if len(await self.all(tenant, playground_id)) + more > MAX_CONFIGURATIONS:
            raise Conflict(f"A playground can have {MAX_CONFIGURATIONS} metric configurations")

    async def _add(self, caller: Caller, playground_id: str, configurations: Sequence[MetricConfiguration]) -> None:
        for configuration in configurations:
            await self._record(caller, "created", configuration)
            await self._store.add(configuration)
        try:
            await self._playgrounds.get(caller.tenant, playground_id)
        except NotFound:  # it was deleted meanwhile, and nobody would find these any more
            for configuration in configurations:
                await self._store.delete(caller.tenant, playground_id, configuration.id, datetime.now(UTC))
            raise

    async def change(
        self, caller: Caller, playground_id: str, configuration_id: str, changes: Mapping[str, Any]
    ) -> MetricConfiguration:
        """Set fields by their names in MetricConfiguration; None takes one away. It is new again. Raises what `create`
        does."""
        await self._playgrounds.get(caller.tenant, playground_id)
        there = await self._store.get(caller.tenant, playground_id, configuration_id)
        changed = there.model_copy(update=dict(changes))
        if changed == there:
            return there
        changed = changed.model_copy(update={"status": "NEW", "error_message": None, "error_resolution": ()})
        await self._check(changed)
        differing = sorted(name for name in changes if getattr(changed, name) != getattr(there, name))
        await self._record(caller, "changed", changed, {"changes": differing})
        fields = changed.model_dump(mode="json", exclude={"id", "tenant", "playground_id"})
        await self._store.change(caller.tenant, playground_id, configuration_id, fields)
        return changed

    async def delete(self, caller: Caller, playground_id: str, configuration_id: str) -> None:
        await self._playgrounds.get(caller.tenant, playground_id)
        with suppress(NotFound):  # one that is deleted may be deleted again, and is no second act
            there = await self._store.get(caller.tenant, playground_id, configuration_id)
            await self._record(caller, "deleted", there)
        await self._store.delete(caller.tenant, playground_id, configuration_id, datetime.now(UTC))

    async def _record(
        self, caller: Caller, what: str, configuration: MetricConfiguration, more: Mapping[str, Any] | None = None
    ) -> None:
        moderation = configuration.moderation
        details = {
            "metric": configuration.metric,
            "playground_id": configuration.playground_id,
            "guard": None if moderation is None else moderation.action.value,
            **(more or {}),
        }
        await self._audit.record(caller, f"metric_configuration.{what}", configuration.id, details)

    async def _check(self, configuration: MetricConfiguration) -> None:
        metric = METRICS[configuration.metric]
        if configuration.moderation is not None:
            validate(configuration.moderation.condition, metric.kind)
        await self._check_judge(configuration)
        if len(configuration.model_dump_json().encode()) > MAX_BYTES:
            raise TooLarge(f"A metric configuration can take {MAX_BYTES:,} bytes")

    async def _check_judge(self, configuration: MetricConfiguration) -> None:
        metric, llm_id = METRICS[configuration.metric], configuration.llm_id
        needs_none = metric.judge is None or (self._has_guardrail and metric.name in FILTERS)
        if llm_id is None and not needs_none:
            raise InvalidRequest(f"{metric.name} is scored by a model: name one", loc=("body", "llmId"), kind="missing")
        if llm_id not in {None, CUSTOM_MODEL}:
            try:
                self._resolver.model(Target(model=target_model(llm_id)))
            except UnknownModel as error:
                raise UnknownModel(llm_id, loc=("body", "llmId")) from error
        await self._check_custom_model(configuration)

    async def _check_custom_model(self, configuration: MetricConfiguration) -> None:
        loc = ("body", "customModelLLMValidationId")
        if (configuration.llm_id == CUSTOM_MODEL) != (configuration.custom_model_id is not None):
            raise InvalidRequest(f"The LLM {CUSTOM_MODEL} needs customModelLLMValidationId, no other takes it", loc=loc)
        if configuration.custom_model_id is not None:
            with named_in_body("customModelLLMValidationId"):
                blueprint = await self._blueprints.get(configuration.tenant, configuration.custom_model_id)
            if blueprint.custom_model is None:
                raise InvalidRequest(
                    f"customModelLLMValidationId is no LLM blueprint of the LLM {CUSTOM_MODEL}", loc=loc
                )


def _new(tenant: str, playground_id: str, draft: ConfigurationDraft) -> MetricConfiguration:
    return MetricConfiguration(
        id=time_ordered_id(),
        tenant=tenant,
        playground_id=playground_id,
        metric=draft.metric,
        custom_name=draft.custom_name,
        llm_id=draft.llm_id,
        custom_model_id=draft.custom_model_id,
        moderation=draft.moderation,
    )
