"""Idempotency keys in the `usage` table, each under the SHA-256 of what the client sent. They expire by themselves."""

import asyncio

from promptyard.domain.errors import Conflict
from promptyard.services.ports.runs import IDEMPOTENCY_KEPT_FOR, IdempotencyRecord, KeptAnswer
from promptyard.storage.table import keys
from promptyard.storage.table.attributes import Item
from promptyard.storage.table.expressions import Changes, Expression
from promptyard.storage.table.table import Table

_PART = 90_000
"""The characters of an answer that one item holds: at most 360 KB of the 400 that it may have."""


_RELEASED = 0
"""A time that every key has expired at."""


class DynamoIdempotency:
    """Implements `services.ports.runs.IdempotencyStore`. An answer that does not fit into its key's item goes on in
    items of its own."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def claim(self, tenant: str, key: str, record: IdempotencyRecord) -> None:
        """Raises Conflict when somebody has the key. What has expired is nobody's, though it may still be there."""
        now = int(record.claimed_at.timestamp())
        free = Expression(
            "attribute_not_exists(#pk) OR #expires_at <= :now OR #claim = :claim", {"now": now, "claim": record.claim}
        )
        await self._table.put(_item(tenant, key, record), free)

    async def get(self, tenant: str, key: str) -> IdempotencyRecord | None:
        item = await self._table.get(keys.idempotency_key(tenant, key))
        if item is None or item["expires_at"] == _RELEASED:
            return None
        body = "".join([item.get("body", ""), *await self._parts(tenant, key, item)])
        answer = KeptAnswer(status=item["status"], headers=item["headers"], body=body) if "status" in item else None
        return IdempotencyRecord.model_validate({**item, "answer": answer})

    async def note(self, tenant: str, key: str, record: IdempotencyRecord) -> None:
        """Write what has become known since the claim. Does nothing when another request has the key."""
        body = record.answer.body if record.answer else ""
        rest = [body[start : start + _PART] for start in range(_PART, len(body), _PART)]
        places = [_part_key(tenant, key, record.claim, number) for number in range(len(rest))]
        item = _item(tenant, key, record)
        parts = ({**item, **place, "body": part} for place, part in zip(places, rest, strict=True))
        await asyncio.gather(*(self._table.put(part) for part in parts))
        if record.answer is not None:
            answer = {"status": record.answer.status, "headers": record.answer.headers, "body": body[:_PART]}
            item |= answer | {"parts": len(rest)}
        try:
            await self._table.put(item, Expression("#claim = :claim", {"claim": record.claim}))
        except Conflict:
            await asyncio.gather(*(self._table.delete(place) for place in places))

    async def release(self, tenant: str, key: str, claim: str) -> None:
        """Let the next request have the key. Does nothing when another request has it."""
        try:
            released = Changes().set("expires_at", _RELEASED).require_equal("claim", claim)
            await self._table.update(keys.idempotency_key(tenant, key), released)
        except Conflict:
            return

    async def _parts(self, tenant: str, key: str, item: Item) -> list[str]:
        places = [_part_key(tenant, key, item["claim"], number) for number in range(item.get("parts", 0))]
        found = await self._table.get_many(places)
        return [found[place["pk"], place["sk"]]["body"] for place in places]


def _item(tenant: str, key: str, record: IdempotencyRecord) -> Item:
    known = record.model_dump(mode="json", exclude={"answer"}, exclude_none=True)
    expires_at = int((record.claimed_at + IDEMPOTENCY_KEPT_FOR).timestamp())
    return {**keys.idempotency_key(tenant, key), "v": keys.SCHEMA_VERSION, **known, "expires_at": expires_at}


def _part_key(tenant: str, key: str, claim: str, number: int) -> keys.Key:
    """The claim is in it, so that no late writer overwrites a part of another request's answer."""
    return keys.idempotency_key(tenant, f"{key}#{claim}#{number}")
