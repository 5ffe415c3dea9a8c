"""A stream that is read from its pieces, from any event on, however they come."""

import asyncio
import random
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptyard.api.sse import frames_after
from promptyard.domain.errors import StoreUnavailable
from promptyard.services.ports.runs import StreamPiece
from promptyard.services.runs.log import EventLog
from promptyard.services.runs.resuming import piece_reader, piece_writer
from promptyard.services.runs.resuming.piece_reader import PieceReader
from promptyard.services.runs.resuming.piece_writer import PieceWriter
from tests.support.doubles.streams import STREAM, TENANT, MemoryStreamStore, frame_of, framed


@pytest.fixture(autouse=True)
def _at_once() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(piece_writer, "PAUSE_SECONDS", 0.001)
        patched.setattr(piece_reader, "SHORTEST_PAUSE_SECONDS", 0.0)
        patched.setattr(piece_reader, "LONGEST_PAUSE_SECONDS", 0.002)
        yield


async def never(_: int) -> bytes | None:
    raise AssertionError("it need not be asked")


async def not_yet(_: int) -> bytes | None:
    return None


def reader_of(
    store: MemoryStreamStore, after: int = 0, *, end_of: piece_reader.EndOf = never, seconds: float = 60
) -> PieceReader:
    return PieceReader(store, TENANT, STREAM, after, end_of=end_of, seconds=seconds)


async def read(reader: PieceReader) -> bytes:
    return b"".join([frames_after(*told) async for batch in reader for told in batch])


def frames(*numbers: int) -> bytes:
    return b"".join(frame_of(number, "x") for number in numbers)


@given(st.lists(st.sampled_from(["word", "", "two\\n words"]), min_size=1, max_size=60), st.data())
def test_from_any_event_on_it_gives_what_the_stream_gave(events: list[str], data: st.DataObject) -> None:
    asyncio.run(_resumed(events, data.draw(st.integers(0, len(events))), random.Random(len(events))))


async def _resumed(events: list[str], after: int, dice: random.Random) -> None:
    store, log = MemoryStreamStore(), EventLog[str]()
    stream = framed(log)
    writer = PieceWriter(store, stream, datetime.now(UTC))
    following = asyncio.create_task(writer.follow())
    reading = asyncio.create_task(read(reader_of(store, after)))
    for event in events:
        log.append(event)
        if dice.random() < 0.3:
            await dice.choice([stream.looked_at, store.read]).next()
    await writer.finish("end")
    log.append("end")
    log.close()
    await following
    told = [frame_of(number, event) for number, event in enumerate([*events, "end"], 1)]
    assert await asyncio.wait_for(reading, 5) == b"".join(told[after:])


async def test_pieces_that_overlap_are_told_once() -> None:
    store = MemoryStreamStore()
    store.pieces = [
        StreamPiece(1, 2, frames(1, 2)),
        StreamPiece(1, 4, frames(1, 2, 3, 4)),
        StreamPiece(5, 5, b"", True),
    ]
    assert await read(reader_of(store)) == frames(1, 2, 3, 4)
    assert await read(reader_of(store, 3)) == frames(4)


async def test_where_pieces_are_missing_it_ends() -> None:
    store = MemoryStreamStore()
    store.pieces = [StreamPiece(1, 2, frames(1, 2)), StreamPiece(4, 4, frames(4), ended=True)]
    assert await read(reader_of(store)) == frames(1, 2)


async def test_it_ends_with_its_time() -> None:
    store = MemoryStreamStore()
    store.pieces = [StreamPiece(1, 1, frames(1))]
    assert await asyncio.wait_for(read(reader_of(store, end_of=not_yet, seconds=0.02)), 5) == frames(1)


async def test_a_nudge_gives_an_empty_batch_where_there_is_nothing_else() -> None:
    store = MemoryStreamStore()
    reader = reader_of(store)
    waiting = asyncio.ensure_future(anext(reader))
    for _ in range(3):
        await store.read.next()
    assert not waiting.done()
    reader.nudge()
    assert await asyncio.wait_for(waiting, 5) == []
    store.pieces = [StreamPiece(1, 1, frames(1))]
    assert await asyncio.wait_for(anext(reader), 5) == [(0, frames(1))]


async def test_a_stream_whose_writer_is_gone_ends_as_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a silence it is asked, at growing pauses, whether the stream has ended."""
    monkeypatch.setattr(piece_reader, "SILENCE_SECONDS", 0.005)
    store, asked = MemoryStreamStore(), list[int]()
    store.pieces = [StreamPiece(1, 7, frames(6))]

    async def end_of(last: int) -> bytes | None:
        asked.append(last)
        return frames(8) if len(asked) == 3 else None

    assert await asyncio.wait_for(read(reader_of(store, end_of=end_of)), 5) == frames(6, 8)
    assert asked == [7, 7, 7]


@pytest.mark.parametrize("pieces", [[StreamPiece(1, 7, b"", ended=True)], []], ids=["ended", "deleted"])
async def test_it_waits_for_no_event_that_will_never_be(
    monkeypatch: pytest.MonkeyPatch, pieces: list[StreamPiece]
) -> None:
    monkeypatch.setattr(piece_reader, "SILENCE_SECONDS", 0.005)
    store = MemoryStreamStore()
    store.pieces = pieces
    assert await asyncio.wait_for(read(reader_of(store, 9)), 5) == b""


async def test_what_was_written_last_comes_before_any_end_that_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(piece_reader, "SILENCE_SECONDS", 0.005)
    store = MemoryStreamStore()
    store.pieces = [StreamPiece(1, 0, b"")]

    async def end_of(last: int) -> bytes | None:
        store.pieces = [StreamPiece(1, 2, frames(1, 2), ended=True)]
        return frames(9)

    assert await asyncio.wait_for(read(reader_of(store, end_of=end_of)), 5) == frames(1, 2)


async def test_the_store_may_not_answer_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    class Failing(MemoryStreamStore):
        looks = 0

        async def after(self, tenant: str, stream_id: str, number: int) -> list[StreamPiece]:
            self.looks += 1
            if self.looks < 10:
                raise StoreUnavailable("busy")
            return [StreamPiece(1, 1, frames(1), ended=True)]

    assert await asyncio.wait_for(read(reader_of(Failing())), 5) == frames(1)
    monkeypatch.setattr(piece_reader, "STORE_PATIENCE_SECONDS", 0.0)
    with pytest.raises(StoreUnavailable):
        await read(reader_of(Failing()))
