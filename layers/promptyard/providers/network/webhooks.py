"""Posts to callers' addresses that are no providers'."""

import asyncio
import ssl
from collections.abc import Callable, Mapping
from contextlib import aclosing
from weakref import WeakKeyDictionary

import httpcore
import httpx

from promptyard.domain.errors import EndpointRefused, ProviderError
from promptyard.providers.network.connection_pool import BadUrl, ConnectionPool, HttpAnswer
from promptyard.providers.network.guarded_network import guarded_pool
from promptyard.providers.network.url_policy import EndpointPolicy, check_parsed_url

_FIELD = "webhook_url"
TIMEOUT_SECONDS = 15.0
"""What Standard Webhooks takes as long enough for an answer to be given."""
SHORT_BYTES = 16_384
"""Of an answer that is read to its end so that its connection can be used again."""


def check_webhook_url(url: str) -> None:
    """Its form; where it leads is seen when it is dialled. Raises EndpointRefused."""
    try:
        check_parsed_url(httpx.URL(url))
    except httpx.InvalidURL:
        raise EndpointRefused(f"{_FIELD} must be a valid URL") from None
    except EndpointRefused as refused:
        raise _of_webhook(refused) from None


def _of_webhook(refused: EndpointRefused) -> EndpointRefused:
    return EndpointRefused(refused.message.replace("custom_base_url", _FIELD))


class GuardedPoster:
    """Implements `services.ports.benchmarks.WebhookPoster`, through the guard of callers' addresses: see
    `guarded_network`. A redirect is not followed, and of the answer's body nothing is told."""

    def __init__(
        self,
        allow_private_endpoints: str,
        *,
        keeps_connections: bool = False,
        certificates: Callable[[], ssl.SSLContext] | None = None,
    ) -> None:
        """`keeps_connections`: for the next post, where the answer is short. `certificates` gives those that are
        trusted, where they are read already. Raises ValueError for a setting that is none."""
        self._policy = EndpointPolicy.from_setting(allow_private_endpoints)
        self._keeps_connections = keeps_connections
        self._certificates = certificates
        self._pools: WeakKeyDictionary[asyncio.AbstractEventLoop, ConnectionPool] = WeakKeyDictionary()

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        """The status that is answered. Raises EndpointRefused for a URL that leads where none may, ProviderError where
        there is no answer."""
        timeouts = dict.fromkeys(("connect", "read", "write", "pool"), TIMEOUT_SECONDS)
        sent = {"user-agent": "promptyard", "accept-encoding": "identity", **headers}
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                answer = await self._pool().request("POST", url, sent, body, timeouts)
                try:
                    if self._keeps_connections:
                        await _read_out(answer)
                finally:
                    await answer.aclose()
        except EndpointRefused as refused:
            raise _of_webhook(refused) from None
        except (BadUrl, httpcore.UnsupportedProtocol):
            raise EndpointRefused(f"{_FIELD} must be http or https") from None
        except (TimeoutError, httpcore.TimeoutException):
            raise ProviderError("The webhook did not answer in time") from None
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.ProxyError):
            raise ProviderError("The webhook could not be reached") from None
        return answer.status

    def _pool(self) -> ConnectionPool:
        loop = asyncio.get_running_loop()
        if loop not in self._pools:
            certificates = None if self._certificates is None else self._certificates()
            self._pools[loop] = guarded_pool(self._policy, ssl_context=certificates)
        return self._pools[loop]

    async def aclose(self) -> None:
        """Close the running loop's connections."""
        pool = self._pools.pop(asyncio.get_running_loop(), None)
        if pool is not None:
            await pool.aclose()


async def _read_out(answer: HttpAnswer) -> None:
    size = 0
    async with aclosing(answer.chunks()) as chunks:
        async for chunk in chunks:
            size += len(chunk)
            if size > SHORT_BYTES:
                break
