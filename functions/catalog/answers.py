"""Answers of the catalog group."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Literal

from promptyard.api.answers.fields import Usd
from promptyard.api.paging import PageAnswer
from promptyard.domain.deferred import DeferredModel
from promptyard.domain.models.catalogue import Capabilities, ModelInfo, ProviderInfo, ReasoningStyle


class ModelName(DeferredModel):
    id: str
    """The model, without its provider's prefix."""
    name: str
    """The model's name, to be shown."""


class Provider(DeferredModel):
    """`ready` tells whether a run could be made without a key or an address of the caller's own; `missing` what it
    lacks otherwise: a variable of the deployment, or a field of the request. `custom_endpoints` tells whether
    `custom_base_url` may be given."""

    id: str
    """The provider's id."""
    name: str
    """The provider's name, to be shown."""
    default_model: str | None
    """The model that is run where only the provider is named. Null where it has none."""
    models: list[ModelName]
    """The provider's models in the catalogue."""
    streaming: bool
    """Whether answers come as streams: always true."""
    requires_key: bool
    """Whether the provider asks for a key."""
    ready: bool
    """Whether a run can be made without a key or an address of the caller's own."""
    missing: str | None
    """What it lacks to be ready: a variable of the deployment, or a field of the request. Null where it lacks
    nothing."""
    custom_endpoints: bool
    """Whether `custom_base_url` may be given."""

    @classmethod
    def of(cls, row: ProviderInfo, models: Iterable[ModelInfo], missing: str | None) -> "Provider":
        return Provider(
            id=row.id,
            name=row.name,
            default_model=row.default_model,
            models=[ModelName(id=info.model, name=info.name) for info in models],
            streaming=True,
            requires_key=row.requires_key,
            ready=missing is None,
            missing=missing,
            custom_endpoints=row.wire.takes_custom_endpoints,
        )


class Providers(DeferredModel):
    providers: list[Provider]
    """All providers."""


class ModelCapabilities(DeferredModel):
    """What the model takes; null is not known. `reasoning` says how it is asked for, false that it is not."""

    sampling: bool
    """Whether the model takes `temperature` and `top_p`."""
    reasoning: ReasoningStyle | Literal[False] | None
    """How the model's reasoning is asked for; false where it has none. Null where that is not known."""
    images: bool | None
    """Whether the model takes images. Null where that is not known."""
    tools: bool | None
    """Whether the model takes tools. Null where that is not known."""
    json_schema: bool | None
    """Whether the model takes a `response_format` with a JSON schema. Null where that is not known."""

    @classmethod
    def of(cls, known: Capabilities) -> "ModelCapabilities":
        return ModelCapabilities(
            sampling=known.sampling,
            reasoning=known.reasoning,
            images=known.images,
            tools=known.tools,
            json_schema=known.json_schema,
        )


class ModelAnswer(DeferredModel):
    """Prices in US dollars per million tokens, for the shortest inputs; null is not known."""

    id: str
    """The model with its provider's prefix, as a request may name it."""
    provider: str
    """The provider's id."""
    model: str
    """The model, without its provider's prefix."""
    name: str
    """The model's name, to be shown."""
    aliases: list[str]
    """Further names that the provider takes for the same model."""
    context_window: int | None
    """The most tokens that prompt and answer may have together. Null where that is not known."""
    max_output_tokens: int | None
    """The most tokens that an answer may have. Null where that is not known."""
    input_usd_per_mtok: Usd | None
    """The price of input, in US dollars per million tokens, for the shortest inputs. Null where it is not known."""
    cached_input_usd_per_mtok: Usd | None
    """The price of input that is read from the provider's cache, in US dollars per million tokens. Null where there is
    none of its own."""
    output_usd_per_mtok: Usd | None
    """The price of output, in US dollars per million tokens, for the shortest inputs. Null where it is not known."""
    price_date: date | None
    """The day as of which the prices were collected. Null where no prices are known."""
    capabilities: ModelCapabilities
    """What the model takes."""
    deprecation_date: date | None
    """The day on which the provider stops serving the model, or stopped. Null where none is announced."""

    @classmethod
    def of(cls, info: ModelInfo, now: datetime) -> "ModelAnswer":
        tiers = info.prices_at(now)
        price = tiers[0] if tiers else None
        return ModelAnswer(
            id=info.id,
            provider=info.provider,
            model=info.model,
            name=info.name,
            aliases=list(info.aliases),
            context_window=info.context_window,
            max_output_tokens=info.max_output_tokens,
            input_usd_per_mtok=price.input if price else None,
            cached_input_usd_per_mtok=price.cached_input if price else None,
            output_usd_per_mtok=price.output if price else None,
            price_date=info.price_date,
            capabilities=ModelCapabilities.of(info.capabilities),
            deprecation_date=info.deprecation_date,
        )


class Models(PageAnswer[ModelAnswer]):
    total: int
    next_cursor: None
    """Always null: the list is read by `offset`."""
