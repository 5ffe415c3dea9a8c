"""Which streams are kept, where, and for how long."""

import asyncio
import time
from datetime import UTC, datetime, timedelta

import pytest

from promptyard.api.sse import frames_after
from promptyard.domain.identifiers import time_ordered_id
from promptyard.services.ports.runs import StreamPiece
from promptyard.services.runs.log import EventLog
from promptyard.services.runs.resuming import kept_streams, stream_memory
from promptyard.services.runs.resuming.framed_log import FramedLog
from promptyard.services.runs.resuming.kept_streams import KEPT_FOR, KeptStreams
from promptyard.services.runs.resuming.piece_reader import PieceReader
from promptyard.services.runs.resuming.stream_memory import StreamMemory
from tests.support.doubles.streams import STREAM, TENANT, MemoryStreamStore, frame_of, framed

DEADLINE = datetime(2026, 1, 1, tzinfo=UTC)


async def never(_: int) -> bytes | None:
    raise AssertionError("it need not be asked")


async def opened(streams: KeptStreams, after: int = 0, stream_id: str = STREAM) -> FramedLog[str] | PieceReader | None:
    return await streams.open(TENANT, stream_id, after, end_of=never, seconds=5)


async def ended(streams: KeptStreams, *events: str, stream_id: str = STREAM, resumable: bool = False) -> None:
    """A stream that was kept and has ended."""
    log = EventLog[str]()
    stream = FramedLog(TENANT, stream_id, log, frame_of)
    streams.keep(stream, DEADLINE, streamed=True, resumable=resumable, goes_on=False)
    log.extend(events)
    log.close()
    await streams.close()


async def told(streams: KeptStreams, after: int = 0, stream_id: str = STREAM) -> bytes:
    reader = await opened(streams, after, stream_id)
    assert isinstance(reader, PieceReader)
    return b"".join([frames_after(*told) async for batch in reader for told in batch])


@pytest.mark.parametrize("streamed", [True, False])
@pytest.mark.parametrize(
    ("remembers", "resumable", "goes_on", "written"),
    [
        (True, False, False, False),
        (True, False, True, False),
        (True, True, False, True),
        (False, False, False, False),
        (False, False, True, True),
        (False, True, False, True),
    ],
)
async def test_what_is_written_into_the_store(
    *, streamed: bool, remembers: bool, resumable: bool, goes_on: bool, written: bool
) -> None:
    """Only what asks for it; what goes on without its caller asks for it where nothing else is there. What was answered
    whole and asked for nothing is not even remembered."""
    store = MemoryStreamStore()
    streams = KeptStreams(store, StreamMemory() if remembers else None)
    log = EventLog[str]()
    writer = streams.keep(framed(log), DEADLINE, streamed=streamed, resumable=resumable, goes_on=goes_on)
    log.extend(["a", "b"])
    remembered = remembers and (streamed or resumable or goes_on)
    assert (await opened(streams) is not None) == remembered, "while it goes on"
    log.close()
    await streams.close()
    assert (writer is not None) == bool(store.pieces) == written
    if written:
        assert store.expires_at == DEADLINE + KEPT_FOR
    assert (await opened(streams) is not None) == (remembered or written)


async def test_while_it_goes_on_it_is_read_from_its_log() -> None:
    streams = KeptStreams(MemoryStreamStore(), StreamMemory())
    log = EventLog[str]()
    streams.keep(framed(log), DEADLINE, streamed=True, resumable=False, goes_on=False)
    stream = await opened(streams)
    assert isinstance(stream, FramedLog)
    assert stream.log is log
    log.close()
    await streams.close()


async def test_for_an_hour_after_its_end_it_is_told_again(monkeypatch: pytest.MonkeyPatch) -> None:
    streams = KeptStreams(MemoryStreamStore(), StreamMemory())
    await ended(streams, "a", "", "b")
    assert await told(streams) == frame_of(1, "a") + frame_of(3, "b")
    assert await told(streams, 1) == frame_of(3, "b")
    reader = await opened(streams, 3)
    assert isinstance(reader, PieceReader)
    assert reader.is_at_end
    now = time.monotonic()
    monkeypatch.setattr(stream_memory.time, "monotonic", lambda: now + 3590)
    assert await opened(streams) is not None
    monkeypatch.setattr(stream_memory.time, "monotonic", lambda: now + 3610)
    assert await opened(streams) is None


