"""The only place that opens an HTTP connection to a provider.

Retries are not made here: whether one may be made depends on what the caller has seen, which the run knows.
No message made here holds a URL, a key or the HTTP library's own text.
"""

import asyncio
import json
import re
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from contextlib import aclosing, asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from functools import cache
from typing import Any
from weakref import WeakKeyDictionary

import httpcore
import httpx

from promptyard.domain.errors import (
    InvalidRequest,
    MissingKey,
    ProviderAuth,
    ProviderError,
    ProviderMalformed,
    ProviderUnreachable,
    RefusedParameter,
)
from promptyard.domain.models.provider_events import ProviderEvent
from promptyard.domain.models.targets import ProviderCall
from promptyard.providers.network.answer_body import is_event_stream, start_of, streamed_answer, whole_answer
from promptyard.providers.network.connection_pool import BadUrl, ConnectionPool, HttpAnswer
from promptyard.providers.network.field_refusals import FieldRefusals
from promptyard.providers.network.guarded_network import guarded_pool
from promptyard.providers.network.limits import TransportLimits
from promptyard.providers.network.url_policy import EndpointPolicy, normalise_base_url
from promptyard.providers.protocol import HttpAdapter, ProviderRequest
from promptyard.providers.reading.faults import cut_off
from promptyard.providers.reading.key_scrubber import HIDDEN, scrubber_of
from promptyard.providers.reading.scrubbed_answer import ScrubbedAnswer
from promptyard.providers.reading.values import count_of, object_of

_SENDABLE = re.compile(r"[\x21-\x7e]+")
"""Visible ASCII. HTTP libraries quote a header value that they refuse in their exception, the key with it."""

_KEYS = re.compile(r"\b(?:sk-|gsk_|xai-|AIza|py_live_|hf_|pplx-)[\w*.…-]{6,}|(?<=Bearer )[\w*.~+/-]{8,}")
"""What looks like a key, such as one that is quoted in part, or another one than was sent."""

MAX_SHOWN_CHARACTERS = 1000
"""Of what a provider says went wrong."""


