"""Requests over httpcore's connections, without what is usually above these: its pool looks at every connection at the
begin and the end of every request, and httpx's client takes as long for one as the connection itself."""

import ssl
import time
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache, partial
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

import httpcore
import httpx

from promptyard.providers.network.merging_network import MergingBackend, MergingStream
from promptyard.providers.network.tcp import AsyncioBackend

KEPT_CONNECTIONS = 100
"""That wait for a request, to one origin."""
KEPT_SECONDS = 30.0


class BadUrl(Exception):
    """Not an http(s) URL."""


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """To be closed, whether its body was read or not."""

    status: int
    headers: Mapping[str, str]
    """By lower-case names; what came several times is joined."""
    _response: httpcore.Response
    _read_timeout: float | None
    _at_end: Callable[[], Awaitable[None]] | None

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        """Raises httpcore's errors."""
        stream = self._response.extensions["network_stream"]
        if isinstance(stream, MergingStream):
            while data := await stream.data(self._read_timeout):
                yield data
        async for part in self._response.aiter_stream():
            yield part

    async def aclose(self) -> None:
        try:
            await self._response.aclose()
        except BaseException:  # stopped within it, httpcore leaves the connection open
            await self._response.extensions["network_stream"].aclose()
            raise
        if self._at_end is not None:
            await self._at_end()


class ConnectionPool:
    """`backend` opens the connections; `check` may refuse a URL. With `by_proxies`, goes through those that the
    environment names.

    No cap on the connections: one slow endpoint would make the other runs wait, and the model look slow. Runs are
    capped elsewhere.
    """

    def __init__(
        self,
        ssl_context: ssl.SSLContext,
        *,
        backend: httpcore.AsyncNetworkBackend | None = None,
        check: Callable[[httpx.URL], object] | None = None,
        by_proxies: bool = False,
    ) -> None:
        self._ssl_context = ssl_context
        self._check = check
        self._backend = MergingBackend(backend or AsyncioBackend())
        self._proxies = getproxies() if by_proxies else {}
        self._proxied: dict[str, httpcore.AsyncConnectionPool] = {}
        self._idle: dict[str, deque[httpcore.AsyncHTTPConnection]] = {}
        """Connections that wait for a request, the one that was used last at the end."""
        self._looked_at = 0.0

    async def request(
        self, method: str, url: str, headers: Mapping[str, str], content: bytes, timeouts: Mapping[str, float | None]
    ) -> HttpAnswer:
        """`timeouts` in seconds: connect, read, write. A redirect is an answer. Raises BadUrl, httpcore's errors, and
        what `check` and the backend raise."""
        parsed, target = _parsed(url)
        if self._check is not None:
            self._check(parsed)
        if parsed.scheme not in ("http", "https") or not parsed.host:
            raise BadUrl
        request = httpcore.Request(
            method,
            target,
            headers=[
                (b"host", parsed.netloc),
                (b"content-length", b"%d" % len(content)),
                *((name.encode(), value.encode()) for name, value in headers.items()),
            ],
            content=content,
            extensions={"timeout": timeouts},
        )
        proxy = self._proxy(parsed) if self._proxies else None
        if proxy is not None:
            response, at_end = await self._pool_behind(proxy).handle_async_request(request), None
        else:
            connection = await self._connection(target.origin)
            try:
                response = await connection.handle_async_request(request)
            except BaseException:  # stopped between two of its steps, httpcore leaves it open
                await connection.aclose()
                raise
            at_end = partial(self._keep, str(target.origin), connection)
        return HttpAnswer(response.status, _joined(response.headers), response, timeouts.get("read"), at_end)

    async def aclose(self) -> None:
        for pool in self._proxied.values():
            await pool.aclose()
        for connections in self._idle.values():
            for connection in connections:
                await connection.aclose()
        self._idle.clear()

    async def _connection(self, origin: httpcore.Origin) -> httpcore.AsyncHTTPConnection:
        """One that waits, or a new one."""
        idle = self._idle.get(str(origin))
        while idle:
            connection = idle.pop()
            if connection.is_available() and not connection.has_expired():
                return connection
            await connection.aclose()
        return httpcore.AsyncHTTPConnection(
            origin, ssl_context=self._ssl_context, keepalive_expiry=KEPT_SECONDS, network_backend=self._backend
        )

    async def _keep(self, origin: str, connection: httpcore.AsyncHTTPConnection) -> None:
        """For the next request, if it can be used again."""
        if not connection.is_idle():
            return
        idle = self._idle.setdefault(origin, deque())
        idle.append(connection)
        if len(idle) > KEPT_CONNECTIONS:
            await idle.popleft().aclose()
        if time.monotonic() - self._looked_at >= KEPT_SECONDS:
            await self._drop_expired()

    async def _drop_expired(self) -> None:
        """Of all origins: one that is never asked again leaves nothing behind."""
        self._looked_at = time.monotonic()
        for origin, idle in list(self._idle.items()):
            while idle and idle[0].has_expired():
                await idle.popleft().aclose()
            if not idle:
                self._idle.pop(origin, None)

    def _pool_behind(self, proxy: str) -> httpcore.AsyncConnectionPool:
        if proxy not in self._proxied:
            self._proxied[proxy] = httpcore.AsyncConnectionPool(
                ssl_context=self._ssl_context,
                proxy=_proxy(proxy),
                max_connections=None,
                max_keepalive_connections=KEPT_CONNECTIONS,
                keepalive_expiry=KEPT_SECONDS,
                network_backend=self._backend,
            )
        return self._proxied[proxy]

    def _proxy(self, url: httpx.URL) -> str | None:
        """As the environment's variables have it for the standard library."""
        proxy = self._proxies.get(url.scheme) or self._proxies.get("all")
        return None if proxy is None or proxy_bypass(url.host) else proxy


@contextmanager
def _as_bad_url() -> Iterator[None]:
    try:
        yield
    except (httpx.InvalidURL, UnicodeError):
        raise BadUrl from None


@lru_cache(maxsize=256)
def _parsed(url: str) -> tuple[httpx.URL, httpcore.URL]:
    """Raises BadUrl."""
    with _as_bad_url():
        parsed = httpx.URL(url)
        target = httpcore.URL(scheme=parsed.raw_scheme, host=parsed.raw_host, port=parsed.port, target=parsed.raw_path)
    return parsed, target


def _proxy(url: str) -> httpcore.Proxy:
    """Without a scheme it is http. Raises BadUrl."""
    parts = urlsplit(url if "://" in url else f"http://{url}")
    auth = None if parts.username is None else (unquote(parts.username), unquote(parts.password or ""))
    with _as_bad_url():
        address = httpx.URL(parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl())
    return httpcore.Proxy(str(address), auth=auth)


def _joined(headers: list[tuple[bytes, bytes]]) -> dict[str, str]:
    joined: dict[str, str] = {}
    for name, value in headers:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        joined[key] = f"{joined[key]}, {text}" if key in joined else text
    return joined
