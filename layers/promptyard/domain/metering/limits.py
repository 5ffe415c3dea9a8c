"""Whether a tenant's month has room for one more run."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from promptyard.domain.account.access import Caller
from promptyard.domain.account.quotas import MAX_RUNS_AT_ONCE, UNLIMITED, Quotas
from promptyard.domain.account.tenants import Tenant
from promptyard.domain.errors import InvalidRequest, LimitReached, QuotaExceeded, RateLimited
from promptyard.domain.headroom import Headroom, Left, least_of
from promptyard.domain.metering.extra_fields import refuse_unbounded, unbounded
from promptyard.domain.metering.ledger import (
    Committed,
    MonthUsage,
    Reservation,
    from_pico,
    minute_of,
    month_bounds,
    to_pico,
)
from promptyard.domain.models.catalogue import ModelInfo
from promptyard.domain.models.estimates import DEFAULT_MAX_OUTPUT_TOKENS
from promptyard.domain.models.targets import Parameters, ProtocolBody

BUSY_SECONDS = 2.0
"""When to try again what only runs that are going on stand in the way of."""

Scope = Literal["tenant", "key"]


@dataclass(frozen=True, slots=True)
class Quota:
    """One limit on a month. Amounts are in tokens or in picodollars. `key` is the API key it is for, None: all."""

    scope: Scope
    key: str | None
    unit: Literal["tokens", "usd"]
    limit: int

    def committed(self, month: MonthUsage) -> int:
        return self._amount(month.committed_of(self.key))

    def reserved(self, month: MonthUsage) -> int:
        return self._amount(month.reserved_of(self.key))

    def asked(self, reservation: Reservation) -> int:
        return self._amount(reservation.committed)

    def has_room(self, month: MonthUsage, reservation: Reservation) -> bool:
        return self.committed(month) + self.asked(reservation) <= self.limit

    def shown(self, amount: int) -> int | float:
        """As JSON has it: tokens, or US dollars."""
        return amount if self.unit == "tokens" else float(from_pico(amount))

    def _amount(self, of: Committed) -> int:
        return of.tokens if self.unit == "tokens" else of.pico_usd


@dataclass(frozen=True, slots=True)
class Rate:
    """A limit on the runs that begin in one minute of the clock."""

    scope: Scope
    key: str | None
    limit: int

    def used(self, month: MonthUsage, now: datetime) -> int:
        return month.requests.get((minute_of(now), self.key), 0)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a run is held to: the limits of its tenant, and of the API key that asked for it."""

    tenant: Quotas = UNLIMITED
    key: Quotas = UNLIMITED
    key_id: str | None = None
    max_output_tokens: int | None = None
    """The tenant's stand-in for a missing max_tokens."""
    runs_at_once: int | None = None
    """The tenant's own limit on runs that go on; None: the deployment's."""

    @staticmethod
    def of(tenant: Tenant, caller: Caller) -> "Limits":
        quotas = tenant.quotas
        return Limits(quotas, caller.quotas, caller.id, tenant.max_output_tokens, quotas.runs_at_once)

    @property
    def open_runs(self) -> int:
        """The most that may go on at once."""
        return MAX_RUNS_AT_ONCE if self.runs_at_once is None else self.runs_at_once

    def within(self, runs_at_once: int) -> "Limits":
        """With that many runs at once where the tenant has no number of its own."""
        return self if self.runs_at_once is not None else replace(self, runs_at_once=runs_at_once)

    @property
    def metered_key(self) -> str | None:
        """The key, where it has limits of its own: of others nothing is counted apart."""
        return None if self.key == UNLIMITED else self.key_id

    def quotas(self) -> Iterator[Quota]:
        for scope, key, of in self._scopes():
            if of.tokens_per_month is not None:
                yield Quota(scope, key, "tokens", of.tokens_per_month)
            if of.usd_per_month is not None:
                yield Quota(scope, key, "usd", to_pico(of.usd_per_month))

    def rates(self) -> Iterator[Rate]:
        for scope, key, of in self._scopes():
            if of.requests_per_minute is not None:
                yield Rate(scope, key, of.requests_per_minute)

    def without_rates(self) -> "Limits":
        """For what is no run of its own."""
        no_rate = {"requests_per_minute": None}
        return replace(self, tenant=self.tenant.model_copy(update=no_rate), key=self.key.model_copy(update=no_rate))

    def _scopes(self) -> Iterator[tuple[Scope, str | None, Quotas]]:
        yield "tenant", None, self.tenant
        if self.metered_key is not None:
            yield "key", self.metered_key, self.key

    def without_unbounded(self, parameters: Parameters) -> Parameters:
        """The parameters without the fields of `extra` for which `bounded` refuses them."""
        for name in unbounded(parameters.extra) if any(self.quotas()) else ():
            parameters = parameters.without(name)
        return parameters

    def check_body(self, body: ProtocolBody | None) -> None:
        """Raises InvalidRequest for content or a tool of which nobody can say what it may use, where a quota has to."""
        if body is not None and body.foreign_parts and any(self.quotas()):
            kinds = ", ".join(body.foreign_parts)
            raise InvalidRequest(
                f"{kinds}: not taken where a quota applies, for what it adds to the bill is not known",
                loc=("body",),
                kind="unbounded_extra",
            )

    def bounded(self, parameters: Parameters, info: ModelInfo | None) -> Parameters:
        """The parameters with a bound on what they may use, where a quota needs one. Raises InvalidRequest for an
        `extra` that has none."""
        if not any(self.quotas()):
            return parameters
        refuse_unbounded(parameters.extra)
        if parameters.max_tokens is not None:
            return parameters
        most = self.max_output_tokens or DEFAULT_MAX_OUTPUT_TOKENS
        if info is not None and info.max_output_tokens is not None:
            most = min(most, info.max_output_tokens)
        return parameters.model_copy(update={"max_tokens": most})

    def refusal(self, month: MonthUsage, reservation: Reservation, now: datetime) -> LimitReached | None:
        """Why the month has no room for that reservation; None when it has."""
        headroom = self.headroom(month, now)
        if month.open_runs >= self.open_runs:
            numbers = {"scope": "tenant", "unit": "open_runs", "limit": self.open_runs, "used": month.open_runs}
            text = f"{month.open_runs:,} runs are going on, and this tenant may have {self.open_runs:,} at once"
            return RateLimited(text, retry_after=BUSY_SECONDS, numbers=numbers, headroom=headroom)
        if (too_many := self.rate_refusal(month, now)) is not None:
            return too_many
        for quota in self.quotas():
            if not quota.has_room(month, reservation):
                return _exceeded(quota, month, reservation, now, headroom)
        return None

    def rate_refusal(self, month: MonthUsage, now: datetime) -> LimitReached | None:
        """Why no run may begin in this minute; None where one may. What has begun in a minute never becomes less: what
        an older reading of the month says against it holds until the minute is over."""
        for rate in self.rates():
            if rate.used(month, now) >= rate.limit:
                return _too_many(rate, rate.used(month, now), now, self.headroom(month, now))
        return None

    def check_price(self, reservation: Reservation, model: str) -> None:
        """Raises InvalidRequest where a quota in money applies and the run's price is not known."""
        if reservation.pico_usd is None and any(quota.unit == "usd" for quota in self.quotas()):
            raise InvalidRequest(
                f"No price is known for {model}, and a quota in money needs one", loc=("body", "model"), kind="no_price"
            )

    def headroom(self, month: MonthUsage, now: datetime) -> Headroom:
        """What is left when everything that the month counts is taken off."""
        requests = [
            Left(rate.limit, max(0, rate.limit - rate.used(month, now)), _seconds_to_next_minute(now))
            for rate in self.rates()
        ]
        tokens = [
            Left(quota.limit, max(0, quota.limit - quota.committed(month)), _seconds_to_next_month(month, now))
            for quota in self.quotas()
            if quota.unit == "tokens"
        ]
        return Headroom(least_of(requests), least_of(tokens))


