"""What was too large for the items of runs that have expired. DynamoDB removes an item whose time is over, and knows
nothing of the objects that it named: they are looked for here."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime

from promptyard.domain.identifiers import first_id_at
from promptyard.storage.runs.run_counts import is_live
from promptyard.storage.table import keys
from promptyard.storage.table.objects import Objects
from promptyard.storage.table.table import Table


class DynamoRunContent:
    """Implements `services.ports.runs.RunContentStore`."""

    def __init__(self, table: Table, objects: Objects) -> None:
        self._table = table
        self._objects = objects

    async def delete_expired(self, tenant: str, before: datetime) -> int:
        """Objects sort by their runs' ids, and these by time: only what began before that moment is read."""
        end = keys.run_objects(tenant, first_id_at(int(before.timestamp() * 1000)))
        deleted = 0
        async for page in self._objects.keys_below(keys.run_objects(tenant)):
            deleted += await self._delete_abandoned(tenant, [key for key in page if key < end])
            if page[-1] >= end:
                break
        return deleted

    async def _delete_abandoned(self, tenant: str, objects: Sequence[str]) -> int:
        of_run: defaultdict[str, list[str]] = defaultdict(list)
        for key in objects:
            of_run[keys.run_of_object(key)].append(key)
        asked = [key for run_id in of_run for key in (keys.run_key(tenant, run_id), keys.saved_run_key(tenant, run_id))]
        now = datetime.now(UTC)
        live = {sk for (_, sk), item in (await self._table.get_many(asked)).items() if is_live(item, now)}
        abandoned = [key for run_id, named in of_run.items() if run_id not in live for key in named]
        await asyncio.gather(*(self._objects.delete(key) for key in abandoned))
        return len(abandoned)
