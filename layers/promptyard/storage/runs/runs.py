"""The runs of all tenants in DynamoDB, what is too large for an item in S3. Each write is one conditional item write
that may be repeated; nothing is a transaction. See `keys` for the access patterns."""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from promptyard.domain.errors import Conflict, NotFound, StoreBusy, StoreUnavailable, TooLarge
from promptyard.domain.identifiers import random_id
from promptyard.domain.paging import Page, PageRequest
from promptyard.domain.runs.run import Run, RunStatus, Vote
from promptyard.services.ports.runs import RunFilter
from promptyard.storage.runs.count_repair import repair_counts
from promptyard.storage.runs.run_claims import UNCOUNTED, RunClaims, may_not_be_counted
from promptyard.storage.runs.run_counts import DELETING, expiry_of, is_live
from promptyard.storage.runs.run_items import ROOM_IN_AWS, Room, StoredRun, counted_item, object_keys, to_stored
from promptyard.storage.runs.run_objects import RunObjects
from promptyard.storage.runs.run_pages import MAX_ID_BYTES, read_page
from promptyard.storage.table import keys
from promptyard.storage.table.attributes import Item
from promptyard.storage.table.expressions import Changes, Expression
from promptyard.storage.table.objects import Objects
from promptyard.storage.table.table import Table

_CANCELLATION_KEPT_FOR = timedelta(hours=1)
"""After the run's deadline: nobody asks for it any more."""

LEASE = timedelta(seconds=60)
"""How long whoever begins to count in or delete a run has it for itself; then the sweeper goes on with it."""
LEASE_GRACE = timedelta(seconds=30)
"""Before its end nothing more is tried."""

logger = logging.getLogger("promptyard.storage")


