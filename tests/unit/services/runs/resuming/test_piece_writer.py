"""What is written of a stream while it goes on, and when."""

import asyncio
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptyard.services.ports.runs import StreamPiece
from promptyard.services.runs.log import EventLog
from promptyard.services.runs.resuming import piece_writer
from promptyard.services.runs.resuming.piece_writer import PieceWriter
from tests.support.doubles.streams import MemoryStreamStore, frame_of, framed

EXPIRES = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(piece_writer, "PAUSE_SECONDS", 0.001)
    monkeypatch.setattr(piece_writer, "LAST_PAUSE_SECONDS", 0.0)


def frames_of(events: list[str]) -> bytes:
    return b"".join(frame_of(number, event) for number, event in enumerate(events, 1))


def frames_in(pieces: list[StreamPiece]) -> bytes:
    return b"".join(piece.frames for piece in pieces)


async def test_a_stream_is_written_as_it_comes_and_its_end_before_the_log_has_it() -> None:
    store, log = MemoryStreamStore(), EventLog[str]()
    writer = PieceWriter(store, framed(log), EXPIRES)
    following = asyncio.create_task(writer.follow())
    await store.written.next()
    assert store.pieces == [StreamPiece(1, 0, b"")], "that there is a stream, before it has anything"
    log.extend(["a", "", "b"])
    await store.written.next()
    log.append("")
    log.append("c")
    await store.written.next()
    await writer.finish("end")
    events = ["a", "", "b", "", "c", "end"]
    assert len(log) == 5
    assert store.pieces[1:] == [
        StreamPiece(1, 3, frames_of(events[:3])),
        StreamPiece(4, 5, frame_of(5, "c")),
        StreamPiece(6, 6, frame_of(6, "end"), ended=True),
    ]
    assert store.expires_at == EXPIRES
    log.append("end")
    log.close()
    await asyncio.wait_for(following, 5)
    assert len(store.pieces) == 4, "nothing is written twice"


async def test_what_shows_nothing_costs_no_write() -> None:
    store, log = MemoryStreamStore(), EventLog[str]()
    stream = framed(log)
    following = asyncio.create_task(PieceWriter(store, stream, EXPIRES).follow())
    await store.written.next()
    for _ in range(20):
        log.append("")
        await stream.is_worked_off()
    assert len(store.pieces) == 1
    log.close()
    await asyncio.wait_for(following, 5)
    assert store.pieces[1:] == [StreamPiece(1, 20, b"", ended=True)]


async def test_a_log_that_ends_without_a_word_is_written_to_its_end() -> None:
    store, log = MemoryStreamStore(), EventLog[str]()
    following = asyncio.create_task(PieceWriter(store, framed(log), EXPIRES).follow())
    log.append("a")
    await store.written.next()
    log.close()
    await asyncio.wait_for(following, 5)
    assert store.pieces == [StreamPiece(1, 1, frame_of(1, "a")), StreamPiece(2, 2, b"", ended=True)]


async def test_one_write_at_a_time_however_slow_the_store_is() -> None:
    store, log = MemoryStreamStore(), EventLog[str]()
    writer = PieceWriter(store, framed(log), EXPIRES)
    store.answers.clear()
    following = asyncio.create_task(writer.follow())
    log.append("0")
    await store.asked_to_write.next()
    log.extend(f"{number}" for number in range(1, 21))
    store.answers.set()
    await store.written.next()
    store.answers.clear()
    await store.asked_to_write.next()
    log.extend(f"{number}" for number in range(21, 30))
    finishing = asyncio.create_task(writer.finish("end"))
    for _ in range(20):
        await asyncio.sleep(0)
    assert not finishing.done(), "it waits for the write before"
    store.answers.set()
    await asyncio.wait_for(finishing, 5)
    log.close()
    await asyncio.wait_for(following, 5)
    assert store.most_at_once == 1
    assert frames_in(store.pieces) == frames_of([*(f"{number}" for number in range(30)), "end"])


async def test_what_cannot_be_written_goes_with_the_next_one() -> None:
    store, log = MemoryStreamStore(), EventLog[str]()
    store.failures = [False, False, False]
    following = asyncio.create_task(PieceWriter(store, framed(log), EXPIRES).follow())
    for event in "abcdef":
        log.append(event)
        await store.asked_to_write.next()
    log.close()
    await asyncio.wait_for(following, 5)
    assert store.failures == []
    assert store.pieces[0].first == 1
    assert frames_in(store.pieces) == frames_of(list("abcdef"))


async def test_the_end_is_tried_again_and_then_given_up() -> None:
    store, log = MemoryStreamStore(), EventLog[str]()
    writer = PieceWriter(store, framed(log), EXPIRES)
    log.append("a")
    store.failures = [False, False]
    await writer.finish("end")
    assert store.pieces == [StreamPiece(1, 2, frames_of(["a", "end"]), ended=True)]
    store = MemoryStreamStore()
    store.failures = [False] * 10
    await asyncio.wait_for(PieceWriter(store, framed(log), EXPIRES).finish("end"), 5)
    assert store.pieces == []


async def test_a_large_batch_is_several_pieces_and_one_large_frame_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(piece_writer, "PIECE_BYTES", 100)
    store, log = MemoryStreamStore(), EventLog[str]()
    events = ["x" * 30] * 7 + ["y" * 500, "", "z"]
    log.extend(events)
    await PieceWriter(store, framed(log), EXPIRES).finish("end")
    assert frames_in(store.pieces) == frames_of([*events, "end"])
    assert [(piece.first, piece.last) for piece in store.pieces] == [(1, 2), (3, 4), (5, 6), (7, 7), (8, 8), (9, 11)]
    assert [piece.ended for piece in store.pieces] == [False] * 5 + [True]


Step = st.sampled_from(["event", "event", "silent", "wait", "fails", "fails but is written"])


@given(st.lists(Step, max_size=40))
def test_whatever_comes_and_fails_the_pieces_are_the_stream(steps: list[str]) -> None:
    """In order and without a gap; where they overlap, the frames are the same."""
    asyncio.run(_played(steps))


async def _played(steps: list[str]) -> None:
    store, log, events = MemoryStreamStore(), EventLog[str](), list[str]()
    stream = framed(log)
    writer = PieceWriter(store, stream, EXPIRES)
    following = asyncio.create_task(writer.follow())
    for number, step in enumerate(steps):
        if step in {"event", "silent"}:
            events.append(f"{number}" if step == "event" else "")
            log.append(events[-1])
        elif step == "wait":
            await stream.is_worked_off()
        else:
            store.failures.append(step == "fails but is written")
    while store.failures and len(store.failures) > 2:
        store.failures.pop()
    await writer.finish("end")
    log.append("end")
    log.close()
    await following
    after, seen = 0, b""
    for piece in store.pieces:
        assert piece.first <= after + 1, "no gap"
        expected = (frame_of(n, e) for n, e in enumerate([*events, "end"], 1) if piece.first <= n <= piece.last)
        assert piece.frames == b"".join(expected)
        seen += b"".join(frame_of(n, e) for n, e in enumerate([*events, "end"], 1) if after < n <= piece.last)
        after = max(after, piece.last)
    assert store.pieces[-1].ended
    assert seen == frames_of([*events, "end"])
