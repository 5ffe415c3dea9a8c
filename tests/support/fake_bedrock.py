"""A stand-in for Bedrock's runtime API: `vnd.amazon.eventstream` over HTTP/1.1, doing what a script says.

    async with fake_bedrock() as server:
        server.answer(START, text("Hi"), Wait(event), *ending())
        os.environ |= server.environment()

Each answer is for one request, in their order; the last one is for all further requests.
"""

import asyncio
import json
import ssl
import struct
import zlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum
from typing import Any


class Step(Enum):
    HANG = "say nothing more, until the client goes away"
    CUT = "close the connection in the middle of the answer"


HANG = Step.HANG
CUT = Step.CUT


@dataclass(frozen=True)
class Wait:
    """Go on when the test says so."""

    event: asyncio.Event


@dataclass(frozen=True)
class Pause:
    seconds: float


@dataclass(frozen=True)
class Refuse:
    """An error in place of a stream."""

    status: int
    kind: str
    message: str = "Because."
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Whole:
    """A JSON answer, as `converse` gives it."""

    body: dict[str, Any]


Steps = bytes | Step | Wait | Pause | Refuse | Whole


@dataclass
class Asked:
    """A request as it came."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]
    client_gone: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the client closed the connection before the answer was complete."""


class FakeBedrock:
    def __init__(self, *, tls: bool) -> None:
        self.asked: list[Asked] = []
        self.got_request = asyncio.Event()
        self.connections = 0
        """How many were opened in all."""
        self._tls = tls
        self._port = 0
        self._answers: list[tuple[Steps, ...]] = []
        self._open: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    def answer(self, *steps: Steps) -> None:
        self._answers.append(steps)

    def environment(self) -> dict[str, str]:
        """What a process has to be told to reach this server, with credentials that nobody has."""
        return {
            "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": f"{'https' if self._tls else 'http'}://127.0.0.1:{self._port}",
            "AWS_ACCESS_KEY_ID": "test-access-key",
            "AWS_SECRET_ACCESS_KEY": "test-secret-key",
            "AWS_REGION": "eu-central-1",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    async def start(self, context: ssl.SSLContext | None) -> asyncio.Server:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=context)
        self._port = server.sockets[0].getsockname()[1]
        return server

    async def drop_connections(self) -> None:
        for writer in self._open.values():
            writer.transport.abort()
        await asyncio.gather(*self._open)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self._open[task] = writer
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while await self._exchange(reader, writer):
                pass
        del self._open[task]
        writer.close()
        with suppress(ConnectionError, ssl.SSLError):
            await writer.wait_closed()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """One request and its answer; False when the connection is at its end."""
        asked = await _read_request(reader)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        self.asked.append(asked)
        self.got_request.set()
        playing = asyncio.create_task(_play(answer, writer))
        # There is no second request before the first is answered, so all that can come is the connection's end.
        leaving = asyncio.create_task(reader.read(1))
        await asyncio.wait({playing, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if playing.done():
            leaving.cancel()
            await asyncio.wait({leaving})
            return playing.result()
        playing.cancel()
        await asyncio.wait({playing})
        asked.client_gone.set()
        return False


async def _read_request(reader: asyncio.StreamReader) -> Asked:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Asked(path=head[0].split(" ")[1], headers=headers, body=json.loads(body or b"{}"))


async def _play(answer: Sequence[Steps], writer: asyncio.StreamWriter) -> bool:
    """Whether the connection can be used again."""
    begun = False
    for step in answer:
        match step:
            case Refuse():
                _write_whole(
                    writer, step.status, {"message": step.message}, {"x-amzn-ErrorType": step.kind, **step.headers}
                )
                return True
            case Whole():
                _write_whole(writer, 200, step.body, {})
                return True
            case Wait():
                await step.event.wait()
            case Pause():
                await asyncio.sleep(step.seconds)
            case Step.HANG:
                await asyncio.Event().wait()
            case Step.CUT:
                return False
            case bytes():
                if not begun:
                    writer.write(STREAM_HEAD)
                    begun = True
                writer.write(f"{len(step):x}\r\n".encode() + step + b"\r\n")
                await writer.drain()
    writer.write(b"0\r\n\r\n" if begun else STREAM_HEAD + b"0\r\n\r\n")
    await writer.drain()
    return True


def _write_whole(writer: asyncio.StreamWriter, status: int, body: dict[str, Any], headers: dict[str, str]) -> None:
    content = json.dumps(body).encode()
    fields = {"content-type": "application/json", "content-length": str(len(content)), **headers}
    lines = [f"HTTP/1.1 {status} Status", *(f"{name}: {value}" for name, value in fields.items())]
    writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + content)


STREAM_HEAD = (
    b"HTTP/1.1 200 OK\r\n"
    b"content-type: application/vnd.amazon.eventstream\r\n"
    b"x-amzn-requestid: 6c5a3f4e-0000-4000-8000-000000000000\r\n"
    b"transfer-encoding: chunked\r\n\r\n"
)


@asynccontextmanager
async def fake_bedrock(context: ssl.SSLContext | None = None) -> AsyncIterator[FakeBedrock]:
    """Listens on a free port of the loopback, with TLS when given a context."""
    fake = FakeBedrock(tls=context is not None)
    server = await fake.start(context)
    try:
        yield fake
    finally:
        server.close()
        await fake.drop_connections()


def frame(event_type: str, payload: dict[str, Any]) -> bytes:
    return _frame({":event-type": event_type, ":content-type": "application/json", ":message-type": "event"}, payload)


def exception_frame(exception_type: str, message: str = "Because.") -> bytes:
    headers = {":exception-type": exception_type, ":content-type": "application/json", ":message-type": "exception"}
    return _frame(headers, {"message": message})


def _frame(headers: dict[str, str], payload: dict[str, Any]) -> bytes:
    """https://smithy.io/2.0/aws/amazon-eventstream.html"""
    head = b"".join(
        struct.pack(">B", len(name)) + name.encode() + struct.pack(">BH", 7, len(value)) + value.encode()
        for name, value in headers.items()
    )
    body = json.dumps(payload).encode()
    prelude = struct.pack(">II", 16 + len(head) + len(body), len(head))
    message = prelude + struct.pack(">I", zlib.crc32(prelude)) + head + body
    return message + struct.pack(">I", zlib.crc32(message))


START = frame("messageStart", {"role": "assistant"})


def text(piece: str, block: int = 0) -> bytes:
    return frame("contentBlockDelta", {"contentBlockIndex": block, "delta": {"text": piece}})


def ending(stop_reason: str = "end_turn", **usage: int) -> list[bytes]:
    counts = {"inputTokens": 12, "outputTokens": 5, "totalTokens": 17} | usage
    return [
        frame("contentBlockStop", {"contentBlockIndex": 0}),
        frame("messageStop", {"stopReason": stop_reason}),
        frame("metadata", {"usage": counts, "metrics": {"latencyMs": 431}}),
    ]


def whole_answer(*pieces: str) -> list[bytes]:
    return [START, *[text(piece) for piece in pieces], *ending()]
