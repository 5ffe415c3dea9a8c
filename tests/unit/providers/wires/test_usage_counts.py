"""How providers' counts are merged and settled."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptyard.domain.models.usage import Usage
from promptyard.providers.reading.usage_counts import billed_usd, of_openai, settled, tier_of
from promptyard.providers.reading.values import count_of, merged
from promptyard.providers.wires import anthropic, google

NAMES = ["prompt_tokens", "completion_tokens", "total_tokens", "input_tokens", "output_tokens", "promptTokenCount"]
counts = st.none() | st.integers(-3, 20) | st.floats(-2, 20) | st.sampled_from(["", "4", "many", True, [], {}])
reports = st.lists(st.dictionaries(st.sampled_from(NAMES), counts, max_size=5), min_size=1, max_size=5)


@settings(max_examples=2000)
@given(reports)
def test_reports_are_merged_field_by_field(told: list[dict[str, Any]]) -> None:
    """The last count of a field that is one, and above zero where there was one."""
    known: dict[str, Any] = {}
    for report in told:
        known = merged(known, report)

    for name in NAMES:
        found = [count for report in told if (count := count_of(report.get(name)))]
        assert (count_of(known.get(name)) or None) == (found[-1] if found else None)


some = st.none() | st.integers(0, 100)


@settings(max_examples=2000)
@given(some, some, some, some, some, st.none() | st.integers(0, 300))
def test_whatever_is_counted_adds_up(
    read: int | None,
    written: int | None,
    cached: int | None,
    stored: int | None,
    thought: int | None,
    whole: int | None,
) -> None:
    usage = settled(read, written, cached=cached, cache_written=stored, reasoning=thought, sum_of_all=whole)

    if usage.input_tokens is not None and usage.output_tokens is not None:
        assert (usage.cached_tokens or 0) + (usage.cache_write_tokens or 0) <= usage.input_tokens
        assert (usage.reasoning_tokens or 0) <= usage.output_tokens
        assert read is None or usage.input_tokens >= read
        assert written is None or usage.output_tokens >= written
        if whole is not None:
            assert usage.input_tokens + usage.output_tokens >= whole


@pytest.mark.parametrize(
    ("told", "settled_as"),
    [
        ({"read": 9, "written": None, "sum_of_all": 13}, Usage(input_tokens=9, output_tokens=4)),
        ({"read": 9, "written": 4, "sum_of_all": 5}, Usage(input_tokens=9, output_tokens=4)),
        ({"read": 9, "written": 4, "sum_of_all": 20}, Usage(input_tokens=9, output_tokens=11)),
        ({"read": 5, "written": 4, "cached": 100}, Usage(input_tokens=105, output_tokens=4, cached_tokens=100)),
        ({"read": 5, "written": 4, "cached": 100, "sum_of_all": 9}, Usage(input_tokens=5, output_tokens=4)),
        ({"read": 5, "written": 4, "reasoning": 30}, Usage(input_tokens=5, output_tokens=34, reasoning_tokens=30)),
        ({"read": "9", "written": 4.5}, Usage(input_tokens=9, output_tokens=5)),
        ({"read": -1, "written": 10**13}, Usage()),
    ],
)
def test_contradictions(told: dict[str, Any], settled_as: Usage) -> None:
    assert settled(told.pop("read"), told.pop("written"), **told) == settled_as


@pytest.mark.parametrize(
    ("words", "tier"),
    [((None, "default"), None), (("flex",), "flex"), (({"type": "priority"},), "priority"), ((7, "ON_DEMAND"), None)],
)
def test_a_tier_is_told_where_it_changes_the_price(words: tuple[Any, ...], tier: str | None) -> None:
    assert tier_of(*words) == tier


@pytest.mark.parametrize(
    ("told", "usd"),
    [(0.0123, Decimal("0.0123")), ({"total_cost": 1}, Decimal(1)), (-1, None), ("1", None), (float("inf"), None)],
)
def test_what_the_provider_says_that_it_billed(told: Any, usd: Decimal | None) -> None:
    assert billed_usd(told) == usd


def test_what_changes_the_bill_is_read_on_every_wire() -> None:
    hour = {"input_tokens": 1, "cache_creation_input_tokens": 9, "cache_creation": {"ephemeral_1h_input_tokens": 9}}

    assert anthropic._usage({**hour, "server_tool_use": {"web_search_requests": 2}, "speed": "fast"}) == Usage(
        input_tokens=10, cache_write_tokens=9, cache_write_1h_tokens=9, searches=2, service_tier="fast"
    )
    assert google._usage({"promptTokenCount": 3, "webSearchQueries": 1}) == Usage(input_tokens=3, searches=1)
    assert of_openai({"cost": 0.5, "service_tier": "flex"}) == Usage(
        service_tier="flex", provider_cost_usd=Decimal("0.5")
    )
    assert of_openai({"searches": 2}) == Usage(searches=2)
