"""The streamed answer, on captured ASGI messages: no client in between that could buffer."""

import asyncio
import json
from collections.abc import MutableMapping
from typing import Any

import pytest

from promptyard.api import sse
from promptyard.api.sse import EventStream, content_frame, frame
from promptyard.services.runs.log import EventLog, LogReader


class Connection:
    """An ASGI connection whose other end is the test."""

    def __init__(self) -> None:
        self.sent: asyncio.Queue[MutableMapping[str, Any]] = asyncio.Queue()
        self.left = asyncio.Event()
        self.reads = asyncio.Event()
        """Whether the other end takes what it is sent."""
        self.reads.set()

    async def receive(self) -> MutableMapping[str, Any]:
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: MutableMapping[str, Any]) -> None:
        self.sent.put_nowait(message)
        await self.reads.wait()

    async def body(self) -> bytes:
        message = await asyncio.wait_for(self.sent.get(), 5)
        assert message["type"] == "http.response.body"
        return bytes(message["body"])


def start(log: EventLog[bytes], connection: Connection, **given: Any) -> asyncio.Task[None]:
    """A log whose events are their frames; an empty one has none."""
    response = EventStream(log.read(), lambda _, event: event, headers={"x-run-id": "7"}, **given)
    return asyncio.create_task(response({"type": "http"}, connection.receive, connection.send))


def test_a_frame_is_one_line_of_data_whatever_the_text() -> None:
    text = "a\nb\r\nc\u2028d\u0085e \U0001f600 data: x\n\n"
    block = frame({"content": text}, "chunk:0").decode()
    head, data, *rest = block.split("\n")
    assert (head, rest) == ("event: chunk:0", ["", ""])
    assert "\r" not in block
    assert json.loads(data.removeprefix("data: ")) == {"content": text}


@pytest.mark.parametrize("text", ["word", "a\nb\r\nc\u2028 \U0001f600", '"quoted"', "", "\x00"])
def test_a_piece_of_text_is_framed_as_every_event_is(text: str) -> None:
    assert content_frame(text, 7) == frame({"content": text}, None, 7)
    assert content_frame(text) == frame({"content": text})
    assert content_frame(text, 7, index=0) == frame({"index": 0, "content": text}, "chunk:0", 7)


def test_a_frame_says_its_number_in_the_log() -> None:
    assert frame({"a": 1}, "done", 3) == b'id: 3\nevent: done\ndata: {"a": 1}\n\n'


async def test_events_are_sent_as_they_come_and_what_came_together_in_one_piece() -> None:
    log: EventLog[bytes] = EventLog()
    connection = Connection()
    log.append(b"")
    log.append(b"one")
    answering = start(log, connection)
    head = await connection.sent.get()
    headers = dict(head["headers"])
    assert headers[b"content-type"] == b"text/event-stream; charset=utf-8"
    assert headers[b"x-run-id"] == b"7"
    assert b"content-length" not in headers
    assert await connection.body() == b"one"
    log.append(b"")  # which is no reason to send anything
    await asyncio.sleep(0)
    assert connection.sent.empty()
    for event in (b"two ", b"", b"three"):
        log.append(event)
    assert await connection.body() == b"two three"
    log.close()
    last = await connection.sent.get()
    assert (last["body"], last["more_body"]) == (b"", False)
    await answering


async def test_silence_is_filled_with_comments_and_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "KEEP_ALIVE_SECONDS", 0.01)
    log: EventLog[bytes] = EventLog()
    connection = Connection()
    answering = start(log, connection)
    await connection.sent.get()
    assert await connection.body() == b": keep-alive\n\n"
    assert await connection.body() == b": keep-alive\n\n"
    log.append(b"late")
    log.close()
    while (body := await connection.body()) == b": keep-alive\n\n":
        pass
    assert body == b"late"
    await answering


