"""Parts of requests that several groups share."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from promptyard.domain.messages import Message
from promptyard.domain.targets import Parameters, ReasoningEffort, Target

Variables = dict[str, str | int | float | bool]


class WireRequest(BaseModel):
    """A request's body: an unknown field is a mistake, not a wish."""

    model_config = ConfigDict(extra="forbid", protected_namespaces=())


class ModelConfig(WireRequest):
    """A model in the template shape. `temperature` is 0.7 where it is not given and the model takes one."""

    id: str = Field(min_length=1, max_length=256)
    label: str | None = Field(None, max_length=256)
    model: str = Field(min_length=1, max_length=256)
    provider: str | None = Field(None, min_length=1, max_length=64)
    temperature: float | None = Field(None, ge=0, le=2)
    max_tokens: int | None = Field(None, ge=1)
    top_p: float | None = Field(None, ge=0, le=1)
    reasoning_effort: ReasoningEffort | None = None
    provider_key: SecretStr | None = Field(None, min_length=1, max_length=4096)
    custom_base_url: str | None = Field(None, min_length=1, max_length=2048)

    def target(self) -> Target:
        sampling = self.model_dump(include={"temperature", "max_tokens", "top_p", "reasoning_effort"})
        return Target(
            model=self.model,
            provider=self.provider,
            parameters=Parameters(**sampling),
            provider_key=self.provider_key,
            custom_base_url=self.custom_base_url,
        )


def one_template(
    kind: Literal["text", "chat"], *, text: str | None, messages: list[Message] | None, names: tuple[str, str]
) -> None:
    """Raises ValueError unless exactly the template of that type was given. `names` are the fields' own."""
    wanted, other = names if kind == "text" else names[::-1]
    values = {names[0]: text, names[1]: messages}
    if not values[wanted]:
        raise ValueError(f"{wanted} is required where type is {kind}")
    if values[other] is not None:
        raise ValueError(f"{other} does not go with type {kind}")