async def test_where_the_memory_is_full_the_first_to_end_is_forgotten() -> None:
    streams = KeptStreams(MemoryStreamStore(), StreamMemory(room=6_000))
    for name in "abcde":
        await ended(streams, "x" * 1_000, stream_id=name)
    kept = [name for name in "abcde" if await opened(streams, stream_id=name) is not None]
    assert kept == ["d", "e"]
    await ended(streams, "x" * 10_000, stream_id="large")
    assert [name for name in ("d", "e", "large") if await opened(streams, stream_id=name)] == []
    await ended(streams, "x" * 1_000, stream_id="f")
    assert await opened(streams, stream_id="f") is not None, "the room is free again"


async def test_what_was_forgotten_is_read_from_the_store() -> None:
    store = MemoryStreamStore()
    await ended(KeptStreams(store, StreamMemory()), "a", "b", resumable=True)
    assert await told(KeptStreams(store, StreamMemory())) == frame_of(1, "a") + frame_of(2, "b")


async def test_what_is_deleted_is_gone_everywhere() -> None:
    store = MemoryStreamStore()
    streams = KeptStreams(store, StreamMemory())
    await ended(streams, "a", resumable=True)
    await streams.forget(TENANT, STREAM)
    assert store.pieces == []
    assert await opened(streams) is None


async def test_a_tenants_streams_are_forgotten_those_that_go_on_too() -> None:
    streams = KeptStreams(MemoryStreamStore(), StreamMemory())
    await ended(streams, "a", stream_id="ended")
    log = EventLog[str]()
    streams.keep(framed(log), DEADLINE, streamed=True, resumable=False, goes_on=False)
    streams.forget_tenant("other")
    assert await opened(streams) is not None
    streams.forget_tenant(TENANT)
    assert await opened(streams) is None
    assert await opened(streams, stream_id="ended") is None
    log.close()
    await streams.close()
    assert await opened(streams) is None, "its end is nothing to remember"


async def test_one_whose_beginning_is_gone_is_not_given_from_there() -> None:
    store = MemoryStreamStore()
    await ended(KeptStreams(store, None), *"abc", resumable=True)
    store.pieces = [piece for piece in store.pieces if piece.first > 1]
    assert await opened(KeptStreams(store, None)) is None


async def test_the_first_piece_of_one_that_has_just_begun_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_streams, "OPENING_PAUSES", (0.01, 0.01))
    store = MemoryStreamStore()

    class Late(MemoryStreamStore):
        looks = 0

        async def after(self, tenant: str, stream_id: str, number: int) -> list[StreamPiece]:
            self.looks += 1
            return await store.after(tenant, stream_id, number) if self.looks > 1 else []

    await ended(KeptStreams(store, None), "a", resumable=True)
    assert await told(KeptStreams(Late(), None), stream_id=time_ordered_id()) == frame_of(1, "a")
    assert await opened(KeptStreams(Late(), None)) is None, "of another no second look is taken"


async def test_what_is_written_while_it_is_opened_is_read() -> None:
    """Between the look for what comes after an event and that for the newest piece."""
    store = MemoryStreamStore()
    await ended(KeptStreams(store, None), "a", resumable=True)

    class Late(MemoryStreamStore):
        async def after(self, tenant: str, stream_id: str, number: int) -> list[StreamPiece]:
            before, self.pieces = self.pieces, store.pieces
            return [piece for piece in before if piece.last > number]

    late = Late()
    late.pieces = [StreamPiece(1, 0, b"")]
    assert await told(KeptStreams(late, None)) == frame_of(1, "a")


async def test_a_crash_of_the_writing_is_not_the_streams(caplog: pytest.LogCaptureFixture) -> None:
    streams = KeptStreams(MemoryStreamStore(), StreamMemory())
    log = EventLog[str]()

    def crash(number: int, event: str) -> bytes:
        raise LookupError

    finish = streams.keep(FramedLog(TENANT, STREAM, log, crash), DEADLINE, streamed=True, resumable=True, goes_on=False)
    assert finish is not None
    log.append("a")
    await asyncio.wait_for(finish("end"), 5)
    log.close()
    await asyncio.wait_for(streams.close(), 5)
    assert {(record.message, vars(record)["stream_id"]) for record in caplog.records} == {
        ("end of stream not kept", STREAM),
        ("stream not kept", STREAM),
    }


def test_the_store_keeps_it_for_an_hour_after_its_latest_end() -> None:
    assert timedelta(hours=1) == KEPT_FOR
