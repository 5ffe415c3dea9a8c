"""A Lambda Runtime API on a free port, which notes when each chunk came.

It is as strict as AWS's emulator, a Go server: a trailer that was not announced is dropped, and trailers that do not
fit into its read buffer of 4 KiB break the answer off.
"""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

TRAILER_BUFFER_BYTES = 4096
PATIENCE_SECONDS = 20
DELIMITER = bytes(8)
HUNG_UP = 0
"""In a status's place."""
Headers = dict[str, str]


@dataclass
class Answer:
    """What the runtime answered to one invocation."""

    request_id: str
    kind: str = ""
    """"response" or "error"."""
    headers: Headers = field(default_factory=dict)
    chunks: list[bytes] = field(default_factory=list)
    chunk_times_ns: list[int] = field(default_factory=list)
    trailers: Headers = field(default_factory=dict)
    ended_ns: int = 0
    closed_ns: int = 0
    """When the runtime hung up; 0 while it has not."""
    after_the_end: bytes = b""
    """What came where the connection's end should have."""
    done: asyncio.Event = field(default_factory=asyncio.Event)
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    @property
    def raw(self) -> bytes:
        return b"".join(self.chunks)

    @property
    def prelude(self) -> Any:
        return json.loads(self.raw.partition(DELIMITER)[0])

    @property
    def body(self) -> bytes:
        return self.raw.partition(DELIMITER)[2]

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> Any:
        """What was posted to `…/error`."""
        assert self.kind == "error", f"a response: {self.raw!r}"
        return json.loads(self.raw)

    async def has_chunks(self, count: int) -> None:
        """Wait for that many, the prelude among them."""
        async with asyncio.timeout(PATIENCE_SECONDS), self.changed:
            await self.changed.wait_for(lambda: len(self.chunks) >= count)


@dataclass
class Invocation:
    event: bytes
    headers: Headers
    answer: Answer
    chunked: bool = False
    """Deliver the event in pieces, in chunked encoding."""
    refuse_after_chunks: int | None = None
    """Answer 413 after that many chunks of the response."""
    hang_up_after_chunks: int | None = None
    """Take no more of the response, and close the connection."""
    is_accepted: bool = True
    """Whether the response is ever acknowledged."""


