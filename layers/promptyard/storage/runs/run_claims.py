"""Counting a run in, and taking it off, exactly once, though its record and its counters are items of their own and no
write is a transaction.

1. A counter's number is changed together with a claim, an attribute that names the run (`in@{run}`, `out@{run}`), on
   the condition that the claim is not there: so it happens once, however often and by whomever it is tried.
2. Whether that is still to be done stands in the run's own item: a run that is going on, or has the attribute
   `uncounted`, may not be counted in; one with `deleting` may not be taken off. The sweeper finds what goes on by its
   reservation, the others in the index `open`. So whatever dies between two writes, it does all of them again.
3. A claim is forgotten only after nobody can try it any more: its run's item says that it is done, and whoever may
   have tried it has. Who changes a number does so before a moment (`until`) after which the sweeper may take over,
   sends each try once, and forgets on its own only claims whose write was answered. A user's deletion waits for no such
   moment: where it begins before the run's item says that it was counted, nobody forgets. What is left so, or by the
   dead, is forgotten an hour after the run was settled, or, where it is gone, after it began.

Claims go with the next write of the counter, which costs nothing; where there are many, in a write of their own.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from promptyard.aws.calls import pause
from promptyard.domain.errors import Conflict, StoreBusy, StoreUnavailable
from promptyard.domain.identifiers import first_id_of, is_id
from promptyard.domain.runs.run import RunStatus
from promptyard.storage.runs.run_counts import DELETING, counted_in, number_of
from promptyard.storage.table import keys
from promptyard.storage.table.attributes import Item
from promptyard.storage.table.expressions import Changes
from promptyard.storage.table.table import Table

UNCOUNTED = "uncounted"
"""The attribute of a settled run's item as long as it may not be counted in."""

ATTEMPTS = 4
PAUSE_SECONDS = 0.1
MAX_CLAIMS = 10
"""As many may wait for the next write: they take less than half a KB."""
MAX_FORGOTTEN = 40
"""The claims that one write forgets."""
OLD = timedelta(hours=1)
MAX_LOOKS = 20
"""The claims of others that are looked after with one write."""

_IN, _OUT = "in@", "out@"


def may_not_be_counted(run: Item) -> bool:
    """Whether a run's item leaves open that it is still to be counted in."""
    return UNCOUNTED in run or run["status"] == RunStatus.RUNNING


def is_counted(run: Item, counter: Item) -> bool:
    """Whether a counter's number has the run in it."""
    sk = run["sk"]
    return _OUT + sk not in counter and (_IN + sk in counter or not may_not_be_counted(run))


