"""That a chunked answer stays the same when its chunks are merged, however it is cut; h11 judges."""

import asyncio
import gc
import ssl
import weakref
from collections.abc import Sequence
from contextlib import aclosing

import h11
import httpcore
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptyard.providers.network.connection_pool import ConnectionPool
from promptyard.providers.network.gathering import Gathering
from promptyard.providers.network.merging_network import READ_AT_ONCE, SENT_AT_ONCE, ChunkMerger, MergingStream
from promptyard.providers.network.tcp import TcpStream

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
LAST = b"0\r\n\r\n"


def chunk(data: bytes, extension: bytes = b"") -> bytes:
    return b"%x%b\r\n%b\r\n" % (len(data), extension, data)


def merged(parts: Sequence[bytes]) -> list[bytes]:
    merger = ChunkMerger()
    return [given_on for part in parts for piece in (part, b"") if (given_on := merger.feed(piece))]


def past_h11(parts: Sequence[bytes]) -> tuple[bytes, list[bytes]]:
    """What chunks hold, read without h11; and what is left for it."""
    merger, data, left = ChunkMerger(), b"", []
    for part in parts:
        for piece in (part, b""):
            if merger.in_chunks:
                data += merger.data(piece)
            else:
                left.append(merger.feed(piece))
    return data, [part for part in (*left, merger.feed(b"")) if part]


def cut(answer: bytes, places: Sequence[int]) -> list[bytes]:
    ends = sorted({place % (len(answer) + 1) for place in places} | {len(answer)})
    return [answer[start:end] for start, end in zip([0, *ends], ends, strict=False) if end > start]


def read(parts: Sequence[bytes]) -> list[object]:
    """What h11 makes of the bytes: status, headers, the whole body, trailers; or that they are no answer."""
    connection = h11.Connection(h11.CLIENT)
    connection.send(h11.Request(method="POST", target="/", headers=[("host", "h"), ("content-length", "0")]))
    connection.send(h11.EndOfMessage())
    seen: list[object] = []
    body = b""
    try:
        for part in [*parts, b""]:
            if part or connection.their_state is not h11.DONE:
                connection.receive_data(part)
            while (event := connection.next_event()) not in (h11.NEED_DATA, h11.PAUSED):
                match event:
                    case h11.Data():
                        body += bytes(event.data)
                    case h11.EndOfMessage():
                        return [*seen, body, list(event.headers)]
                    case h11.Response() | h11.InformationalResponse():
                        seen += [event.status_code, list(event.headers)]
    except h11.RemoteProtocolError:
        return [*seen, body, "refused"]
    return [*seen, body]


@settings(max_examples=1000, deadline=None)
@given(
    st.lists(st.binary(min_size=1, max_size=40), max_size=12),
    st.lists(st.integers(0, 10_000), max_size=12),
    st.sampled_from([b"", b";name=value", b';q="v"']),
    st.sampled_from([LAST, b"0;last\r\n\r\n", b"000\r\nx-check: ok\r\n\r\n"]),
    st.booleans(),
)
def test_the_answer_is_the_same(
    pieces: list[bytes], places: list[int], extension: bytes, last: bytes, interim: bool
) -> None:
    before = b"HTTP/1.1 100 Continue\r\n\r\n" if interim else b""
    parts = cut(before + HEAD + b"".join(chunk(piece, extension) for piece in pieces) + last, places)
    given_on = merged(parts)
    assert read(given_on) == read(parts)
    data, left = past_h11(parts)
    *seen, body, trailers = read(left)
    assert [*seen, data + body, trailers] == read(parts)
    assert read(given_on)[-2:] == [b"".join(pieces), [(b"x-check", b"ok")] if b"check" in last else []]


@settings(max_examples=1000, deadline=None)
@given(
    st.lists(st.binary(min_size=1, max_size=20), min_size=1, max_size=6),
    st.lists(st.integers(0, 10_000), max_size=6),
    st.integers(0, 10_000),
    st.binary(max_size=3),
)
def test_what_is_broken_is_no_other_answer(pieces: list[bytes], places: list[int], at: int, damage: bytes) -> None:
    """Bytes are lost or changed somewhere in the body: what is taken is what came before the fault, at least."""
    answer = b"".join(map(chunk, pieces)) + LAST
    at %= len(answer)
    parts = cut(HEAD + answer[:at] + damage + answer[at + len(damage) + 1 :], places)
    expected, found = read(parts), read(merged(parts))
    assert found[:2] == expected[:2]
    if expected[-1] != "refused":
        assert found == expected
    data, left = past_h11(parts)
    found = read(left)
    found[2] = data + found[2]
    assert found[:2] == expected[:2]
    if expected[-1] != "refused":
        assert found == expected


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nX-Note: transfer-encoding: chunked\r\nContent-Length: 10\r\n\r\n5\r\nhello\r\n",
        b"HTTP/1.0 200 OK\r\n\r\n5\r\nhello\r\nto the end of the connection",
        b"HTTP/1.1 204 No Content\r\n\r\n",
        b"no HTTP at all\n\n5\r\nhello\r\n",
    ],
)
def test_another_answer_is_left_as_it_is(answer: bytes) -> None:
    for size in (1, 2, 3, len(answer)):
        parts = [answer[at : at + size] for at in range(0, len(answer), size)]
        assert b"".join(merged(parts)) == answer


