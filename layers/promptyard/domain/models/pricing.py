"""What a run cost."""

from datetime import datetime
from decimal import Decimal
from typing import Literal, NamedTuple

from promptyard.domain.models.catalogue import ModelInfo, PriceTier
from promptyard.domain.models.usage import Usage

_MILLION = -6
"""Prices are per 10⁶ tokens; scaling by a power of ten is exact."""


def cost_usd(info: ModelInfo | None, usage: Usage | None, at: datetime) -> Decimal | None:
    """The exact price of a request in USD, None where a price or a count that it needs is not known.

    `at`, an aware datetime, is when the request was sent: prices change with the day and, for some models, the hour.
    Tokens and the fee for the request are counted, at the standard rate. What the answer says of further fees is not
    priced, and then the cost is not known: see `unpriced`.
    """
    tiers = info.prices_at(at) if info is not None else ()
    if not tiers or (unpriced(usage) and not _is_free(tiers)):
        return None
    usage = usage or Usage()
    tier = _tier(tiers, usage.input_tokens)
    if tier is None:
        return None
    # Zero tokens of what a free model makes is as much as any number of them.
    parts = [_input_cost(tier, usage), _cost(usage.output_tokens, tier.output), tier.request or Decimal(0)]
    known = [part for part in parts if part is not None]
    return sum(known, Decimal(0)) if len(known) == len(parts) else None


CostSource = Literal["list", "provider"]


class Bill(NamedTuple):
    """What a run cost, whose figure that is, and what of it has no price."""

    usd: Decimal | None
    source: CostSource | None
    unpriced: list[str]


def bill(info: ModelInfo | None, usage: Usage | None, at: datetime) -> Bill:
    """The cost by our prices, else what the provider itself says that it billed, else what makes it unknown."""
    listed = cost_usd(info, usage, at)
    if listed is not None:
        return Bill(listed, "list", [])
    if usage is not None and usage.provider_cost_usd is not None:
        return Bill(usage.provider_cost_usd, "provider", [])
    return Bill(None, None, unpriced(usage))


def unpriced(usage: Usage | None) -> list[str]:
    """What of an answer changes its price and is in no price list of ours."""
    if usage is None:
        return []
    fees = [f"service_tier:{usage.service_tier}"] if usage.service_tier else []
    fees += ["cache_write_1h"] if usage.cache_write_1h_tokens else []
    return [*fees, *(["searches"] if usage.searches else [])]


def _is_free(tiers: tuple[PriceTier, ...]) -> bool:
    return all(price in {None, Decimal(0)} for tier in tiers for price in (tier.input, tier.output, tier.request))


def cost_bound_usd(info: ModelInfo | None, input_tokens: int, output_tokens: int, at: datetime) -> Decimal | None:
    """At least what a request costs that has at most these tokens, None where a price is not known."""
    tiers = info.prices_at(at) if info is not None else ()
    reachable = [tier for tier in tiers if tier.above_input_tokens == 0 or input_tokens > tier.above_input_tokens]
    bounds = [_tier_bound(tier, input_tokens, output_tokens) for tier in reachable]
    known = [bound for bound in bounds if bound is not None]
    return max(known) if known and len(known) == len(bounds) else None


def _tier_bound(tier: PriceTier, input_tokens: int, output_tokens: int) -> Decimal | None:
    """Every token of the input may have been read from a cache, or written to one."""
    input_prices = [price for price in (tier.input, tier.cached_input, tier.cache_write) if price is not None]
    if tier.input is None or tier.output is None:
        return None
    return (input_tokens * max(input_prices) + output_tokens * tier.output).scaleb(_MILLION) + (
        tier.request or Decimal(0)
    )


def _tier(tiers: tuple[PriceTier, ...], input_tokens: int | None) -> PriceTier | None:
    """The tier of the whole request: the highest whose threshold the input is over."""
    if len(tiers) == 1:
        return tiers[0]
    if input_tokens is None:
        return None
    return next(
        tier for tier in reversed(tiers) if tier.above_input_tokens == 0 or input_tokens > tier.above_input_tokens
    )


def _input_cost(tier: PriceTier, usage: Usage) -> Decimal | None:
    """Cached reads and writes are part of the input and cost their own price; a provider that does not report
    them is taken to have none."""
    plain = usage.input_tokens
    cost = Decimal(0)
    for tokens, price in ((usage.cached_tokens, tier.cached_input), (usage.cache_write_tokens, tier.cache_write)):
        if price is not None and tokens and plain is not None:
            plain -= tokens
            cost += (tokens * price).scaleb(_MILLION)
    if plain is not None and plain < 0:
        return None  # More came from the cache than came at all: the counts cannot be right.
    rest = _cost(plain, tier.input)
    return None if rest is None else cost + rest


def _cost(tokens: int | None, price_per_million: Decimal | None) -> Decimal | None:
    if price_per_million is None:
        return Decimal(0) if tokens == 0 else None
    if price_per_million == 0:
        return Decimal(0)
    return None if tokens is None else (tokens * price_per_million).scaleb(_MILLION)
