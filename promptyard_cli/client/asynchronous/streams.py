"""The streams of runs and of comparisons, which go on by themselves where their connection breaks."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from promptyard_cli.client.asynchronous.http import AsyncHttp
from promptyard_cli.client.errors import ApiError, ClientError, RunFailed, StreamLost
from promptyard_cli.client.events import Done, Event, Failed, Text, read_event
from promptyard_cli.client.lean_httpx import httpx
from promptyard_cli.client.requests import LOST, Asked, not_reachable, once, pause_seconds, post
from promptyard_cli.client.sse import SentEvent, SentEvents

if TYPE_CHECKING:
    from promptyard_cli.client.wire import RunDoneEvent

PLAYGROUND = "/api/v1/playground"
LAST_RUN_EVENTS = frozenset({"done", "error"})
LAST_COMPARISON_EVENTS = frozenset({"end"})
ATTEMPTS_WITHOUT_AN_EVENT = 10
LONG_SECONDS = 10.0
"""A connection that held so long was no failed attempt."""


class AsyncEvents:
    """One stream's events, each once and in order, over as many connections as it takes. `id` is the run's or the
    comparison's, from the first event on. Left before its end, what runs is cancelled, unless `on_disconnect` was
    `continue`."""

    def __init__(self, http: AsyncHttp, path: str, body: dict[str, Any], things: str, last: frozenset[str]) -> None:
        self.id: str | None = None
        self._http = http
        self._asked = Asked("POST", path, body={"resumable": True, **body, "stream": True}, headers=once())
        self._things = things
        self._last = last
        self._goes_on = body.get("on_disconnect") == "continue"
        self._number = "0"
        self._state = "new"
        self._events = self._read()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def __aiter__(self) -> AsyncIterator[Event]:
        return self._events

    async def close(self) -> None:
        """Stop what still runs. Nothing is raised where that cannot be had."""
        await self._events.aclose()
        if self._state == "asked" and not self._goes_on:
            with suppress(ClientError, httpx.TransportError):
                await self.cancel()

    async def cancel(self) -> Any:
        """Stop the provider's calls. The answer is the record. Raises ApiError, NotReachable."""
        if self.id is None:  # asked for again with its key, it says which one it is
            async with self._http.stream(self._asked) as response:
                self._know(response)
        record = await self._http.ask(post(f"{PLAYGROUND}/{self._things}s/{self.id}/cancel"))
        self._state = "ended"
        return record

    async def _read(self) -> AsyncGenerator[Event]:
        async for sent in self._sent_events():
            event = read_event(sent)
            if event is not None:
                yield event

    async def _sent_events(self) -> AsyncIterator[SentEvent]:
        """Raises ApiError, NotReachable, StreamLost."""
        failures = 0
        while True:
            began, lost = time.monotonic(), None
            try:
                async for sent in self._connection():
                    failures = 0
                    if sent.id:
                        self._number = sent.id
                    if self._is_last(sent):
                        self._state = "ended"
                    yield sent
                    if self._state == "ended":
                        return
            except (httpx.TransportError, ApiError) as error:
                lost = error
            failures = 1 if time.monotonic() - began > LONG_SECONDS else failures + 1
            self._give_up(lost, failures)
            await asyncio.sleep(pause_seconds(failures))

    def _give_up(self, lost: Exception | None, failures: int) -> None:
        """Unless there is something to be had by asking again."""
        if self.id is not None:
            if failures >= ATTEMPTS_WITHOUT_AN_EVENT or (isinstance(lost, ApiError) and lost.status not in LOST):
                raise self._lost(str(lost) if lost else "it cannot be read on")
        elif isinstance(lost, ApiError):
            if lost.status != 409 or not lost.error.get("retryable") or failures in {1, ATTEMPTS_WITHOUT_AN_EVENT}:
                self._state = "ended"
                raise lost
        elif failures >= ATTEMPTS_WITHOUT_AN_EVENT or isinstance(lost, httpx.ConnectError):
            self._state = "new"
            raise not_reachable(self._http.access, lost or httpx.RemoteProtocolError("no events"))

    def _lost(self, why: str) -> StreamLost:
        """What runs goes on: its answer will be in the record."""
        self._state = "ended"
        return StreamLost(f"The stream of the {self._things} {self.id} broke off: {why}", str(self.id))

    async def _connection(self) -> AsyncIterator[SentEvent]:
        """The events that one connection brings."""
        self._state = "asked"
        asked = self._asked
        if self.id is not None:
            path = f"{PLAYGROUND}/{self._things}s/{self.id}/events"
            asked = Asked("GET", path, headers={"last-event-id": self._number})
        async with self._http.stream(asked) as response:
            if response.status_code == 204:
                raise self._lost("it has no last event")
            self._know(response)
            if response.headers.get("idempotent-replayed") == "true":
                return  # the answer once more, without the events' numbers: they are to be had from the first one on
            reader = SentEvents()
            async for data in response.aiter_raw():
                for sent in reader.feed(data):
                    yield sent

    def _is_last(self, sent: SentEvent) -> bool:
        return sent.name in self._last

    def _know(self, response: httpx.Response) -> None:
        self.id = self.id or response.headers[f"x-{self._things}-id"]


class AsyncRunStream(AsyncEvents):
    """A run's events. `result` is the last one, when that has come; where the run fails instead, RunFailed is
    raised."""

    def __init__(self, http: AsyncHttp, body: dict[str, Any]) -> None:
        super().__init__(http, f"{PLAYGROUND}/run", body, "run", LAST_RUN_EVENTS)
        self.result: RunDoneEvent | None = None

    async def _read(self) -> AsyncGenerator[Event]:
        async for event in super()._read():
            if isinstance(event, Failed):
                raise RunFailed(event.error, event.id)
            if isinstance(event, Done):
                self.result = event.data
            yield event

    async def texts(self) -> AsyncIterator[str]:
        """The answer's text alone."""
        async for event in self:
            if isinstance(event, Text):
                yield event.text


class AsyncComparisonStream(AsyncEvents):
    """A comparison's events, of all targets as they come. `results` has each target's last event, by its place."""

    def __init__(self, http: AsyncHttp, body: dict[str, Any]) -> None:
        super().__init__(http, f"{PLAYGROUND}/compare", body, "comparison", LAST_COMPARISON_EVENTS)
        self.results: dict[int, Done | Failed] = {}

    async def _read(self) -> AsyncGenerator[Event]:
        async for event in super()._read():
            if isinstance(event, Done | Failed):
                self.results[event.index] = event
            yield event
