"""A tenant's months in the `usage` table: what is charged, and what is reserved.

A month is one item, so that one conditional write can check every limit and reserve. Its attributes:

    tokens, pico_usd                       what counts against the tenant's quotas: charged and reserved together
    tokens@{key}, pico_usd@{key}           the same of an API key that has quotas of its own
    requests@{minute}[@{key}]              runs that began in a minute (since 1970), where there is a limit on them
    runs, input_tokens, …                  sums over the ledger (`Totals`), its money as charged_pico_usd
    open@{reservation}                     one for each reservation that is open: its run, deadline, amounts and key
    open_runs                              how many those are
    open_key, open_until                   its place in the index of months with open reservations
    erased                                 the sums whose ledger entries were erased with the tenant, by these names

Why no charge is lost and none is counted twice, though nothing is a transaction and every process may die anywhere:

1. `reserve` adds the attribute of a reservation together with its amounts, on the condition that every limit has room
   for it. A reservation's id is new at every try, and each try is sent once: one whose answer was lost is not sent
   again under its id, so no late arrival can bring back a reservation that was released meanwhile. It leaves, at the
   worst, a reservation that belongs to no run, which is cancelled.
2. A ledger entry is written on the condition that its run has none, and never changes: whoever comes second takes the
   entry that is there. It names the reservation that it settles.
3. `release` removes the attribute of the reservation and, in the same write, adds what its entry says less what was
   reserved, on the condition that the attribute is there: so it happens once, however often and by whomever it is
   tried. `cancel` does the same with nothing in the place of the entry.

So at every moment the sums are those of the ledger's entries whose reservation is no longer open, and of the open
reservations; when none is open, those of the ledger.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import islice

from promptyard.domain.errors import Conflict
from promptyard.domain.metering.ledger import (
    TOTALS,
    Committed,
    LedgerEntry,
    Minute,
    MonthUsage,
    Reservation,
    Totals,
    minute_of,
)
from promptyard.domain.metering.limits import Limits
from promptyard.storage.table import keys
from promptyard.storage.table.attributes import Item
from promptyard.storage.table.expressions import Changes, Expression
from promptyard.storage.table.table import Table

_CHARGED = {name: f"charged_{name}" if name == "pico_usd" else name for name in TOTALS}
"""The attributes that hold the sums over the ledger."""
_COMMITTED = ("tokens", "pico_usd")
_OPEN = "open@"
_MAX_FORGOTTEN = 20
"""The past minutes that one write forgets."""


class DynamoMonths:
    """Implements `services.ports.metering.MonthsToSweep`. `once` is the same table through a client that sends a
    request once."""

    def __init__(self, table: Table, once: Table) -> None:
        self._table = table
        self._once = once

    async def reserve(self, reservation: Reservation, limits: Limits, now: datetime) -> MonthUsage:
        """One write; returns the month as it is after it, but for what is open. Raises Conflict when a limit has no
        room, StoreBusy when nothing was done, StoreUnavailable when it is not known what was done."""
        key = keys.month_key(reservation.tenant, reservation.month)
        change = reserving(reservation, limits, now)
        return _month(reservation.tenant, await self._once.update_and_get(key, change, without=_OPEN))

    async def release(self, reservation: Reservation, entry: LedgerEntry, past: Iterable[Minute] = ()) -> bool:
        """Put the ledger's entry in the place of its reservation, and forget the counts of past minutes; False when
        that was done before."""
        return await self._close(reservation, releasing(reservation, entry, past))

    async def cancel(self, reservation: Reservation) -> bool:
        """Give back what was reserved; False when it was released or cancelled before, or is not there."""
        return await self._close(reservation, _closing(reservation, Committed()))

    async def month(self, tenant: str, month: str) -> MonthUsage:
        item = await self._table.get(keys.month_key(tenant, month))
        return MonthUsage(tenant, month) if item is None else _month(tenant, item)

    async def overdue(self, before: datetime, limit: int = 1000) -> list[MonthUsage]:
        """At most `limit` months a shard that may have reservations whose time was over before that moment."""
        places: list[keys.Key] = []
        for shard in range(keys.OPEN_SHARDS):
            condition = Expression(
                "#open_key = :open AND #open_until < :before",
                {"open": keys.open_partition(shard), "before": keys.open_until(before)},
            )
            found = await self._table.query(condition, index=keys.OPEN_INDEX, limit=limit)
            places += [keys.Key(pk=item["pk"], sk=item["sk"]) for item in found.items]
        items = await self._table.get_many(places)
        return [_month(keys.tenant_of(item["pk"]), item) for item in items.values()]

    async def looked_at(self, month: MonthUsage) -> None:
        """Put the month where its first open reservation belongs in the index, or out of it when nothing is open.
        Does nothing when somebody else has done so meanwhile."""
        if month.due is None:
            return
        change = Changes()
        change.require_equal("open_until", keys.open_until(month.due))
        if month.open:
            change.set("open_until", keys.open_until(min(entry.until for entry in month.open.values())))
        else:
            change.require_equal("open_runs", 0)
            change.remove("open_key")
            change.remove("open_until")
        try:
            await self._table.update(keys.month_key(month.tenant, month.month), change)
        except Conflict:
            return

    async def _close(self, reservation: Reservation, change: Changes) -> bool:
        key = keys.month_key(reservation.tenant, reservation.month)
        try:
            await self._table.update(key, change)
        except Conflict:
            return False
        return True


def reserving(reservation: Reservation, limits: Limits, now: datetime) -> Changes:
    """Adds a reservation where every limit has room for it."""
    change = Changes()
    change.require_missing(_open(reservation.id))
    change.require_at_most("open_runs", limits.open_runs - 1)
    for quota in limits.quotas():
        room = quota.limit - quota.asked(reservation)
        change.require_at_most(_of("tokens" if quota.unit == "tokens" else "pico_usd", quota.key), room)
    for rate in limits.rates():
        attribute = _requests(minute_of(now), rate.key)
        change.require_at_most(attribute, rate.limit - 1)
        change.add(attribute, 1)
    _commit(change, reservation.committed, reservation.key)
    change.add("open_runs", 1)
    change.set(_open(reservation.id), _reserved(reservation))
    change.set("v", keys.SCHEMA_VERSION)
    change.set_if_missing("open_key", keys.open_partition(keys.month_shard(reservation.tenant)))
    change.set_if_missing("open_until", keys.open_until(reservation.until))
    return change


def releasing(reservation: Reservation, entry: LedgerEntry, past: Iterable[Minute]) -> Changes:
    change = _closing(reservation, entry.committed)
    charged = Totals.of(entry)
    for name, attribute in _CHARGED.items():
        change.add(attribute, getattr(charged, name))
    for minute, key in islice(past, _MAX_FORGOTTEN):
        change.remove(_requests(minute, key))
    return change


def _closing(reservation: Reservation, charged: Committed) -> Changes:
    """Removes a reservation that is there, and leaves what was charged."""
    change = Changes()
    change.require_there(_open(reservation.id))
    change.remove(_open(reservation.id))
    change.add("open_runs", -1)
    _commit(change, charged - reservation.committed, reservation.key)
    return change


def _commit(change: Changes, amounts: Committed, key: str | None) -> None:
    for name in _COMMITTED:
        for owner in dict.fromkeys((None, key)):
            change.add(_of(name, owner), getattr(amounts, name))


def _open(reservation_id: str) -> str:
    return f"{_OPEN}{reservation_id}"


def _requests(minute: int, key: str | None) -> str:
    return _of(f"requests@{minute}", key)


def _of(attribute: str, key: str | None) -> str:
    return attribute if key is None else f"{attribute}@{key}"


def _reserved(reservation: Reservation) -> Item:
    """Names are short: every one of them is paid for at every write of the item."""
    amounts = {
        "run": reservation.run_id,
        "until": int(reservation.until.timestamp()),
        "in": reservation.input_tokens,
        "out": reservation.output_tokens,
        "pico_usd": reservation.pico_usd,
        "key": reservation.key,
    }
    return {name: value for name, value in amounts.items() if value is not None}


def _month(tenant: str, item: Item) -> MonthUsage:
    erased = item.get("erased", {})
    month = MonthUsage(
        tenant,
        item["sk"],
        committed=_committed(item),
        settled=_totals(item),
        open_runs=item.get("open_runs", 0),
        due=keys.moment_of(item["open_until"]) if "open_until" in item else None,
        erased=_committed(erased),
        erased_totals=_totals(erased),
    )
    for attribute, value in item.items():
        if "@" not in attribute:
            continue
        match attribute.split("@"):
            case ["open", reservation_id]:
                month.open[reservation_id] = _reservation(month, reservation_id, value)
            case ["tokens" | "pico_usd", key]:
                month.keys[key] = Committed(*(item.get(_of(name, key), 0) for name in _COMMITTED))
            case ["requests", minute, *key]:
                month.requests[int(minute), next(iter(key), None)] = value
    return month


def without_ledger(item: Item) -> Item:
    """What is left of a month, in which nothing is open, when its ledger and all that is of one key, minute or
    reservation is erased: its sums, marked as such."""
    sums = {attribute: item[attribute] for attribute in (*_COMMITTED, *_CHARGED.values()) if attribute in item}
    return {"pk": item["pk"], "sk": item["sk"], "v": item["v"], **sums, "erased": sums}


def _committed(item: Item) -> Committed:
    return Committed(*(item.get(name, 0) for name in _COMMITTED))


def _totals(item: Item) -> Totals:
    return Totals(*(item.get(attribute, 0) for attribute in _CHARGED.values()))


def _reservation(month: MonthUsage, reservation_id: str, held: Item) -> Reservation:
    return Reservation(
        id=reservation_id,
        tenant=month.tenant,
        month=month.month,
        run_id=held["run"],
        until=datetime.fromtimestamp(held["until"], UTC),
        input_tokens=held["in"],
        output_tokens=held["out"],
        pico_usd=held.get("pico_usd"),
        key=held.get("key"),
    )
