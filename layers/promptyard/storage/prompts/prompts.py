"""The prompts of all tenants and their versions in DynamoDB, what is too large for an item in S3. Each write is one
conditional item write that may be repeated. See `keys` for the access patterns."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import TypeVar

from promptyard.domain.errors import BadCursor, Conflict, NotFound
from promptyard.domain.paging import Page, PageRequest
from promptyard.domain.prompts.prompt import Prompt, PromptFilter, PromptVersion, VersionInfo
from promptyard.storage.prompts.items import (
    INFO_ATTRIBUTES,
    content_object,
    plain,
    prompt_from_item,
    prompt_item,
    version_from_item,
    version_info,
    version_item,
)
from promptyard.storage.table import keys
from promptyard.storage.table.attributes import Item
from promptyard.storage.table.cursors import decode_cursor, encode_cursor
from promptyard.storage.table.expressions import Changes, Expression
from promptyard.storage.table.objects import Objects
from promptyard.storage.table.table import Table, once
from promptyard.storage.table.tombstones import change_living

_PAGE = 1000
_CONTENT_PAGE = 20
Position = TypeVar("Position", str, int)


class DynamoPromptStore:
    """Implements `services.ports.prompts.PromptStore`."""

    def __init__(self, table: Table, objects: Objects) -> None:
        self._table = table
        self._objects = objects

    async def create(self, prompt: Prompt) -> None:
        """Raises Conflict when there is one of that name."""
        await self._table.put(*once(prompt_item(prompt)))

    async def pages(self, tenant: str) -> AsyncGenerator[list[Prompt], None]:
        """All of them, by their ids, as they are asked for."""
        async for items in self._table.pages(_prompts(tenant), limit=_PAGE):
            yield [prompt_from_item(item) for item in items]

    async def version_pages(self, tenant: str, prompt_id: str) -> AsyncGenerator[list[PromptVersion], None]:
        """All of a prompt's with their content, the oldest first, as they are asked for."""
        async for items in self._table.pages(_versions(tenant, prompt_id), limit=_CONTENT_PAGE):
            yield [await self._with_content(item) for item in items]

    async def get(self, tenant: str, prompt_id: str) -> Prompt:
        """Raises NotFound."""
        item = await self._table.get(keys.prompt_key(tenant, prompt_id))
        if item is None:
            raise NotFound("No such prompt")
        return prompt_from_item(item)

    async def page(self, tenant: str, where: PromptFilter, request: PageRequest) -> Page[Prompt]:
        """By name. Raises BadCursor.

        Reads all of the tenant's prompts: what to search for stands anywhere in their names and descriptions, and
        the total is exact.
        """
        list_ = f"prompts {tenant} {where!r}"
        after = None if request.cursor is None else _position(list_, request.cursor, str)
        prompts = [prompt_from_item(item) for item in await self._query(_prompts(tenant))]
        matching = sorted((prompt for prompt in prompts if where.matches(prompt)), key=lambda prompt: prompt.name)
        rest = matching[request.offset :] if after is None else [prompt for prompt in matching if prompt.name > after]
        page = rest[: request.limit]
        more = len(rest) > request.limit
        return Page(page, len(matching), encode_cursor(list_, {"at": page[-1].name}) if more else None)

    async def change(
        self, tenant: str, prompt_id: str, changes: Mapping[str, str | datetime | None], at: datetime
    ) -> None:
        """Write `description`, `archived_at` or both; None removes. Raises NotFound."""
        wanted = {name: plain(value) for name, value in changes.items()}
        await self._change(tenant, prompt_id, Changes().assign(wanted), at)

    async def set_label(self, tenant: str, prompt_id: str, label: str, number: int, at: datetime) -> None:
        """Make, or move, a label. Raises NotFound."""
        await self._change(tenant, prompt_id, Changes().set(("labels", label), number), at)

    async def remove_label(self, tenant: str, prompt_id: str, label: str, at: datetime) -> None:
        """Raises NotFound when it is not there."""
        place = ("labels", label)
        removal = Changes().remove(place).require_there(place)
        await self._change(tenant, prompt_id, removal, at, gone=f"No such label: {label}")

    async def claim_alias(self, tenant: str, alias: str, prompt_id: str) -> None:
        """Raises Conflict when another prompt has it."""
        item = {**keys.prompt_alias_key(tenant, alias), "v": keys.SCHEMA_VERSION, "prompt_id": prompt_id}
        free = "attribute_not_exists(#pk) OR #prompt_id = :prompt_id"
        await self._table.put(item, Expression(free, {"prompt_id": prompt_id}))

    async def alias(self, tenant: str, alias: str) -> str | None:
        """The id of the prompt that has it."""
        item = await self._table.get(keys.prompt_alias_key(tenant, alias))
        return None if item is None else item["prompt_id"]

    async def release_alias(self, tenant: str, alias: str, prompt_id: str) -> None:
        """Does nothing when that prompt has not claimed it."""
        own = Expression("#prompt_id = :prompt_id", {"prompt_id": prompt_id})
        with suppress(Conflict):
            await self._table.delete(keys.prompt_alias_key(tenant, alias), own)

    async def note_alias(self, tenant: str, prompt_id: str, alias: str, at: datetime) -> None:
        """Have the prompt show it. Raises NotFound."""
        await self._change(tenant, prompt_id, Changes().set_if_missing("aliases", {}), at)  # older ones have none
        await self._change(tenant, prompt_id, Changes().set(("aliases", alias), plain(at)), at)

    async def forget_alias(self, tenant: str, prompt_id: str, alias: str, at: datetime) -> None:
        """Raises NotFound when the prompt does not show it."""
        place = ("aliases", alias)
        removal = Changes().remove(place).require_there(place)
        await self._change(tenant, prompt_id, removal, at, gone=f"No such alias: {alias}")

    async def _change(
        self, tenant: str, prompt_id: str, changes: Changes, at: datetime, *, gone: str = "No such prompt"
    ) -> None:
        dated = changes.set("updated_at", plain(at))
        await change_living(self._table, keys.prompt_key(tenant, prompt_id), dated, gone)

    async def add_version(self, tenant: str, version: PromptVersion) -> None:
        """Raises Conflict when the number is taken."""
        item, objects = version_item(tenant, version)
        await asyncio.gather(*(self._objects.put(key, body) for key, body in objects.items()))
        await self._table.put(*once(item))

    async def note_latest(self, tenant: str, version: PromptVersion) -> None:
        """Tell the prompt of its newest version; does nothing where it knows of that one or of a later one."""
        latest = Changes().set("latest_version", version.number)
        latest.require_at_most("latest_version", version.number - 1)
        with suppress(NotFound):
            await self._change(tenant, version.prompt_id, latest, version.created_at)

    async def version(self, tenant: str, prompt_id: str, number: int) -> PromptVersion | None:
        item = await self._table.get(keys.version_key(tenant, prompt_id, number))
        return None if item is None else await self._with_content(item)

    async def has_version(self, tenant: str, prompt_id: str, number: int) -> bool:
        return await self._table.get(keys.version_key(tenant, prompt_id, number), only=("sk",)) is not None

    async def newest(self, tenant: str, prompt_id: str) -> PromptVersion | None:
        items = await self._query(_versions(tenant, prompt_id), limit=1, backwards=True)
        return await self._with_content(items[0]) if items else None

    async def versions(self, tenant: str, prompt_id: str, request: PageRequest) -> Page[VersionInfo]:
        """Newest first. Raises BadCursor.

        Numbers have no gaps, so the newest one is the total, and an offset leads to a number.
        """
        list_ = f"versions {tenant} {prompt_id}"
        newest = await self._query(_versions(tenant, prompt_id), limit=1, backwards=True, only=("sk",))
        total = int(newest[0]["sk"]) if newest else 0
        first = total - request.offset if request.cursor is None else _position(list_, request.cursor, int)
        items = []
        if first > 0:
            items = await self._query(
                _versions(tenant, prompt_id, up_to=first), limit=request.limit, backwards=True, only=INFO_ATTRIBUTES
            )
        following = first - request.limit
        next_cursor = encode_cursor(list_, {"at": following}) if following > 0 else None
        return Page([version_info(item) for item in items], total, next_cursor)

    async def _with_content(self, item: Item) -> PromptVersion:
        key = content_object(item)
        return version_from_item(item, None if key is None else await self._objects.get(key))

    async def _query(
        self, condition: Expression, *, limit: int | None = None, backwards: bool = False, only: Sequence[str] = ()
    ) -> list[Item]:
        """The items, `limit` at most: as many requests as it takes, each of which reads 1 MB at most."""
        items: list[Item] = []
        after = None
        while True:
            left = _PAGE if limit is None else limit - len(items)
            found = await self._table.query(condition, limit=left, after=after, backwards=backwards, only=only)
            items += found.items
            after = found.last_key
            if after is None or len(items) == limit:
                return items


def _prompts(tenant: str) -> Expression:
    return Expression("#pk = :pk", {"pk": keys.prompts_partition(tenant)})


def _versions(tenant: str, prompt_id: str, *, up_to: int | None = None) -> Expression:
    values = {"pk": keys.versions_partition(tenant, prompt_id)}
    if up_to is None:
        return Expression("#pk = :pk", values)
    return Expression("#pk = :pk AND #sk <= :last", values | {"last": keys.version_number(up_to)})


def _position(list_: str, cursor: str, kind: type[Position]) -> Position:
    """Raises BadCursor."""
    position = decode_cursor(list_, cursor).get("at")
    if not isinstance(position, kind):
        raise BadCursor
    return position
