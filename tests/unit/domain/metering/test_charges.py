"""What is reserved for a run and what it is charged: a reservation is never less than the charge."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptyard.domain.errors import (
    Cancelled,
    DeadlineExceeded,
    EndpointRefused,
    PromptyardError,
    ProviderAuth,
    ProviderError,
    ProviderMalformed,
    ProviderUnreachable,
    RefusedParameter,
)
from promptyard.domain.metering.charges import charge, has_died, is_out_of_bounds, may_have_worked, reservation_for
from promptyard.domain.metering.counts import MAX_CONTEXT, MAX_OUTPUT, NOTHING, Came, charged_usage
from promptyard.domain.metering.ledger import ChargeSource, LedgerEntry, Reservation, to_pico
from promptyard.domain.models.catalogue import Capabilities, ModelInfo, PriceTier
from promptyard.domain.models.estimates import DEFAULT_MAX_OUTPUT_TOKENS
from promptyard.domain.models.messages import ToolCall, ToolFunction, user_prompt
from promptyard.domain.models.pricing import cost_bound_usd, cost_usd
from promptyard.domain.models.targets import Parameters
from promptyard.domain.models.token_counts import count_tokens
from promptyard.domain.models.usage import Usage
from promptyard.domain.runs.run import Run
from tests.support.samples.sample_runs import new_run, settled

PRICES = PriceTier(input=Decimal("2.5"), output=Decimal(10), cached_input=Decimal("1.25"), cache_write=Decimal("3.125"))
NOTHING_ELSE = Came()
MODEL = ModelInfo(provider="openai", model="m", name="M", max_output_tokens=1000, prices=(PRICES,))


def test_of_what_nothing_is_known_nothing_is_counted() -> None:
    assert Usage(input_tokens=0, output_tokens=0) == NOTHING
    assert Came(reasoning="", output_tokens=0, tools_prompt_tokens=0, input_tokens=None) == Came()


def run(text: str = "Hi", **changes: Any) -> Run:
    return new_run(provider="openai", model="m", messages=user_prompt(text), **changes)


def reserved(for_run: Run, info: ModelInfo | None = MODEL) -> Reservation:
    return reservation_for(for_run, info, "r")


def charged(
    ended: Run, info: ModelInfo | None = MODEL, *, worked: bool = True, came: Came = NOTHING_ELSE
) -> LedgerEntry:
    """The entry of a run that has ended, as its process and the sweeper write it."""
    reservation = reserved(ended, info)
    unreported = charged_usage(ended, info, reservation, worked=worked, came=came)
    return charge(ended.model_copy(update={"charged_usage": unreported}), info, reservation)


@pytest.mark.parametrize(
    ("max_tokens", "info", "bound"),
    [(50, MODEL, 50), (None, MODEL, 1000), (None, None, DEFAULT_MAX_OUTPUT_TOKENS)],
)
def test_the_answer_is_bounded_by_what_is_known(max_tokens: int | None, info: ModelInfo | None, bound: int) -> None:
    assert reserved(run(parameters=Parameters(max_tokens=max_tokens)), info).output_tokens == bound


def test_without_a_price_no_money_is_reserved() -> None:
    assert reserved(run(), None).pico_usd is None
    assert reserved(run(), MODEL.model_copy(update={"prices": (PriceTier(input=Decimal(1)),)})).pico_usd is None


@given(
    st.text(max_size=200),
    st.integers(1, 1000),
    st.floats(0, 1),
    st.floats(0, 1),
    st.floats(0, 1),
    st.sampled_from([0, 500, 1100]),
)
def test_whatever_is_used_within_the_bounds_costs_no_more_than_was_reserved(
    text: str, max_tokens: int, read: float, answered: float, cached: float, threshold: int
) -> None:
    dearer = PriceTier(
        above_input_tokens=threshold or 10**9, input=Decimal(5), output=Decimal(8), request=Decimal("0.01")
    )
    model = MODEL.model_copy(update={"prices": (PRICES, dearer)})
    asked = run(text, parameters=Parameters(max_tokens=max_tokens))
    reservation = reserved(asked, model)
    tokens = max(1, round(read * reservation.input_tokens))
    usage = Usage(
        input_tokens=tokens,
        output_tokens=max(1, round(answered * max_tokens)),
        cached_tokens=int(cached * tokens / 2),
        cache_write_tokens=int(cached * tokens / 2) if cached < 1 else 0,
    )
    entry = charged(settled(asked, usage=usage), model)
    assert entry.source is ChargeSource.REPORTED
    assert entry.committed.tokens <= reservation.committed.tokens
    assert entry.committed.pico_usd <= reservation.committed.pico_usd


def test_what_the_provider_reports_is_charged_exactly() -> None:
    asked = run()
    usage = Usage(input_tokens=1000, output_tokens=3, cached_tokens=400)
    entry = charged(settled(asked, usage=usage))
    expected = cost_usd(MODEL, usage, asked.created_at)
    assert expected is not None
    assert entry.pico_usd == to_pico(expected)
    assert (entry.input_tokens, entry.output_tokens, entry.cached_tokens) == (1000, 3, 400)
    assert (entry.estimated_tokens, entry.reservation_id) == (reserved(asked).committed.tokens, "r")


TEXT = "The event loop runs each task until it yields. " * 4


def test_what_is_not_reported_is_counted_in_what_was_sent_and_came() -> None:
    asked = run(TEXT)
    entry = charged(settled(asked, output=TEXT, usage=None))
    assert entry.source is ChargeSource.ESTIMATED
    assert entry.input_tokens >= entry.output_tokens == count_tokens(TEXT) + 1
    entry = charged(settled(asked, output=TEXT, usage=Usage(input_tokens=77)))
    assert (entry.source, entry.input_tokens, entry.output_tokens) == (
        ChargeSource.ESTIMATED,
        77,
        count_tokens(TEXT) + 1,
    )
    call = ToolCall(id="c", function=ToolFunction(name="abcd", arguments="1234"))
    entry = charged(settled(asked, output=None, tool_calls=[call]))
    assert entry.output_tokens == count_tokens("abcd") + 4 + 1


def test_reasoning_and_what_the_provider_had_counted_are_charged() -> None:
    left = settled(run(), output="So", usage=None)
    assert charged(left, came=Came(reasoning=TEXT)).output_tokens == count_tokens(TEXT) + 2
    assert charged(left, came=Came(output_tokens=400)).output_tokens == 400


@pytest.mark.parametrize(
    ("style", "effort", "tokens"),
    [
        ("effort", None, 302),
        ("effort", "none", 2),
        ("level", "low", 302),
        ("budget", None, 2),
        ("adaptive", "high", 302),
        (False, "high", 2),
        (None, None, 2),
    ],
)
def test_reasoning_that_nobody_saw_is_charged_by_its_time(style: Any, effort: Any, tokens: int) -> None:
    model = MODEL.model_copy(update={"capabilities": Capabilities(reasoning=style)})
    left = settled(run(parameters=Parameters(reasoning_effort=effort)), output="So", usage=None, ttft_ms=3000)
    assert charged(left, model).output_tokens == tokens


@pytest.mark.parametrize(("times", "tokens"), [({"latency_ms": 2000}, 202), ({"latency_ms": 9000, "ttft_ms": 0}, 2)])
def test_what_was_never_seen_was_thought_about_all_the_time(times: dict[str, int], tokens: int) -> None:
    model = MODEL.model_copy(update={"capabilities": Capabilities(reasoning="effort")})
    left = settled(run(), output="So", usage=None, **{"ttft_ms": None, **times})
    assert charged(left, model).output_tokens == tokens


@pytest.mark.parametrize("told", [Usage(input_tokens=9, output_tokens=0), Usage(input_tokens=0, output_tokens=0)])
def test_zeros_beside_texts_are_no_report(told: Usage) -> None:
    entry = charged(settled(run(TEXT), output=TEXT, usage=told))
    assert (entry.source, entry.output_tokens) == (ChargeSource.ESTIMATED, count_tokens(TEXT) + 1)
    assert entry.input_tokens == told.input_tokens or entry.input_tokens >= count_tokens(TEXT)
    assert charged(settled(run(), output="", usage=Usage(input_tokens=9, output_tokens=0))).output_tokens == 0


TRILLION = Usage(input_tokens=10**12, output_tokens=10**12, cached_tokens=10**12)


def test_an_endpoint_of_the_callers_own_is_believed_up_to_what_was_reserved_and_has_no_list_price() -> None:
    asked = run(custom_base_url="https://llm.example/v1", parameters=Parameters(max_tokens=10))
    assert reserved(asked).pico_usd is None
    entry = charged(settled(asked, output="Hi", usage=TRILLION))
    assert (entry.source, entry.pico_usd, entry.price_date) == (ChargeSource.CUSTOM, None, None)
    assert (entry.input_tokens, entry.output_tokens) == (reserved(asked).input_tokens, 10)
    assert entry.cached_tokens == reserved(asked).input_tokens
    assert not is_out_of_bounds(settled(asked, output="Hi", usage=TRILLION), MODEL, reserved(asked))
    entry = charged(settled(asked, output=TEXT, usage=Usage(input_tokens=0, output_tokens=0)))
    assert (entry.source, entry.output_tokens) == (ChargeSource.ESTIMATED, 10)


@pytest.mark.parametrize(
    ("info", "extra", "bound"),
    [
        (MODEL.model_copy(update={"context_window": 200_000}), None, (200_000, 1000)),
        (MODEL.model_copy(update={"context_window": 200_000}), {"web_search": {}}, (2_000_000, 10_000)),
        (None, None, (MAX_CONTEXT, MAX_OUTPUT)),
    ],
)
def test_no_provider_is_believed_more_than_a_model_can(
    info: ModelInfo | None, extra: dict[str, Any] | None, bound: tuple[int, int]
) -> None:
    asked = run(parameters=Parameters(extra=extra, max_tokens=100))
    ended = settled(asked, output="Hi", usage=TRILLION)
    entry = charged(ended, info)
    assert (entry.source, entry.input_tokens, entry.output_tokens) == (ChargeSource.REPORTED, *bound)
    assert is_out_of_bounds(ended, info, reserved(asked, info))
    within = settled(asked, output="Hi", usage=Usage(input_tokens=bound[0], output_tokens=bound[1]))
    assert not is_out_of_bounds(within, info, reserved(asked, info))
    assert charged(within, info).input_tokens == bound[0]


def test_a_guess_is_never_more_than_was_reserved() -> None:
    asked = run(parameters=Parameters(max_tokens=5))
    entry = charged(settled(asked, output="=" * 4000))
    assert entry.output_tokens == 5


def test_what_was_not_sent_costs_nothing_though_no_price_is_known() -> None:
    asked = run()
    entry = charged(settled(asked, output=None), None, worked=False)
    assert (entry.source, entry.committed.tokens, entry.pico_usd) == (ChargeSource.REPORTED, 0, 0)


def test_what_something_came_of_was_sent_whatever_is_said() -> None:
    asked = run()
    assert charged(settled(asked, output="half"), worked=False).output_tokens == 2


def test_a_run_whose_process_died_is_charged_what_was_reserved() -> None:
    asked = run()
    reservation = reserved(asked)
    for record in (asked, settled(asked, output=None)):  # the latter by a sweeper that went no further
        entry = charge(record, MODEL, reservation)
        assert (entry.source, entry.committed) == (ChargeSource.EXPIRED, reservation.committed)


@pytest.mark.parametrize(("seconds", "units"), [(0, 1), (59.9, 1), (60, 1), (60.1, 2), (300, 5)])
def test_a_platform_unit_is_a_started_minute(seconds: float, units: int) -> None:
    asked = run()
    ended = settled(asked, settled_at=asked.created_at + timedelta(seconds=seconds))
    assert charged(ended).platform_units == units


def test_the_bound_of_a_price_that_is_not_known_is_not_known() -> None:
    at = run().created_at
    assert cost_bound_usd(None, 1, 1, at) is None
    assert cost_bound_usd(MODEL.model_copy(update={"prices": ()}), 1, 1, at) is None
    half_known = (PRICES, PriceTier(above_input_tokens=10, input=Decimal(1)))
    model = MODEL.model_copy(update={"prices": half_known})
    assert cost_bound_usd(model, 11, 1, at) is None
    assert cost_bound_usd(model, 10, 1, at) is not None


@pytest.mark.parametrize(
    ("error", "worked"),
    [
        (None, True),
        (Cancelled("stopped"), True),
        (DeadlineExceeded("over"), True),
        (ProviderMalformed("garbage", status=200), True),
        (ProviderError("went silent"), True),
        (ProviderUnreachable("no connection"), False),
        (ProviderError("no", status=500), False),
        (ProviderAuth("bad key", status=401), False),
        (EndpointRefused("private"), False),
        (RefusedParameter("seed", "m"), False),
    ],
)
def test_when_a_provider_may_have_worked(error: PromptyardError | None, worked: bool) -> None:
    assert may_have_worked(error) is worked


def test_who_has_half_a_minute_beyond_the_deadline_may_still_settle_a_run() -> None:
    going_on = run()
    for seconds, dead in ((-1, False), (0, False), (30, False), (30.001, True)):
        assert has_died(going_on, going_on.deadline_at + timedelta(seconds=seconds)) is dead


def test_what_was_told_of_one_side_is_charged_as_it_was_told() -> None:
    for told in (Usage(output_tokens=7), Usage(input_tokens=70)):
        ended = settled(run("Hi " * 90, max_tokens=100), output="a b c", usage=told)
        entry = charged(ended)
        assert told.output_tokens in {None, entry.output_tokens}
        assert told.input_tokens in {None, entry.input_tokens}
        assert entry.source is ChargeSource.ESTIMATED
