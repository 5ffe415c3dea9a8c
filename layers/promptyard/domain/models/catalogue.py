"""Models and providers as data: what there is, what it costs, what it takes."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Literal, Self

from pydantic import ConfigDict, model_validator

from promptyard.domain.deferred import FrozenModel

ReasoningStyle = Literal["effort", "adaptive", "budget", "level"]
"""How a model's reasoning is asked for: OpenAI's `reasoning_effort`; Anthropic's adaptive thinking with an effort;
a thinking budget in tokens (older Claude, Gemini 2.5); Gemini 3's thinking level."""


class _Row(FrozenModel):
    model_config = ConfigDict(extra="forbid")


class Capabilities(_Row):
    """What a model takes. False: it does not, so the parameter is refused here. None: not known, so it is sent and
    the provider decides."""

    sampling: bool = True
    """Takes temperature and top_p. False also where they are taken only without reasoning, or have no effect."""
    reasoning: ReasoningStyle | Literal[False] | None = None
    images: bool | None = None
    tools: bool | None = None
    json_schema: bool | None = None
    responses_only: bool = False
    """Served on OpenAI's Responses API alone."""
    tools_need_responses: bool = False
    """Takes tools on Chat Completions only with the reasoning effort `none`, else on the Responses API alone
    (OpenAI from GPT-5.4 on)."""
    streaming: bool = True
    """Answers as a stream; else in one piece."""


class PriceTier(_Row):
    """USD per million tokens, for requests with more than `above_input_tokens` input tokens. A tier holds for the
    whole request: its tokens below the threshold cost the same."""

    above_input_tokens: int = 0
    input: Decimal | None = None
    output: Decimal | None = None
    cached_input: Decimal | None = None
    """None: a cached token costs what any other input token does."""
    cache_write: Decimal | None = None
    """None: as for `cached_input`."""
    request: Decimal | None = None
    """USD for each request, whatever its tokens; None where there is no such fee."""


class PriceChange(_Row):
    """Prices that replace a model's `prices` from a day on, or daily between two times (which may lie around
    midnight). Days and times are UTC."""

    from_date: date | None = None
    from_time: time | None = None
    until_time: time | None = None
    prices: tuple[PriceTier, ...]

    def holds_at(self, moment: datetime) -> bool:
        now = moment.astimezone(UTC)
        if self.from_date is not None and now.date() < self.from_date:
            return False
        if self.from_time is None or self.until_time is None:
            return True
        if self.from_time <= self.until_time:
            return self.from_time <= now.time() < self.until_time
        return now.time() >= self.from_time or now.time() < self.until_time


class ModelInfo(_Row):
    """A model of a provider.

    `aliases` are further names that the provider takes for the same model: dated snapshots of the same price, and
    names that follow the newest snapshot. A look-up by an alias finds this row, but what is sent to the provider
    is the name that the caller gave: the alias, not `model`.
    """

    provider: str
    model: str
    aliases: tuple[str, ...] = ()
    name: str
    context_window: int | None = None
    max_output_tokens: int | None = None
    prices: tuple[PriceTier, ...] = ()
    """Ascending by `above_input_tokens`; empty where no price is known."""
    price_changes: tuple[PriceChange, ...] = ()
    """Announced and daily changes of `prices`; of those that hold at a moment the last one counts."""
    price_date: date | None = None
    """The day as of which the prices were collected."""
    capabilities: Capabilities = Capabilities()
    deprecation_date: date | None = None
    """The day on which the provider stops serving the model, or stopped."""

    @property
    def id(self) -> str:
        return f"{self.provider}/{self.model}"

    def prices_at(self, moment: datetime) -> tuple[PriceTier, ...]:
        """The tiers that hold at a moment (an aware datetime)."""
        for change in reversed(self.price_changes):
            if change.holds_at(moment):
                return change.prices
        return self.prices


ClientProtocol = Literal["chat", "responses", "messages"]
"""A protocol that clients bring along, by what it calls a request: OpenAI's Chat Completions and Responses, Anthropic's
Messages."""


class Wire(_Row):
    """A form in which providers are spoken to, and what holds for every provider that speaks it."""

    name: str
    """Also that of its module in `providers/wires`."""
    needs_address: bool = True
    """Is called at a base URL. False: nothing is called, or its SDK knows where."""
    takes_key: bool = True
    takes_custom_endpoints: bool = False
    """May be called at an address that the caller brings."""
    uses_aws_credentials: bool = False
    """Is called with the deployment's own AWS credentials instead of a key."""
    tools_prompt_tokens: int = 0
    """What the provider itself adds to a request that has tools, at most."""
    responses: str | None = None
    """The name of the wire that serves what this one does not: OpenAI's Responses API beside Chat Completions."""

    protocol: ClientProtocol | None = None
    """The protocol of clients that it speaks as it is: what came in that, whole, can go out on it."""
    own_fields: frozenset[str] = frozenset()
    """Fields that it has a place for whatever protocol they came in."""

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        _refuse(
            self.name,
            {
                "takes keys, and has no address that one could be bound to": self.takes_key and not self.needs_address,
                "takes callers' addresses, and needs none": self.takes_custom_endpoints and not self.needs_address,
                "takes keys beside AWS credentials": self.takes_key and self.uses_aws_credentials,
                "would sign requests to callers' addresses": self.takes_custom_endpoints and self.uses_aws_credentials,
            },
        )
        return self


