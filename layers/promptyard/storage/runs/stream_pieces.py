"""Streams of runs and comparisons in the `runs` table, by the piece. They expire by themselves."""

import asyncio
import base64
import zlib
from datetime import UTC, datetime

from promptyard.services.ports.runs import StreamPiece
from promptyard.storage.runs.run_counts import is_live
from promptyard.storage.table import keys
from promptyard.storage.table.attributes import Item
from promptyard.storage.table.expressions import Expression
from promptyard.storage.table.table import Table

_PART = 256 * 1024
"""The characters of a piece that one item holds, of the 400 KB that it may have."""
_AT_ONCE = 20


class DynamoStreamStore:
    """Implements `services.ports.runs.StreamStore`. Frames are alike: compressed, those of half a second mostly
    cost one write unit."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def put(self, tenant: str, stream_id: str, piece: StreamPiece, expires_at: datetime) -> None:
        text = base64.b64encode(zlib.compress(piece.frames)).decode()
        item: Item = {"v": keys.SCHEMA_VERSION, "first": piece.first, "last": piece.last}
        item |= {"ended": False, "expires_at": int(expires_at.timestamp())}
        rest = range(_PART, len(text), _PART)
        for part, start in enumerate(rest, 1):
            key = keys.stream_piece_key(tenant, stream_id, piece.last, part)
            await self._table.put({**key, **item, "frames": text[start : start + _PART]})
        key = keys.stream_piece_key(tenant, stream_id, piece.last)
        await self._table.put({**key, **item, "ended": piece.ended, "parts": len(rest), "frames": text[:_PART]})

    async def after(self, tenant: str, stream_id: str, number: int) -> list[StreamPiece]:
        found = await self._table.read_all(_pieces(tenant, stream_id, number))
        now = datetime.now(UTC)
        items = {item["sk"]: item for item in found if is_live(item, now)}
        return [_piece(item, items) for item in items.values() if "parts" in item]

    async def newest(self, tenant: str, stream_id: str) -> StreamPiece | None:
        """Without its frames."""
        found = await self._table.query(_pieces(tenant, stream_id, -1), limit=1, backwards=True)
        newest = next((item for item in found.items if is_live(item, datetime.now(UTC))), None)
        if newest is None:
            return None
        head: Item | None = newest
        if "parts" not in newest:  # a further part of a piece: whether the stream has ended stands in the first one
            head = await self._table.get(keys.stream_piece_key(tenant, stream_id, newest["last"]))
        ended = head is not None and bool(head["ended"])
        return StreamPiece(newest["first"], newest["last"], b"", ended=ended)

    async def delete(self, tenant: str, stream_id: str) -> None:
        found = await self._table.read_all(_pieces(tenant, stream_id, -1), only=("pk", "sk"))
        places = [keys.Key(pk=item["pk"], sk=item["sk"]) for item in found]
        for start in range(0, len(places), _AT_ONCE):
            await asyncio.gather(*(self._table.delete(place) for place in places[start : start + _AT_ONCE]))


def _pieces(tenant: str, stream_id: str, after: int) -> Expression:
    low, high = keys.stream_pieces_between(stream_id, after)
    values = {"pk": keys.stream_pieces_partition(tenant), "low": low, "high": high}
    return Expression("#pk = :pk AND #sk BETWEEN :low AND :high", values)


def _piece(item: Item, items: dict[str, Item]) -> StreamPiece:
    parts = [items[f"{item['sk']}#{part:04}"] for part in range(1, item["parts"] + 1)]
    text = "".join(part["frames"] for part in (item, *parts))
    frames = zlib.decompress(base64.b64decode(text))
    return StreamPiece(item["first"], item["last"], frames, ended=item["ended"])
