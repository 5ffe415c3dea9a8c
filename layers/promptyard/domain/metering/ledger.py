"""Reservations, the ledger's entries, and the sums of both.

Money is counted in whole picodollars (10⁻¹² US dollars), so that sums of it are exact wherever they are made.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum
from functools import lru_cache

from pydantic import NonNegativeInt

from promptyard.domain.deferred import FrozenModel

_PICO = -12


class ChargeSource(StrEnum):
    REPORTED = "reported"
    """By the provider; a provider that refused the call, or was not reached, used nothing."""
    ESTIMATED = "estimated"
    """From what was sent and came: the provider's count was cut off, or it gives none that can be."""
    CUSTOM = "custom"
    """By an endpoint that the caller brought, and no more than was reserved."""
    EXPIRED = "expired"
    """What was reserved: the process that carried the run died."""


class Reservation(FrozenModel):
    """What a run may cost at most, held back while it goes on. `key` is the API key whose own quotas count it."""

    id: str
    tenant: str
    run_id: str
    month: str
    until: datetime
    """From then on whoever finds it settles it."""
    input_tokens: NonNegativeInt
    output_tokens: NonNegativeInt
    pico_usd: NonNegativeInt | None
    key: str | None = None

    @property
    def committed(self) -> "Committed":
        return Committed(self.input_tokens + self.output_tokens, self.pico_usd or 0)


class LedgerEntry(FrozenModel):
    """What one run was charged, or one call of a guardrail. There is one for every run that was sent and for every call
    that was answered, and it never changes."""

    tenant: str
    run_id: str
    at: datetime
    """When the run began; its month is the one that is charged."""
    key: str | None = None
    """Who ran it: the actor's id."""
    endpoint: str
    provider: str
    model: str
    input_tokens: NonNegativeInt
    output_tokens: NonNegativeInt
    cached_tokens: NonNegativeInt | None = None
    text_units: NonNegativeInt | None = None
    """What a guardrail counts by: None for a run."""
    pico_usd: NonNegativeInt | None = None
    platform_units: NonNegativeInt
    source: ChargeSource
    estimated_tokens: NonNegativeInt
    """What was reserved."""
    estimated_pico_usd: NonNegativeInt | None = None
    price_date: str | None = None
    """The version of the prices."""
    reservation_id: str

    @property
    def committed(self) -> "Committed":
        return Committed(self.input_tokens + self.output_tokens, self.pico_usd or 0)


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over ledger entries. Money and cached tokens are of the runs of which they are known."""

    runs: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    pico_usd: int = 0
    unpriced_runs: int = 0
    """Those whose cost is not known, calls of a guardrail among them."""
    platform_units: int = 0

    def __add__(self, other: "Totals") -> "Totals":
        return Totals(*(getattr(self, name) + getattr(other, name) for name in TOTALS))

    @staticmethod
    def of(entry: LedgerEntry) -> "Totals":
        return Totals(
            runs=int(entry.text_units is None),
            input_tokens=entry.input_tokens,
            output_tokens=entry.output_tokens,
            cached_tokens=entry.cached_tokens or 0,
            pico_usd=entry.pico_usd or 0,
            unpriced_runs=int(entry.pico_usd is None),
            platform_units=entry.platform_units,
        )


TOTALS = tuple(Totals.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class Committed:
    """What counts against quotas, charged or reserved. A cost that is not known counts for none."""

    tokens: int = 0
    pico_usd: int = 0

    def __add__(self, other: "Committed") -> "Committed":
        return Committed(self.tokens + other.tokens, self.pico_usd + other.pico_usd)

    def __sub__(self, other: "Committed") -> "Committed":
        return Committed(self.tokens - other.tokens, self.pico_usd - other.pico_usd)


Minute = tuple[int, str | None]
"""(minute since 1970, API key; None: all)."""


@dataclass(frozen=True, slots=True)
class MonthUsage:
    """A tenant's month as it is counted: always the sum of its ledger entries and of its open reservations."""

    tenant: str
    month: str
    committed: Committed = Committed()
    settled: Totals = Totals()
    open: dict[str, Reservation] = field(default_factory=dict)
    open_runs: int = 0
    """How many are open, as it is counted."""
    keys: dict[str, Committed] = field(default_factory=dict)
    """Of the API keys that have quotas of their own."""
    requests: dict[Minute, int] = field(default_factory=dict)
    """Runs that began, where there is a limit on them: of the last minutes only."""
    due: datetime | None = None
    """When the sweeper is to look at it, where something is open."""
    erased: Committed = Committed()
    """The part of `committed` whose ledger entries were erased with the tenant; of `settled`, `erased_totals`."""
    erased_totals: Totals = Totals()

    def committed_of(self, key: str | None) -> Committed:
        """Of one key, or of all."""
        return self.committed if key is None else self.keys.get(key, Committed())

    def past_minutes(self, now: datetime) -> tuple[Minute, ...]:
        """Those whose requests nobody will ask for any more."""
        current = minute_of(now)
        return tuple(minute for minute in self.requests if minute[0] < current - 1)

    def reserved_of(self, key: str | None) -> Committed:
        """The part of it that is reserved for runs that are going on."""
        return sum((held.committed for held in self.open.values() if key in {None, held.key}), Committed())


def minute_of(moment: datetime) -> int:
    """Minutes since 1970."""
    return int(moment.timestamp()) // 60


def month_of(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m")


@lru_cache(maxsize=64)
def month_bounds(month: str) -> tuple[datetime, datetime]:
    """[first moment, first moment of the next one). Raises ValueError for what is no month."""
    start = datetime.strptime(month, "%Y-%m").replace(tzinfo=UTC)
    return start, (start + timedelta(days=32)).replace(day=1)


def to_pico(usd: Decimal, rounding: str = ROUND_HALF_EVEN) -> int:
    return int(usd.scaleb(-_PICO).to_integral_value(rounding))


def from_pico(pico_usd: int) -> Decimal:
    """US dollars."""
    return Decimal(pico_usd).scaleb(_PICO)