class Transport:
    """Keeps one pool of connections per event loop for the providers' own addresses and one for callers' addresses.

    `allow_private_endpoints` (off, loopback, private) is for the latter. Raises ValueError for another setting.
    """

    def __init__(self, limits: TransportLimits, allow_private_endpoints: str) -> None:
        self._limits = limits
        self._policy = EndpointPolicy.from_setting(allow_private_endpoints)
        self._refusals = FieldRefusals()
        stall = limits.stall_seconds
        self._timeouts = {"connect": limits.connect_seconds, "read": stall, "write": stall, "pool": stall}
        self._pools: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[bool, ConnectionPool]] = WeakKeyDictionary()

    def prepare(self, call: ProviderCall, adapter: HttpAdapter) -> "HttpCall":
        """The request as it will be sent, after everything that can be checked before.

        Raises MissingKey, ProviderAuth, InvalidRequest, RefusedParameter, EndpointRefused.
        """
        _check_key(call)
        if not call.from_caller and call.base_url == call.row.base_url:
            self._policy.check_built_in(call.row.name, call.base_url)
        addressed = replace(call, base_url=normalise_base_url(call.base_url)) if call.from_caller else call
        streamed = call.info is None or call.info.capabilities.streaming
        request = self._refusals.applied_to(adapter.build_request(addressed, stream=streamed))
        headers = {
            "accept": "text/event-stream" if streamed else "application/json",
            # A small compressed answer can unpack to gigabytes.
            "accept-encoding": "identity",
            "content-type": "application/json",
            "user-agent": "promptyard",
            **request.headers,
        }
        return HttpCall(self, call, adapter, streamed, request, headers, _encoded(request.body))

    async def stream(self, prepared: "HttpCall") -> AsyncGenerator[Sequence[ProviderEvent], None]:
        """Send the call and give its events as they come, those that came together as one. Closing the generator
        closes the connection at once.

        Raises ProviderError, RefusedParameter. The events end after `Finished`, or with an error.
        """
        try:
            async with (
                self._accepted(prepared) as response,
                aclosing(self._chunks(response, prepared.call.row.name)) as chunks,
            ):
                start = await start_of(chunks)
                name, asked_for = prepared.call.row.name, prepared.streamed
                streamed = is_event_stream(start, _media_type(response), asked_for=asked_for, name=name)
                events = streamed_answer if streamed else whole_answer
                scrubbed, left = ScrubbedAnswer(_key(prepared.call)), prepared.call.seconds_left
                async with aclosing(events(prepared.adapter, start, chunks, self._limits, left)) as all_events:
                    async for came in all_events:
                        yield scrubbed.take(came)
        except ProviderError as error:
            raise _presentable(error, prepared.call) from None

    async def count_input(self, prepared: "HttpCall") -> int | None:
        """What the provider counts for the call's input, by one question to where the call went and with its key; None
        where it has no counter or does not tell. A caller's address is not asked."""
        call, counter = prepared.call, prepared.adapter.counter
        if counter is None or call.from_caller or not call.row.counts_input:
            return None
        try:
            request = counter.build(call, prepared.request)
            headers = prepared.headers | {"accept": "application/json"}
            asked = replace(prepared, request=request, headers=headers, content=_encoded(request.body))
            async with self._answer(asked) as response:
                await self._check_answer(asked, response)
                body = await self._start_of(response, call.row.name)
            return count_of(object_of(json.loads(body)).get(counter.field))
        except (ProviderError, RefusedParameter, InvalidRequest, ValueError, RecursionError):
            return None

    async def aclose(self) -> None:
        """Close the running loop's connections."""
        for pool in self._pools.pop(asyncio.get_running_loop(), {}).values():
            await pool.aclose()

    @asynccontextmanager
    async def _accepted(self, prepared: "HttpCall") -> AsyncIterator[HttpAnswer]:
        """The answer to the request; where that is refused for a field that was not asked for, to the request without
        it, once for each such field."""
        while True:
            async with self._answer(prepared) as response:
                try:
                    await self._check_answer(prepared, response)
                except ProviderError as error:
                    request = self._refusals.learnt_from(error, prepared.request)
                    if request is None:
                        raise
                else:
                    yield response
                    return
            prepared = replace(prepared, request=request, content=_encoded(request.body))

    @asynccontextmanager
    async def _answer(self, prepared: "HttpCall") -> AsyncIterator[HttpAnswer]:
        pool = self._pool(guarded=prepared.call.from_caller)
        with _provider_errors(prepared.call.row.name, before_answer=True):
            url, headers = prepared.request.url, prepared.headers
            response = await pool.request("POST", url, headers, prepared.content, self._timeouts)
        try:
            yield response
        finally:
            await response.aclose()

    async def _check_answer(self, prepared: "HttpCall", response: HttpAnswer) -> None:
        """Raises ProviderError for an answer that is none by its status or its headers."""
        name = prepared.call.row.name
        compressed = response.headers.get("content-encoding", "identity").strip().lower() not in {"identity", ""}
        if response.status >= 400:
            body = b"" if compressed else await self._start_of(response, name)
            raise prepared.adapter.parse_error(response.status, response.headers, body)
        if response.status >= 300:
            raise ProviderError(f"{name} answered with a redirect, which is not followed", status=response.status)
        if compressed:
            raise ProviderMalformed(f"{name} answered in a compressed form that was not asked for")

    async def _chunks(self, response: HttpAnswer, name: str) -> AsyncGenerator[bytes, None]:
        size = 0
        with _provider_errors(name, before_answer=False):
            async for chunk in response.chunks():
                size += len(chunk)
                if size > self._limits.answer_bytes:
                    yield chunk[: self._limits.answer_bytes - size]
                    raise ProviderMalformed(f"{name} sent an answer of over {self._limits.answer_bytes} bytes")
                yield chunk

    async def _start_of(self, response: HttpAnswer, name: str) -> bytes:
        """As much of an error's body as is of use. What went wrong is known by the status if the body fails, too."""
        body = b""
        try:
            async with aclosing(self._chunks(response, name)) as chunks:
                async for chunk in chunks:
                    body += chunk
                    if len(body) >= self._limits.error_bytes:
                        break
        except ProviderError:
            pass
        return body[: self._limits.error_bytes]

    def warm(self) -> None:
        """What a first call would wait for. Opens no socket."""
        trusted_certificates()

    def _pool(self, *, guarded: bool) -> ConnectionPool:
        pools = self._pools.setdefault(asyncio.get_running_loop(), {})
        if guarded not in pools:
            # Proxies from the environment are the deployment's, not for callers' addresses.
            pools[guarded] = (
                guarded_pool(self._policy) if guarded else ConnectionPool(trusted_certificates(), by_proxies=True)
            )
        return pools[guarded]


