"""Saved runs in DynamoDB, beside the executed ones; what is too large for an item in S3."""

import asyncio
import hashlib
import json
from collections.abc import AsyncGenerator, Iterable
from datetime import UTC, datetime, timedelta

from promptyard.domain.errors import NotFound
from promptyard.domain.paging import PAGE_BYTES, fitting
from promptyard.domain.runs.saved_runs import SavedRun
from promptyard.storage.runs.run_counts import expiry_of, is_live
from promptyard.storage.runs.run_pages import MAX_ID_BYTES
from promptyard.storage.table import keys
from promptyard.storage.table.attributes import Item
from promptyard.storage.table.expressions import Expression
from promptyard.storage.table.objects import Objects
from promptyard.storage.table.table import Table, once

INLINE_BYTES = 40 * 1024
_PAGE = 20
_CONTENT = frozenset({"config", "results", "retention_days"})
_NOT_THERE = "Run not found"


class DynamoSavedRunStore:
    """Implements `services.ports.runs.SavedRunStore`. Records expire after their own `retention_days`, else after
    `retention`; None keeps them."""

    def __init__(self, table: Table, objects: Objects, *, retention: timedelta | None = None) -> None:
        self._table = table
        self._objects = objects
        self._retention = retention

    async def add(self, saved: SavedRun) -> None:
        """Raises Conflict when the id is taken."""
        item: Item = {
            **keys.saved_run_key(saved.tenant, saved.id),
            "v": keys.SCHEMA_VERSION,
            "prompt_id": saved.prompt_id,
            "created_at": saved.created_at.isoformat(),
        }
        if saved.version_id is not None:
            item["version_id"] = saved.version_id
            item[keys.link_attribute("version")] = keys.saved_version_partition(saved.tenant, saved.version_id)
        retention = self._retention if saved.retention_days is None else timedelta(days=saved.retention_days)
        expires_at = expiry_of(saved.created_at, retention)
        if expires_at is not None:
            item["expires_at"] = expires_at
        text = json.dumps(saved.model_dump(include=set(_CONTENT)), ensure_ascii=False, separators=(",", ":"))
        body = text.encode()
        if len(body) <= INLINE_BYTES:
            item["content"] = text
        else:
            digest = hashlib.sha256(body).hexdigest()[:32]
            item["content_bytes"] = len(body)
            item["content_object"] = keys.run_object(saved.tenant, saved.id, "saved", digest)
            await self._objects.put(item["content_object"], body)
        await self._table.put(*once(item))

    async def get(self, tenant: str, saved_id: str) -> SavedRun:
        """Raises NotFound."""
        return await self._saved(await self._item(tenant, saved_id))

    async def delete(self, tenant: str, saved_id: str) -> None:
        """Delete it with all its content, which goes first. Raises NotFound."""
        item = await self._item(tenant, saved_id)
        if "content_object" in item:
            await self._objects.delete(item["content_object"])
        await self._table.delete(keys.saved_run_key(tenant, saved_id))

    async def pages(self, tenant: str) -> AsyncGenerator[list[SavedRun], None]:
        """All of them, oldest first, as they are asked for."""
        whole = Expression("#pk = :pk", {"pk": keys.saved_runs_partition(tenant)})
        async for items in self._table.pages(whole, limit=_PAGE):
            now = datetime.now(UTC)
            live = [item for item in items if is_live(item, now)]
            while live:
                count = fitting(_bytes_of(item) for item in live)
                yield await self._with_content(live[:count])
                live = live[count:]

    async def newest(self, tenant: str, version_id: str, limit: int) -> list[SavedRun]:
        """The newest of a prompt version, as many as a page has room for."""
        attribute, partition = keys.link_attribute("version"), keys.saved_version_partition(tenant, version_id)
        of_version = Expression(f"#{attribute} = :partition", {"partition": partition})
        items: list[Item] = []
        after = None
        while len(items) < limit:
            found = await self._table.query(
                of_version, index=keys.link_index("version"), limit=limit - len(items), after=after, backwards=True
            )
            asked = [keys.saved_run_key(tenant, key["sk"]) for key in found.items]
            there = await self._table.get_many(asked)
            now = datetime.now(UTC)
            read = [there[key["pk"], key["sk"]] for key in asked if (key["pk"], key["sk"]) in there]
            items += [item for item in read if is_live(item, now)]
            after = found.last_key
            if after is None:
                break
        return await self._with_content(items[: fitting(_bytes_of(item) for item in items)])

    async def _with_content(self, items: Iterable[Item]) -> list[SavedRun]:
        outcomes = await asyncio.gather(*(self._saved(item) for item in items), return_exceptions=True)
        saved = []
        for outcome in outcomes:
            if isinstance(outcome, SavedRun):
                saved.append(outcome)
            elif not isinstance(outcome, NotFound):  # one whose content is gone is being deleted
                raise outcome
        return saved

    async def _item(self, tenant: str, saved_id: str) -> Item:
        if not 0 < len(saved_id.encode()) <= MAX_ID_BYTES:
            raise NotFound(_NOT_THERE)
        item = await self._table.get(keys.saved_run_key(tenant, saved_id))
        if item is None or not is_live(item, datetime.now(UTC)):
            raise NotFound(_NOT_THERE)
        return item

    async def _saved(self, item: Item) -> SavedRun:
        """Raises NotFound when its content is gone."""
        content = item["content"] if "content" in item else await self._objects.get(item["content_object"])
        return SavedRun(
            id=item["sk"],
            tenant=keys.tenant_of(item["pk"]),
            prompt_id=item["prompt_id"],
            version_id=item.get("version_id"),
            created_at=datetime.fromisoformat(item["created_at"]),
            **json.loads(content),
        )


def _bytes_of(item: Item) -> int:
    return len(item["content"].encode()) if "content" in item else int(item.get("content_bytes", PAGE_BYTES))
