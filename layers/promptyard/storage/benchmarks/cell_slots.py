"""Who works on which cell of a benchmark run: one item, changed by one conditional write at a time.

open      by cell: the run that answers it, until when it is the worker's, and what it reserves of the budget
lost      the same, of workers that did not come back: no longer among those that go on, but their runs may have
          been sent, so whoever works on the cell next looks at them first
busy@…    how many of these are of a provider that has a limit of its own
paused    by provider: until when it wants no calls
used      what is spent and reserved, in picodollars
plan_*    in which round, from which cell on, and until when somebody has the planning
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from itertools import islice
from typing import Any

from promptyard.domain.benchmarks.benchmark import BenchmarkRun
from promptyard.domain.benchmarks.cells import CellClaim, RefusedCell
from promptyard.domain.errors import Conflict, StoreBusy
from promptyard.domain.metering.ledger import from_pico, to_pico
from promptyard.storage.table import benchmark_keys, keys
from promptyard.storage.table.attributes import Item
from promptyard.storage.table.expressions import Changes, Expression
from promptyard.storage.table.table import Table

ATTEMPTS = 8
"""Each that is lost is somebody else's that was won."""
GIVEN_UP = 10
"""Claims of dead workers that one write moves: as many conditions as an expression takes."""


class DynamoSlotStore:
    """Implements `services.ports.benchmarks.SlotStore`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def claim(self, run: BenchmarkRun, number: int, claim: CellClaim, provider: str) -> CellClaim | RefusedCell:
        if provider in run.benchmark.provider_concurrency:
            claim = replace(claim, provider=provider)
        cell, entry = str(number), _entry(claim)
        for _ in range(ATTEMPTS):
            now = datetime.now(UTC)
            change = _with_room(run, claim.provider).require_missing(("open", cell)).require_missing(("lost", cell))
            change.require_at_most(("paused", provider), _ms(now))
            if run.benchmark.budget_usd is not None:
                change.require_at_most("used", _budget(run) - entry["pico"])
            change.set(("open", cell), entry).add("used", entry["pico"])
            try:
                await self._table.update(_key(run), change)
            except Conflict:
                answer = await self._why_not(run, cell, entry, provider, now)
                if answer is not None:
                    return answer
            else:
                return claim
        raise StoreBusy("The cell's benchmark run is busy", retry_after=1)

    async def _why_not(
        self, run: BenchmarkRun, cell: str, entry: Item, provider: str, now: datetime
    ) -> CellClaim | RefusedCell | None:
        """None: try again."""
        item = await self._there(run)
        going_on, held = item["open"], item["open"].get(cell)
        if held is not None and held["until"] > _ms(now):
            return RefusedCell("busy", (held["until"] - _ms(now)) / 1000)
        if held is not None:
            return await self._take_over(run, cell, held, entry["until"], Changes())
        if overdue := {other: held for other, held in going_on.items() if held["until"] <= _ms(now)}:
            await self._give_up(run, overdue)
            return None
        lost = item["lost"].get(cell)
        if lost is not None and _is_room(run, item, lost.get("at")):
            change = _with_room(run, lost.get("at")).remove(("lost", cell))
            return await self._take_over(run, cell, lost, entry["until"], change, where="lost")
        return _shortage(run, item, entry, provider, now)

    async def _take_over(
        self, run: BenchmarkRun, cell: str, held: Item, until: int, change: Changes, *, where: str = "open"
    ) -> CellClaim | None:
        deaths, taken_over = held["deaths"] + 1, [*held.get("taken", []), _ms(datetime.now(UTC))]
        taken = held | {"until": until, "deaths": deaths, "taken": taken_over}
        _still(change, (where, cell), held).set(("open", cell), taken)
        try:
            await self._table.update(_key(run), change)
        except Conflict:
            return None
        return CellClaim(
            run_id=held["run"],
            until=_moment(until),
            reserved_usd=from_pico(held["pico"]),
            attempt=held["attempt"],
            provider=held.get("at"),
            deaths=deaths,
            taken_over=tuple(map(_moment, taken_over)),
        )

    async def renew(self, run: BenchmarkRun, number: int, claim: CellClaim, run_id: str) -> bool:
        change = _still(Changes(), ("open", str(number)), _entry(claim)).set(("open", str(number), "run"), run_id)
        try:
            await self._table.update(_key(run), change)
        except Conflict:
            return False
        return True

    async def _give_up(self, run: BenchmarkRun, lost: Mapping[str, Item]) -> None:
        """Their workers did not come back: they keep no others from going on."""
        change = Changes()
        given_up = dict(islice(lost.items(), GIVEN_UP))
        for cell, held in given_up.items():
            _still(change, ("open", cell), held).remove(("open", cell)).set(("lost", cell), held)
        for provider, count in Counter(held["at"] for held in given_up.values() if "at" in held).items():
            change.add(_busy(provider), -count)
        with suppress(Conflict):  # somebody else has looked after some of them
            await self._table.update(_key(run), change)

    async def release(self, run: BenchmarkRun, number: int, claim: CellClaim, spent_usd: Decimal | None) -> None:
        cell, held = str(number), _entry(claim)
        spent = held["pico"] if spent_usd is None else to_pico(spent_usd, ROUND_CEILING)
        for where in ("open", "lost"):
            change = _still(Changes(), (where, cell), held).remove((where, cell)).add("used", spent - held["pico"])
            if where == "open" and claim.provider is not None:
                change.add(_busy(claim.provider), -1)
            try:
                await self._table.update(_key(run), change)
            except Conflict:
                continue
            return

    async def pause(self, run: BenchmarkRun, provider: str, until: datetime) -> None:
        await self._table.update(_key(run), Changes().require_there("paused").set(("paused", provider), _ms(until)))

    async def going_on(self, run: BenchmarkRun) -> Sequence[str]:
        item = await self._there(run)
        return [held["run"] for held in item["open"].values()]

    async def abandon(self, run: BenchmarkRun) -> None:
        while going_on := (await self._there(run))["open"]:
            await self._give_up(run, going_on)

    async def plan(self, run: BenchmarkRun, round_: int, first: int, until: datetime) -> float | None:
        for _ in range(ATTEMPTS):
            item, now = await self._there(run), _ms(datetime.now(UTC))
            at = item["plan_first"]
            if round_ != item["plan_round"] or first < at:
                return None
            if first == at and item["plan_until"] > now:
                return float(item["plan_until"] - now) / 1000
            change = Changes().require_equal("plan_round", round_).require_equal("plan_first", at)
            change.require_equal("plan_until", item["plan_until"]).set("plan_first", first)
            try:
                await self._table.update(_key(run), change.set("plan_until", _ms(until)))
            except Conflict:
                continue
            return 0
        raise StoreBusy("The planning of the benchmark run is busy", retry_after=1)

    async def planned(self, run: BenchmarkRun, round_: int, first: int, following: int) -> None:
        change = Changes().require_equal("plan_round", round_).require_equal("plan_first", first)
        try:
            await self._table.update(_key(run), change.set("plan_first", following).set("plan_until", 0))
        except Conflict:
            return

    async def plan_again(self, run: BenchmarkRun) -> int:
        await self._there(run)
        change = Changes().add("plan_round", 1).set("plan_first", 0).set("plan_until", 0)
        return int((await self._table.update_and_get(_key(run), change))["plan_round"])

    async def _there(self, run: BenchmarkRun) -> Item:
        """The item, made where it is not there."""
        item = await self._table.get(_key(run))
        if item is not None:
            return item
        new: Item = {**_key(run), "v": keys.SCHEMA_VERSION, "open": {}, "lost": {}, "paused": {}, "used": 0}
        new |= {"plan_round": 0, "plan_first": 0, "plan_until": 0}
        try:
            await self._table.put(new, Expression("attribute_not_exists(#pk)", {}))
        except Conflict:
            return await self._table.get(_key(run)) or new
        return new


def _shortage(run: BenchmarkRun, item: Item, entry: Item, provider: str, now: datetime) -> RefusedCell | None:
    """What there is no room in; None where there is."""
    if not _is_room(run, item, None):
        return RefusedCell("full")
    if not _is_room(run, item, provider):
        return RefusedCell("provider_full")
    if (until := item["paused"].get(provider, 0)) > _ms(now):
        return RefusedCell("paused", (until - _ms(now)) / 1000)
    if run.benchmark.budget_usd is not None and item["used"] + entry["pico"] > _budget(run):
        # What goes on, or was left by a worker that died, may give some of what it reserved back.
        return RefusedCell("full" if item["open"] or item["lost"] else "budget")
    return None


def _key(run: BenchmarkRun) -> keys.Key:
    return benchmark_keys.cell_slots_key(run.benchmark.tenant, run.id)


def _with_room(run: BenchmarkRun, provider: str | None) -> Changes:
    """For one cell more; `provider`: of one that has a limit of its own."""
    change = Changes().require_there("open").require_fewer("open", run.benchmark.concurrency)
    if provider is not None:
        change.require_at_most(_busy(provider), run.benchmark.provider_concurrency[provider] - 1).add(
            _busy(provider), 1
        )
    return change


def _is_room(run: BenchmarkRun, item: Item, provider: str | None) -> bool:
    limit = None if provider is None else run.benchmark.provider_concurrency.get(provider)
    if limit is not None and item.get(_busy(str(provider)), 0) >= limit:
        return False
    return len(item["open"]) < run.benchmark.concurrency


def _busy(provider: str) -> str:
    return f"busy@{provider}"


def _still(change: Changes, path: tuple[str, str], held: Item) -> Changes:
    """Only where that claim stands there."""
    return change.require_equal((*path, "run"), held["run"]).require_equal((*path, "until"), held["until"])


def _entry(claim: CellClaim) -> Item:
    pico = to_pico(claim.reserved_usd, ROUND_CEILING)
    entry = {"run": claim.run_id, "until": _ms(claim.until), "pico": pico, "attempt": claim.attempt, "deaths": 0}
    return entry if claim.provider is None else entry | {"at": claim.provider}


def _budget(run: BenchmarkRun) -> int:
    budget: Any = run.benchmark.budget_usd
    return to_pico(budget, ROUND_FLOOR)


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
