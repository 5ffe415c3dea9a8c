"""Answers about LLM blueprints."""

from pydantic import Field

from functions.playgrounds.answers import CamelAnswer
from functions.playgrounds.blueprint_schemas import LlmSettings
from functions.playgrounds.pages import OffsetPage
from promptyard.api.answers.fields import Timestamp, WithoutNulls
from promptyard.domain.playgrounds.blueprints import CustomModel, LlmBlueprint


class CustomModelAnswer(CamelAnswer):
    base_url: str
    model: str

    @classmethod
    def of(cls, custom: CustomModel) -> "CustomModelAnswer":
        return CustomModelAnswer(base_url=custom.base_url, model=custom.model)


class BlueprintResponse(CamelAnswer):
    """An LLM blueprint. `model` is the model of ours that `llmId` stands for."""

    id: str
    """The LLM blueprint's id."""
    playground_id: str
    name: str
    description: str
    llm_id: str
    """The LLM, as it was named."""
    model: str
    """The model of ours that `llmId` stands for."""
    llm_settings: WithoutNulls[LlmSettings]
    """What is sent with every prompt. What was not given is left out."""
    custom_model_llm_settings: CustomModelAnswer | None = Field(serialization_alias="customModelLLMSettings")
    """Where the model is, and which. Null unless `llmId` is `custom-model`."""
    prompt_version_id: str | None
    """The id of the prompt version that is run where a request has no prompt. Null where there is none."""
    is_saved: bool
    creation_date: Timestamp
    """When the LLM blueprint was made, in UTC."""
    creation_user_id: str
    """Who made the LLM blueprint, as a run names its `caller`."""
    user_name: str
    """The name of who made the LLM blueprint."""
    last_update_date: Timestamp
    """When the LLM blueprint was last changed, in UTC."""
    last_update_user_id: str
    """Who last changed the LLM blueprint, as a run names its `caller`."""

    @classmethod
    def of(cls, blueprint: LlmBlueprint) -> "BlueprintResponse":
        custom = blueprint.custom_model
        return BlueprintResponse(
            id=blueprint.id,
            playground_id=blueprint.playground_id,
            name=blueprint.name,
            description=blueprint.description,
            llm_id=blueprint.llm_id,
            model=blueprint.model,
            llm_settings=LlmSettings.of(blueprint.system_prompt, blueprint.parameters),
            custom_model_llm_settings=None if custom is None else CustomModelAnswer.of(custom),
            prompt_version_id=blueprint.prompt_version_id,
            is_saved=blueprint.is_saved,
            creation_date=blueprint.created_at,
            creation_user_id=blueprint.created_by,
            user_name=blueprint.created_by_name,
            last_update_date=blueprint.updated_at,
            last_update_user_id=blueprint.updated_by,
        )


class ListBlueprintsResponse(OffsetPage[BlueprintResponse]):
    pass