def test_what_came_together_is_one_chunk() -> None:
    pieces = [b"data: token %d\n\n" % number for number in range(500)]
    parts = [HEAD + b"".join(map(chunk, pieces[:300])), b"".join(map(chunk, pieces[300:])) + LAST]
    assert merged(parts) == [HEAD, chunk(b"".join(pieces[:300])), chunk(b"".join(pieces[300:])) + LAST]
    assert past_h11(parts)[0] == b"".join(pieces)


def test_nothing_waits_for_more() -> None:
    """Of a chunk that has not come whole, its beginning is handed on."""
    assert merged([HEAD, b"20\r\ndata: ", b"x", b"\n"]) == [HEAD, chunk(b"data: "), chunk(b"x"), chunk(b"\n")]


def test_a_head_or_a_line_without_end_is_given_up() -> None:
    assert b"".join(merged([b"x" * 1000] * 300))
    assert b"".join(merged([HEAD, *[b"1" * 1000] * 10])).count(b"1") > 5000


async def test_a_connection_is_used_again() -> None:
    """Each request's answer begins with a head of its own."""
    connections = 0

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        for body in (HEAD + chunk(b"one") + chunk(b"two") + LAST, b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nthree"):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(body)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    pool = ConnectionPool(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    async with server, aclosing(pool):
        for body in (b"onetwo", b"three"):
            answer = await pool.request("POST", url, {}, b"", {})
            assert [part async for part in answer.chunks()] == [body]
            await answer.aclose()
    assert connections == 1


class RecordedStream(httpcore.AsyncMockStream):
    """Answers once, and keeps what is written to it."""

    def __init__(self) -> None:
        super().__init__([b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"])
        self.written: list[bytes] = []

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.written.append(buffer)


class RecordedBackend(httpcore.AsyncMockBackend):
    def __init__(self) -> None:
        super().__init__([])
        self.stream = RecordedStream()

    async def connect_tcp(self, *_: object, **__: object) -> httpcore.AsyncNetworkStream:
        return self.stream


@pytest.mark.parametrize("size", [0, 1000, SENT_AT_ONCE, 4 * SENT_AT_ONCE])
async def test_a_request_leaves_in_one_piece(size: int) -> None:
    backend = RecordedBackend()
    answer = await ConnectionPool(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), backend=backend).request(
        "POST", "http://models.example.com/v1", {}, b"x" * size, {}
    )
    assert answer.status == 200
    [sent] = backend.stream.written
    assert sent.partition(b"\r\n\r\n")[2] == b"x" * size


class CountingStream(TcpStream):
    """Counts how it is read."""

    def __init__(self) -> None:
        super().__init__(Gathering(asyncio.get_running_loop()))
        self.reads: list[str] = []

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self.reads.append("at once")
        return b"1\r\nx\r\n" if len(self.reads) > 1 else b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"

    async def read_gathered(self, timeout: float | None = None) -> bytes:
        self.reads.append("gathered")
        return b"1\r\nx\r\n"


async def test_the_first_reads_of_each_answer_wait_for_nothing() -> None:
    inner = CountingStream()
    stream = MergingStream(inner)
    for _ in range(2):
        await stream.write(b"")
        inner.reads.clear()
        assert (await stream.read(1000)).startswith(b"HTTP/1.1")
        for _ in range(READ_AT_ONCE + 2):
            assert await stream.data() == b"x"
        assert inner.reads == ["at once"] * (1 + READ_AT_ONCE) + ["gathered"] * 2


def test_a_merger_goes_without_a_look_for_garbage() -> None:
    """There are three for each run."""
    merger = ChunkMerger()
    for part in (HEAD, chunk(b"one"), LAST):
        merger.feed(part)
    gone = weakref.ref(merger)
    gc.disable()
    try:
        del merger
        assert gone() is None
    finally:
        gc.enable()
