"""Streams by the piece, in the table."""

import random
import string
from datetime import UTC, datetime, timedelta

import pytest

from promptyard.domain.identifiers import time_ordered_id
from promptyard.services.ports.runs import StreamPiece
from promptyard.storage.runs.stream_pieces import DynamoStreamStore
from promptyard.storage.table import keys
from promptyard.storage.table.table import Table
from promptyard_local.aws import LocalAws
from tests.support.aws.local_aws import counted_requests

LATER = datetime.now(UTC) + timedelta(hours=1)
OPENING = StreamPiece(1, 0, b"")
PIECES = [StreamPiece(1, 9, b"id: 3\n\xc3\xa9"), StreamPiece(10, 10, b"ten"), StreamPiece(11, 2000, b"", ended=True)]


@pytest.fixture
def store(runs_table: Table) -> DynamoStreamStore:
    return DynamoStreamStore(runs_table)


async def put(store: DynamoStreamStore, *pieces: StreamPiece, stream_id: str = "s") -> None:
    for piece in pieces:
        await store.put("acme", stream_id, piece, LATER)


async def test_pieces_are_found_by_the_event_after_which_they_are_asked_for(store: DynamoStreamStore) -> None:
    await put(store, OPENING, *PIECES)
    await put(store, StreamPiece(1, 5, b"of another"), stream_id="s2")
    await put(store, StreamPiece(1, 5, b"of another"), stream_id="r")
    assert await store.after("acme", "s", 0) == PIECES
    assert await store.after("acme", "s", 8) == PIECES
    assert await store.after("acme", "s", 9) == PIECES[1:]
    assert await store.after("acme", "s", 1999) == PIECES[2:]
    assert await store.after("acme", "s", 2000) == []
    assert await store.after("other", "s", 0) == []


async def test_the_newest_tells_that_a_stream_is_there_and_whether_it_has_ended(store: DynamoStreamStore) -> None:
    assert await store.newest("acme", "s") is None
    await put(store, OPENING)
    assert await store.newest("acme", "s") == OPENING
    await put(store, *PIECES)
    assert await store.newest("acme", "s") == PIECES[-1]
    assert await store.newest("other", "s") is None


async def test_what_is_too_large_for_an_item_is_kept_in_parts(store: DynamoStreamStore, runs_table: Table) -> None:
    dice = random.Random(1)
    large = "".join(dice.choices(string.printable, k=900_000)).encode()
    pieces = [StreamPiece(1, 4, b"before"), StreamPiece(5, 5, large), StreamPiece(6, 6, b"after", ended=True)]
    await put(store, *pieces)
    assert await store.after("acme", "s", 0) == pieces
    assert await store.after("acme", "s", 4) == pieces[1:]
    assert await store.newest("acme", "s") == StreamPiece(6, 6, b"", ended=True)
    await store.delete("acme", "s")
    assert await store.after("acme", "s", 0) == []


@pytest.mark.parametrize("ended", [False, True])
async def test_the_newest_in_parts_tells_whether_its_stream_has_ended(store: DynamoStreamStore, ended: bool) -> None:
    large = random.Random(1).randbytes(600_000)
    await put(store, OPENING, StreamPiece(1, 5, large, ended=ended))
    assert await store.newest("acme", "s") == StreamPiece(1, 5, b"", ended=ended)


async def test_a_piece_of_which_parts_are_missing_is_not_there_yet(
    store: DynamoStreamStore, runs_table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = random.Random(1).randbytes(600_000)
    put_item, written = runs_table.put, list[str]()

    async def one_alone(item: dict[str, object]) -> None:
        if not written:
            await put_item(item)
        written.append(str(item["sk"]))

    await put(store, OPENING)
    monkeypatch.setattr(runs_table, "put", one_alone)
    await put(store, StreamPiece(1, 5, large, ended=True))
    assert len(written) == 4
    assert await store.after("acme", "s", 0) == []
    newest = await store.newest("acme", "s")
    assert newest is not None
    assert not newest.ended


async def test_what_has_expired_is_gone_before_it_is_removed(store: DynamoStreamStore) -> None:
    await store.put("acme", "s", PIECES[0], datetime.now(UTC) - timedelta(seconds=2))
    assert await store.after("acme", "s", 0) == []
    assert await store.newest("acme", "s") is None


async def test_a_stream_is_deleted_and_no_other(store: DynamoStreamStore) -> None:
    await put(store, OPENING, *PIECES)
    await put(store, *PIECES, stream_id="s2")
    await store.delete("acme", "s")
    assert await store.newest("acme", "s") is None
    assert await store.after("acme", "s2", 0) == PIECES


async def test_a_look_and_a_piece_are_one_request_each(store: DynamoStreamStore, local_aws: LocalAws) -> None:
    with counted_requests(local_aws.clients.dynamodb()) as counts:
        await put(store, OPENING, *PIECES)
        await store.after("acme", "s", 9)
        await store.newest("acme", "s")
    assert counts == {"PutItem": 4, "Query": 2}


async def test_half_a_seconds_frames_cost_one_write_unit(store: DynamoStreamStore, runs_table: Table) -> None:
    words = ["quick", "brown", "fox", "jumps", "over", "a", "lazy", "dog", "and", "event", "loop"] * 5
    frames = "".join(f'id: {1000 + n}\ndata: {{"content": "{word} "}}\n\n' for n, word in enumerate(words)).encode()
    assert len(frames) > 2000
    stream_id = time_ordered_id()
    await store.put("acme", stream_id, StreamPiece(1000, 1054, frames), LATER)
    item = await runs_table.get(keys.stream_piece_key("acme", stream_id, 1054))
    assert item is not None
    assert sum(len(f"{name}{value}") for name, value in item.items()) < 1024
