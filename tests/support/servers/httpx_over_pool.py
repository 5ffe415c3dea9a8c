"""httpx's client over a pool of ours: it follows redirects and reads whole answers, which the product never does."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import httpcore
import httpx

from promptyard.providers.network.connection_pool import BadUrl, ConnectionPool, HttpAnswer


class PoolTransport(httpx.AsyncBaseTransport):
    def __init__(self, pool: ConnectionPool) -> None:
        self._pool = pool

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        headers = {name: value for name, value in request.headers.items() if name not in {"host", "content-length"}}
        with _as_httpx_does():
            answer = await self._pool.request(
                request.method, str(request.url), headers, await request.aread(), request.extensions["timeout"]
            )
        return httpx.Response(answer.status, headers=answer.headers, stream=_Stream(answer))

    async def aclose(self) -> None:
        await self._pool.aclose()


class _Stream(httpx.AsyncByteStream):
    def __init__(self, answer: HttpAnswer) -> None:
        self._answer = answer

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _as_httpx_does():
            async for part in self._answer.chunks():
                yield part

    async def aclose(self) -> None:
        await self._answer.aclose()


@contextmanager
def _as_httpx_does() -> Iterator[None]:
    try:
        yield
    except BadUrl:
        raise httpx.UnsupportedProtocol("not an http(s) URL") from None
    except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError) as error:
        raise getattr(httpx, type(error).__name__)(str(error)) from error
