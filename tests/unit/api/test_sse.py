"""The streamed answer, on captured ASGI messages: no client in between that could buffer."""

import asyncio
import json
from collections.abc import AsyncIterator, MutableMapping
from typing import Any

import pytest

from promptyard.api import sse
from promptyard.api.sse import EventStream, frame


class Connection:
    """An ASGI connection whose other end is the test."""

    def __init__(self) -> None:
        self.sent: asyncio.Queue[MutableMapping[str, Any]] = asyncio.Queue()
        self.left = asyncio.Event()

    async def receive(self) -> MutableMapping[str, Any]:
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: MutableMapping[str, Any]) -> None:
        self.sent.put_nowait(message)

    async def body(self) -> bytes:
        message = await asyncio.wait_for(self.sent.get(), 5)
        assert message["type"] == "http.response.body"
        return bytes(message["body"])


def start(
    frames: AsyncIterator[bytes], connection: Connection, on_disconnect: Any = lambda: None
) -> asyncio.Task[None]:
    response = EventStream(frames, on_disconnect=on_disconnect, headers={"x-run-id": "7"})
    return asyncio.create_task(response({"type": "http"}, connection.receive, connection.send))


def test_a_frame_is_one_line_of_data_whatever_the_text() -> None:
    text = "a\nb\r\nc\u2028d\u0085e \U0001f600 data: x\n\n"
    block = frame({"content": text}, "chunk:0").decode()
    head, data, *rest = block.split("\n")
    assert (head, rest) == ("event: chunk:0", ["", ""])
    assert "\r" not in block
    assert json.loads(data.removeprefix("data: ")) == {"content": text}


async def test_each_frame_is_sent_by_itself_as_it_comes() -> None:
    gate = asyncio.Event()

    async def frames() -> AsyncIterator[bytes]:
        yield b"one"
        await gate.wait()
        yield b"two"

    connection = Connection()
    answering = start(frames(), connection)
    head = await connection.sent.get()
    headers = dict(head["headers"])
    assert headers[b"content-type"] == b"text/event-stream; charset=utf-8"
    assert headers[b"x-run-id"] == b"7"
    assert b"content-length" not in headers
    assert await connection.body() == b"one"
    assert connection.sent.empty()
    gate.set()
    assert await connection.body() == b"two"
    last = await connection.sent.get()
    assert (last["body"], last["more_body"]) == (b"", False)
    await answering


async def test_silence_is_filled_with_comments_and_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "KEEP_ALIVE_SECONDS", 0.01)
    gate = asyncio.Event()

    async def frames() -> AsyncIterator[bytes]:
        await gate.wait()
        yield b"late"

    connection = Connection()
    answering = start(frames(), connection)
    await connection.sent.get()
    assert await connection.body() == b": keep-alive\n\n"
    assert await connection.body() == b": keep-alive\n\n"
    gate.set()
    while (body := await connection.body()) == b": keep-alive\n\n":
        pass
    assert body == b"late"
    await answering


async def test_the_callers_leaving_is_told_once_and_the_frames_are_read_to_their_end() -> None:
    left: list[bool] = []
    gate = asyncio.Event()

    async def frames() -> AsyncIterator[bytes]:
        yield b"one"
        await gate.wait()
        yield b"the end"

    def leave() -> None:
        left.append(True)
        gate.set()

    connection = Connection()
    answering = start(frames(), connection, leave)
    await connection.sent.get()
    assert await connection.body() == b"one"
    connection.left.set()
    await asyncio.wait_for(answering, 5)
    assert left == [True]


async def test_the_frames_are_closed_when_the_server_gives_up() -> None:
    closed = asyncio.Event()

    async def frames() -> AsyncIterator[bytes]:
        try:
            await asyncio.Event().wait()
            yield b""
        finally:
            closed.set()

    connection = Connection()
    answering = start(frames(), connection)
    await connection.sent.get()
    await asyncio.sleep(0)
    answering.cancel()
    await asyncio.gather(answering, return_exceptions=True)
    await asyncio.wait_for(closed.wait(), 5)


async def test_a_crash_of_the_frames_is_the_answers_own() -> None:
    async def frames() -> AsyncIterator[bytes]:
        yield b"one"
        raise LookupError

    connection = Connection()
    with pytest.raises(LookupError):
        await start(frames(), connection)