@cache
def trusted_certificates() -> ssl.SSLContext:
    """Reading the certificates that are trusted takes as long as importing the HTTP library: once in a process."""
    return httpx.create_ssl_context()


@dataclass(frozen=True, slots=True, repr=False)
class HttpCall:
    """Implements `services.ports.runs.PreparedCall`. Without a repr, for the headers hold the key."""

    transport: Transport
    call: ProviderCall
    adapter: HttpAdapter
    streamed: bool
    request: ProviderRequest
    headers: dict[str, str]
    content: bytes
    """The request's body."""

    @property
    def sent(self) -> Any:
        return [self.request.url, self.request.body]

    def stream(self) -> AsyncGenerator[Sequence[ProviderEvent], None]:
        return self.transport.stream(self)

    async def count_input(self) -> int | None:
        return await self.transport.count_input(self)


def _encoded(body: dict[str, Any]) -> bytes:
    try:
        return json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    except (ValueError, TypeError, RecursionError):
        # A lone surrogate, NaN or Infinity, which Python's JSON reader lets in, or endless nesting.
        raise InvalidRequest("a parameter holds a value that JSON cannot carry", loc=("body", "parameters")) from None


def _media_type(response: HttpAnswer) -> str:
    return response.headers.get("content-type", "").partition(";")[0].strip().lower()


def _check_key(call: ProviderCall) -> None:
    if call.api_key is None:
        if call.row.requires_key and not call.from_caller:
            raise MissingKey(f"No key for {call.row.name}")
        return
    if _SENDABLE.fullmatch(call.api_key.get_secret_value()):
        return
    if call.key_from_caller:
        raise InvalidRequest(
            "provider_key holds a line break, a blank or another character that no key has",
            loc=("body", "provider_key"),
        )
    raise ProviderAuth(f"The key kept for {call.row.name} holds characters that no key has")


@contextmanager
def _provider_errors(name: str, *, before_answer: bool) -> Iterator[None]:
    """httpcore's errors as ours. Never chained: httpcore's may quote the request."""
    try:
        yield
    except (BadUrl, httpcore.UnsupportedProtocol):
        raise ProviderUnreachable(f"The base URL of {name} is not an http(s) URL") from None
    except httpcore.ConnectTimeout:
        raise ProviderUnreachable(f"{name} did not accept a connection in time", retryable=True) from None
    except (httpcore.ConnectError, httpcore.ProxyError):
        raise ProviderUnreachable(f"{name} could not be connected to", retryable=True) from None
    except httpcore.TimeoutException:
        raise ProviderError(f"{name} went silent", retryable=True) from None
    except (httpcore.NetworkError, httpcore.ProtocolError):
        if before_answer:
            raise ProviderError(f"{name} closed the connection before it answered", retryable=True) from None
        raise cut_off() from None


def _key(call: ProviderCall) -> str | None:
    return None if call.api_key is None else call.api_key.get_secret_value()


def _presentable(error: ProviderError, call: ProviderCall) -> ProviderError | RefusedParameter:
    """The error as the caller may see it: without the key, which some servers quote, and by the parameter's name
    where the provider refused one that the caller gave."""
    key = _key(call)
    message = error.message if key is None else scrubber_of(key).scrub(error.message)
    error.message = _KEYS.sub(HIDDEN, message)[:MAX_SHOWN_CHARACTERS]
    error.args = (error.message,)
    parameters = call.parameters.given()
    if error.param is not None and (error.param in parameters or error.param in parameters.get("extra", {})):
        return RefusedParameter(error.param, call.model, f"was refused by {call.row.name}: {error.message}")
    return error
