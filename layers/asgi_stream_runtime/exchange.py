"""One HTTP request and its answer, as ASGI's `receive` and `send`.

https://asgi.readthedocs.io/en/latest/specs/www.html
"""

import asyncio
from collections.abc import Awaitable, Callable

from mangum.types import Message

from asgi_stream_runtime.errors import ErrorReport, trailers
from asgi_stream_runtime.http_client import RuntimeApiError
from asgi_stream_runtime.prelude import http_prelude
from asgi_stream_runtime.runtime_api import ResponseStream

OpenResponse = Callable[[], Awaitable[ResponseStream]]
_WITHOUT_BODY = (204, 304)


class ResponseClosed(OSError):
    """The response takes no more: what `send` must raise then, from version 2.4 of the specification on."""


class Exchange:
    def __init__(self, open_response: OpenResponse, body: bytes, *, method: str, multi_value_headers: bool) -> None:
        self._open_response = open_response
        self._request: Message | None = {"type": "http.request", "body": body, "more_body": False}
        self._method = method
        self._multi_value_headers = multi_value_headers
        self._disconnected = asyncio.Event()
        self._start: Message | None = None
        self._stream: ResponseStream | None = None
        self._closed = False
        self._sending = asyncio.Lock()
        self.is_complete = False
        self.lost: ResponseClosed | None = None
        """Why Lambda has not taken the whole answer."""

    @property
    def has_begun(self) -> bool:
        """Whether a first byte may have left: from then on the status is settled."""
        return self._stream is not None

    async def receive(self) -> Message:
        if self._request is not None and not self._disconnected.is_set():
            request, self._request = self._request, None
            return request
        await self._disconnected.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        """Raises RuntimeError for a message out of order, ResponseClosed when the response takes no more.

        One message at a time: tasks of the application that send at once wait for one another, and make one answer.
        """
        async with self._sending:
            await self._send(message)

    async def _send(self, message: Message) -> None:
        if self._closed:
            raise ResponseClosed("The response is closed.")
        if self.is_complete:
            raise RuntimeError(f"{message['type']!r} was sent after the response was complete.")
        if message["type"] == "http.response.start" and self._start is None:
            # Kept until the first body message, so that a failure between the two can still change the status.
            self._start = message
        elif message["type"] == "http.response.body" and self._start is not None:
            await self._send_body(self._start, message)
        else:
            raise RuntimeError(f"{message['type']!r} was sent out of order.")

    async def _send_body(self, start: Message, message: Message) -> None:
        chunks: list[bytes] = []
        if self._stream is None:
            headers = start.get("headers", ())
            chunks.append(http_prelude(start["status"], headers, multi_value=self._multi_value_headers))
        if self._method != "HEAD" and start["status"] not in _WITHOUT_BODY:
            chunks.append(message.get("body", b""))
        try:
            if self._stream is None:
                self._stream = await self._open_response()
            await self._stream.write(chunks)
            if not message.get("more_body", False):
                await self._stream.finish()
                self.is_complete = True
                self._disconnected.set()
        except (OSError, RuntimeApiError) as error:
            self.close()
            self.lost = ResponseClosed(f"The response cannot be sent: {error}")
            raise self.lost from error

    def disconnect(self) -> None:
        """Let `receive` tell the application that its time is over. It may still send."""
        self._disconnected.set()

    def close(self) -> None:
        """Take nothing more from the application."""
        self.disconnect()
        self._closed = True

    async def fail(self, report: ErrorReport) -> None:
        """End an answer that has begun and is not complete with the error as trailers. Raises RuntimeApiError."""
        if self._stream is not None:
            await self._stream.finish(trailers(report))

    def abort(self) -> None:
        """Let the connection go, whatever is left in it."""
        if self._stream is not None:
            self._stream.abort()
