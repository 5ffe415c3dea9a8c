"""LLM blueprints: saved targets of a playground."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from pydantic import SecretStr

from promptyard.domain.deferred import FrozenModel
from promptyard.domain.models.language_models import CUSTOM_MODEL, target_model
from promptyard.domain.models.targets import Parameters, Target

MAX_BYTES = 300_000
"""Of a blueprint as JSON."""

BlueprintSort = Literal[
    "name",
    "-name",
    "llmId",
    "-llmId",
    "creationUserId",
    "-creationUserId",
    "creationDate",
    "-creationDate",
    "lastUpdateUserId",
    "-lastUpdateUserId",
    "lastUpdateDate",
    "-lastUpdateDate",
]


class CustomModel(FrozenModel):
    """A model at an OpenAI-compatible address of the tenant's own."""

    base_url: str
    model: str


class LlmBlueprint(FrozenModel):
    """A model with its parameters, and the prompt that goes with it. `…_by` are ids of actors."""

    id: str
    """Time-ordered."""
    tenant: str
    playground_id: str
    name: str
    description: str
    llm_id: str
    custom_model: CustomModel | None = None
    """With the id `custom-model` only."""
    system_prompt: str | None = None
    parameters: Parameters = Parameters()
    prompt_version_id: str | None = None
    created_at: datetime
    created_by: str
    created_by_name: str
    updated_at: datetime
    updated_by: str
    is_saved: bool = False

    @property
    def model(self) -> str:
        """As a target names it."""
        if self.custom_model is not None:
            return f"custom/{self.custom_model.model}"
        return target_model(self.llm_id)

    def target(self, provider_key: SecretStr | None = None) -> Target:
        if self.llm_id == CUSTOM_MODEL and self.custom_model is not None:
            return Target(
                provider="custom",
                model=self.custom_model.model,
                custom_base_url=self.custom_model.base_url,
                parameters=self.parameters,
                provider_key=provider_key,
            )
        return Target(model=self.model, parameters=self.parameters, provider_key=provider_key)


@dataclass(frozen=True, slots=True)
class BlueprintFilter:
    """Which blueprints, in which order: the newest first unless said otherwise."""

    is_saved: bool | None = None
    search: str = ""
    """A part of the name, whatever its case."""
    sort: BlueprintSort = "-creationDate"

    def select(self, blueprints: Iterable[LlmBlueprint]) -> list[LlmBlueprint]:
        """Those that match, sorted; of equals the older one comes first, in descending order the newer one."""
        wanted = self.search.casefold()
        found = [
            blueprint
            for blueprint in blueprints
            if self.is_saved in {None, blueprint.is_saved} and wanted in blueprint.name.casefold()
        ]
        attribute = _ATTRIBUTES[self.sort.removeprefix("-")]
        found.sort(key=lambda blueprint: (attribute(blueprint), blueprint.id), reverse=self.sort.startswith("-"))
        return found


_ATTRIBUTES: Mapping[str, Callable[[LlmBlueprint], Any]] = {
    "name": lambda blueprint: blueprint.name.casefold(),
    "llmId": lambda blueprint: blueprint.llm_id,
    "creationUserId": lambda blueprint: blueprint.created_by,
    "creationDate": lambda blueprint: blueprint.created_at,
    "lastUpdateUserId": lambda blueprint: blueprint.updated_by,
    "lastUpdateDate": lambda blueprint: blueprint.updated_at,
}
