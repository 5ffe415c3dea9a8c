"""Models and providers as data: what there is, what it costs, what it takes."""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, ConfigDict

ReasoningStyle = Literal["effort", "adaptive", "budget", "level"]
"""How a model's reasoning is asked for: OpenAI's `reasoning_effort`; Anthropic's adaptive thinking with an effort;
a thinking budget in tokens (older Claude, Gemini 2.5); Gemini 3's thinking level."""


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Capabilities(_Row):
    sampling: bool = True
    """Takes temperature and top_p."""
    reasoning: ReasoningStyle | None = None
    images: bool = False
    tools: bool = False
    json_schema: bool = False
    responses_only: bool = False
    """Served on OpenAI's Responses API alone."""
    streaming: bool = True
    """Answers as a stream; else in one piece."""


class PriceTier(_Row):
    """USD per million tokens, for inputs of more than `above_input_tokens` tokens."""

    above_input_tokens: int = 0
    input: Decimal | None = None
    output: Decimal | None = None
    cached_input: Decimal | None = None
    cache_write: Decimal | None = None


class ModelInfo(_Row):
    provider: str
    model: str
    name: str
    context_window: int | None = None
    max_output_tokens: int | None = None
    prices: tuple[PriceTier, ...] = ()
    """Ascending by `above_input_tokens`; empty where no price is known."""
    price_date: date | None = None
    capabilities: Capabilities = Capabilities()
    deprecation_date: date | None = None

    @property
    def id(self) -> str:
        return f"{self.provider}/{self.model}"


class ProviderInfo(_Row):
    """A provider = a row. `protocol` names the adapter that speaks its wire."""

    id: str
    name: str
    protocol: Literal["openai", "anthropic", "google", "bedrock", "demo"]
    base_url: str | None = None
    """None: the caller, or a variable of `base_url_variables`, has to give it."""
    default_model: str | None = None
    aliases: tuple[str, ...] = ()
    key_variables: tuple[str, ...] = ()
    """Environment variables that may hold the deployment's key, first one found wins."""
    base_url_variables: tuple[str, ...] = ()
    requires_key: bool = True
    max_tokens_field: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    seed_field: Literal["seed", "random_seed"] = "seed"
    stream_usage: bool = True
    """Takes `stream_options: {include_usage: true}`."""


class Catalogue:
    """Look-ups over the rows. Provider ids and aliases are matched case-blind, model names exactly."""

    def __init__(self, providers: Iterable[ProviderInfo], models: Iterable[ModelInfo]) -> None:
        self.providers: tuple[ProviderInfo, ...] = tuple(providers)
        self.models: tuple[ModelInfo, ...] = tuple(models)
        self._providers: Mapping[str, ProviderInfo] = {
            name: row for row in self.providers for name in (row.id, *row.aliases)
        }
        self._models = {(row.provider, row.model): row for row in self.models}
        self._bare: dict[str, ModelInfo] = {}
        for row in self.models:
            self._bare.setdefault(row.model, row)

    def provider(self, name: str) -> ProviderInfo | None:
        return self._providers.get(name.lower())

    def model(self, provider: str, model: str) -> ModelInfo | None:
        return self._models.get((provider, model))

    def bare(self, model: str) -> ModelInfo | None:
        """The first row, in file order, that has this model name: makers stand before resellers."""
        return self._bare.get(model)

    def models_of(self, provider: str) -> list[ModelInfo]:
        return [row for row in self.models if row.provider == provider]
