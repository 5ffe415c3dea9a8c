"""The content of runs that had no room in their items: objects, each of which one run's item names."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence

from promptyard.domain.errors import NotFound
from promptyard.domain.runs.run import Run
from promptyard.storage.runs.run_counts import DELETING
from promptyard.storage.runs.run_items import StoredRun, from_stored, object_keys
from promptyard.storage.table import keys
from promptyard.storage.table.attributes import Item
from promptyard.storage.table.objects import Objects
from promptyard.storage.table.table import Table


class RunObjects:
    def __init__(self, table: Table, objects: Objects) -> None:
        """`table` has the runs' items."""
        self._table = table
        self._objects = objects

    async def put(self, objects: Mapping[str, bytes]) -> None:
        """None is on its way any more when this fails."""
        puts = (self._objects.put(key, body) for key, body in objects.items())
        failures = [failure for failure in await asyncio.gather(*puts, return_exceptions=True) if failure is not None]
        try:
            if failures:
                raise failures[0]
        finally:
            del failures  # they have this frame, which would have them, and the content

    async def delete(self, named: Iterable[str]) -> None:
        await asyncio.gather(*(self._objects.delete(key) for key in named))

    async def delete_orphans(self, stored: StoredRun) -> None:
        """Remove what was put beside an item that could not be written, but nothing the item there points at."""
        if stored.objects:
            item = await self._table.get(keys.Key(pk=stored.item["pk"], sk=stored.item["sk"]))
            kept = set() if item is None or DELETING in item else set(object_keys(item))
            await self.delete(stored.objects.keys() - kept)

    async def runs(self, items: Sequence[Item]) -> list[Run]:
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
