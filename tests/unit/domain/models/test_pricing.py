"""Costs, by hand and against genai-prices' own arithmetic."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from genai_prices import Usage as TheirUsage
from genai_prices import calc_price
from hypothesis import given
from hypothesis import strategies as st

from promptyard.domain.models.catalogue import ModelInfo, PriceChange, PriceTier
from promptyard.domain.models.catalogue_data import load_models
from promptyard.domain.models.pricing import Bill, bill, cost_bound_usd, cost_usd
from promptyard.domain.models.usage import Usage

MODELS = {model.id: model for model in load_models()}
WHEN = datetime(2026, 11, 21, 12, tzinfo=UTC)

THEIR_PROVIDERS = {"bedrock": "aws", "xai": "x-ai", "moonshot": "moonshotai"}


def model(*tiers: PriceTier, changes: tuple[PriceChange, ...] = ()) -> ModelInfo:
    return ModelInfo(provider="p", model="m", name="M", prices=tiers, price_changes=changes)


def tier(above: int = 0, **prices: str) -> PriceTier:
    return PriceTier(above_input_tokens=above, **{name: Decimal(price) for name, price in prices.items()})


PLAIN = model(tier(input="3", output="15", cached_input="0.3", cache_write="3.75"))


def test_a_cost_is_exact() -> None:
    # 45 × $2.50 and 42 × $10 per million tokens
    assert cost_usd(MODELS["openai/gpt-4o"], Usage(input_tokens=45, output_tokens=42), WHEN) == Decimal("0.0005325")


@pytest.mark.parametrize(
    ("told", "fee"),
    [
        ({"service_tier": "flex"}, "service_tier:flex"),
        ({"cache_write_1h_tokens": 5}, "cache_write_1h"),
        ({"searches": 2}, "searches"),
    ],
)
def test_a_fee_without_a_price_is_named_and_the_plain_sum_is_not_given(told: dict[str, Any], fee: str) -> None:
    usage = Usage(input_tokens=45, output_tokens=42, **told)

    assert cost_usd(PLAIN, usage, WHEN) is None
    assert bill(PLAIN, usage, WHEN) == Bill(None, None, [fee])


def test_the_providers_own_figure_stands_where_we_have_no_price() -> None:
    usage = Usage(input_tokens=1, output_tokens=1, provider_cost_usd=Decimal("0.0123"))

    assert bill(None, usage, WHEN) == Bill(Decimal("0.0123"), "provider", [])
    assert bill(PLAIN, usage, WHEN) == Bill(Decimal("0.000018"), "list", [])


def test_cached_tokens_are_part_of_the_input_and_cost_their_own_price() -> None:
    usage = Usage(input_tokens=1000, output_tokens=10, cached_tokens=600, cache_write_tokens=300)
    # 100 × 3 + 600 × 0.3 + 300 × 3.75 + 10 × 15, in millionths
    assert cost_usd(PLAIN, usage, WHEN) == Decimal("0.001755")


def test_cached_tokens_without_a_price_of_their_own_cost_what_input_does() -> None:
    info = model(tier(input="3", output="15"))
    usage = Usage(input_tokens=1000, output_tokens=0, cached_tokens=600, cache_write_tokens=300)
    assert cost_usd(info, usage, WHEN) == Decimal("0.003")


def test_reasoning_is_within_the_output() -> None:
    usage = Usage(input_tokens=0, output_tokens=100, reasoning_tokens=90)
    assert cost_usd(PLAIN, usage, WHEN) == Decimal("0.0015")


def test_a_tier_holds_for_the_whole_request_once_the_input_is_over_it() -> None:
    info = model(tier(input="1", output="10"), tier(200_000, input="2", output="15"))
    assert cost_usd(info, Usage(input_tokens=0, output_tokens=1000), WHEN) == Decimal("0.01")
    assert cost_usd(info, Usage(input_tokens=200_000, output_tokens=1000), WHEN) == Decimal("0.21")
    assert cost_usd(info, Usage(input_tokens=200_001, output_tokens=1000), WHEN) == Decimal("0.415002")


def test_a_fee_for_each_request_is_added() -> None:
    info = model(tier(input="1", output="1", request="0.012"))
    assert cost_usd(info, Usage(input_tokens=1000, output_tokens=0), WHEN) == Decimal("0.013")


@pytest.mark.parametrize(
    ("info", "usage"),
    [
        (None, Usage(input_tokens=1, output_tokens=1)),
        (model(), Usage(input_tokens=1, output_tokens=1)),
        (PLAIN, None),
        (PLAIN, Usage(input_tokens=1)),
        (PLAIN, Usage(output_tokens=1)),
        (model(tier(output="1")), Usage(input_tokens=1, output_tokens=1)),
        (model(tier(input="1")), Usage(input_tokens=1, output_tokens=1)),
        (model(tier(input="1", output="1"), tier(10, input="2", output="2")), Usage(output_tokens=1)),
        (PLAIN, Usage(input_tokens=10, output_tokens=1, cached_tokens=11)),
    ],
    ids=[
        "no model",
        "no prices",
        "no usage",
        "no output count",
        "no input count",
        "no input price",
        "no output price",
        "no count to choose the tier by",
        "more cached than sent",
    ],
)
def test_what_is_not_known_is_none_and_never_0(info: ModelInfo | None, usage: Usage | None) -> None:
    assert cost_usd(info, usage, WHEN) is None


@pytest.mark.parametrize("usage", [None, Usage(), Usage(input_tokens=7, output_tokens=3)])
def test_the_demo_costs_0_whatever_is_known(usage: Usage | None) -> None:
    assert cost_usd(MODELS["demo/echo"], usage, WHEN) == 0


@pytest.mark.parametrize(("price", "usd"), [("0", Decimal(0)), ("1", None)])
def test_what_costs_nothing_costs_nothing_in_any_tier(price: str, usd: Decimal | None) -> None:
    usage = Usage(input_tokens=1_000_000, output_tokens=1_000_000, service_tier="flex")
    for part in ("input", "output", "request"):
        prices = {"input": "0", "output": "0", part: price}
        assert cost_usd(model(tier(**prices)), usage, WHEN) == usd


def test_what_nothing_was_used_of_needs_no_price() -> None:
    assert cost_usd(model(tier(input="3")), Usage(input_tokens=1_000_000, output_tokens=0), WHEN) == 3
    assert cost_usd(model(tier(output="3")), Usage(input_tokens=0, output_tokens=1_000_000), WHEN) == 3


def test_of_what_was_not_answered_no_fee_is_missing() -> None:
    assert bill(None, None, WHEN) == Bill(None, None, [])


@pytest.mark.parametrize(
    ("tokens", "usd"),
    [((0, 0), "0.5"), ((1_000_000, 0), "4.5"), ((1_000_001, 0), "8.500008"), ((0, 1_000_000), "10.5")],
)
def test_a_bound_is_that_of_the_dearest_tier_and_use_of_a_cache_that_can_be(tokens: tuple[int, int], usd: str) -> None:
    dear = tier(1_000_000, input="8", output="10", request="0.5")
    info = model(tier(input="3", output="10", cached_input="1", cache_write="4", request="0.5"), dear)
    assert cost_bound_usd(info, *tokens, WHEN) == Decimal(usd)


@pytest.mark.parametrize("info", [None, model(), model(tier(input="1")), model(tier(output="1"))])
def test_a_bound_needs_every_price(info: ModelInfo | None) -> None:
    assert cost_bound_usd(info, 1, 1, WHEN) is None


def test_announced_prices_hold_from_their_day_on() -> None:
    changed = PriceChange(from_date=datetime(2027, 1, 1).date(), prices=(tier(input="2", output="2"),))
    info = model(tier(input="1", output="1"), changes=(changed,))
    usage = Usage(input_tokens=1_000_000, output_tokens=0)
    assert cost_usd(info, usage, datetime(2026, 12, 31, 23, 59, tzinfo=UTC)) == 1
    assert cost_usd(info, usage, datetime(2027, 1, 1, tzinfo=UTC)) == 2
    assert cost_usd(info, usage, datetime.fromisoformat("2027-01-01T01:00+02:00")) == 1


@pytest.mark.parametrize(
    ("start", "end", "hour", "peak"),
    [
        ("01:00", "04:00", 1, True),
        ("01:00", "04:00", 4, False),
        ("22:00", "02:00", 23, True),
        ("22:00", "02:00", 1, True),
        ("22:00", "02:00", 12, False),
    ],
)
def test_prices_by_the_hour(start: str, end: str, hour: int, peak: bool) -> None:
    change = PriceChange.model_validate(
        {"from_time": start, "until_time": end, "prices": [{"input": "2", "output": "2"}]}
    )
    info = model(tier(input="1", output="1"), changes=(change,))
    usage = Usage(input_tokens=1_000_000, output_tokens=0)
    assert cost_usd(info, usage, datetime(2026, 11, 21, hour, tzinfo=UTC)) == (2 if peak else 1)


def priced_names() -> list[tuple[ModelInfo, str]]:
    return [
        (each, name)
        for each in MODELS.values()
        if each.prices and each.provider != "demo"
        for name in (each.model, *each.aliases)
    ]


USAGES = [
    Usage(input_tokens=1_234, output_tokens=567),
    Usage(input_tokens=150_001, output_tokens=1_001, cached_tokens=100_000),
    Usage(input_tokens=300_007, output_tokens=999, cached_tokens=123_456, cache_write_tokens=70_001),
]
MOMENTS = [WHEN, datetime(2026, 11, 21, 2, 30, tzinfo=UTC), datetime(2027, 6, 1, 7, 0, tzinfo=UTC)]


@pytest.mark.parametrize(("usage", "moment"), [(usage, moment) for usage in USAGES for moment in MOMENTS])
def test_every_name_in_the_catalogue_costs_what_genai_prices_says(usage: Usage, moment: datetime) -> None:
    theirs = TheirUsage(
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cache_read_tokens=usage.cached_tokens,
        cache_write_tokens=usage.cache_write_tokens,
    )
    names = priced_names()
    assert len(names) > 500
    for info, name in names:
        provider = THEIR_PROVIDERS.get(info.provider, info.provider)
        expected = calc_price(theirs, name, provider_id=provider, genai_request_timestamp=moment)
        assert cost_usd(info, usage, moment) == expected.total_price, (info.provider, name)


counts = st.integers(min_value=0, max_value=10**9)
prices = st.decimals(min_value=0, max_value=1000, places=6)


@given(
    plain=counts, cached=counts, written=counts, output=counts, price=prices, cached_price=prices, output_price=prices
)
def test_the_parts_add_up(
    plain: int, cached: int, written: int, output: int, price: Decimal, cached_price: Decimal, output_price: Decimal
) -> None:
    info = model(PriceTier(input=price, output=output_price, cached_input=cached_price))
    usage = Usage(
        input_tokens=plain + cached + written,
        output_tokens=output,
        cached_tokens=cached,
        cache_write_tokens=written,
    )
    expected = (plain + written) * price + cached * cached_price + output * output_price
    assert cost_usd(info, usage, WHEN) == expected / 1_000_000