NO_LIMITS = Limits()


def _too_many(rate: Rate, used: int, now: datetime, headroom: Headroom) -> RateLimited:
    return RateLimited(
        f"This {rate.scope} may begin {rate.limit:,} runs a minute",
        retry_after=_seconds_to_next_minute(now),
        numbers={"scope": rate.scope, "unit": "requests_per_minute", "limit": rate.limit, "used": used},
        headroom=headroom,
    )


def _exceeded(
    quota: Quota, month: MonthUsage, reservation: Reservation, now: datetime, headroom: Headroom
) -> QuotaExceeded:
    reserved, asked = quota.reserved(month), quota.asked(reservation)
    used = quota.committed(month) - reserved
    _, resets_at = month_bounds(month.month)
    # What is only reserved may be given back in a moment; what is used comes back with the next month.
    retry_after = BUSY_SECONDS if used + asked <= quota.limit else _seconds_to_next_month(month, now)
    amounts = {"limit": quota.limit, "used": used, "reserved": reserved, "requested": asked}
    shown = {name: quota.shown(amount) for name, amount in amounts.items()}
    numbers: dict[str, Any] = {"scope": quota.scope, "unit": quota.unit, **shown}
    what = "tokens" if quota.unit == "tokens" else "US dollars"
    return QuotaExceeded(
        f"This {quota.scope}'s quota is {shown['limit']:,} {what} a month: {shown['used']:,} are used, "
        f"{shown['reserved']:,} are reserved for runs that are going on, and this run may need {shown['requested']:,}",
        retry_after=retry_after,
        numbers=numbers | {"resets_at": resets_at.isoformat().replace("+00:00", "Z")},
        headroom=headroom,
    )


def _seconds_to_next_minute(now: datetime) -> float:
    return 60 - now.timestamp() % 60


def _seconds_to_next_month(month: MonthUsage, now: datetime) -> float:
    return max(0.0, (month_bounds(month.month)[1] - now.astimezone(UTC)) / timedelta(seconds=1))