class RunClaims:
    """`once` is the same table through a client that sends a request once."""

    def __init__(self, table: Table, once: Table) -> None:
        self._table = table
        self._once = once
        self._answered: set[tuple[str, str, str]] = set()
        """(tenant, counter, claim) of what this process has changed, and knows that it has."""
        self._done: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
        """Claims that may be forgotten, by tenant and counter."""
        self._many: set[tuple[str, str]] = set()
        """Counters that hold many claims."""

    async def count_in(self, run: Item, until: datetime) -> bool:
        """Add the run to all of its counters where it is not in them; False when that is not known to be done."""
        return await self._change(run, _IN, until)

    async def take_off(self, run: Item, until: datetime) -> bool:
        """Take a run that is counted in from all of its counters; False when that is not known to be done."""
        return await self._change(run, _OUT, until)

    async def forget(self, run: Item) -> None:
        """Let go of what this process claimed for a run whose item says that all of it is done, or is gone."""
        tenant = keys.tenant_of(run["pk"])
        for what in counted_in(run):
            for claim in (_IN + run["sk"], _OUT + run["sk"]):
                if (tenant, what, claim) in self._answered:
                    self._answered.remove((tenant, what, claim))
                    self._done[tenant, what].append(claim)
        crowded = [(tenant, what) for what in counted_in(run) if (tenant, what) in self._many]
        await asyncio.gather(*(self._forget_now(*counter) for counter in crowded))

    async def forget_deleted(self, run: Item) -> None:
        """Let go of what was claimed for a run with that id that was deleted, and is not there, so that it can be
        counted in once more. Raises StoreUnavailable."""
        tenant = keys.tenant_of(run["pk"])
        await asyncio.gather(*(self._forget_deleted(tenant, what, run["sk"]) for what in counted_in(run)))

    async def _forget_deleted(self, tenant: str, what: str, run_id: str) -> None:
        claims = (_IN + run_id, _OUT + run_id)
        if (tenant, what) in self._done:
            self._done[tenant, what] = [claim for claim in self._done[tenant, what] if claim not in claims]
        key = keys.count_key(tenant, what)
        if _OUT + run_id in (await self._table.get(key) or {}):
            with suppress(Conflict):
                await self._table.update(key, _remove(Changes().require_there(_OUT + run_id), claims))

    async def _change(self, run: Item, kind: str, until: datetime) -> bool:
        changes = (self._change_one(what, run, kind, until) for what in counted_in(run))
        return all(await asyncio.gather(*changes))

    async def _change_one(self, what: str, run: Item, kind: str, until: datetime) -> bool:
        tenant, claim = keys.tenant_of(run["pk"]), kind + run["sk"]
        done = self._take_done(tenant, what)
        change = Changes().set("v", keys.SCHEMA_VERSION).require_missing(_OUT + run["sk"])
        if kind == _IN:
            change.require_missing(claim)
        change.set(claim, 1).add(number_of(run), 1 if kind == _IN else -1)
        _remove(change, done)
        known = True
        for attempt in range(ATTEMPTS):
            if datetime.now(UTC) >= until:
                break
            try:
                names = await self._once.update_and_names(keys.count_key(tenant, what), change)
            except Conflict:
                self._done[tenant, what] += done
                return True
            except StoreBusy:
                pass
            except StoreUnavailable:
                known = False  # it may be carried out, and be it later
            else:
                if known:
                    self._answered.add((tenant, what, claim))
                await self._look_at(tenant, what, names)
                return True
            if attempt + 1 < ATTEMPTS:
                await asyncio.sleep(pause(PAUSE_SECONDS, attempt))
        self._done[tenant, what] += done
        return False

    async def _forget_now(self, tenant: str, what: str) -> None:
        done = self._take_done(tenant, what)
        if not done:
            return
        change = _remove(Changes().set("v", keys.SCHEMA_VERSION), done)
        try:
            await self._look_at(tenant, what, await self._table.update_and_names(keys.count_key(tenant, what), change))
        except StoreUnavailable:
            self._done[tenant, what] += done

    def _take_done(self, tenant: str, what: str) -> list[str]:
        waiting = self._done.pop((tenant, what), [])
        if waiting[MAX_FORGOTTEN:]:
            self._done[tenant, what] = waiting[MAX_FORGOTTEN:]
        return waiting[:MAX_FORGOTTEN]

    async def _look_at(self, tenant: str, what: str, names: Iterable[str]) -> None:
        """Whether there are many claims; then, whether some are of processes that are no more."""
        claims = [name for name in names if name.startswith((_IN, _OUT))]
        if len(claims) <= MAX_CLAIMS:
            self._many.discard((tenant, what))
            return
        self._many.add((tenant, what))
        waiting = self._done[tenant, what]
        first = first_id_of(datetime.now(UTC) - OLD)
        first_in, first_out = _IN + first, _OUT + first
        old = [claim for claim in claims if claim < (first_in if claim.startswith(_IN) else first_out)]
        old = [claim for claim in old if is_id(_run_of(claim)) and claim not in waiting]
        with suppress(StoreUnavailable):
            looks = (self._is_over(tenant, _run_of(claim)) for claim in old[:MAX_LOOKS])
            over = await asyncio.gather(*looks)
            waiting += [claim for claim, done in zip(old, over, strict=False) if done]

    async def _is_over(self, tenant: str, run_id: str) -> bool:
        only = ("settled_at", UNCOUNTED, DELETING)
        run = await self._table.get(keys.run_key(tenant, run_id), only=only, consistent=False)
        if run is None:
            return True
        if UNCOUNTED in run or DELETING in run or "settled_at" not in run:
            return False
        return datetime.fromisoformat(run["settled_at"]) < datetime.now(UTC) - OLD


def _run_of(claim: str) -> str:
    return claim.partition("@")[2]


def _remove(change: Changes, claims: Iterable[str]) -> Changes:
    for claim in claims:
        change.remove(claim)
    return change
