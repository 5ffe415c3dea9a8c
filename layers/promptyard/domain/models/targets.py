"""Targets: provider + model + parameters."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from pydantic import ConfigDict, Field, SecretStr

from promptyard.domain.deferred import FrozenModel
from promptyard.domain.models.messages import Message

if TYPE_CHECKING:
    from collections.abc import Mapping

    from promptyard.domain.models.catalogue import ClientProtocol, ModelInfo, ProviderInfo
from promptyard.domain.models.usage import MAX_TOKENS

ReasoningEffort = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]
OnUnsupported = Literal["error", "drop"]
"""What becomes of a parameter that the model does not take."""


class FunctionName(FrozenModel):
    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1)
    """The function's name."""


def _without_default(schema: dict[str, Any]) -> None:
    schema.pop("default", None)


class NamedTool(FrozenModel):
    """The tool to be called."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["function"] = Field("function", json_schema_extra=_without_default)
    """Always `function`."""
    function: FunctionName
    """The function that the model has to call."""


ToolChoice = Literal["none", "auto", "required"] | NamedTool


class Parameters(FrozenModel):
    """What the caller asked of the model. A field that is None was not given and is not sent."""

    model_config = ConfigDict(extra="forbid")

    temperature: float | None = Field(None, ge=0, le=2)
    """How freely tokens are chosen, from 0 to 2."""
    max_tokens: int | None = Field(None, ge=1, le=MAX_TOKENS)
    """How many tokens the answer may have, at least 1."""
    top_p: float | None = Field(None, ge=0, le=1)
    """The share of the likeliest tokens that is chosen from, from 0 to 1."""
    top_k: int | None = Field(None, ge=1, le=1_000_000)
    """How many of the likeliest tokens are chosen from, from 1 to 1,000,000."""
    frequency_penalty: float | None = Field(None, ge=-2, le=2)
    """How much tokens are avoided the more often they came, from −2 to 2."""
    presence_penalty: float | None = Field(None, ge=-2, le=2)
    """How much tokens are avoided that came at all, from −2 to 2."""
    stop: list[str] | str | None = None
    """A text, or several, at which the answer ends."""
    seed: int | None = None
    """A number by which the provider draws alike each time, where it can."""
    reasoning_effort: ReasoningEffort | None = None
    """How much the model thinks before it answers."""
    response_format: dict[str, Any] | None = None
    """The form of the answer, as OpenAI has it: a `json_schema` with `name` and `schema`, or `json_object`."""
    tools: list[dict[str, Any]] | None = None
    """The tools that the model may call, as OpenAI has them: `{"type": "function", "function": {"name", "description",
    "parameters"}}`."""
    tool_choice: ToolChoice | None = None
    """Whether and which tool the model has to call, as OpenAI has it. It goes with `tools`."""
    parallel_tool_calls: bool | None = None
    """Whether an answer may call several tools. It goes with `tools`."""
    extra: dict[str, Any] | None = None
    """Fields that are sent on as they are, at the top level of the provider's request; a null takes a field away that
    would have been sent without having been asked for."""

    def given(self) -> dict[str, Any]:
        return self.model_dump(exclude_none=True)

    def names(self) -> set[str]:
        """Of what was given, that of `extra` among it."""
        return {*self.given(), *(self.extra or {})} - {"extra"}

    def stop_list(self) -> list[str] | None:
        return [self.stop] if isinstance(self.stop, str) else self.stop or None

    def without(self, name: str) -> "Parameters":
        """Without the parameter of that name and without that field of `extra`, where they are there."""
        rest = {key: value for key, value in (self.extra or {}).items() if key != name}
        own = {name: None} if name in Parameters.model_fields else {}
        return self.model_copy(update={"extra": rest if self.extra else None, **own})


class Target(FrozenModel):
    """One target as the caller names it. `model` may carry its provider's prefix; `provider` wins over it."""

    model_config = ConfigDict(extra="forbid")

    model: str | None = Field(None, min_length=1, max_length=256)
    """The model, with its provider's prefix (`anthropic/claude-sonnet-5-5`) or without."""
    provider: str | None = Field(None, min_length=1, max_length=64)
    """The provider's id, which wins over the model's prefix."""
    parameters: Parameters = Parameters()
    """What is asked of the model. What is not given is not sent."""
    provider_key: SecretStr | None = Field(None, min_length=1, max_length=4096)
    """The provider's key for this run. It is kept nowhere."""
    custom_base_url: str | None = Field(None, min_length=1, max_length=2048)
    """The http(s) address of an OpenAI-compatible server that is called in the provider's place."""


@dataclass(frozen=True, slots=True)
class ProtocolBody:
    """A request's body as it came in a protocol of clients. To a provider that speaks it what our own form has no place
    for goes along; what the body has beside its messages is `extra` of the parameters."""

    protocol: "ClientProtocol"
    fields: "Mapping[str, Any]" = field(repr=False)
    count: int
    """How many of the call's messages, the last ones, were read from it."""
    foreign_parts: tuple[str, ...] = ()
    """The types of its content parts, and of its tools, that our form has no place for."""
    headers: "Mapping[str, str]" = field(default_factory=dict)
    """The protocol's own, which go along with it."""
    elsewhere: Parameters | None = None
    """The parameters as providers of other protocols are told them, where they are not the same: what fields of the
    protocol's own mean in ours."""
    unanswered: frozenset[str] = frozenset()
    """Fields that ask for what a run's events have no place for: whoever sent them on would pay for what nobody is
    told."""


@dataclass(frozen=True, slots=True)
class ProviderCall:
    """Everything an adapter needs for one call, resolved."""

    row: "ProviderInfo"
    model: str
    messages: tuple[Message, ...]
    parameters: Parameters
    base_url: str
    """Without a trailing slash; the adapter appends its paths."""
    api_key: SecretStr | None = field(repr=False, default=None)
    info: "ModelInfo | None" = None
    """The catalogue's row, None for a model it does not list (then nothing is assumed about the model)."""
    from_caller: bool = False
    """The URL came with the request: it is dialled through the guard and gets no key but the caller's own."""
    key_from_caller: bool = False
    """The key came with the request, so one that cannot be sent is the request's fault."""
    own_key: bool = False
    """The key is the caller's, or its tenant's, and none of the deployment's."""
    may_drop: frozenset[str] = frozenset()
    """Parameters, and fields of `extra`, that are left out where they are refused."""
    body: ProtocolBody | None = None
    """What the request came as, where it came in a protocol of clients."""
    renew_key: Callable[[], Awaitable[SecretStr | None]] | None = field(repr=False, compare=False, default=None)
    """Reads the key anew, for when the provider refuses it: it may have been replaced. None for the request's own."""
    deadline_at: datetime | None = field(compare=False, default=None)
    """When whoever calls gives up: what the provider has said to be whole by then is given as it is."""

    def seconds_left(self) -> float | None:
        return None if self.deadline_at is None else (self.deadline_at - datetime.now(UTC)).total_seconds()

    @property
    def priced(self) -> "ModelInfo | None":
        """The row whose prices hold: a provider's list prices are none of a caller's own endpoint."""
        return None if self.from_caller else self.info

    @property
    def provider(self) -> str:
        return self.row.id
