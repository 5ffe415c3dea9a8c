"""What is reserved for a run before it is sent, and what it is charged when it has ended."""

from datetime import datetime, timedelta
from decimal import ROUND_CEILING

from promptyard.domain.errors import (
    Blocked,
    Cancelled,
    DeadlineExceeded,
    OurFault,
    PromptyardError,
    ProviderError,
    ProviderMalformed,
    ProviderUnreachable,
)
from promptyard.domain.metering.counts import NOTHING, believed
from promptyard.domain.metering.ledger import ChargeSource, LedgerEntry, Reservation, month_of, to_pico
from promptyard.domain.metering.metered import Metered
from promptyard.domain.models.catalogue import ModelInfo
from promptyard.domain.models.estimates import DEFAULT_MAX_OUTPUT_TOKENS, input_tokens_bound
from promptyard.domain.models.pricing import cost_bound_usd, cost_usd
from promptyard.domain.models.usage import Usage

SETTLE_GRACE = timedelta(seconds=30)
"""How long after its deadline a run may still be settled by the process that carries it."""
PLATFORM_UNIT = timedelta(minutes=1)
"""A platform unit is a started minute of a run: a function is held, and paid for, as long as the run lasts."""


def reservation_for(run: Metered, info: ModelInfo | None, reservation_id: str, key: str | None = None) -> Reservation:
    """At least what the provider will count: the input's bytes, and the most that it may answer."""
    input_tokens = input_tokens_bound(run.messages, run.parameters)
    output_tokens = run.parameters.max_tokens or (info.max_output_tokens if info else None) or DEFAULT_MAX_OUTPUT_TOKENS
    cost = cost_bound_usd(_priced(run, info), input_tokens, output_tokens, run.created_at)
    return Reservation(
        id=reservation_id,
        tenant=run.tenant,
        run_id=run.id,
        month=month_of(run.created_at),
        until=run.deadline_at + SETTLE_GRACE,
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        pico_usd=None if cost is None else to_pico(cost, ROUND_CEILING),
        key=key,
    )


def may_have_worked(error: PromptyardError | None) -> bool:
    """Whether the provider may have begun to answer a call that ended so."""
    if isinstance(error, ProviderUnreachable):
        return False
    if isinstance(error, ProviderError) and not isinstance(error, ProviderMalformed):
        return error.status is None
    return error is None or isinstance(error, Blocked | Cancelled | DeadlineExceeded | OurFault | ProviderMalformed)


def charge(run: Metered, info: ModelInfo | None, reservation: Reservation) -> LedgerEntry:
    """The entry of a run that was sent, by its record alone, so that it is the same whoever writes it. One whose record
    does not tell what it used is charged what was reserved."""
    priced = _priced(run, info)
    usage, source = run.charged_usage, ChargeSource.ESTIMATED
    if usage == NOTHING:
        return _entry(run, priced, reservation, usage=NOTHING, pico_usd=0, source=ChargeSource.REPORTED)
    if usage is None:
        usage = believed(run, info, reservation)
        source = ChargeSource.REPORTED if run.custom_base_url is None else ChargeSource.CUSTOM
    if usage is None:
        usage = Usage(input_tokens=reservation.input_tokens, output_tokens=reservation.output_tokens)
        return _entry(run, priced, reservation, usage=usage, pico_usd=reservation.pico_usd, source=ChargeSource.EXPIRED)
    cost = cost_usd(priced, usage, run.created_at)
    pico_usd = None if cost is None else to_pico(cost)
    return _entry(run, priced, reservation, usage=usage, pico_usd=pico_usd, source=source)


def is_out_of_bounds(run: Metered, info: ModelInfo | None, reservation: Reservation) -> bool:
    """Whether a provider reported more than the model can; of a caller's own endpoint nobody need be told."""
    if run.charged_usage is not None or run.custom_base_url is not None:
        return False
    return (
        believed(run, info, reservation) != run.usage and run.usage is not None and run.usage.total_tokens is not None
    )


def _priced(run: Metered, info: ModelInfo | None) -> ModelInfo | None:
    """A provider's list prices are none of a caller's own endpoint."""
    return info if run.custom_base_url is None else None


def _entry(
    run: Metered,
    info: ModelInfo | None,
    reservation: Reservation,
    *,
    usage: Usage,
    pico_usd: int | None,
    source: ChargeSource,
) -> LedgerEntry:
    lasted = min(run.settled_at or run.deadline_at, run.deadline_at) - run.created_at
    return LedgerEntry(
        tenant=run.tenant,
        run_id=run.id,
        at=run.created_at,
        key=run.caller,
        endpoint=run.endpoint,
        provider=run.provider,
        model=run.model,
        input_tokens=usage.input_tokens or 0,
        output_tokens=usage.output_tokens or 0,
        cached_tokens=usage.cached_tokens,
        pico_usd=pico_usd,
        platform_units=max(1, -(-lasted // PLATFORM_UNIT)),
        source=source,
        estimated_tokens=reservation.committed.tokens,
        estimated_pico_usd=reservation.pico_usd,
        price_date=info.price_date.isoformat() if info and info.price_date else None,
        reservation_id=reservation.id,
    )


def was_claimed_by(run: Metered, reservation: Reservation) -> bool:
    """Whether it is this run, and no other of the same id that was refused, which the reservation was made for."""
    return run.reservation_id == reservation.id.partition(".")[0]


def has_died(run: Metered, now: datetime) -> bool:
    """Whether nobody will settle an open run any more."""
    return run.deadline_at + SETTLE_GRACE < now
