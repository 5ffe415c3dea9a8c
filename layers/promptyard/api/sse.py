"""Server-sent events to the caller: framing, keep-alive, and an answer that notices the caller's leaving."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from itertools import starmap
from typing import Any, Generic, Protocol, Self, TypeVar

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from promptyard.api.text_files import without_line_ends

KEEP_ALIVE_SECONDS = 15.0
_COMMENT = b": keep-alive\n\n"

Event = TypeVar("Event")

json_text = json.JSONEncoder(ensure_ascii=False, separators=(", ", ": ")).encode


def frame(data: Mapping[str, Any], event: str | None = None, number: int | None = None) -> bytes:
    """One event, its data on one line (WHATWG HTML §9.2.6): JSON escapes every line end. `number` is its place in its
    log."""
    return framed(json_text(data), event, number)


def content_frame(text: str, number: int | None = None, *, index: int | None = None) -> bytes:
    """A piece of text, in a comparison of the target with that index. A stream has thousands: only the text goes
    through the encoder."""
    if index is None:
        return framed(f'{{"content": {json_text(text)}}}', None, number)
    return framed(f'{{"index": {index}, "content": {json_text(text)}}}', f"chunk:{index}", number)


def framed(data: str, event: str | None = None, number: int | None = None) -> bytes:
    """As `frame`, of what is JSON already."""
    identifier = f"id: {number}\n" if number is not None else ""
    name = f"event: {event}\n" if event else ""
    return f"{identifier}{name}data: {without_line_ends(data)}\n\n".encode()


_FRAME_WITH_NUMBER = re.compile(rb"(?:^|(?<=\n\n))id: ([0-9]+)\n")


def frames_after(number: int, frames: bytes) -> bytes:
    """The frames of the events above that number. All of them have theirs, and stand in its order."""
    for found in _FRAME_WITH_NUMBER.finditer(frames):
        if int(found[1]) > number:
            return frames[found.start() :]
    return b""


class EventReader(Protocol[Event]):
    """Iterated for batches of (number, event), as `services.runs.log.LogReader`."""

    def __aiter__(self) -> Self: ...

    async def __anext__(self) -> list[tuple[int, Event]]: ...

    def nudge(self) -> None:
        """Have an empty batch given where there is nothing else to give."""


class EventStream(Response, Generic[Event]):
    """Sends events as they come, what has come together in one piece. `frame_of` makes the frame of an event
    and its number, or nothing; `final_result` the stream that a repetition of the request is answered with.
    `on_disconnect` is called once when the caller goes before the end; None: that is no matter of the events.

    Starlette's StreamingResponse would learn of the leaving only at its next send, which a silent provider
    may put off for minutes.
    """

    media_type = "text/event-stream"

    def __init__(
        self,
        events: EventReader[Event],
        frame_of: Callable[[int, Event], bytes],
        *,
        on_disconnect: Callable[[], None] | None = None,
        headers: Mapping[str, str] | None = None,
        final_result: Callable[[], bytes] | None = None,
    ) -> None:
        super().__init__(headers={"cache-control": "no-cache", "x-accel-buffering": "no", **(headers or {})})
        del self.headers["content-length"]
        self.final_result = final_result
        self.at_end: Callable[[], Awaitable[None]] | None = None
        """Called after the last frame."""
        self._events = events
        self._frame_of = frame_of
        self._on_disconnect = on_disconnect
        self._sent_at = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's form
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        pump = asyncio.create_task(self._pump(send))
        leaving = asyncio.create_task(wait_for_disconnect(receive))
        try:
            await self._kept_alive(pump, leaving)
            if leaving.done() and not pump.done():
                self._leave()
            await pump
        finally:
            for task in (pump, leaving):
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
            self.at_end = None  # it may have this answer

    def _leave(self) -> None:
        on_disconnect, self._on_disconnect = self._on_disconnect, None
        if on_disconnect is not None:
            on_disconnect()

    async def _kept_alive(self, *tasks: asyncio.Task[None]) -> None:
        """Waits for the first to end, and has a comment sent whenever nothing was for long."""
        now = asyncio.get_running_loop().time
        self._sent_at = now()
        while True:
            patience = self._sent_at + KEEP_ALIVE_SECONDS - now()
            done, _ = await asyncio.wait(tasks, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
            if done:
                return
            if now() - self._sent_at >= KEEP_ALIVE_SECONDS:
                self._sent_at = now()
                self._events.nudge()

    async def _pump(self, send: Send) -> None:
        """Where nothing more is taken, the events are read to their end all the same: Lambda would stop the process
        that carries the run."""
        now = asyncio.get_running_loop().time
        is_taken = True
        async for batch in self._events:
            body = b"".join(starmap(self._frame_of, batch)) if batch else _COMMENT
            if body and is_taken:
                self._sent_at = now()
                is_taken = await self._send(send, body, more=True)
        if self.at_end is not None:
            await self.at_end()
        if is_taken:
            await self._send(send, b"", more=False)

    async def _send(self, send: Send, body: bytes, *, more: bool) -> bool:
        """Whether it was taken."""
        try:
            await send({"type": "http.response.body", "body": body, "more_body": more})
        except OSError:  # what ASGI has for a caller who is gone
            self._leave()
            return False
        return True


async def wait_for_disconnect(receive: Receive) -> None:
    """Returns when the caller has gone. The body must have been read before."""
    while (await receive())["type"] != "http.disconnect":
        pass