async def test_a_comment_is_sent_only_after_so_long_without_an_event(monkeypatch: pytest.MonkeyPatch) -> None:
    loop = asyncio.get_running_loop()
    clock = loop.time()
    monkeypatch.setattr(loop, "time", lambda: clock)
    log: EventLog[bytes] = EventLog()
    connection = Connection()
    answering = start(log, connection)

    async def sent() -> list[Any]:
        for _ in range(10):
            await asyncio.sleep(0)
        return [connection.sent.get_nowait().get("body") for _ in range(connection.sent.qsize())]

    assert await sent() == [None], "the head"
    for _ in range(3):
        clock += 10
        log.append(b"event")
        assert await sent() == [b"event"]
    clock += 14.9
    assert await sent() == []
    clock += 0.2
    assert await sent() == [b": keep-alive\n\n"]
    clock += 14.9
    assert await sent() == []
    clock += 0.2
    assert await sent() == [b": keep-alive\n\n"]
    log.close()
    await answering


async def test_a_caller_that_reads_slowly_is_sent_no_comments_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    loop = asyncio.get_running_loop()
    clock = loop.time()
    monkeypatch.setattr(loop, "time", lambda: clock)
    nudges = 0

    def nudge(reader: LogReader[bytes]) -> None:
        nonlocal nudges
        nudges += 1

    monkeypatch.setattr(LogReader, "nudge", nudge)
    log: EventLog[bytes] = EventLog()
    log.append(b"event")
    connection = Connection()
    answering = start(log, connection)
    await connection.sent.get()
    connection.reads.clear()
    for _ in range(3):
        for _ in range(10):
            await asyncio.sleep(0)
        clock += 15.1
    assert connection.sent.qsize() == 1
    assert nudges == 2, "not once a turn of the loop"
    connection.reads.set()
    log.close()
    await answering


async def test_the_callers_leaving_is_told_once_and_the_events_are_read_to_their_end() -> None:
    left: list[bool] = []
    kept: list[bool] = []
    log: EventLog[bytes] = EventLog()

    def leave() -> None:
        left.append(True)
        log.append(b"the end")
        log.close()

    async def keep() -> None:
        kept.append(True)

    connection = Connection()
    log.append(b"one")
    response = EventStream(log.read(), lambda _, event: event, on_disconnect=leave)
    response.at_end = keep
    answering = asyncio.create_task(response({"type": "http"}, connection.receive, connection.send))
    await connection.sent.get()
    assert await connection.body() == b"one"
    assert kept == []
    connection.left.set()
    await asyncio.wait_for(answering, 5)
    assert left == kept == [True]


async def test_where_the_leaving_is_no_matter_of_theirs_the_events_are_read_to_their_end() -> None:
    log: EventLog[bytes] = EventLog()
    connection = Connection()
    log.append(b"one")
    answering = start(log, connection)
    await connection.sent.get()
    assert await connection.body() == b"one"
    connection.left.set()
    await asyncio.sleep(0)
    log.append(b"two")
    log.close()
    await asyncio.wait_for(answering, 5)
    assert await connection.body() == b"two"


async def test_nothing_is_left_of_a_stream_that_the_server_gives_up() -> None:
    log: EventLog[bytes] = EventLog()
    connection = Connection()
    answering = start(log, connection)
    await connection.sent.get()
    await asyncio.sleep(0)
    answering.cancel()
    await asyncio.gather(answering, return_exceptions=True)
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_a_crash_of_a_frame_is_the_answers_own() -> None:
    log: EventLog[str] = EventLog()
    log.append("one")

    def crash(number: int, event: str) -> bytes:
        raise LookupError

    connection = Connection()
    response = EventStream(log.read(), crash)
    with pytest.raises(LookupError):
        await response({"type": "http"}, connection.receive, connection.send)


async def test_where_nothing_more_is_taken_the_events_are_read_to_their_end() -> None:
    left, log = asyncio.Event(), EventLog[bytes]()
    log.append(b"one")

    class Broken(Connection):
        async def send(self, message: MutableMapping[str, Any]) -> None:
            await super().send(message)
            if message["type"] == "http.response.body":
                raise BrokenPipeError

    connection = Broken()
    response = EventStream(log.read(), lambda _, event: event, on_disconnect=left.set)
    answering = asyncio.create_task(response({"type": "http"}, connection.receive, connection.send))
    await connection.sent.get()
    assert await connection.body() == b"one"
    await asyncio.wait_for(left.wait(), 5)
    log.append(b"two")
    await asyncio.sleep(0)
    assert not answering.done()
    log.close()
    await asyncio.wait_for(answering, 5)
    assert connection.sent.empty()
