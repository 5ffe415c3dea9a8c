"""Calls Bedrock: boto3 waits in a thread of the call's own, and its events come to the event loop as they are read."""

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from promptyard.domain.models.provider_events import Finished, ProviderEvent
from promptyard.domain.models.targets import ProviderCall
from promptyard.providers.network.interruption import Interrupted, Interrupter
from promptyard.providers.network.limits import DEFAULT_LIMITS, TransportLimits
from promptyard.providers.protocol import Ending
from promptyard.providers.reading import faults
from promptyard.providers.wires import bedrock

if TYPE_CHECKING:
    from botocore.session import Session
    from mypy_boto3_bedrock_runtime import BedrockRuntimeClient

    MakeClient = Callable[[Session | None, TransportLimits], BedrockRuntimeClient]

PARTING_SECONDS = 0.5
"""How long an ended call's thread is waited for, which the run's end waits for. It ends within a millisecond, unless it
waits for something other than Bedrock's server (credentials, a name look-up, a TCP connection); then it ends by itself
after that, and sends nothing."""


class BedrockConnection:
    """`session` is whose credentials, region and endpoint are used, by default the environment's; the client is made
    at the first call and kept."""

    def __init__(
        self,
        session: "Session | None" = None,
        limits: TransportLimits = DEFAULT_LIMITS,
    ) -> None:
        self._session = session
        self._limits = limits
        self._client: BedrockRuntimeClient | None = None
        self._making = threading.Lock()

    def prepare(self, call: ProviderCall) -> "BedrockCall":
        """Raises RefusedParameter or InvalidRequest for a call that cannot be made."""
        return BedrockCall(self, call, bedrock.converse_request(call))

    async def stream(self, prepared: "BedrockCall") -> AsyncGenerator[Sequence[ProviderEvent], None]:
        """Events as they come. Closing the generator closes the connection and ends the thread.

        Raises MissingKey without credentials or region, ProviderError, or InvalidRequest for what botocore's own
        checks refuse.
        """
        info = prepared.call.info
        streamed = info is None or info.capabilities.streaming
        thread = _CallThread(self._client_of_this_process, prepared.request, streamed=streamed)
        thread.start()
        ending = Ending.NOT_YET
        interrupted = False
        try:
            while True:
                patience = self._limits.patience(ending, prepared.call.seconds_left())
                try:
                    async with asyncio.timeout(PARTING_SECONDS if interrupted else patience):
                        item = await thread.events.get()
                except TimeoutError:
                    if interrupted or ending is Ending.DUE:
                        return
                    # The stream was said to have ended: what is known of it is what there is.
                    thread.interrupt()
                    interrupted = True
                    continue
                if item is None or (ending is Ending.DUE and isinstance(item, Exception)):
                    return
                if isinstance(item, Exception):
                    raise item
                if isinstance(item, Ending):
                    ending = item
                    continue
                ending = Ending.DUE if isinstance(item, Finished) else ending
                yield [item]
        finally:
            await thread.part()

    def close(self) -> None:
        """Close the connections that are kept for further calls."""
        client, self._client = self._client, None
        if client is not None:
            client.close()

    def _client_of_this_process(self, make_client: "MakeClient") -> "BedrockRuntimeClient":
        with self._making:
            if self._client is None:
                self._client = make_client(self._session, self._limits)
            return self._client


@dataclass(frozen=True, slots=True)
class BedrockCall:
    """Implements `services.ports.runs.PreparedCall`."""

    connection: BedrockConnection
    call: ProviderCall
    request: dict[str, Any]

    @property
    def sent(self) -> Any:
        return self.request

    async def count_input(self) -> int | None:
        return None

    def stream(self) -> AsyncGenerator[Sequence[ProviderEvent], None]:
        return self.connection.stream(self)


class _CallThread:
    """One call in its own thread: a shared pool would let slow calls hold up the others.

    `events` ends with None or an exception.
    """

    def __init__(
        self, client: "Callable[[MakeClient], BedrockRuntimeClient]", request: dict[str, Any], *, streamed: bool
    ) -> None:
        self.events: asyncio.Queue[ProviderEvent | Ending | Exception | None] = asyncio.Queue()
        self._loop = asyncio.get_running_loop()
        self._client = client
        self._request = request
        self._streamed = streamed
        self._interrupter = Interrupter()
        self._ended = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="bedrock call", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def interrupt(self) -> None:
        self._interrupter.interrupt()

    async def part(self) -> None:
        """End the call, if it goes on, and its thread."""
        self.interrupt()
        with suppress(TimeoutError):
            async with asyncio.timeout(PARTING_SECONDS):
                await self._ended.wait()

    def _run(self) -> None:
        ending: Exception | None = None
        try:
            self._call()
        except Interrupted:
            pass
        except Exception as error:  # noqa: BLE001 - raised where the events are read
            ending = error
        self._tell(self.events.put_nowait, ending)
        self._tell(self._ended.set)

    def _call(self) -> None:
        from promptyard.providers.wires import bedrock_client

        try:
            with self._interrupter.watching():
                for event in self._events_of(self._client(bedrock_client.make_client)):
                    self._tell(self.events.put_nowait, event)
        except Interrupted:
            raise
        except Exception as error:
            ours = bedrock_client.our_error(error)
            if ours is None:
                raise
            try:
                raise ours from None  # not chained: botocore's errors may quote the request
            finally:
                del ours  # it has this frame

    def _events_of(self, client: "BedrockRuntimeClient") -> Iterator[ProviderEvent | Ending]:
        if not self._streamed:
            yield from bedrock.parse_answer(client.converse(**self._request))
            return
        parser = bedrock.ConverseParser()
        with closing(client.converse_stream(**self._request)["stream"]) as stream:
            try:
                for event in _readable(stream):
                    yield from parser.feed(event)
                    if parser.ending is not Ending.NOT_YET:
                        yield parser.ending
            except Exception:
                # After the word that it ended, whatever ends the stream is its end.
                if parser.ending is Ending.NOT_YET:
                    raise
        yield from parser.end()

    def _tell(self, action: Callable[..., None], *args: Any) -> None:
        # A loop that is closed has nobody left who waits.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(action, *args)


def _readable(stream: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """The stream's events. botocore stumbles in many ways over an event that is not of its service model's shape."""
    events = iter(stream)
    while True:
        with faults.reading():
            event = next(events, None)
        if event is None:
            return
        yield event
