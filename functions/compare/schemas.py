"""The wire of the compare group: requests."""

from typing import Self
from uuid import UUID

from pydantic import Field, SecretStr, model_validator

from promptyard.api.requests import WireRequest, example
from promptyard.api.schemas.runs import (
    BlueprintId,
    ModelConfig,
    ModelSettings,
    PlaygroundFields,
    PromptFields,
    StreamFields,
    TemplateFields,
    Variables,
)
from promptyard.domain.models.targets import Parameters, Target
from promptyard.domain.prompts.compression import Intensity
from promptyard.services.runs.comparisons import MAX_TARGETS


class CompareTarget(WireRequest):
    """One target; its `parameters` override the shared ones field by field."""

    provider: str | None = Field(None, min_length=1, max_length=64)
    model: str | None = Field(None, min_length=1, max_length=256)
    parameters: Parameters = Parameters()
    llm_blueprint_id: BlueprintId = None
    provider_key: SecretStr | None = Field(None, min_length=1, max_length=4096)
    custom_base_url: str | None = Field(None, min_length=1, max_length=2048)

    def target(self, shared: Parameters) -> Target:
        return Target(
            model=self.model,
            provider=self.provider,
            parameters=Parameters(**(shared.given() | self.parameters.given())),
            provider_key=self.provider_key,
            custom_base_url=self.custom_base_url,
        )


class CompareRequest(PromptFields):
    """The same prompt on several targets at once."""

    model_config = example(
        {"prompt_text": "Explain event loops.", "targets": [{"model": "demo/writer"}, {"model": "demo/echo"}]}
    )

    targets: list[CompareTarget] = Field(min_length=2, max_length=MAX_TARGETS)
    """2 to 10 targets, all of them run at once. The same one may stand twice."""
    parameters: Parameters = Parameters()
    """What all targets are sent; a target's own parameters win, field by field."""
    stream: bool = True
    """Whether the answer is a stream of events. True unless it is said otherwise."""


class ComparedModel(ModelConfig):
    llm_blueprint_id: BlueprintId = None


class RunMultiRequest(TemplateFields):
    """One template on several models at once."""

    model_config = example(
        {
            "type": "text",
            "template_text": "Explain {{topic}}.",
            "variables": {"topic": "event loops"},
            "models": [{"id": "first", "model": "demo/writer"}, {"id": "second", "model": "demo/echo"}],
        }
    )

    models: list[ComparedModel] = Field(min_length=1, max_length=MAX_TARGETS)
    """1 to 10 models, all of them run at once."""


class VersionTarget(ModelSettings):
    """A version and the model to run it with: the version's default model where none is named. The version's own
    parameters hold where none are given."""

    version_id: UUID
    """The id of the prompt version."""
    model: str | None = Field(None, min_length=1, max_length=256)
    """The model, with or without its provider's prefix. Without it the version's default model is run."""
    llm_blueprint_id: BlueprintId = None

    def target(self) -> Target:
        return self.target_with(self.model)


class RunVersionsRequest(PlaygroundFields):
    """Several saved versions at once, with the same values."""

    model_config = example(
        {"versions": [{"version_id": "0d7d9ba1-5f0e-5c1b-9d0d-2f6f1c6a0001", "model": "demo/writer"}], "variables": {}}
    )

    versions: list[VersionTarget] = Field(min_length=1, max_length=MAX_TARGETS)
    """1 to 10 versions, each with the model to run it on; all of them are run at once."""
    variables: Variables
    """The values of the versions' variables, by name: texts, numbers, true or false."""


class CompressionRequest(StreamFields):
    """One prompt twice: as it is, and with the compression rules as its system prompt."""

    model_config = example({"prompt": "Explain event loops.", "provider": "demo", "intensity": "full"})

    prompt: str
    """The prompt, as a text. It may not be blank."""
    provider: str = Field("anthropic", min_length=1, max_length=64)
    """The provider's id. `custom` needs `custom_base_url` and `model`."""
    provider_key: SecretStr | None = Field(None, min_length=1, max_length=4096)
    """The provider's key for these two runs. It is kept nowhere. Without it the key that the tenant has stored is used,
    never the deployment's own."""
    model: str | None = Field(None, min_length=1, max_length=256)
    """The model, with or without its provider's prefix. Without it the provider's default model is run."""
    intensity: Intensity = Intensity.FULL
    """How terse the rules make the model: `lite`, `full` or `ultra`."""
    custom_base_url: str | None = Field(None, min_length=1, max_length=2048)
    """The http(s) address of an OpenAI-compatible server."""
    stream: bool = Field(False, description="As `/api/v1/playground/compare` streams: index 0 is the raw prompt's")
    playground_id: str | None = None
    """The id of the playground that both runs belong to."""
    llm_blueprint_id: str | None = Field(
        None, description="The LLM blueprint that both runs belong to: a link alone, the request names the target"
    )

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if not self.prompt.strip():
            raise ValueError("prompt is empty")
        if self.provider == "custom":
            missing = [name for name in ("custom_base_url", "model") if getattr(self, name) is None]
            if missing:
                raise ValueError(f"provider custom needs {' and '.join(missing)}")
        return self

    def target(self) -> Target:
        return Target(
            model=self.model,
            provider=self.provider,
            provider_key=self.provider_key,
            custom_base_url=self.custom_base_url,
        )