class FakeRuntimeApi:
    """`invoke` events; read what came of them, of the initialisation and of the restore."""

    def __init__(self) -> None:
        self.address = ""
        self.calls: list[str] = []
        self.init_errors: list[tuple[Headers, Any]] = []
        self.restore_errors: list[tuple[Headers, Any]] = []
        self.restored = asyncio.Event()
        self.next_status = 200
        self._invocations: asyncio.Queue[Invocation] = asyncio.Queue()
        self._answers: dict[str, Invocation] = {}
        self._reported = asyncio.Condition()

    async def invoke(
        self,
        event: Any,
        *,
        timeout_ms: int = 30_000,
        headers: Headers | None = None,
        chunked: bool = False,
        refuse_after_chunks: int | None = None,
        hang_up_after_chunks: int | None = None,
        is_accepted: bool = True,
    ) -> Answer:
        """Put an event (JSON unless it is bytes already) into the queue. Returns the answer it will have."""
        request_id = str(uuid4())
        standard = {
            "Lambda-Runtime-Aws-Request-Id": request_id,
            "Lambda-Runtime-Deadline-Ms": str(time.time_ns() // 1_000_000 + timeout_ms),
            "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:eu-west-1:123456789012:function:run",
            "Content-Type": "application/json",
        }
        data = event if isinstance(event, bytes) else json.dumps(event).encode()
        answer = Answer(request_id)
        invocation = Invocation(
            data,
            {**standard, **(headers or {})},
            answer,
            chunked,
            refuse_after_chunks,
            hang_up_after_chunks,
            is_accepted,
        )
        self._answers[request_id] = invocation
        await self._invocations.put(invocation)
        return answer

    async def answer(self, event: Any, **options: Any) -> Answer:
        """Invoke and wait for the whole answer."""
        answer = await self.invoke(event, **options)
        async with asyncio.timeout(PATIENCE_SECONDS):
            await answer.done.wait()
        return answer

    async def called(self, path: str) -> None:
        """Wait until the runtime has called that path, as in `calls`."""
        async with asyncio.timeout(PATIENCE_SECONDS), self._reported:
            await self._reported.wait_for(lambda: path in self.calls)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            try:
                await self._serve(reader, writer)
            finally:
                writer.close()
                await writer.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().removesuffix("\r\n\r\n")
        request_line, *lines = head.split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        _, path, _ = request_line.split(" ")
        path = path.removeprefix("/2018-06-01/runtime")
        async with self._reported:
            self.calls.append(path)
            self._reported.notify_all()
        await self._route(path)(path, headers, reader, writer)

    def _route(self, path: str) -> Callable[..., Awaitable[None]]:
        routes = {
            "/invocation/next": self._next,
            "/restore/next": self._restore,
            "/init/error": self._error,
            "/restore/error": self._error,
        }
        return routes.get(path, self._answered)

    async def _next(self, _: str, __: Headers, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.next_status != 200:
            await _reply(writer, self.next_status, b"{}")
            return
        gone = asyncio.create_task(reader.read())
        coming = asyncio.create_task(self._invocations.get())
        try:
            await asyncio.wait([gone, coming], return_when=asyncio.FIRST_COMPLETED)
            if not coming.done():
                return
            invocation = coming.result()
        finally:
            gone.cancel()
            coming.cancel()
        if invocation.chunked:
            await _reply_in_pieces(writer, invocation)
        else:
            await _reply(writer, 200, invocation.event, invocation.headers)

    async def _restore(self, _: str, __: Headers, ___: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self.restored.wait()
        await _reply(writer, 200, b"")

    async def _error(
        self, path: str, headers: Headers, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        body = json.loads(await reader.readexactly(int(headers["content-length"])))
        (self.init_errors if path == "/init/error" else self.restore_errors).append((headers, body))
        await _reply(writer, 202, b"{}")

    async def _answered(
        self, path: str, headers: Headers, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        _, _, request_id, kind = path.split("/")
        invocation = self._answers[request_id]
        answer = invocation.answer
        answer.kind, answer.headers = kind, headers
        if headers.get("transfer-encoding") != "chunked":
            answer.chunks.append(await reader.readexactly(int(headers["content-length"])))
            answer.chunk_times_ns.append(time.time_ns())
            await _reply(writer, 202, b'{"status":"OK"}')
            answer.done.set()
            return
        status = await _read_chunks(reader, invocation)
        if status == HUNG_UP:
            answer.done.set()
            return
        answer.ended_ns = time.time_ns()
        if invocation.is_accepted:
            await _reply(writer, status, b'{"status":"OK"}')
        with contextlib.suppress(ConnectionError):  # it is for the runtime to hang up
            answer.after_the_end = await reader.read()
        answer.closed_ns = time.time_ns()
        answer.done.set()


async def _read_chunks(reader: asyncio.StreamReader, invocation: Invocation) -> int:
    """Returns the status to answer with."""
    answer = invocation.answer
    while size := int(await reader.readuntil(b"\r\n"), 16):
        chunk = (await reader.readexactly(size + 2))[:-2]
        async with answer.changed:
            answer.chunks.append(chunk)
            answer.chunk_times_ns.append(time.time_ns())
            answer.changed.notify_all()
        if len(answer.chunks) == invocation.refuse_after_chunks:
            return 413
        if len(answer.chunks) == invocation.hang_up_after_chunks:
            return HUNG_UP
    tail = b""
    while (line := await reader.readuntil(b"\r\n")) != b"\r\n":
        tail += line
        if len(tail) + 2 > TRAILER_BUFFER_BYTES:
            return 400
        name, _, value = line.decode().rstrip("\r\n").partition(": ")
        if name.lower() in answer.headers.get("trailer", "").lower().split(", "):
            answer.trailers[name.lower()] = value
    return 202


async def _reply(writer: asyncio.StreamWriter, status: int, body: bytes, headers: Headers | None = None) -> None:
    all_headers = {**(headers or {}), "Content-Length": str(len(body)), "Connection": "close"}
    lines = [f"{name}: {value}" for name, value in all_headers.items()]
    writer.write("\r\n".join([f"HTTP/1.1 {status} Status", *lines, "", ""]).encode() + body)
    await writer.drain()


async def _reply_in_pieces(writer: asyncio.StreamWriter, invocation: Invocation) -> None:
    lines = [f"{name.lower()}:{value}" for name, value in invocation.headers.items()]
    head = "\r\n".join(["HTTP/1.1 200 OK", *lines, "transfer-encoding: chunked", "", ""]).encode()
    size = max(len(invocation.event) // 3, 1)
    parts = [invocation.event[start : start + size] for start in range(0, len(invocation.event), size)]
    encoded = [b"%x;part\r\n%b\r\n" % (len(part), part) for part in parts] + [b"0\r\n", b"x-trailer: 1\r\n", b"\r\n"]
    for piece in (head[:20], head[20:], *encoded):
        writer.write(piece)
        await writer.drain()
        await asyncio.sleep(0)


@contextlib.asynccontextmanager
async def fake_runtime_api() -> AsyncIterator[FakeRuntimeApi]:
    api = FakeRuntimeApi()
    connections: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(api.serve(reader, writer))
        connections.add(task)
        task.add_done_callback(connections.discard)

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    api.address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield api
    for task in list(connections):
        task.cancel()
    await asyncio.gather(*connections, return_exceptions=True)
