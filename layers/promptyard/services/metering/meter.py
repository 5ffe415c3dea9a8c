"""Metering: what a run may use is reserved before it is sent, and what it did use is charged when it has ended.

    reserve   its estimate, where every limit has room for it
    claim     the run's start record
    call      only when both are there: then the run counts as sent
    ledger    one entry: what was used                        in parallel with the run's final record
    release   the reservation makes room for what was used    last: as long as it is open, the run may still write

Every step is one conditional write that may be repeated; `storage.metering.months` says why that is enough. What dies
on the way is settled by the sweeper.
"""

import asyncio
import logging
import random
import secrets
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar

from promptyard.domain.account.quotas import MAX_RUNS_AT_ONCE
from promptyard.domain.errors import Conflict, PromptyardError, StoreBusy, StoreUnavailable
from promptyard.domain.metering.charges import charge, is_out_of_bounds, reservation_for, was_claimed_by
from promptyard.domain.metering.held import Held
from promptyard.domain.metering.ledger import LedgerEntry, Minute, MonthUsage, Reservation
from promptyard.domain.metering.limits import Limits
from promptyard.domain.metering.metered import Metered
from promptyard.domain.models.catalogue import Catalogue, ModelInfo
from promptyard.services.ports.metering import LedgerStore, MonthStore
from promptyard.services.ttl_cache import TtlCache

RESERVE_ATTEMPTS = 6
RESERVE_PATIENCE_SECONDS = 8.0
RESERVE_PAUSE_SECONDS = 0.02
MAX_REMEMBERED = 1_000
"""Tenants past their limit of runs a minute."""
SETTLE_ATTEMPTS = 3
SETTLE_PAUSE_SECONDS = 0.2

logger = logging.getLogger("promptyard.metering")

Result = TypeVar("Result")

_utc_now = partial(datetime.now, UTC)


