"""A provider that does exactly as it is told: a raw HTTP/1.1 server on 127.0.0.1, for tests and benchmarks.

    with FakeUpstream() as upstream:
        upstream.answer(chat_stream("Hello"), model="gpt-x")
        ...call upstream.url...
        assert upstream.requests[0].json["stream"]

It runs in a thread with an event loop of its own, so that it serves synchronous and asynchronous tests alike and keeps
its pace whatever the loop under test does. It decides on every byte itself: an answer is a script of steps, so that
cuts, silences, drips and broken framing fall where the script says. What each request was, and when each piece of its
answer was sent, is kept in `requests`. `chat_answers` makes scripts in OpenAI's form.
"""

import asyncio
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Self

from tests.support.servers.signals import PATIENCE_SECONDS, Signal


@dataclass(frozen=True, slots=True)
class Pause:
    """A silence of so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class At:
    """A silence until so many seconds after the answer's start, so that a pace does not drift."""

    seconds: float


class End(Enum):
    """Ways for a script to end that are not the orderly one."""

    CUT = "the connection is closed in the middle of the answer"
    RESET = "the connection is reset in the middle of the answer"
    HANG = "nothing comes any more, until the client goes"


Step = bytes | Pause | At | Signal | End
"""Bytes are sent as one chunk; a Signal is waited for."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent. `chunked` False sends the steps as a body that only the connection's close ends; `raw` sends them
    alone, without a status line or headers."""

    steps: Sequence[Step] = ()
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    chunked: bool = True
    raw: bool = False


@dataclass
class Received:
    """A request and what became of it. Times are `time.perf_counter()` seconds."""

    method: str
    path: str
    headers: dict[str, str]
    """Names are lower case."""
    body: bytes
    connection: int
    """Numbers the connections, so that a reused one shows."""
    at: float
    sent: list[tuple[float, bytes]] = field(default_factory=list)
    """The answer's steps with the time at which each was handed to the network."""
    answered: Signal = field(default_factory=Signal)
    """The whole script was played."""
    client_left: Signal = field(default_factory=Signal)
    """The client closed the connection before the script was played."""
    client_left_at: float | None = None

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def model(self) -> str | None:
        """The model asked for in the body, None where that names none."""
        try:
            value = json.loads(self.body)
        except ValueError:
            return None
        return value.get("model") if isinstance(value, dict) else None


Script = Answer | Callable[[Received], Answer]


@dataclass
class _Rule:
    script: Script
    model: str | None
    path: str | None
    times: int | None

    def fits(self, request: Received) -> bool:
        return (
            self.times != 0
            and self.model in {None, request.model}
            and (self.path is None or request.path.startswith(self.path))
        )


_ROUNDS = 1000
"""Of the loop, that connections have to end. A handshake of TLS that waits longer for its client is cancelled."""
NOT_SCRIPTED = Answer([b'{"error": {"message": "no answer was scripted"}}'], 404, {"content-type": "application/json"})


