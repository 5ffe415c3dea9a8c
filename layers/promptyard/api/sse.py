"""Server-sent events to the caller: framing, keep-alive, and an answer that notices the caller's leaving."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

KEEP_ALIVE_SECONDS = 15.0
_COMMENT = b": keep-alive\n\n"


def frame(data: Mapping[str, Any], event: str | None = None) -> bytes:
    """One event, its data on one line (WHATWG HTML §9.2.6): JSON escapes every line end."""
    head = f"event: {event}\n" if event else ""
    return f"{head}data: {json.dumps(data, ensure_ascii=False, separators=(', ', ': '))}\n\n".encode()


class EventStream(Response):
    """Sends each frame as it comes. `on_disconnect` is called once when the caller goes before the end.

    Starlette's StreamingResponse would learn of the leaving only at its next send, which a silent provider
    may put off for minutes.
    """

    media_type = "text/event-stream"

    def __init__(
        self,
        frames: AsyncIterator[bytes],
        *,
        on_disconnect: Callable[[], None],
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(headers={"cache-control": "no-cache", "x-accel-buffering": "no", **(headers or {})})
        del self.headers["content-length"]
        self._frames = frames
        self._on_disconnect = on_disconnect

    def at_end(self, keep: Callable[[str], Awaitable[None]]) -> None:
        """Have `keep` called after the last frame, with the stream's final result as one stream."""
        self._frames = _kept(self._frames, keep)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's form
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        pump = asyncio.create_task(self._pump(send))
        leaving = asyncio.create_task(wait_for_disconnect(receive))
        try:
            await asyncio.wait({pump, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if leaving.done() and not pump.done():
                self._on_disconnect()
            await pump
        finally:
            for task in (pump, leaving):
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task

    async def _pump(self, send: Send) -> None:
        frames = aiter(self._frames)
        pending: asyncio.Future[bytes] | None = None
        try:
            while True:
                pending = pending or asyncio.ensure_future(anext(frames))
                done, _ = await asyncio.wait({pending}, timeout=KEEP_ALIVE_SECONDS)
                if not done:
                    await send({"type": "http.response.body", "body": _COMMENT, "more_body": True})
                    continue
                try:
                    body = pending.result()
                except StopAsyncIteration:
                    pending = None
                    break
                pending = None
                await send({"type": "http.response.body", "body": body, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            if pending is not None:
                pending.cancel()


async def _kept(frames: AsyncIterator[bytes], keep: Callable[[str], Awaitable[None]]) -> AsyncIterator[bytes]:
    result = FinalResult()
    async for piece in frames:
        result.add(piece)
        yield piece
    await keep(result.text())


class FinalResult:
    """A stream's frames with the pieces of each text joined: one frame where its first piece was."""

    def __init__(self) -> None:
        self._frames: dict[str, tuple[str | None, dict[str, Any], list[str]]] = {}

    def add(self, piece: bytes) -> None:
        """A frame as `frame` makes it."""
        *head, line = piece.decode().strip().split("\n")
        event = head[0].removeprefix("event: ") if head else None
        data = json.loads(line.removeprefix("data: "))
        texts = [data.pop("content")] if "content" in data else []
        place = f"{event} {json.dumps(data, sort_keys=True)}"
        self._frames.setdefault(place, (event, data, []))[2].extend(texts)

    def text(self) -> str:
        joined = (
            frame(data | ({"content": "".join(texts)} if texts else {}), event)
            for event, data, texts in self._frames.values()
        )
        return b"".join(joined).decode()


async def wait_for_disconnect(receive: Receive) -> None:
    """Returns when the caller has gone. The body must have been read before."""
    while (await receive())["type"] != "http.disconnect":
        pass
