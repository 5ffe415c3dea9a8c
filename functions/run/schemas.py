"""The wire of the run group: requests."""

from dataclasses import replace
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BeforeValidator, Discriminator, Field, SecretStr, Tag, model_validator

from promptyard.api.requests import WireRequest, example, given_of
from promptyard.api.schemas.runs import (
    BlueprintId,
    ModelConfig,
    ModelSettings,
    PlaygroundFields,
    PromptFields,
    TemplateFields,
    Variables,
    one_template,
)
from promptyard.domain.errors import InvalidRequest
from promptyard.domain.models.messages import Message
from promptyard.domain.models.targets import Parameters, Target
from promptyard.services.prompts.prompting import PromptSource
from promptyard.services.runs.reruns import RerunChanges


class CompileRequest(WireRequest):
    """A template of one of two types, and the values to put in."""

    model_config = example({"type": "text", "text": "Explain {{topic}}.", "variables": {"topic": "event loops"}})

    type: Literal["text", "chat"]
    """Which of the two fields is the template: `text` or `messages` (for `chat`)."""
    text: str | None = None
    """The template, where `type` is `text`."""
    messages: list[Message] | None = None
    """The template as messages, where `type` is `chat`."""
    variables: Variables
    """The values of the variables, by name: texts, numbers, true or false."""

    @model_validator(mode="after")
    def _template_of_its_type(self) -> Self:
        one_template(self.type, text=self.text, messages=self.messages, names=("text", "messages"))
        return self


class PromptRunRequest(PromptFields):
    """Run a prompt on one target."""

    model_config = example({"model": "demo/writer", "prompt_text": "Explain event loops.", "stream": True})

    provider: str | None = Field(None, min_length=1, max_length=64)
    model: str | None = Field(None, min_length=1, max_length=256)
    parameters: Parameters = Parameters()
    llm_blueprint_id: BlueprintId = None
    provider_key: SecretStr | None = Field(None, min_length=1, max_length=4096)
    custom_base_url: str | None = Field(None, min_length=1, max_length=2048)

    def target(self) -> Target:
        return Target(
            model=self.model,
            provider=self.provider,
            parameters=self.parameters,
            provider_key=self.provider_key,
            custom_base_url=self.custom_base_url,
        )


class TemplateRunRequest(TemplateFields):
    """Run a template with one model."""

    model_config = example(
        {
            "type": "text",
            "template_text": "Explain {{topic}}.",
            "variables": {"topic": "event loops"},
            "model_config": {"id": "first", "model": "demo/writer"},
        }
    )

    model_configuration: ModelConfig = Field(alias="model_config")
    """The model, with its parameters."""
    label: str | None = Field(None, max_length=256)
    """The caller's own name for the run, at most 256 characters."""
    llm_blueprint_id: BlueprintId = None

    def target(self) -> Target:
        return self.model_configuration.target()


class VersionModelConfig(ModelSettings):
    """A model for a saved version; where it names none, the version's default model."""

    id: str | None = Field(None, min_length=1, max_length=256)
    """The caller's own id of the target, which the answer repeats as `model_id`."""
    model: str | None = Field(None, min_length=1, max_length=256)
    """The model, with or without its provider's prefix. Without it the version's default model is run."""

    def own_id(self) -> str | None:
        return self.id

    def target(self) -> Target:
        return self.target_with(self.model)


class VersionRunRequest(PlaygroundFields):
    """Run a saved version. The version's own parameters hold where the request gives none."""

    model_config = example({"variables": {"topic": "event loops"}, "model_config": {"model": "demo/writer"}})

    variables: Variables
    """The values of the version's variables, by name: texts, numbers, true or false."""
    model_configuration: VersionModelConfig = Field(default_factory=VersionModelConfig, alias="model_config")
    """The model to run it on, with its parameters. Without it the version's default model is run."""
    label: str | None = Field(None, max_length=256)
    """The caller's own name for the run, at most 256 characters."""
    llm_blueprint_id: BlueprintId = None


class BlueprintRunRequest(PromptFields):
    """Run an LLM blueprint: its model, parameters and system prompt, on the prompt of the request or, where that has
    none, on its own prompt version with `variables` put in."""

    model_config = example({"prompt_text": "Explain event loops.", "stream": True})

    provider_key: SecretStr | None = Field(None, min_length=1, max_length=4096)
    """The provider's key for this run. It is kept nowhere."""

    @model_validator(mode="after")
    def _one_prompt(self) -> Self:
        given = given_of(self, ("prompt_text", "messages", "prompt_id"))
        if len(given) > 1:
            raise ValueError(f"give at most one of prompt_text, messages and prompt_id; found {given}")
        return self

    def prompt_of(self, version_id: str | None) -> PromptSource:
        """The request's own prompt, else that version. Raises InvalidRequest where there is neither."""
        own = self.prompt()
        if own.text is not None or own.messages is not None or own.prompt_id is not None:
            return own
        if version_id is None:
            raise InvalidRequest(
                "Give prompt_text, messages or prompt_id: the LLM blueprint has no prompt version",
                loc=("body", "prompt_text"),
                kind="missing",
            )
        return PromptSource(version_id=version_id, system=self.system, variables=dict(self.variables or {}))


class RerunRequest(PromptRunRequest):
    """What to change of a run; what is left out, or null, stays. `variables` and `parameters` are changed one by one, a
    parameter of null is taken away. At most one of `prompt_text`, `messages`, `prompt_id` and `version_id` replaces
    the prompt. `system` replaces the system prompt that was given beside the prompt, and an empty one removes it."""

    model_config = example({"model": "demo/echo"})

    version_id: UUID | None = None
    """The id of a prompt version to run in the old prompt's place."""
    label: str | None = Field(None, max_length=256)
    """The caller's own name for the new run, at most 256 characters."""

    @model_validator(mode="before")
    @classmethod
    def _null_is_left_out(cls, body: Any) -> Any:
        return {name: value for name, value in body.items() if value is not None} if isinstance(body, dict) else body

    @model_validator(mode="after")
    def _one_prompt(self) -> Self:
        given = given_of(self, ("prompt_text", "messages", "prompt_id", "version_id"))
        if len(given) > 1:
            raise ValueError(f"give at most one of prompt_text, messages, prompt_id and version_id; found {given}")
        return self

    def changes(self) -> RerunChanges:
        version_id = None if self.version_id is None else str(self.version_id)
        return RerunChanges(
            prompt=replace(self.prompt(), version_id=version_id),
            target=self.target(),
            label=self.label,
            reference=self.reference,
            documents=self.documents,
            links=self.links(self.llm_blueprint_id),
            on_unsupported=self.on_unsupported,
            events=self.events,
        )


_TEMPLATE_FIELDS = {"type", "template_text", "template_messages", "model_config"}


def _shape(body: object) -> str:
    """Which of the two shapes is meant. Both forbid unknown fields, so a mix of them names the odd ones out."""
    is_template = isinstance(body, dict) and any(body.get(name) is not None for name in _TEMPLATE_FIELDS)
    return "TemplateRunRequest" if is_template else "PromptRunRequest"


def _without_nulls(body: object) -> object:
    # Those of the other shape are absent, too.
    return {name: value for name, value in body.items() if value is not None} if isinstance(body, dict) else body


RunRequest = Annotated[
    Annotated[PromptRunRequest, Tag("PromptRunRequest")] | Annotated[TemplateRunRequest, Tag("TemplateRunRequest")],
    Discriminator(_shape),
    BeforeValidator(_without_nulls),
]
