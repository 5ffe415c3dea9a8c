"""The wire of the lists of models, in OpenAI's form and in Anthropic's."""

from datetime import UTC, date, datetime, time
from typing import Literal

from promptyard.api.answers.fields import Day, LeftOut, Timestamp
from promptyard.domain.deferred import DeferredModel
from promptyard.domain.models.catalogue import Capabilities, ModelInfo
from promptyard.domain.prompts.prompt import Prompt

_ALWAYS = ("max_tokens", "stop")
_SAMPLING = ("temperature", "top_p")


class TokenPricing(DeferredModel):
    """US dollars a token, as OpenRouter writes it."""

    prompt: str
    """The price of a token of input, in US dollars, as a text."""
    completion: str
    """The price of a token of output, in US dollars, as a text."""


class OpenAIModel(DeferredModel):
    """`created` is the day as of which the catalogue knows the model, or when the prompt was made; `shutdown_date` the
    day on which the provider ends the model. What is not known is left out."""

    id: str
    """What a request may name: a model with its provider's prefix, or a prompt with a label."""
    object: Literal["model"] = "model"
    """Always `model`."""
    created: int
    """The day as of which the catalogue knows the model, or when the prompt was made, in seconds since 1970 (UTC)."""
    owned_by: str
    """The provider's id; of a prompt its namespace."""
    shutdown_date: Day | None = None
    """The day on which the provider ends the model. Null where none is announced."""
    name: str
    """A name to be shown."""
    context_length: LeftOut[int] = None
    """The most tokens that prompt and answer may have together. Left out where that is not known."""
    max_output_tokens: LeftOut[int] = None
    """The most tokens that an answer may have. Left out where that is not known."""
    pricing: LeftOut[TokenPricing] = None
    """What a token costs. Left out where that is not known."""
    supported_parameters: LeftOut[list[str]] = None
    """Of the parameters that not every model takes, those that this one is known to take. Left out for a prompt."""

    @classmethod
    def of(cls, info: ModelInfo, now: datetime) -> "OpenAIModel":
        return OpenAIModel(
            id=info.id,
            created=int(known_since(info).timestamp()),
            owned_by=info.provider,
            shutdown_date=info.deprecation_date.isoformat() if info.deprecation_date else None,
            name=info.name,
            context_length=info.context_window,
            max_output_tokens=info.max_output_tokens,
            pricing=_pricing(info, now),
            supported_parameters=_parameters(info.capabilities),
        )

    @classmethod
    def of_prompt(cls, name: str, prompt: Prompt) -> "OpenAIModel":
        created = int(prompt.created_at.timestamp())
        return OpenAIModel(id=name, created=created, owned_by=prompt.namespace, name=prompt.description or name)


class OpenAIModels(DeferredModel):
    """The models whose provider is ready to be called, and the prompts that have labels."""

    object: Literal["list"] = "list"
    """Always `list`."""
    data: list[OpenAIModel]
    """The models and prompts."""


class AnthropicModel(DeferredModel):
    type: Literal["model"] = "model"
    """Always `model`."""
    id: str
    """What a request may name: a model with its provider's prefix, or a prompt with a label."""
    display_name: str
    """A name to be shown."""
    created_at: Timestamp
    """The day as of which the catalogue knows the model, or when the prompt was made, in UTC."""


class AnthropicModels(DeferredModel):
    data: list[AnthropicModel]
    """The models and prompts."""
    has_more: bool = False
    """Always false: the list is whole."""
    first_id: str | None
    """The id of the first one. Null where there is none."""
    last_id: str | None
    """The id of the last one. Null where there is none."""


def known_since(info: ModelInfo) -> datetime:
    return datetime.combine(info.price_date or date(1970, 1, 1), time(), UTC)


def _pricing(info: ModelInfo, now: datetime) -> TokenPricing | None:
    tiers = info.prices_at(now)
    if not tiers or tiers[0].input is None or tiers[0].output is None:
        return None
    prompt, completion = (f"{price / 1_000_000:f}" for price in (tiers[0].input, tiers[0].output))
    return TokenPricing(prompt=prompt, completion=completion)


def _parameters(takes: Capabilities) -> list[str]:
    """Of those that not every model takes, what this one is known to take."""
    return [
        *_ALWAYS,
        *(_SAMPLING if takes.sampling else ()),
        *(("tools", "tool_choice") if takes.tools else ()),
        *(("response_format", "structured_outputs") if takes.json_schema else ()),
        *(("reasoning_effort",) if takes.reasoning else ()),
    ]
