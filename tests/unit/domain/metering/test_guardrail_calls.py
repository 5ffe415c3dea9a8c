"""What a guardrail's call is reserved and charged."""

from datetime import UTC, datetime, timedelta

import pytest

from promptyard.domain.metering.guardrail_calls import PRICE_DATE, bound, charge
from promptyard.domain.metering.ledger import Totals

NOW = datetime(2026, 11, 29, tzinfo=UTC)
KINDS = (
    "contentPolicyUnits",
    "topicPolicyUnits",
    "sensitiveInformationPolicyUnits",
    "contextualGroundingPolicyUnits",
)


@pytest.mark.parametrize(
    ("units", "counted", "pico_usd"),
    [
        ({"contentPolicyUnits": 3}, 3, 450_000_000),
        ({"contentPolicyUnits": 1, "topicPolicyUnits": 1, "sensitiveInformationPolicyUnits": 2}, 4, 500_000_000),
        ({"wordPolicyUnits": 5, "sensitiveInformationPolicyFreeUnits": 5}, 0, 0),
        (dict.fromkeys(KINDS, 1), 4, 500_000_000),
        ({"contentPolicyUnits": 1, "automatedReasoningPolicyUnits": 1}, 2, None),
        ({"contentPolicyUnits": 1, "automatedReasoningPolicyUnits": 0}, 1, 150_000_000),
        ({}, 0, 0),
    ],
)
def test_what_is_charged(units: dict[str, int], counted: int, pico_usd: int | None) -> None:
    entry = charge(bound("id", "t", [10_000], NOW, None), units, "abc", NOW, "me")
    assert (entry.text_units, entry.pico_usd, entry.committed.tokens) == (counted, pico_usd, 0)
    assert Totals.of(entry).runs == 0
    assert (entry.input_tokens, entry.output_tokens, entry.platform_units, entry.estimated_tokens) == (0, 0, 0, 0)
    assert entry.price_date == (None if pico_usd is None else PRICE_DATE)


@pytest.mark.parametrize(("lengths", "units"), [([0], 1), ([1_000], 1), ([1_001], 2), ([1, 2_500], 4)])
def test_what_is_reserved_is_enough(lengths: list[int], units: int) -> None:
    held = bound("id", "t", lengths, NOW, "key")
    entry = charge(held, dict.fromkeys(KINDS, units), "abc", NOW, "me")
    assert (entry.pico_usd or 0) <= (held.pico_usd or 0)
    assert held.committed.tokens == 0
    assert held.until == NOW + timedelta(minutes=2)


@pytest.mark.parametrize(
    ("lengths", "units"),
    [([], 0), ([0], 1), ([1], 2), ([970], 2), ([971], 3), ([1_000], 3), ([1, 2_500], 6), ([100_000], 104)],
)
def test_what_is_reserved_is_a_unit_a_text_and_a_thirtieth_more_than_it_is_long(lengths: list[int], units: int) -> None:
    assert bound("id", "t", lengths, NOW, None).pico_usd == units * 500_000_000
