"""The runs of all tenants in DynamoDB, what is too large for an item in S3. Each write is one conditional item write
that may be repeated; nothing is a transaction. See `keys` for the access patterns."""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from promptyard.domain.errors import Conflict, NotFound, StoreUnavailable
from promptyard.domain.identifiers import random_id
from promptyard.domain.paging import Page, PageRequest
from promptyard.domain.runs.run import Run, RunStatus
from promptyard.services.ports.runs import RunFilter
from promptyard.storage.runs.run_counts import RunCounts, expiry_of, is_live
from promptyard.storage.runs.run_items import POINTERS, StoredRun, from_stored, object_keys, to_stored
from promptyard.storage.runs.run_pages import MAX_ID_BYTES, read_page
from promptyard.storage.table import keys
from promptyard.storage.table.attributes import Item
from promptyard.storage.table.expressions import Expression
from promptyard.storage.table.objects import Objects
from promptyard.storage.table.table import Table

_CANCELLATION_KEPT_FOR = timedelta(hours=1)
"""After the run's deadline: nobody asks for it any more."""

logger = logging.getLogger("promptyard.storage")


class DynamoRunStore:
    """Implements `services.ports.runs.RunStore`. Runs expire after their own `retention_days`, else after `retention`;
    None keeps them."""

    def __init__(self, table: Table, objects: Objects, *, retention: timedelta | None = None) -> None:
        self._table = table
        self._objects = objects
        self._retention = retention
        self._counts = RunCounts(table)
        self._counting: set[asyncio.Task[None]] = set()

    async def start(self, run: Run) -> None:
        """Write the start record, in one round trip. Raises Conflict when the id is taken.

        The run is counted while it goes on: `settle` waits for that, and so do this process's own pages.
        """
        stored = self._stored(run)
        await self._put_objects(stored)
        try:
            await self._table.put(
                stored.item,
                Expression("attribute_not_exists(#pk) OR #write_id = :claim", {"claim": stored.item["write_id"]}),
            )
        except Conflict:
            await self._delete_orphans(stored)
            raise
        counting = asyncio.create_task(self._count(stored.item))
        self._counting.add(counting)
        counting.add_done_callback(self._counting.discard)

    async def add(self, run: Run) -> None:
        """Write the record of a run that has ended before it began, and count it. Raises Conflict when the id is
        taken."""
        await self.start(run)
        await self._counted()

    async def settle(self, run: Run) -> bool:
        """Write the final record; False when the run was settled already (or deleted), which is left as it is."""
        stored = self._stored(run)
        await self._put_objects(stored)
        try:
            await self._table.put(
                stored.item,
                Expression(
                    "#status = :running OR #write_id = :claim",
                    {"running": RunStatus.RUNNING.value, "claim": stored.item["write_id"]},
                ),
            )
        except Conflict:
            await self._delete_orphans(stored)
            return False
        finally:
            await self._counted()
        return True

    async def get(self, tenant: str, run_id: str) -> Run:
        """Raises NotFound."""
        runs = await self._runs([await self._item(tenant, run_id)])
        if not runs:
            raise NotFound("Run not found")
        return runs[0]

    async def delete(self, tenant: str, run_id: str) -> None:
        """Delete a run with all its content. Raises NotFound.

        The content goes first: when a process dies in between, the run is still there to be deleted again.
        """
        item = await self._item(tenant, run_id, only=("sk", "expires_at", *POINTERS))
        await self._delete_objects(object_keys(item))
        deleted = await self._table.delete(keys.run_key(tenant, run_id))
        if deleted is None:
            raise NotFound("Run not found")
        await self._delete_objects(set(object_keys(deleted)) - set(object_keys(item)))  # it was settled meanwhile
        await self._counted()
        await self._counts.add(deleted, -1)

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
        await self._counted()
        page = await read_page(self._table, tenant, where, request)
        return page.holding(await self._runs(page.items))

    async def interrupted(self, before: datetime, limit: int = 1000) -> list[Run]:
        """At most `limit` runs a shard that are marked running though their deadline was before that moment."""
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
        items = await self._table.get_many(found)
        return await self._runs([item for item in items.values() if item["status"] == RunStatus.RUNNING])

    async def repair_counters(self, tenant: str) -> int:
        """Count a tenant's runs again, correct the totals, and return how many of them were off. Reads all keys."""
        await self._counted()
        return await self._counts.repair(tenant)

    async def _count(self, run: Item) -> None:
        try:
            await self._counts.add(run, 1)
        except StoreUnavailable:
            logger.warning("run not counted", extra={"run_id": run["sk"]})

    async def _counted(self) -> None:
        """Wait until what this process has started is counted."""
        if self._counting:
            await asyncio.wait(self._counting)

    def _stored(self, run: Run) -> StoredRun:
        retention = self._retention if run.retention_days is None else timedelta(days=run.retention_days)
        return to_stored(run, write_id=random_id(), expires_at=expiry_of(run.created_at, retention))

    async def _item(self, tenant: str, run_id: str, only: Sequence[str] = ()) -> Item:
        item = await self._table.get(keys.run_key(tenant, _usable(run_id)), only=only)
        if item is None or not is_live(item, datetime.now(UTC)):
            raise NotFound("Run not found")
        return item

    async def _put_objects(self, stored: StoredRun) -> None:
        await asyncio.gather(*(self._objects.put(key, body) for key, body in stored.objects.items()))

    async def _delete_objects(self, named: Iterable[str]) -> None:
        await asyncio.gather(*(self._objects.delete(key) for key in named))

    async def _delete_orphans(self, stored: StoredRun) -> None:
        """Remove what this write put beside an item that it could not write, but nothing the item there points at."""
        if stored.objects:
            item = await self._table.get(keys.Key(pk=stored.item["pk"], sk=stored.item["sk"]))
            await self._delete_objects(stored.objects.keys() - set(object_keys(item or {})))

    async def _runs(self, items: Sequence[Item]) -> list[Run]:
        """The runs of these items, content and all. A run whose content is gone is being deleted, and left out."""
        wanted = [key for item in items for key in object_keys(item)]
        bodies = await asyncio.gather(*(self._objects.get(key) for key in wanted), return_exceptions=True)
        objects = {}
        for key, body in zip(wanted, bodies, strict=True):
            if isinstance(body, bytes):
                objects[key] = body
            elif not isinstance(body, NotFound):
                raise body
        return [from_stored(item, objects) for item in items if all(key in objects for key in object_keys(item))]


def _usable(run_id: str) -> str:
    """Raises NotFound for what cannot be an id."""
    if not 0 < len(run_id.encode()) <= MAX_ID_BYTES:
        raise NotFound("Run not found")
    return run_id
