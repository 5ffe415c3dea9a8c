"""The only place that opens an HTTP connection to a provider.

Retries are not made here: whether one may be made depends on what the caller has seen, which the run knows.
No message made here holds a URL, a key or the HTTP library's own text.
"""

import asyncio
import json
import re
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from contextlib import aclosing, asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any
from urllib.request import getproxies
from weakref import WeakKeyDictionary

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
from promptyard.providers.network.field_refusals import FieldRefusals
from promptyard.providers.network.guarded_network import guarded_transport
from promptyard.providers.network.limits import TransportLimits
from promptyard.providers.network.pooled_transport import DEFAULT_LIMITS, PooledTransport
from promptyard.providers.network.url_policy import EndpointPolicy, normalise_base_url
from promptyard.providers.protocol import HttpAdapter, ProviderRequest
from promptyard.providers.reading.faults import cut_off
from promptyard.providers.reading.values import count_of, object_of

_SENDABLE = re.compile(r"[\x21-\x7e]+")
"""Visible ASCII. HTTP libraries quote a header value that they refuse in their exception, the key with it."""

_HIDDEN = "[key]"
_KEYS = re.compile(r"\b(?:sk-|gsk_|xai-|AIza|py_live_|hf_|pplx-)[\w*.…-]{6,}|(?<=Bearer )[\w*.~+/-]{8,}")
"""What looks like a key, such as one that is quoted in part, or another one than was sent."""

MAX_SHOWN_CHARACTERS = 1000
"""Of what a provider says went wrong."""


class Transport:
    """Keeps one pooled client per event loop for the providers' own addresses and one for callers' addresses.

    `allow_private_endpoints` (off, loopback, private) is for the latter. Raises ValueError for another setting.
    """

    def __init__(self, limits: TransportLimits, allow_private_endpoints: str) -> None:
        self._limits = limits
        self._policy = EndpointPolicy.from_setting(allow_private_endpoints)
        self._refusals = FieldRefusals()
        self._clients: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[bool, httpx.AsyncClient]] = WeakKeyDictionary()

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
                async with aclosing(events(prepared.adapter, start, chunks, self._limits)) as all_events:
                    async for came in all_events:
                        yield came
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
        for client in self._clients.pop(asyncio.get_running_loop(), {}).values():
            await client.aclose()

    @asynccontextmanager
    async def _accepted(self, prepared: "HttpCall") -> AsyncIterator[httpx.Response]:
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
    async def _answer(self, prepared: "HttpCall") -> AsyncIterator[httpx.Response]:
        client = self._client(guarded=prepared.call.from_caller)
        with _provider_errors(prepared.call.row.name, before_answer=True):
            url, headers = prepared.request.url, prepared.headers
            request = client.build_request("POST", url, headers=headers, content=prepared.content)
            response = await client.send(request, stream=True)
        try:
            yield response
        finally:
            await response.aclose()

    async def _check_answer(self, prepared: "HttpCall", response: httpx.Response) -> None:
        """Raises ProviderError for an answer that is none by its status or its headers."""
        name = prepared.call.row.name
        compressed = response.headers.get("content-encoding", "identity").strip().lower() not in {"identity", ""}
        if response.status_code >= 400:
            body = b"" if compressed else await self._start_of(response, name)
            headers = {key.lower(): value for key, value in response.headers.items()}
            raise prepared.adapter.parse_error(response.status_code, headers, body)
        if response.status_code >= 300:
            raise ProviderError(f"{name} answered with a redirect, which is not followed", status=response.status_code)
        if compressed:
            raise ProviderMalformed(f"{name} answered in a compressed form that was not asked for")

    async def _chunks(self, response: httpx.Response, name: str) -> AsyncGenerator[bytes, None]:
        size = 0
        with _provider_errors(name, before_answer=False):
            async for chunk in response.aiter_raw():
                size += len(chunk)
                if size > self._limits.answer_bytes:
                    yield chunk[: self._limits.answer_bytes - size]
                    raise ProviderMalformed(f"{name} sent an answer of over {self._limits.answer_bytes} bytes")
                yield chunk

    async def _start_of(self, response: httpx.Response, name: str) -> bytes:
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

    def _client(self, *, guarded: bool) -> httpx.AsyncClient:
        clients = self._clients.setdefault(asyncio.get_running_loop(), {})
        if guarded not in clients:
            clients[guarded] = self._new_client(guarded=guarded)
        return clients[guarded]

    def _new_client(self, *, guarded: bool) -> httpx.AsyncClient:
        stall = self._limits.stall_seconds
        return httpx.AsyncClient(
            transport=guarded_transport(self._policy) if guarded else _own_transport(),
            trust_env=not guarded,  # proxies from the environment are the deployment's, not for callers' addresses
            follow_redirects=False,  # the key is for this origin
            timeout=httpx.Timeout(stall, connect=self._limits.connect_seconds),
            limits=DEFAULT_LIMITS,
            # A provider's cookies would tie the calls of different tenants together.
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        )


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

    def stream(self) -> AsyncGenerator[Sequence[ProviderEvent], None]:
        return self.transport.stream(self)

    async def count_input(self) -> int | None:
        return await self.transport.count_input(self)


def _own_transport() -> httpx.AsyncBaseTransport | None:
    """For the providers' own addresses; None, httpx's own, where the environment names a proxy, which only that knows
    how to go through."""
    if getproxies().keys() & {"http", "https", "all"}:
        return None
    return PooledTransport(httpx.create_ssl_context())


def _encoded(body: dict[str, Any]) -> bytes:
    try:
        return json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    except (ValueError, TypeError, RecursionError):
        # A lone surrogate, NaN or Infinity, which Python's JSON reader lets in, or endless nesting.
        raise InvalidRequest("a parameter holds a value that JSON cannot carry", loc=("body", "parameters")) from None


def _media_type(response: httpx.Response) -> str:
    content_type: str = response.headers.get("content-type", "")
    return content_type.partition(";")[0].strip().lower()


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
    """httpx's errors as ours. Never chained: httpx's may quote the request."""
    try:
        yield
    except (httpx.InvalidURL, httpx.UnsupportedProtocol):
        raise ProviderUnreachable(f"The base URL of {name} is not an http(s) URL") from None
    except httpx.ConnectTimeout:
        raise ProviderUnreachable(f"{name} did not accept a connection in time", retryable=True) from None
    except (httpx.ConnectError, httpx.ProxyError):
        raise ProviderUnreachable(f"{name} could not be connected to", retryable=True) from None
    except httpx.TimeoutException:
        raise ProviderError(f"{name} went silent", retryable=True) from None
    except (httpx.TransportError, httpx.StreamError):
        if before_answer:
            raise ProviderError(f"{name} closed the connection before it answered", retryable=True) from None
        raise cut_off() from None


def _presentable(error: ProviderError, call: ProviderCall) -> ProviderError | RefusedParameter:
    """The error as the caller may see it: without the key, which some servers quote, and by the parameter's name
    where the provider refused one that the caller gave."""
    message = error.message
    if call.api_key is not None:
        message = message.replace(call.api_key.get_secret_value(), _HIDDEN)
    error.message = _KEYS.sub(_HIDDEN, message)[:MAX_SHOWN_CHARACTERS]
    error.args = (error.message,)
    parameters = call.parameters.given()
    if error.param is not None and (error.param in parameters or error.param in parameters.get("extra", {})):
        return RefusedParameter(error.param, call.model, f"was refused by {call.row.name}: {error.message}")
    return error
