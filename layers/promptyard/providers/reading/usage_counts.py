"""Providers' counts as ours. Where they contradict each other, they are settled here, and never in the payer's favour:

1. What is none (below zero, a text, too much) is not known.
2. A sum that is known tells a part that is not.
3. Cached tokens beyond the input, and reasoning beyond the output, were counted apart and are added; unless the sum
   says that they were not: then that count is wrong, and not known.
4. What a sum has over input and output was written, which is the dearer part.
5. No tokens beside an answer is no count: it is not known.
"""

import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from promptyard.domain.models.usage import Usage
from promptyard.providers.reading.values import count_of, object_of, word_of

MAX_COST_USD = 1_000_000
STANDARD_TIERS = frozenset({"", "auto", "default", "standard", "on_demand", "standard_only", "global", "not_available"})
"""Words for what costs the list price."""


def total(*counts: Any) -> int | None:
    """The sum of the counts that are known, None when none is."""
    known = [count for count in map(count_of, counts) if count is not None]
    return sum(known) if known else None


def settled(
    read: Any,
    written: Any,
    *,
    cached: Any = None,
    cache_written: Any = None,
    reasoning: Any = None,
    sum_of_all: Any = None,
    **further: Any,
) -> Usage:
    """`further` are fields of Usage as they are."""
    read, written, of_all = count_of(read), count_of(written), count_of(sum_of_all)
    cached, cache_written, reasoning = count_of(cached), count_of(cache_written), count_of(reasoning)
    if of_all is not None and written is None and read is not None and of_all >= read:
        written = of_all - read
    elif of_all is not None and read is None and written is not None and of_all >= written:
        read = of_all - written
    if read is not None and written is not None:
        adds_up = of_all == read + written
        from_cache = (cached or 0) + (cache_written or 0)
        if from_cache > read:
            read, cached, cache_written = (read, None, None) if adds_up else (read + from_cache, cached, cache_written)
        if reasoning is not None and reasoning > written:
            written, reasoning = (written, None) if adds_up else (written + reasoning, reasoning)
        written = max(written, (of_all or 0) - read)
    return Usage.model_validate(
        {
            "input_tokens": count_of(read),
            "output_tokens": count_of(written),
            "cached_tokens": cached,
            "cache_write_tokens": cache_written,
            "reasoning_tokens": reasoning,
            **further,
        }
    )


def believable(usage: Usage) -> Usage:
    """The counts of an answer that holds something: neither it nor what it answers took no tokens."""
    nothing = [name for name in ("input_tokens", "output_tokens") if getattr(usage, name) == 0]
    return usage.model_copy(update=dict.fromkeys(nothing)) if nothing else usage


def tier_of(*words: Any) -> str | None:
    """The first word for a way to be served that does not cost the list price; None where it does."""
    known = (word_of(word.get("type") if isinstance(word, dict) else word) for word in words)
    return next((word[:64] for word in known if word is not None and word.lower() not in STANDARD_TIERS), None)


def billed_usd(cost: Any) -> Decimal | None:
    """What a provider says that the answer cost, a number or an object with the total; None where it is none."""
    if isinstance(cost, dict):
        cost = cost.get("total_cost")
    if isinstance(cost, bool) or not isinstance(cost, int | float) or not math.isfinite(cost):
        return None
    return Decimal(str(cost)) if 0 <= cost <= MAX_COST_USD else None


def of_openai(counts: Mapping[str, Any]) -> Usage:
    """Of OpenAI's APIs and those made after them, by the names of either API."""

    def named(*names: str) -> Any:
        return next((counts[name] for name in names if counts.get(name) is not None), None)

    of_read = object_of(named("prompt_tokens_details", "input_tokens_details"))
    of_written = object_of(named("completion_tokens_details", "output_tokens_details"))
    cached = count_of(of_read.get("cached_tokens"))
    cost = billed_usd(counts.get("cost"))
    if cost is not None and counts.get("is_byok") is True:  # OpenRouter's own fee; the rest is on the caller's account
        rest = billed_usd(object_of(counts.get("cost_details")).get("upstream_inference_cost"))
        cost = None if rest is None else cost + rest
    searches = ("searches", "num_search_queries", "num_sources_used")  # our own count, Perplexity's, xAI's
    return settled(
        named("prompt_tokens", "input_tokens"),
        named("completion_tokens", "output_tokens"),
        cached=counts.get("prompt_cache_hit_tokens") if cached is None else cached,  # DeepSeek
        cache_written=of_read.get("cache_write_tokens"),
        reasoning=of_written.get("reasoning_tokens"),
        sum_of_all=counts.get("total_tokens"),  # xAI counts reasoning apart, which only the sum tells
        service_tier=tier_of(counts.get("service_tier")),
        searches=total(*map(counts.get, searches)) or None,
        provider_cost_usd=cost,
    )
