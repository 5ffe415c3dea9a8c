"""Room for one more run, and what it is refused with."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from promptyard.domain.account.access import Caller, Role
from promptyard.domain.account.quotas import MAX_RUNS_AT_ONCE, Quotas, TenantQuotas
from promptyard.domain.account.tenants import Tenant
from promptyard.domain.errors import InvalidRequest, LimitReached
from promptyard.domain.headroom import Left
from promptyard.domain.metering.ledger import (
    Committed,
    MonthUsage,
    Reservation,
    from_pico,
    minute_of,
    month_bounds,
    to_pico,
)
from promptyard.domain.metering.limits import NO_LIMITS, Limits
from promptyard.domain.models.estimates import DEFAULT_MAX_OUTPUT_TOKENS
from promptyard.domain.models.targets import Parameters, ProtocolBody
from tests.support.doubles.metering import catalogue

NOW = datetime(2026, 11, 21, 10, 30, 20, tzinfo=UTC)
GPT = catalogue().model("openai", "gpt-4o")


def asking(tokens: int, pico_usd: int | None = 0, key: str | None = None) -> Reservation:
    return Reservation(
        id="r",
        tenant="acme",
        run_id="run",
        month="2026-11",
        until=NOW,
        input_tokens=tokens,
        output_tokens=0,
        pico_usd=pico_usd,
        key=key,
    )


def month(tokens: int = 0, pico_usd: int = 0, **fields: Any) -> MonthUsage:
    return MonthUsage("acme", "2026-11", committed=Committed(tokens, pico_usd), **fields)


def refusal(limits: Limits, used: MonthUsage, asked: Reservation) -> LimitReached:
    refused = limits.refusal(used, asked, NOW)
    assert refused is not None
    return refused


TOKENS = Limits(tenant=Quotas(tokens_per_month=1000))


def test_up_to_the_quota_there_is_room_and_not_one_token_more() -> None:
    assert TOKENS.refusal(month(tokens=900), asking(100), NOW) is None
    refused = refusal(TOKENS, month(tokens=900), asking(101))
    assert (refused.code, refused.numbers["used"], refused.numbers["requested"]) == ("quota_exceeded", 900, 101)


def test_without_limits_there_is_always_room() -> None:
    assert NO_LIMITS.refusal(month(tokens=10**18, pico_usd=10**30), asking(10**9), NOW) is None
    assert NO_LIMITS.headroom(month(), NOW).tokens is None


def test_what_is_used_up_comes_back_with_the_next_month_and_what_is_reserved_soon() -> None:
    used_up = refusal(TOKENS, month(tokens=950), asking(100))
    assert used_up.retry_after == (datetime(2026, 12, 1, tzinfo=UTC) - NOW).total_seconds()
    assert used_up.numbers["resets_at"] == "2026-12-01T00:00:00Z"
    held = asking(800)
    reserved = refusal(TOKENS, month(tokens=950, open={held.id: held}), asking(100))
    assert (reserved.numbers["used"], reserved.numbers["reserved"]) == (150, 800)
    assert reserved.retry_after == 2
    for used, soon in ((900, True), (901, False)):  # what is used and asked for fits exactly, and not by one token
        refused = refusal(TOKENS, month(tokens=used + 800, open={held.id: held}), asking(100))
        assert (refused.retry_after == 2) is soon


def test_money_is_exact_to_the_picodollar() -> None:
    limits = Limits(tenant=Quotas(usd_per_month=Decimal("0.000001")))
    assert limits.refusal(month(pico_usd=999_999), asking(0, 1), NOW) is None
    refused = refusal(limits, month(pico_usd=999_999), asking(0, 2))
    assert (refused.numbers["unit"], refused.numbers["limit"]) == ("usd", 0.000001)
    assert "US dollars a month" in refused.message
    assert "1,000 tokens a month" in refusal(TOKENS, month(tokens=999), asking(2)).message


def test_a_key_is_held_to_its_own_quota_and_to_its_tenants() -> None:
    limits = Limits(Quotas(tokens_per_month=1000), Quotas(tokens_per_month=100), "k")
    used = month(tokens=500, keys={"k": Committed(50, 0), "other": Committed(450, 0)})
    assert limits.refusal(used, asking(50, key="k"), NOW) is None
    assert refusal(limits, used, asking(51, key="k")).numbers["scope"] == "key"
    assert refusal(limits, month(tokens=990), asking(11, key="k")).numbers["scope"] == "tenant"


def test_a_key_without_limits_is_not_counted_apart() -> None:
    assert Limits(Quotas(tokens_per_month=1000), Quotas(), "k").metered_key is None
    assert Limits(Quotas(), Quotas(requests_per_minute=1), "k").metered_key == "k"


def test_runs_are_counted_by_the_minute_of_the_clock() -> None:
    limits = Limits(tenant=Quotas(requests_per_minute=2))
    used = month(requests={(minute_of(NOW), None): 2})
    refused = refusal(limits, used, asking(1))
    assert (refused.code, refused.retry_after, refused.retryable) == ("rate_limited", 40, True)
    assert limits.refusal(used, asking(1), NOW + timedelta(seconds=40)) is None


def test_so_many_runs_may_go_on_and_no_more() -> None:
    own = Limits(runs_at_once=3).within(7)
    for limits, most in ((NO_LIMITS, MAX_RUNS_AT_ONCE), (NO_LIMITS.within(7), 7), (own, 3)):
        assert limits.refusal(month(open_runs=most - 1), asking(1), NOW) is None
        refused = refusal(limits, month(open_runs=most), asking(1))
        assert (refused.code, refused.retry_after) == ("rate_limited", 2)
        assert refused.numbers == {"scope": "tenant", "unit": "open_runs", "limit": most, "used": most}


def test_headroom_is_that_of_the_limit_that_is_nearer() -> None:
    limits = Limits(
        Quotas(tokens_per_month=1000, requests_per_minute=60), Quotas(tokens_per_month=100, requests_per_minute=50), "k"
    )
    minute = minute_of(NOW)
    used = month(
        tokens=950,
        keys={"k": Committed(10, 0)},
        requests={(minute, None): 59, (minute, "k"): 3, (minute - 1, None): 60},
    )
    headroom = limits.headroom(used, NOW)
    assert headroom.requests == Left(60, 1, 40)
    assert headroom.tokens == Left(1000, 50, (datetime(2026, 12, 1, tzinfo=UTC) - NOW).total_seconds())


@pytest.mark.parametrize(
    ("limits", "given", "bound"),
    [
        (TOKENS, None, 4096),
        (TOKENS, 7, 7),
        (Limits(Quotas(tokens_per_month=1), max_output_tokens=300), None, 300),
        (Limits(Quotas(tokens_per_month=1), max_output_tokens=10**7), None, GPT.max_output_tokens if GPT else 0),
        (Limits(Quotas(usd_per_month=Decimal(1)), max_output_tokens=300), None, 300),
        (Limits(key=Quotas(tokens_per_month=1), key_id="k", max_output_tokens=300), None, 300),
        (Limits(Quotas(requests_per_minute=1), max_output_tokens=300), None, None),
        (NO_LIMITS, None, None),
    ],
)
def test_a_quota_needs_a_bound_on_the_answer(limits: Limits, given: int | None, bound: int | None) -> None:
    assert limits.bounded(Parameters(max_tokens=given), GPT).max_tokens == bound


@pytest.mark.parametrize(
    "extra",
    [
        {"n": 2},
        {"best_of": 2},
        {"maxOutputTokens": 9},
        {"max_completion_tokens": 9},
        {"service_tier": "priority"},
        {"web_search_options": {}},
        {"generationConfig": {"topK": 3, "candidateCount": 4}},
        {"generationConfig": 3},
        {"generationConfig": None},
        {"n": None},
        {"stream": True},
        {"temperature": 1},
        {"top_k": 3, "n": 2},
    ],
)
def test_extra_fields_without_a_bound_are_refused_under_a_quota(extra: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest):
        TOKENS.bounded(Parameters(extra=extra), GPT)
    NO_LIMITS.bounded(Parameters(extra=extra), GPT)


@pytest.mark.parametrize(
    "extra",
    [
        {"top_k": 3},
        {"generationConfig": {"topK": 3}},
        {"delay_ms": 1},
        {},
        {"include": None, "stream": None, "stream_options": None, "temperature": None},
    ],
)
def test_harmless_extra_fields_are_taken(extra: dict[str, Any]) -> None:
    assert TOKENS.bounded(Parameters(extra=extra), GPT).extra == extra


def test_where_it_may_be_only_what_has_no_bound_is_left_out() -> None:
    given = Parameters(extra={"n": 2, "top_k": 3, "stream": None, "generationConfig": {"topK": 1}, "service_tier": "x"})
    kept = {"top_k": 3, "stream": None, "generationConfig": {"topK": 1}}
    assert TOKENS.without_unbounded(given).extra == kept
    assert TOKENS.bounded(TOKENS.without_unbounded(given), GPT).extra == kept
    assert NO_LIMITS.without_unbounded(given) is given
    assert TOKENS.without_unbounded(Parameters()) == Parameters()


def test_where_a_model_says_no_bound_the_tenants_holds() -> None:
    unknown = GPT.model_copy(update={"max_output_tokens": None})  # type: ignore[union-attr]
    of_tenant = replace(TOKENS, max_output_tokens=77)
    for info in (None, unknown):
        assert of_tenant.bounded(Parameters(), info).max_tokens == 77
        assert TOKENS.bounded(Parameters(), info).max_tokens == DEFAULT_MAX_OUTPUT_TOKENS


def test_past_a_limit_nothing_is_left() -> None:
    limits = Limits(Quotas(tokens_per_month=1000, requests_per_minute=60))
    for over in (0, 1, 5):
        used = month(tokens=1000 + over, requests={(minute_of(NOW), None): 60 + over})
        headroom = limits.headroom(used, NOW)
        assert headroom.requests is not None
        assert headroom.tokens is not None
        assert (headroom.requests.remaining, headroom.tokens.remaining) == (0, 0)


def test_a_price_is_needed_by_a_quota_in_money_alone() -> None:
    unpriced = asking(1, None)
    TOKENS.check_price(unpriced, "m")
    with pytest.raises(InvalidRequest):
        Limits(Quotas(usd_per_month=Decimal(1))).check_price(unpriced, "m")
    Limits(Quotas(usd_per_month=Decimal(1))).check_price(asking(1, 0), "m")


@pytest.mark.parametrize("name", ["2026-02", "2026-12", "2024-02"])
def test_a_month_is_followed_by_the_next_one(name: str) -> None:
    start, end = month_bounds(name)
    assert (start.day, end.day) == (1, 1)
    assert (end - timedelta(microseconds=1)).strftime("%Y-%m") == name


def test_money_and_picodollars_are_the_same() -> None:
    assert from_pico(to_pico(Decimal("0.000000150001"))) == Decimal("0.000000150001")
    assert to_pico(Decimal(10**9)) == 10**21


@pytest.mark.parametrize("quota", [{"tokens_per_month": 1000}, {"usd_per_month": Decimal(1)}])
def test_what_nobody_can_bound_is_refused_where_a_quota_applies(quota: dict[str, Any]) -> None:
    plain = ProtocolBody("messages", {}, 1)
    odd = replace(plain, foreign_parts=("document", "web_search_20250305"))
    for limits in (Limits(tenant=Quotas(**quota)), Limits(key=Quotas(**quota), key_id="k")):
        limits.check_body(None)
        limits.check_body(plain)
        with pytest.raises(
            InvalidRequest, match="document, web_search_20250305: not taken where a quota applies"
        ) as no:
            limits.check_body(odd)
        assert (no.value.loc, no.value.kind) == (("body",), "unbounded_extra")
    NO_LIMITS.check_body(odd)
    Limits(tenant=Quotas(requests_per_minute=1)).check_body(odd)


def test_minutes_before_the_last_one_are_past() -> None:
    now = minute_of(NOW)
    used = month(requests={(minute, key): 1 for minute in (now - 2, now - 1, now) for key in (None, "k")})
    assert used.past_minutes(NOW) == ((now - 2, None), (now - 2, "k"))


def test_what_has_no_price_commits_tokens_alone() -> None:
    assert asking(3, None).committed == Committed(3, 0)
    assert asking(3, 2).committed == Committed(3, 2)


def test_a_run_is_held_to_what_its_tenant_and_its_key_have() -> None:
    of_tenant, of_key = TenantQuotas(tokens_per_month=9, runs_at_once=4), Quotas(requests_per_minute=2)
    tenant = Tenant(id="acme", name="Acme", created_at=NOW, quotas=of_tenant, max_output_tokens=77)
    limits = Limits.of(tenant, Caller(tenant="acme", role=Role.MEMBER, id="k", quotas=of_key))
    assert limits == Limits(of_tenant, of_key, "k", 77, 4)
    assert (limits.open_runs, limits.metered_key) == (4, "k")


def test_what_is_no_run_of_its_own_is_held_to_no_rate() -> None:
    both = Quotas(requests_per_minute=2, tokens_per_month=9)
    limits = Limits(tenant=both, key=both, key_id="k", max_output_tokens=77, runs_at_once=4)
    free = limits.without_rates()
    assert len(list(limits.rates())) == 2
    assert not list(free.rates())
    assert list(free.quotas()) == list(limits.quotas())
    assert (free.key_id, free.max_output_tokens, free.runs_at_once) == ("k", 77, 4)


def test_a_month_begins_with_nothing() -> None:
    begun = MonthUsage("acme", "2026-11")
    assert (begun.committed, begun.open_runs, begun.open, begun.keys) == (Committed(0, 0), 0, {}, {})