class DynamoRunStore:
    """Implements `services.ports.runs.RunStore`. Runs expire after their own `retention_days`, else after `retention`;
    None keeps them."""

    def __init__(
        self,
        table: Table,
        once: Table,
        objects: Objects,
        *,
        retention: timedelta | None = None,
        room: Room = ROOM_IN_AWS,
    ) -> None:
        """`once` is the same table through a client that sends a request once."""
        self._table = table
        self._content = RunObjects(table, objects)
        self._retention = retention
        self._room = room
        self._put: dict[str, set[str]] = {}
        """The S3 keys of what is there already, by run, of those that go on here: a prompt does not change."""
        self._claims = RunClaims(table, once)
        self._counting: dict[str, asyncio.Task[bool]] = {}
        """By run, of those that go on here."""
        self._forgetting: set[asyncio.Task[None]] = set()

    async def start(self, run: Run) -> None:
        """Write the start record. Raises Conflict when the id is taken."""
        stored = self._stored(run)
        await self._put_new(stored, stored.item)
        if stored.objects:
            self._put[run.id] = set(stored.objects)

    def count(self, run: Run) -> None:
        """Begin to count a run that was started, beside whatever it does: `settle` waits for that, and so do this
        process's own pages. A run that was not counted when it ends is counted then, or by the sweeper."""
        item = counted_item(run, expiry_of(run.created_at, self._retention_of(run)))
        self._counting[run.id] = asyncio.create_task(self._claims.count_in(item, run.deadline_at))

    async def withdraw(self, run: Run) -> bool:
        """Take back the start record of a run that was neither counted nor sent. False where it has an end by now,
        which stays: the sweeper took it for left behind, and charges it."""
        self._put.pop(run.id, None)
        key, is_gone = keys.run_key(run.tenant, run.id), True
        running = Expression("#status = :running", {"running": RunStatus.RUNNING.value})
        try:
            await self._table.delete(key, running)
        except Conflict:
            is_gone = await self._table.get(key, only=("sk",)) is None
        await self._content.delete_orphans(self._stored(run))
        return is_gone

    async def add(self, run: Run) -> None:
        """Write the record of a run that has ended before it began, and count it. Raises Conflict when the id is
        taken."""
        stored = self._stored(run)
        item, until = _leased(run.id, stored.item | {UNCOUNTED: True})
        await self._put_new(stored, item)
        await self._count_or_leave(item, until)

    async def bring(self, run: Run) -> None:
        """As `add`, of a run from elsewhere, which may have been here before and was deleted. Raises Conflict when it
        is there."""
        key = keys.run_key(run.tenant, run.id)
        if await self._table.get(key, only=("sk",)) is not None:
            raise Conflict("There is a run with this id")
        await self._claims.forget_deleted({**key, **run.links.model_dump(exclude_none=True)})
        await self.add(run)

    async def _put_new(self, stored: StoredRun, item: Item) -> None:
        try:
            await self._content.put(stored.objects)
            await self._table.put(
                item, Expression("attribute_not_exists(#pk) OR #write_id = :claim", {"claim": item["write_id"]})
            )
        except (Conflict, TooLarge, StoreBusy):  # after any other failure the item may come to be there all the same
            with suppress(StoreUnavailable):
                await self._content.delete_orphans(stored)
            raise

    async def settle(self, run: Run) -> bool:
        """Write the final record; False when the run was settled already (or deleted), which is left as it is."""
        stored = self._stored(run)
        counted = await self._was_counted(run.id)
        item, until = (stored.item, None) if counted else _leased(run.id, stored.item | {UNCOUNTED: True})
        there = self._put.get(run.id, set())
        await self._content.put({key: body for key, body in stored.objects.items() if key not in there})
        try:
            await self._table.put(
                item,
                Expression(
                    f"(#status = :running AND attribute_not_exists(#{DELETING})) OR #write_id = :claim",
                    {"running": RunStatus.RUNNING.value, "claim": item["write_id"]},
                ),
            )
        except Conflict:
            self._put.pop(run.id, None)
            await self._content.delete_orphans(stored)
            return False
        self._put.pop(run.id, None)
        await self._content.delete(there - stored.objects.keys())  # of a prompt that was withheld in the end
        if until is None:
            forgetting = asyncio.create_task(self._claims.forget(item))
            self._forgetting.add(forgetting)
            forgetting.add_done_callback(self._forgetting.discard)
        else:
            await self._count_or_leave(item, until)
        return True

    async def get(self, tenant: str, run_id: str) -> Run:
        """Raises NotFound."""
        runs = await self._content.runs([await self._item(tenant, run_id)])
        if not runs:
            raise NotFound("Run not found")
        return runs[0]

    async def vote(self, tenant: str, run_id: str, vote: Vote | None) -> Run:
        """Keep what is thought of a run's answer; None takes it back. Raises NotFound, and Conflict for a run that goes
        on: its settling writes the record anew."""
        await self._item(tenant, run_id, only=("sk", "expires_at"))
        change = Changes().require_there("settled_at").require_missing(DELETING)
        item = await self._table.update_and_get(
            keys.run_key(tenant, run_id), change.assign({"vote": None if vote is None else vote.value})
        )
        return (await self._content.runs([item]))[0]

    async def delete(self, tenant: str, run_id: str) -> None:
        """Delete a run with all its content. Raises NotFound.

        From the first write on nobody is shown it; what comes after is done by the sweeper when this process dies.
        """
        await self._item(tenant, run_id, only=("sk", "expires_at", DELETING))
        token = random_id()
        lease, until = _leased(run_id, {DELETING: token})
        change = Changes().require_there("sk").require_missing(DELETING).assign(lease)
        try:
            item = await self._table.update_and_get(keys.run_key(tenant, run_id), change)
        except Conflict:
            found = await self._table.get(keys.run_key(tenant, run_id))
            if found is None or found.get(DELETING) != token:  # else the first answer was lost
                raise NotFound("Run not found") from None
            item = found
        await self._was_counted(run_id)
        await self._finish(item, until)

    async def half_done(self, before: datetime, limit: int = 1000) -> list[tuple[str, str]]:
        """(tenant, id) of at most `limit` runs a shard that are not counted yet, or not wholly deleted, though whoever
        began with that should have been done before that moment: its process died."""
        items = await self._open(before, limit)
        return [(keys.tenant_of(item["pk"]), item["sk"]) for item in items if DELETING in item or UNCOUNTED in item]

    async def finish(self, tenant: str, run_id: str, before: datetime) -> None:
        """Do what is left to do of such a run, unless somebody else has it since. Raises StoreUnavailable."""
        key = keys.run_key(tenant, run_id)
        item = await self._table.get(key)
        if item is None or not (DELETING in item or UNCOUNTED in item) or item["open_until"] >= keys.open_until(before):
            return
        lease, until = _leased(run_id, {})
        change = Changes().require_equal("open_until", item["open_until"]).assign(lease)
        try:
            item = await self._table.update_and_get(key, change)
        except Conflict:
            return
        await self._finish(item, until)

    async def _count_or_leave(self, item: Item, until: datetime) -> None:
        try:
            await self._finish(item, until)
        except StoreUnavailable:
            logger.warning("run not counted", extra={"run_id": item["sk"]})

    async def _finish(self, item: Item, until: datetime) -> None:
        """Every step may be done again, from the first one on. Raises StoreUnavailable: the sweeper goes on."""
        key = keys.Key(pk=item["pk"], sk=item["sk"])
        perhaps = may_not_be_counted(item)
        done = not perhaps or await self._claims.count_in(item, until)
        if DELETING in item:
            done = done and await self._claims.take_off(item, until)
        if not done:
            raise StoreUnavailable("The run could not be counted")
        if DELETING in item:
            await self._content.delete(object_keys(item))
            await self._table.delete(key)
            if perhaps:  # whoever counts it may still try to
                return
        else:
            change = Changes().require_equal("write_id", item["write_id"]).require_missing(DELETING)
            try:
                await self._table.update(key, change.assign({UNCOUNTED: None, "open_key": None, "open_until": None}))
            except Conflict:  # somebody deletes it, and may count it in before
                return
        await self._claims.forget(item)

    async def request_cancel(self, tenant: str, run_id: str) -> None:
        """Ask whoever carries a running run to stop it; does nothing to a settled one. Raises NotFound."""
        run = await self._item(tenant, run_id, only=("status", "deadline_at", "expires_at"))
        if run["status"] == RunStatus.RUNNING:
            until = datetime.fromisoformat(run["deadline_at"]) + _CANCELLATION_KEPT_FOR
            key = keys.cancel_key(tenant, run_id)
            await self._table.put({**key, "v": keys.SCHEMA_VERSION, "expires_at": int(until.timestamp())})

    async def cancel_requested(self, tenant: str, run_id: str) -> bool:
        """Half a read unit, whatever the run's record holds; a moment late at the most."""
        return await self._table.get(keys.cancel_key(tenant, run_id), consistent=False) is not None

    async def page(self, tenant: str, where: RunFilter, request: PageRequest) -> Page[Run]:
        """Newest first. Raises BadCursor.

        A page may hold fewer runs than `limit`, or none, and yet have a cursor: where the filter is looked for while
        reading, one page reads a bounded number of items.
        """
        await self.counted()
        page = await read_page(self._table, tenant, where, request)
        return page.holding(await self._content.runs(page.items))

    async def _open(self, before: datetime, limit: int) -> list[Item]:
        shards = await asyncio.gather(
            *(
                self._table.query(
                    Expression(
                        "#open_key = :open AND #open_until < :before",
                        {"open": keys.open_partition(shard), "before": keys.open_until(before)},
                    ),
                    index=keys.OPEN_INDEX,
                    limit=limit,
                )
                for shard in range(keys.OPEN_SHARDS)
            )
        )
        found = [keys.Key(pk=key["pk"], sk=key["sk"]) for shard in shards for key in shard.items]
        return list((await self._table.get_many(found)).values())

    async def repair_counters(self, tenant: str) -> int:
        """Count a tenant's runs again, correct the totals, and return how many of them were off. Reads all keys."""
        await self.counted()
        return await repair_counts(self._table, tenant)

    async def _was_counted(self, run_id: str) -> bool:
        """Whether this process has counted it."""
        counting = self._counting.pop(run_id, None)
        if counting is None:
            return False
        await asyncio.wait({counting})
        return counting.exception() is None and counting.result()

    async def counted(self) -> None:
        """Wait until what this process has begun to count is counted."""
        going_on = {*self._counting.values(), *self._forgetting}
        if going_on:
            await asyncio.wait(going_on)

    def _stored(self, run: Run) -> StoredRun:
        expires_at = expiry_of(run.created_at, self._retention_of(run))
        return to_stored(run, write_id=random_id(), expires_at=expires_at, room=self._room)

    def _retention_of(self, run: Run) -> timedelta | None:
        return self._retention if run.retention_days is None else timedelta(days=run.retention_days)

    async def _item(self, tenant: str, run_id: str, only: Sequence[str] = ()) -> Item:
        item = await self._table.get(keys.run_key(tenant, _usable(run_id)), only=only)
        if item is None or not is_live(item, datetime.now(UTC)):
            raise NotFound("Run not found")
        return item


def _leased(run_id: str, item: Item) -> tuple[Item, datetime]:
    """With a place in the index of what is open, and until when to work on it."""
    end = datetime.now(UTC) + LEASE
    place = {"open_key": keys.open_partition(keys.open_shard(run_id)), "open_until": keys.open_until(end)}
    return item | place, end - LEASE_GRACE


def _usable(run_id: str) -> str:
    """Raises NotFound for what cannot be an id."""
    if not 0 < len(run_id.encode()) <= MAX_ID_BYTES:
        raise NotFound("Run not found")
    return run_id