class Meter:
    def __init__(
        self,
        months: MonthStore,
        ledger: LedgerStore,
        catalogue: Catalogue,
        now: Callable[[], datetime] = _utc_now,
        *,
        runs_at_once: int = MAX_RUNS_AT_ONCE,
    ) -> None:
        """`runs_at_once`: of each tenant that has no number of its own."""
        self._months = months
        self._ledger = ledger
        self._catalogue = catalogue
        self._now = now
        self._runs_at_once = runs_at_once
        self._full: TtlCache[str, MonthUsage] = TtlCache(60, MAX_REMEMBERED, lambda: now().timestamp())
        """Months in whose current minute no run may begin, by their tenants: as they were read when one was refused."""

    def check_rate(self, tenant: str, limits: Limits) -> None:
        """Refuse, without asking the store, what was refused before in this minute: whoever asks again and again takes
        next to nothing of what others wait for. Raises LimitReached."""
        full = self._full.get(tenant)
        refusal = None if full is None else limits.rate_refusal(full, self._now())
        if refusal is not None:
            raise refusal

    def plan(self, run: Metered, limits: Limits) -> Reservation:
        """What `run` would reserve. Raises InvalidRequest under a quota in money where no price is known."""
        reservation = reservation_for(run, self._info(run), new_reservation_id(), limits.metered_key)
        limits.check_price(reservation, run.model_id)
        return reservation

    async def reserve(self, planned: Reservation, limits: Limits) -> Held:
        """Raises LimitReached, or StoreUnavailable: without an answer of the store nothing is let through."""
        self.check_rate(planned.tenant, limits)
        limits = limits.within(self._runs_at_once)
        doubtful: list[Reservation] = []
        try:
            give_up = time.monotonic() + RESERVE_PATIENCE_SECONDS
            for attempt in range(RESERVE_ATTEMPTS):
                # A try whose answer was lost may still be carried out: the next one is another reservation.
                reservation = planned.model_copy(update={"id": f"{planned.id}.{attempt}"})
                now = self._now()
                try:
                    month = await self._months.reserve(reservation, limits, now)
                except Conflict:
                    await self._refuse(reservation, limits, now)
                except StoreBusy:
                    pass
                except StoreUnavailable:
                    doubtful.append(reservation)
                else:
                    return Held(reservation, limits.headroom(month, now), month.past_minutes(now), tuple(doubtful))
                if time.monotonic() > give_up:
                    break
                await asyncio.sleep(_pause(attempt))
            raise StoreUnavailable("The store that meters runs does not answer")
        except PromptyardError:
            await self._cancel_all(doubtful)
            raise

    async def _refuse(self, reservation: Reservation, limits: Limits, now: datetime) -> None:
        """Raises LimitReached, unless room came back since the reservation was refused."""
        month = await self._months.month(reservation.tenant, reservation.month)
        if limits.rate_refusal(month, now) is not None:
            self._full.put(reservation.tenant, replace(month, open={}), now.timestamp())
        refusal = limits.refusal(month, reservation, now)
        if refusal is not None:
            raise refusal

    async def cancel(self, held: Held) -> None:
        """Give back what was reserved for a run that was not sent. What fails here is left to the sweeper."""
        await self._cancel_all((held.reservation, *held.doubtful))

    async def count_request(self, planned: Reservation, limits: Limits) -> None:
        """What is no run is one of its minute's requests all the same, where those are limited. Raises as `reserve`."""
        if any(limits.rates()):
            nothing = planned.model_copy(update={"input_tokens": 0, "output_tokens": 0, "pico_usd": 0})
            await self.cancel(await self.reserve(nothing, limits))

    async def charge(self, run: Metered, held: Held) -> LedgerEntry | None:
        """Write the entry of a run that has ended, by its final record. None when that failed: it is the sweeper's
        then."""
        entry = self._entry(run, held.reservation)
        return await insistently(lambda: self._ledger.append(entry), run.id)

    async def release(self, held: Held, entry: LedgerEntry | None) -> bool | None:
        """Put the entry in the place of what was reserved. None when that failed, or there is none: it is the sweeper's
        then."""
        closed = None
        if entry is not None:
            closed = await insistently(lambda: self.close(held.reservation, entry, held.past), entry.run_id)
        if held.doubtful:
            await self._cancel_all(held.doubtful)
        return closed

    async def charge_entry(self, entry: LedgerEntry, held: Held) -> None:
        """Charge what is no run. Where the entry cannot be written nothing is charged: no record tells the sweeper what
        it would have been, and it gives back what was reserved."""
        await self.release(held, await insistently(lambda: self._ledger.append(entry), entry.run_id))

    async def charge_for(self, run: Metered | None, reservation: Reservation) -> LedgerEntry | None:
        """What a dead process has left of a reservation: charged where the run was sent; to be closed when the run's
        record says so, too. Raises StoreUnavailable."""
        entry = await self._ledger.entry(reservation.tenant, reservation.run_id)
        if entry is None and run is not None and was_claimed_by(run, reservation):
            entry = await self._ledger.append(self._entry(run, reservation))
        return entry

    async def close(self, reservation: Reservation, entry: LedgerEntry | None, past: Iterable[Minute] = ()) -> bool:
        """Put the entry in the reservation's place; give it back where there is none for it. False where that was done
        before. Raises StoreUnavailable."""
        if entry is not None and entry.reservation_id == reservation.id:
            return await self._months.release(reservation, entry, past)
        return await self._months.cancel(reservation)

    async def _cancel_all(self, reservations: Iterable[Reservation]) -> None:
        for reservation in reservations:
            try:
                await self._months.cancel(reservation)
            except StoreUnavailable:
                logger.warning("reservation left to the sweeper", extra={"run_id": reservation.run_id})

    def _entry(self, run: Metered, reservation: Reservation) -> LedgerEntry:
        info = self._info(run)
        if is_out_of_bounds(run, info, reservation):
            told = run.usage.model_dump(exclude_none=True) if run.usage else {}
            extra = {"run_id": run.id, "provider": run.provider, "model": run.model, "reported": told}
            logger.error("usage out of bounds", extra=extra)
        return charge(run, info, reservation)

    def _info(self, run: Metered) -> ModelInfo | None:
        return self._catalogue.model(run.provider, run.model)


def _pause(attempt: int) -> float:
    """Longer each time, and of a random length: so that those who want the same room do not meet again."""
    return float(RESERVE_PAUSE_SECONDS * 2**attempt * random.uniform(0.5, 1.5))  # noqa: S311 - guards nothing


def new_reservation_id() -> str:
    return secrets.token_hex(8)


async def insistently(write: Callable[[], Awaitable[Result]], run_id: str) -> Result | None:
    """The write's result; None when the store did not answer for longer than the run's caller can wait."""
    for attempt in range(1, SETTLE_ATTEMPTS + 1):
        try:
            return await write()
        except StoreUnavailable:
            logger.warning("run not settled", extra={"run_id": run_id, "attempt": attempt})
            await asyncio.sleep(SETTLE_PAUSE_SECONDS * attempt * random.uniform(0.5, 1.5))  # noqa: S311 - as above
    return None
