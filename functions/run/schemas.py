"""The wire of the run group: requests and answers."""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, Discriminator, Field, SecretStr, Tag, model_validator

from promptyard.api.schemas import ModelConfig, Variables, WireRequest, one_template
from promptyard.domain.messages import Message
from promptyard.domain.targets import Parameters, Target
from promptyard.services.prompting import PromptSource


class CompileRequest(WireRequest):
    """A template of one of two types, and the values to put in."""

    type: Literal["text", "chat"]
    text: str | None = None
    messages: list[Message] | None = None
    variables: Variables

    @model_validator(mode="after")
    def _template_of_its_type(self) -> Self:
        one_template(self.type, text=self.text, messages=self.messages, names=("text", "messages"))
        return self


class CompileAnswer(BaseModel):
    valid: bool
    compiled_text: str | None
    compiled_messages: list[dict[str, Any]] | None
    variables_found: list[str]
    missing_variables: list[str]


class PromptRunRequest(WireRequest):
    """Run a prompt: exactly one of `prompt_text`, `messages` and `prompt_id`. With `variables`, a text or messages
    are a template; without, they are sent as they stand."""

    provider: str | None = Field(None, min_length=1, max_length=64)
    model: str | None = Field(None, min_length=1, max_length=256)
    prompt_text: str | None = None
    messages: list[Message] | None = None
    prompt_id: str | None = Field(None, description="A prompt's id or `namespace/slug`, with `@3` or `@label`")
    system: str | None = None
    variables: Variables | None = None
    parameters: Parameters = Parameters()
    stream: bool = False
    on_disconnect: Literal["cancel", "continue"] = "cancel"
    playground_id: str | None = None
    llm_blueprint_id: str | None = None
    reference: str | None = None
    documents: list[str] | None = None
    provider_key: SecretStr | None = Field(None, min_length=1, max_length=4096)
    custom_base_url: str | None = Field(None, min_length=1, max_length=2048)

    @model_validator(mode="after")
    def _one_prompt(self) -> Self:
        given = [name for name in ("prompt_text", "messages", "prompt_id") if getattr(self, name) is not None]
        if len(given) != 1:
            found = " and ".join(given) or "none"
            raise ValueError(f"give exactly one of prompt_text, messages and prompt_id; found {found}")
        return self

    def target(self) -> Target:
        return Target(
            model=self.model,
            provider=self.provider,
            parameters=self.parameters,
            provider_key=self.provider_key,
            custom_base_url=self.custom_base_url,
        )

    def prompt(self) -> PromptSource:
        return PromptSource(
            text=self.prompt_text,
            messages=self.messages,
            prompt_id=self.prompt_id,
            system=self.system,
            variables=self.variables,
        )


class TemplateRunRequest(WireRequest):
    """Run a template with one model."""

    type: Literal["text", "chat"]
    template_text: str | None = None
    template_messages: list[Message] | None = None
    variables: Variables
    model_configuration: ModelConfig = Field(alias="model_config")
    label: str | None = Field(None, max_length=256)
    stream: bool = False
    on_disconnect: Literal["cancel", "continue"] = "cancel"

    @model_validator(mode="after")
    def _template_of_its_type(self) -> Self:
        names = ("template_text", "template_messages")
        one_template(self.type, text=self.template_text, messages=self.template_messages, names=names)
        return self

    def prompt(self) -> PromptSource:
        if self.type == "text":
            return PromptSource(text=self.template_text, variables=dict(self.variables))
        return PromptSource(messages=self.template_messages, variables=dict(self.variables))


_TEMPLATE_FIELDS = {"type", "template_text", "template_messages", "model_config"}


def _shape(body: object) -> str:
    """Which of the two shapes is meant. Both forbid unknown fields, so a mix of them names the odd ones out."""
    is_template = isinstance(body, dict) and not _TEMPLATE_FIELDS.isdisjoint(body)
    return "TemplateRunRequest" if is_template else "PromptRunRequest"


RunRequest = Annotated[
    Annotated[PromptRunRequest, Tag("PromptRunRequest")] | Annotated[TemplateRunRequest, Tag("TemplateRunRequest")],
    Discriminator(_shape),
]
