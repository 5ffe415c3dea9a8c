"""Use cases around LLM blueprints: make, find, change, delete."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from promptyard.domain.account.access import Caller
from promptyard.domain.errors import InvalidRequest, TooLarge, UnknownModel, named_in_body
from promptyard.domain.identifiers import time_ordered_id
from promptyard.domain.models.language_models import CUSTOM_MODEL
from promptyard.domain.models.targets import Parameters
from promptyard.domain.playgrounds.blueprints import MAX_BYTES, BlueprintFilter, CustomModel, LlmBlueprint

if TYPE_CHECKING:
    from promptyard.services.ports.playgrounds import BlueprintStore, PlaygroundStore
    from promptyard.services.prompts.registry import PromptService
    from promptyard.services.runs.targets import TargetResolver


@dataclass(frozen=True, slots=True)
class BlueprintDraft:
    """What is to become a blueprint."""

    playground_id: str
    name: str
    description: str
    llm_id: str
    custom_model: CustomModel | None
    system_prompt: str | None
    parameters: Parameters
    prompt_version_id: str | None
    is_saved: bool


class BlueprintService:
    def __init__(
        self,
        store: "BlueprintStore",
        playgrounds: "PlaygroundStore",
        prompts: "PromptService",
        resolver: "TargetResolver",
    ) -> None:
        self._store = store
        self._playgrounds = playgrounds
        self._prompts = prompts
        self._resolver = resolver

    async def create(self, caller: Caller, draft: BlueprintDraft) -> LlmBlueprint:
        """Raises UnknownReference for a playground or a prompt version that is not there, UnknownModel, InvalidRequest,
        TooLarge, Conflict for a playground that is full."""
        now = datetime.now(UTC)
        blueprint = LlmBlueprint(
            id=time_ordered_id(),
            tenant=caller.tenant,
            playground_id=draft.playground_id,
            name=draft.name,
            description=draft.description,
            llm_id=draft.llm_id,
            custom_model=draft.custom_model,
            system_prompt=draft.system_prompt,
            parameters=draft.parameters,
            prompt_version_id=draft.prompt_version_id,
            is_saved=draft.is_saved,
            created_at=now,
            created_by=caller.actor.id,
            created_by_name=caller.actor.name,
            updated_at=now,
            updated_by=caller.actor.id,
        )
        with named_in_body("playgroundId"):
            await self._playgrounds.get(caller.tenant, draft.playground_id)
        await self._check(blueprint)
        await self._store.add(blueprint)
        return blueprint

    async def find(self, tenant: str, playground_id: str | None, where: BlueprintFilter) -> list[LlmBlueprint]:
        """All that match, sorted; those of one playground, or all. Raises NotFound for a playground that is not
        there."""
        if playground_id is None:
            return where.select(await self._store.all(tenant))
        return where.select(await self._store.of_playground(await self._playgrounds.get(tenant, playground_id)))

    async def get(self, tenant: str, blueprint_id: str) -> LlmBlueprint:
        """Raises NotFound."""
        return await self._store.get(tenant, blueprint_id)

    async def change(self, caller: Caller, blueprint_id: str, changes: Mapping[str, Any]) -> LlmBlueprint:
        """Set fields by their names in LlmBlueprint; None takes away the system prompt, the custom model and the
        prompt version. Raises what `create` does."""
        blueprint = await self._store.get(caller.tenant, blueprint_id)
        changed = blueprint.model_copy(update=dict(changes))
        if changed.llm_id != CUSTOM_MODEL and "custom_model" not in changes:
            changed = changed.model_copy(update={"custom_model": None})
        await self._check(changed)
        wanted = {
            name: value
            for name in LlmBlueprint.model_fields
            if name != "is_saved" and (value := getattr(changed, name)) != getattr(blueprint, name)
        }
        if changed != blueprint:
            await self._store.change(caller.tenant, blueprint_id, wanted, caller.actor.id, datetime.now(UTC))
        if changed.is_saved != blueprint.is_saved:
            await self._store.save(caller.tenant, blueprint.playground_id, blueprint_id, changed.is_saved)
        return await self._store.get(caller.tenant, blueprint_id)

    async def delete(self, caller: Caller, blueprint_id: str) -> None:
        """Its runs stay. Raises NotFound."""
        await self._store.delete(caller.tenant, blueprint_id, datetime.now(UTC))

    async def _check(self, blueprint: LlmBlueprint) -> None:
        if len(blueprint.model_dump_json().encode()) > MAX_BYTES:
            raise TooLarge(f"An LLM blueprint can take {MAX_BYTES:,} bytes")
        if (blueprint.llm_id == CUSTOM_MODEL) != (blueprint.custom_model is not None):
            raise InvalidRequest(
                f"The LLM {CUSTOM_MODEL} needs customModelLLMSettings, and no other has any",
                loc=("body", "customModelLLMSettings"),
            )
        try:
            self._resolver.model(blueprint.target())
        except UnknownModel as error:
            raise UnknownModel(blueprint.llm_id, loc=("body", "llmId")) from error
        if blueprint.prompt_version_id is not None:
            with named_in_body("promptVersionId"):
                await self._prompts.version(blueprint.tenant, blueprint.prompt_version_id)
