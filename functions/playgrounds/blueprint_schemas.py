"""The wire of LLM blueprints: requests."""

from typing import TYPE_CHECKING, Annotated, Any, Self
from uuid import UUID

from fastapi import Path, Query
from pydantic import Field, model_validator

from functions.playgrounds.pages import LinkedPageQuery
from functions.playgrounds.schemas import CamelRequest, Text
from promptyard.api.requests import example
from promptyard.domain.models.targets import Parameters, ReasoningEffort, ToolChoice
from promptyard.domain.models.usage import MAX_TOKENS
from promptyard.domain.playgrounds.blueprints import BlueprintFilter, BlueprintSort, CustomModel

if TYPE_CHECKING:
    from promptyard.services.playgrounds.blueprints import BlueprintDraft

BlueprintId = Annotated[str, Path(alias="llmBlueprintId")]
LlmId = Annotated[str, Field(min_length=1, max_length=256)]


class LlmSettings(CamelRequest):
    """What a blueprint sends with every prompt: nothing that is not given. `extra` is sent on as it is."""

    system_prompt: str | None = None
    """A system prompt, which goes ahead of every prompt."""
    max_completion_length: int | None = Field(None, ge=1, le=MAX_TOKENS)
    """How many tokens the answer may have, at least 1."""
    temperature: float | None = Field(None, ge=0, le=2)
    top_p: float | None = Field(None, ge=0, le=1)
    top_k: int | None = Field(None, ge=1, le=1_000_000)
    frequency_penalty: float | None = Field(None, ge=-2, le=2)
    presence_penalty: float | None = Field(None, ge=-2, le=2)
    stop: list[str] | str | None = None
    seed: int | None = None
    reasoning_effort: ReasoningEffort | None = None
    response_format: dict[str, Any] | None = None
    tools: list[dict[str, Any]] | None = None
    tool_choice: ToolChoice | None = None
    parallel_tool_calls: bool | None = None
    extra: dict[str, Any] | None = None

    def parameters(self) -> Parameters:
        given = self.model_dump(exclude={"system_prompt", "max_completion_length"}, by_alias=False)
        return Parameters(max_tokens=self.max_completion_length, **given)

    @classmethod
    def of(cls, system_prompt: str | None, parameters: Parameters) -> Self:
        fields = parameters.model_dump(exclude={"max_tokens"})
        known = {"system_prompt": system_prompt, "max_completion_length": parameters.max_tokens, **fields}
        return cls.model_validate(known, by_name=True)


class CustomModelSettings(CamelRequest):
    """A model at an OpenAI-compatible address of your own. Its key is the one that the tenant has stored for that
    address, or comes with the run."""

    base_url: str = Field(min_length=1, max_length=2048)
    """The http(s) address of an OpenAI-compatible server, at most 2,048 characters."""
    model: str = Field(min_length=1, max_length=256)
    """The model, as that server names it."""

    def custom_model(self) -> CustomModel:
        return CustomModel(base_url=self.base_url, model=self.model)


class BlueprintsQuery(LinkedPageQuery):
    """Blueprints of one playground, or of all."""

    playground_id: str | None = Field(None, alias="playgroundId")
    """LLM blueprints of this playground's id. Without it those of all."""
    is_saved: bool | None = Field(None, alias="isSaved")
    """LLM blueprints that are saved, or that are not. Without it all."""
    search: str = ""
    """A part of the LLM blueprint's name, whatever its case."""
    sort: BlueprintSort = "-creationDate"
    """What the list is sorted by; a leading dash: in descending order."""

    def filter(self) -> BlueprintFilter:
        return BlueprintFilter(is_saved=self.is_saved, search=self.search, sort=self.sort)


BlueprintsOf = Annotated[BlueprintsQuery, Query()]


class CreateBlueprintRequest(CamelRequest):
    """A saved target of a playground. The LLM `custom-model` needs `customModelLLMSettings`."""

    model_config = example(
        {"playgroundId": "0d7d9ba1-5f0e-5c1b-9d0d-2f6f1c6a0001", "name": "Writer", "llmId": "demo/writer"}
    )

    playground_id: str
    """The id of the playground that the LLM blueprint belongs to."""
    name: Text
    """What the LLM blueprint is called, at most 5,000 characters."""
    description: Text = ""
    """What the LLM blueprint is for, at most 5,000 characters; may be empty."""
    llm_id: LlmId
    """One of the DataRobot API's ids (`azure-openai-gpt-4-o`), which stands for the same model at its maker; a model of
    ours (`openai/gpt-4o`); or `custom-model`."""
    llm_settings: LlmSettings = LlmSettings()
    """What is sent with every prompt. What is not given is not sent."""
    custom_model_llm_settings: CustomModelSettings | None = Field(None, alias="customModelLLMSettings")
    """Where the model is, and which, for the LLM `custom-model`."""
    prompt_version_id: UUID | None = None
    """The id of a prompt version that is run where a request has no prompt."""
    is_saved: bool = False
    """Whether the LLM blueprint is saved, rather than a draft."""

    def draft(self) -> "BlueprintDraft":
        from promptyard.services.playgrounds.blueprints import BlueprintDraft

        custom = self.custom_model_llm_settings
        return BlueprintDraft(
            playground_id=self.playground_id,
            name=self.name,
            description=self.description,
            llm_id=self.llm_id,
            custom_model=None if custom is None else custom.custom_model(),
            system_prompt=self.llm_settings.system_prompt,
            parameters=self.llm_settings.parameters(),
            prompt_version_id=None if self.prompt_version_id is None else str(self.prompt_version_id),
            is_saved=self.is_saved,
        )


class EditBlueprintRequest(CamelRequest):
    """What is to change; what is left out stays. `llmSettings` are replaced as a whole; a `promptVersionId` of null is
    taken away."""

    model_config = example({"isSaved": True})

    name: Text | None = None
    description: Text | None = None
    llm_id: LlmId | None = None
    llm_settings: LlmSettings | None = None
    """What is sent with every prompt; replaced as a whole."""
    custom_model_llm_settings: CustomModelSettings | None = Field(None, alias="customModelLLMSettings")
    prompt_version_id: UUID | None = None
    """The id of a prompt version that is run where a request has no prompt. Null takes it away."""
    is_saved: bool | None = None

    @model_validator(mode="before")
    @classmethod
    def _null_is_left_out(cls, body: Any) -> Any:
        if not isinstance(body, dict):
            return body
        return {name: value for name, value in body.items() if value is not None or name == "promptVersionId"}

    def changes(self) -> dict[str, Any]:
        """By the names of LlmBlueprint."""
        given = self.model_fields_set
        plain = given & {"name", "description", "llm_id", "is_saved"}
        changes: dict[str, Any] = {name: getattr(self, name) for name in plain}
        if self.llm_settings is not None:
            changes["system_prompt"] = self.llm_settings.system_prompt
            changes["parameters"] = self.llm_settings.parameters()
        if self.custom_model_llm_settings is not None:
            changes["custom_model"] = self.custom_model_llm_settings.custom_model()
        if "prompt_version_id" in given:
            changes["prompt_version_id"] = None if self.prompt_version_id is None else str(self.prompt_version_id)
        return changes
