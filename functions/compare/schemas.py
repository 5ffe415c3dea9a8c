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
    parameters: Parameters = Parameters()
    stream: bool = True


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
    stream: bool = False


class VersionTarget(ModelSettings):
    """A version and the model to run it with: the version's default model where none is named. The version's own
    parameters hold where none are given."""

    version_id: UUID
    model: str | None = Field(None, min_length=1, max_length=256)
    llm_blueprint_id: BlueprintId = None

    def target(self) -> Target:
        return self.target_with(self.model)


class RunVersionsRequest(PlaygroundFields):
    """Several saved versions at once, with the same values."""

    model_config = example(
        {"versions": [{"version_id": "0d7d9ba1-5f0e-5c1b-9d0d-2f6f1c6a0001", "model": "demo/writer"}], "variables": {}}
    )

    versions: list[VersionTarget] = Field(min_length=1, max_length=MAX_TARGETS)
    variables: Variables
    stream: bool = False


class CompressionRequest(StreamFields):
    """One prompt twice: as it is, and with the compression rules as its system prompt."""

    model_config = example({"prompt": "Explain event loops.", "provider": "demo", "intensity": "full"})

    prompt: str
    provider: str = Field("anthropic", min_length=1, max_length=64)
    provider_key: SecretStr | None = Field(None, min_length=1, max_length=4096)
    model: str | None = Field(None, min_length=1, max_length=256)
    intensity: Intensity = Intensity.FULL
    custom_base_url: str | None = Field(None, min_length=1, max_length=2048)
    stream: bool = Field(False, description="As `/api/v1/playground/compare` streams: index 0 is the raw prompt's")
    playground_id: str | None = None
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