class FakeUpstream:
    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        """With a context it speaks TLS."""
        self._context = context
        self.requests: list[Received] = []
        self.connections = 0
        self._rules: list[_Rule] = []
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.port: int = self._socket.getsockname()[1]
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, name=f"fake upstream {self.port}", daemon=True)
        self._stop = Signal()
        self._handlers: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        return f"{'http' if self._context is None else 'https'}://127.0.0.1:{self.port}"

    @property
    def open_connections(self) -> int:
        return len(self._handlers)

    def answer(
        self, script: Script, *, model: str | None = None, path: str | None = None, times: int | None = None
    ) -> None:
        """Answer so the requests for `model` and below `path`, the next `times` of them. The first rule that fits
        wins; a function makes the answer from the request, in the server's thread."""
        self._rules.append(_Rule(script, model, path, times))

    def forget(self) -> None:
        """Start anew: no rules, no requests."""
        self._rules.clear()
        self.requests.clear()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(PATIENCE_SECONDS)
        self._socket.close()

    def _serve(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve_until_stopped())

    async def _serve_until_stopped(self) -> None:
        server = await asyncio.start_server(self._connected, sock=self._socket, limit=1 << 20, ssl=self._context)
        await self._stop.wait(None)
        # Nobody is accepted any more. What was accepted just now is made a connection in tasks of asyncio's own, which
        # leave it open where the server is closed by then.
        self._loop.remove_reader(self._socket)
        await self._end_connections()
        server.close()

    async def _end_connections(self) -> None:
        """Also those that are only about to begin: cancelled before its first step, a task closes nothing itself."""
        for _ in range(_ROUNDS):
            if asyncio.all_tasks() == {asyncio.current_task()}:
                break
            for handler in self._handlers:
                handler.cancel()
            await asyncio.sleep(0)
        for _ in range(2):
            await asyncio.sleep(0)  # they are aborted, and then gone

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # asyncio sets this only on sockets made with IPPROTO_TCP. Without it a piece waits up to 40 ms for the
        # acknowledgement of the one before, and every time measured with this server is wrong.
        writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # A task of our own: asyncio.streams would report the end of its own by cancellation as an error.
        handler = asyncio.create_task(self._converse(reader, writer))
        self._handlers.add(handler)
        handler.add_done_callback(self._handlers.discard)
        handler.add_done_callback(lambda _: writer.transport.abort())  # whatever was left of it to be done

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        connection = _Connection(reader, writer, self.connections)
        try:
            while (request := await connection.next_request()) is not None:
                self.requests.append(request)
                if not await connection.play(self._script_for(request), request):
                    break
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    def _script_for(self, request: Received) -> Answer:
        for rule in self._rules:
            if rule.fits(request):
                if rule.times is not None:
                    rule.times -= 1
                return rule.script(request) if callable(rule.script) else rule.script
        return NOT_SCRIPTED


class _Connection:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        self._reader = reader
        self._writer = writer
        self._number = number
        self._ahead = b""
        """Read while an answer was played: the next request's first byte."""

    async def next_request(self) -> Received | None:
        """None when the client has closed the connection."""
        try:
            head = (self._ahead + await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            request_line, *lines = head.rstrip("\r\n").split("\r\n")
            pairs = (line.partition(":") for line in lines)
            headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
            body = await self._reader.readexactly(int(headers.get("content-length", "0")))
        except (asyncio.IncompleteReadError, ConnectionError):
            return None
        self._ahead = b""
        method, path, _ = request_line.split(" ", 2)
        return Received(method, path, headers, body, self._number, time.perf_counter())

    async def play(self, answer: Answer, request: Received) -> bool:
        """Send the answer. True when the connection can go on."""
        sending = asyncio.create_task(self._send(answer, request))
        leaving = asyncio.create_task(self._reader.read(1))
        try:
            await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if not sending.done():
                raise ConnectionError  # the client says nothing before it has the answer, so that it has left
            ended = sending.result()
            request.answered.set()
        except ConnectionError:
            request.client_left_at = time.perf_counter()
            request.client_left.set()
            return False
        finally:
            for task in (sending, leaving):
                task.cancel()
            _, ahead = await asyncio.gather(sending, leaving, return_exceptions=True)
            self._ahead = ahead if isinstance(ahead, bytes) else b""
        return ended is None and answer.chunked and not answer.raw

    async def _send(self, answer: Answer, request: Received) -> End | None:
        writer, began = self._writer, time.perf_counter()
        framed = answer.chunked and not answer.raw
        if not answer.raw:
            framing = {"transfer-encoding": "chunked"} if answer.chunked else {"connection": "close"}
            lines = [f"{name}: {value}" for name, value in {**framing, **answer.headers}.items()]
            writer.write("\r\n".join([f"HTTP/1.1 {answer.status} Scripted", *lines, "", ""]).encode("latin-1"))
            await writer.drain()
        for step in answer.steps:
            match step:
                case bytes():
                    request.sent.append((time.perf_counter(), step))  # who gets it asks at once whether it was sent
                    writer.write(b"%x\r\n%s\r\n" % (len(step), step) if framed else step)
                    await writer.drain()
                case Pause(seconds):
                    await asyncio.sleep(seconds)
                case At(seconds):
                    await asyncio.sleep(began + seconds - time.perf_counter())
                case Signal():
                    await step.wait(None)
                case End.CUT:
                    return step
                case End.RESET:
                    writer.transport.abort()
                    return step
                case End.HANG:
                    await asyncio.Event().wait()
        if framed:
            writer.write(b"0\r\n\r\n")
            await writer.drain()
        return None
