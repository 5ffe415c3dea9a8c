"""The wire of the catalog group."""

from typing import Annotated, Literal

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field


class ModelName(BaseModel):
    id: str
    name: str


class Provider(BaseModel):
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


class Providers(BaseModel):
    providers: list[Provider]


class ModelCapabilities(BaseModel):
    """What the model takes; null is not known. `reasoning` says how it is asked for, false that it is not."""

    sampling: bool
    reasoning: Literal["effort", "adaptive", "budget", "level"] | Literal[False] | None
    images: bool | None
    tools: bool | None
    json_schema: bool | None


class Model(BaseModel):
    """Prices in US dollars per million tokens, for the shortest inputs; null is not known."""

    id: str
    provider: str
    model: str
    name: str
    aliases: list[str]
    context_window: int | None
    max_output_tokens: int | None
    input_usd_per_mtok: float | None
    cached_input_usd_per_mtok: float | None
    output_usd_per_mtok: float | None
    price_date: str | None
    capabilities: ModelCapabilities
    deprecation_date: str | None


class Models(BaseModel):
    items: list[Model]
    total: int
    limit: int
    offset: int
    next_cursor: None = None


class ModelsFilter(BaseModel):
    """`search` is a case-blind part of the id or the name."""

    model_config = ConfigDict(extra="forbid")

    provider: str | None = None
    search: str | None = Field(None, max_length=256)
    limit: int = Field(1000, ge=1, le=1000)
    offset: int = Field(0, ge=0)


ModelsQuery = Annotated[ModelsFilter, Query()]
