"""What asking a guardrail of Amazon Bedrock costs. It is charged by text units, 1,000 characters or a part of them, for
each kind of policy that the guardrail has, and has nothing to do with tokens."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from math import ceil

from promptyard.domain.metering.ledger import ChargeSource, LedgerEntry, Reservation, month_of

ENDPOINT = "playground/guardrail"
PROVIDER = "bedrock"

PRICE_DATE = "2024-12-01"
_PICO_USD = {
    "contentPolicyUnits": 150_000_000,
    "topicPolicyUnits": 150_000_000,
    "sensitiveInformationPolicyUnits": 100_000_000,
    "contextualGroundingPolicyUnits": 100_000_000,
}
"""Of one unit, by the field of the answer's `usage` that counts them: 0.15, 0.15, 0.10 and 0.10 dollars a 1,000.
https://aws.amazon.com/bedrock/pricing/ (Guardrails), as of PRICE_DATE."""
_FREE = frozenset({"wordPolicyUnits", "sensitiveInformationPolicyFreeUnits"})

UNIT_CHARACTERS = 1_000
REPEATED = 1.03
"""A long text is sent in pieces that repeat something of the one before."""
HELD_FOR = timedelta(seconds=120)
"""Twice as long as asking may take. From then on the sweeper gives back what was reserved, unless the call's entry is
in the ledger: what could not be written there is not charged."""


def bound(call_id: str, tenant: str, characters: Iterable[int], at: datetime, key: str | None) -> Reservation:
    """What asking about texts of so many characters may cost at most, whatever policies the guardrail has."""
    units = sum(ceil(length * REPEATED / UNIT_CHARACTERS) + 1 for length in characters)
    return Reservation(
        id=call_id,
        tenant=tenant,
        run_id=call_id,
        month=month_of(at),
        until=at + HELD_FOR,
        input_tokens=0,
        output_tokens=0,
        pico_usd=units * sum(_PICO_USD.values()),
        key=key,
    )


def charge(reservation: Reservation, units: Mapping[str, int], name: str, at: datetime, caller: str) -> LedgerEntry:
    """The entry of a call that was answered, be it in part, by the units that the answers count. One that has units of
    a kind of which no price is known has no cost."""
    used = {kind: number for kind, number in units.items() if number > 0 and kind not in _FREE}
    known = used.keys() <= _PICO_USD.keys()
    return LedgerEntry(
        tenant=reservation.tenant,
        run_id=reservation.run_id,
        at=at,
        key=caller,
        endpoint=ENDPOINT,
        provider=PROVIDER,
        model=name,
        input_tokens=0,
        output_tokens=0,
        text_units=sum(used.values()),
        pico_usd=sum(_PICO_USD[kind] * number for kind, number in used.items()) if known else None,
        platform_units=0,
        source=ChargeSource.REPORTED,
        estimated_tokens=0,
        estimated_pico_usd=reservation.pico_usd,
        price_date=PRICE_DATE if known else None,
        reservation_id=reservation.id,
    )