TAKEN_BACK = frozenset(
    {
        "annotations",
        "audio",
        "cache_control",
        "extra_content",
        "prefix",
        "reasoning",
        "reasoning_content",
        "reasoning_details",
        "refusal",
        "thinking_blocks",
    }
)
"""Fields that providers of OpenAI's form give with their messages, or add to it, and may want back."""


class ProviderInfo(_Row):
    """A provider = a row. One that contradicts itself or its wire cannot be made."""

    id: str
    name: str
    wire: Wire
    base_url: str | None = None
    """None: the caller, or a variable of `base_url_variables`, has to give it."""
    default_model: str | None = None
    aliases: tuple[str, ...] = ()
    key_variables: tuple[str, ...] = ()
    """Environment variables that may hold the deployment's key, first one found wins."""
    base_url_variables: tuple[str, ...] = ()
    requires_key: bool = True
    stand_in: bool = False
    """No language model: never chosen unless it is named."""
    max_tokens_field: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    seed_field: Literal["seed", "random_seed"] = "seed"
    developer_role: bool = False
    """Takes messages of role `developer`; others are sent them as `system`."""
    stream_usage: bool = True
    """Takes `stream_options: {include_usage: true}`."""
    counts_input: bool = False
    """Tells what the input of a request counts, where it is asked: its wire says how."""
    serves_responses: bool = False
    """Serves whatever comes in the protocol of `wire.responses` on that wire, and not only what needs it."""
    top_k: bool = True
    """Takes `top_k`, which is not in OpenAI's own form."""
    takes_back: frozenset[str] = TAKEN_BACK
    """Of TAKEN_BACK what it takes: the others are left out for it."""

    @property
    def is_the_deployments(self) -> bool:
        """Whoever runs there, the deployment pays: it is called with its credentials, or at an address of its own that
        asks nobody for a key."""
        return self.wire.uses_aws_credentials or (self.wire.needs_address and not self.requires_key)

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        wire, addressed = self.wire, self.base_url is not None or bool(self.base_url_variables)
        keyed = self.requires_key or bool(self.key_variables)
        _refuse(
            self.id,
            {
                "requires a key, and names no variable for it": self.requires_key and not self.key_variables,
                "has a key, and its wire takes none": keyed and not wire.takes_key,
                "has an address, and its wire needs none": addressed and not wire.needs_address,
                "needs base_url or base_url_variables": wire.needs_address
                and not addressed
                # A caller's address never gets a key of the deployment's, so a key alone would be of no use.
                and (keyed or not wire.takes_custom_endpoints),
            },
        )
        return self


def _refuse(name: str, faults: Mapping[str, bool]) -> None:
    """Raises ValueError for the first fault that there is."""
    for fault, there_is in faults.items():
        if there_is:
            raise ValueError(f"{name} {fault}")


class Catalogue:
    """Look-ups over the rows. Provider ids and aliases are matched case-blind, model names and aliases exactly.

    A row that was found by an alias leaves the alias as the name to send: see `ModelInfo`. Models of providers that
    are not given are left out, as nobody could call them.
    """

    def __init__(self, providers: Iterable[ProviderInfo], models: Iterable[ModelInfo]) -> None:
        self.providers: tuple[ProviderInfo, ...] = tuple(providers)
        ids = {provider.id for provider in self.providers}
        self.models: tuple[ModelInfo, ...] = tuple(model for model in models if model.provider in ids)
        self._providers: Mapping[str, ProviderInfo] = {
            name: row for row in self.providers for name in (row.id, *row.aliases)
        }
        self._models: dict[tuple[str, str], ModelInfo] = {}
        self._bare: dict[str, ModelInfo] = {}
        stand_ins = {provider.id for provider in self.providers if provider.stand_in}
        named = [(row.model, row) for row in self.models]
        named += [(alias, row) for row in self.models for alias in row.aliases]
        for name, row in named:
            self._models.setdefault((row.provider, name), row)
            if row.provider not in stand_ins:
                self._bare.setdefault(name, row)

    def provider(self, name: str) -> ProviderInfo | None:
        return self._providers.get(name.lower())

    def model(self, provider: str, model: str) -> ModelInfo | None:
        """The row of a model's name or alias at a provider, given by its id."""
        return self._models.get((provider, model))

    def bare(self, model: str) -> ModelInfo | None:
        """The row of a name without a provider: names count before aliases, then the order of the rows does, in
        which makers stand before resellers. A stand-in's models have to be asked for by provider."""
        return self._bare.get(model)

    def models_of(self, provider: str) -> list[ModelInfo]:
        return [row for row in self.models if row.provider == provider]
