"""One DynamoDB table, asynchronously. Every method raises what `aws.calls.store_error` makes."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from promptyard.aws.calls import RETRY_AFTER_SECONDS, call, pause
from promptyard.domain.errors import StoreUnavailable
from promptyard.domain.identifiers import random_id
from promptyard.storage.table.attributes import Item, from_attributes, to_attributes
from promptyard.storage.table.expressions import Expression, request_parameters
from promptyard.storage.table.keys import Key

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import BatchGetItemOutputTypeDef

    from promptyard.storage.table.expressions import Changes

MAX_BATCH = 100
"""The keys that one BatchGetItem takes."""
BATCH_ATTEMPTS = 4
BATCH_PAUSE_SECONDS = 0.05
_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Found:
    """What one Query read: the items that passed the filter, and the key to go on after, None at the end."""

    items: list[Item]
    last_key: Item | None


class Table:
    """`client` is called at the first request, so that nothing of AWS is loaded before it is needed. `at_once`: it
    answers from this process."""

    def __init__(self, client: Callable[[], "DynamoDBClient"], name: str, *, at_once: bool = False) -> None:
        self._client = client
        self._name = name
        self._call = partial(call, at_once=at_once)

    async def get(self, key: Key, *, only: Sequence[str] = (), consistent: bool = True) -> Item | None:
        """One item, or the attributes `only` of it. What is not read consistently costs half as much, and may be what
        the item was a moment ago."""
        given = request_parameters(projection=only)
        answer = await self._call(
            lambda: self._client().get_item(
                TableName=self._name, Key=to_attributes(key), ConsistentRead=consistent, **given
            )
        )
        item = answer.get("Item")
        return None if item is None else from_attributes(item)

    async def get_many(self, keys: Sequence[Key]) -> dict[tuple[str, str], Item]:
        """The items that are there, by (pk, sk), read consistently: a request per 100 keys."""
        batches = [keys[start : start + MAX_BATCH] for start in range(0, len(keys), MAX_BATCH)]
        found = await asyncio.gather(*(self._get_batch(batch) for batch in batches))
        return {(item["pk"], item["sk"]): item for items in found for item in items}

    async def _get_batch(self, keys: Sequence[Key]) -> list[Item]:
        """DynamoDB may leave keys unprocessed, when it throttles or past 16 MB: they are asked for again."""
        items: list[Item] = []
        asked: Any = {self._name: {"Keys": [to_attributes(key) for key in keys], "ConsistentRead": True}}
        for attempt in range(BATCH_ATTEMPTS):
            answer = await self._call(partial(self._request_batch, asked))
            items += [from_attributes(item) for item in answer["Responses"].get(self._name, [])]
            asked = answer.get("UnprocessedKeys")
            if not asked:
                return items
            if attempt + 1 < BATCH_ATTEMPTS:
                await asyncio.sleep(pause(BATCH_PAUSE_SECONDS, attempt))
        raise StoreUnavailable("The store is busy", retry_after=RETRY_AFTER_SECONDS)

    def _request_batch(self, asked: Any) -> "BatchGetItemOutputTypeDef":
        return self._client().batch_get_item(RequestItems=asked)

    async def put(self, item: Item, condition: Expression | None = None) -> None:
        """Write a whole item. Raises Conflict when the condition does not hold."""
        given = request_parameters(condition=condition)
        await self._call(lambda: self._client().put_item(TableName=self._name, Item=to_attributes(item), **given))

    async def update(self, key: Key, changes: "Changes") -> None:
        """Change, or make, one item. Raises Conflict when what they require does not hold."""
        given = changes.parameters()
        await self._call(lambda: self._client().update_item(TableName=self._name, Key=to_attributes(key), **given))

    async def update_and_get(self, key: Key, changes: "Changes", *, without: str = "") -> Item:
        """As `update`; returns the item as it was after it, without the attributes whose names begin so: there may be
        hundreds, and each of them takes as long as all others."""
        attributes = await self._updated(key, changes)
        if without:
            attributes = {name: value for name, value in attributes.items() if not name.startswith(without)}
        return from_attributes(attributes)

    async def update_and_names(self, key: Key, changes: "Changes") -> Collection[str]:
        """As `update`; returns the names of the attributes that the item had after it."""
        return (await self._updated(key, changes)).keys()

    async def _updated(self, key: Key, changes: "Changes") -> Mapping[str, Any]:
        given = changes.parameters()
        answer = await self._call(
            lambda: self._client().update_item(
                TableName=self._name, Key=to_attributes(key), ReturnValues="ALL_NEW", **given
            )
        )
        return answer["Attributes"]

    async def delete(self, key: Key, condition: Expression | None = None) -> Item | None:
        """Delete one item and return it as it was, None when it was not there. Raises Conflict when the condition does
        not hold."""
        given = request_parameters(condition=condition)
        answer = await self._call(
            lambda: self._client().delete_item(
                TableName=self._name, Key=to_attributes(key), ReturnValues="ALL_OLD", **given
            )
        )
        item = answer.get("Attributes")
        return None if item is None else from_attributes(item)

    async def read_all(self, condition: Expression, *, only: Sequence[str] = ()) -> list[Item]:
        """Every item that a Query of the table finds: a request a MB."""
        return [item async for page in self.pages(condition, limit=_PAGE, only=only) for item in page]

    async def pages(
        self, condition: Expression, *, limit: int, only: Sequence[str] = ()
    ) -> AsyncGenerator[list[Item], None]:
        """The same by the page, as they are asked for. A page holds `limit` items at most, and 1 MB."""
        after = None
        while True:
            found = await self.query(condition, limit=limit, after=after, only=only)
            yield found.items
            after = found.last_key
            if after is None:
                return

    async def query(
        self,
        condition: Expression,
        *,
        limit: int,
        index: str | None = None,
        after: Mapping[str, Any] | None = None,
        where: Expression | None = None,
        only: Sequence[str] = (),
        backwards: bool = False,
    ) -> Found:
        """Read at most `limit` items (before the filter `where`) and at most 1 MB. The table itself is read
        consistently; an index cannot be."""
        given = request_parameters(key=condition, where=where, projection=only)
        if index is None:
            given["ConsistentRead"] = True
        else:
            given["IndexName"] = index
        if after is not None:
            given["ExclusiveStartKey"] = to_attributes(after)
        answer = await self._call(
            lambda: self._client().query(TableName=self._name, Limit=limit, ScanIndexForward=not backwards, **given)
        )
        last_key = answer.get("LastEvaluatedKey")
        return Found(
            [from_attributes(item) for item in answer["Items"]],
            None if last_key is None else from_attributes(last_key),
        )


def once(item: Item) -> tuple[Item, Expression]:
    """The item, marked with an id of this write, and the condition that nobody else's is there: sent again, because
    the first answer was lost, the write still succeeds."""
    write_id = random_id()
    condition = Expression("attribute_not_exists(#pk) OR #write_id = :claim", {"claim": write_id})
    return item | {"write_id": write_id}, condition
