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
    name: str


class Provider(DeferredModel):
    """`ready` tells whether a run could be made without a key or an address of the caller's own; `missing` what it
    lacks otherwise: a variable of the deployment, or a field of the request. `custom_endpoints` tells whether
    `custom_base_url` may be given."""

    id: str
    name: str
    default_model: str | None
    models: list[ModelName]
    streaming: bool
    requires_key: bool
    ready: bool
    missing: str | None
    custom_endpoints: bool

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


class ModelCapabilities(DeferredModel):
    """What the model takes; null is not known. `reasoning` says how it is asked for, false that it is not."""

    sampling: bool
    reasoning: ReasoningStyle | Literal[False] | None
    images: bool | None
    tools: bool | None
    json_schema: bool | None

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
    provider: str
    model: str
    name: str
    aliases: list[str]
    context_window: int | None
    max_output_tokens: int | None
    input_usd_per_mtok: Usd | None
    cached_input_usd_per_mtok: Usd | None
    output_usd_per_mtok: Usd | None
    price_date: date | None
    capabilities: ModelCapabilities
    deprecation_date: date | None

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
