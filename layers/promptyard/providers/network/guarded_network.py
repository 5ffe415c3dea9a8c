"""The connections that caller-given URLs are dialled through.

A name is looked up once for each new connection, every address of the answer is checked, and the connection is made to
one of these very addresses, so that a name whose answer changes between look-ups (DNS rebinding) gains nothing. TLS
(SNI and the certificate's check) and the Host header still see the name. There are no proxies, not from the
environment either, and no unix sockets. Redirects are not followed: the key is for this origin.
"""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from ipaddress import ip_address

import httpcore
import httpx

from promptyard.providers.network.addresses import IPAddress, literal_address
from promptyard.providers.network.connection_pool import ConnectionPool
from promptyard.providers.network.tcp import AsyncioBackend
from promptyard.providers.network.url_policy import EndpointPolicy, check_parsed_url

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]
"""`await resolve(host, port)`: the addresses of a name, best first. Raises socket.gaierror."""

_LOOKUP_THREADS = 8
_MAX_DIALS = 6
"""Addresses tried for one connection: a name may have hundreds, and none of them asked to be dialled."""

_UNKNOWN_NAME = frozenset({socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)})


async def resolve_host(host: str, port: int) -> Sequence[str]:
    """The system's look-up, in a thread of its own pool."""
    lookup = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    found = await asyncio.get_running_loop().run_in_executor(_lookup_threads(), lookup)
    return list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))


def guarded_pool(
    policy: EndpointPolicy,
    *,
    resolve: Resolver = resolve_host,
    backend: httpcore.AsyncNetworkBackend | None = None,
    ssl_context: ssl.SSLContext | None = None,
) -> ConnectionPool:
    """A pool that opens connections only where `policy` permits.

    `backend` opens the connections once they are permitted. Requests raise EndpointRefused for a URL or an address that
    breaks a rule.
    """
    return ConnectionPool(
        ssl_context or httpx.create_ssl_context(trust_env=False),
        backend=GuardedBackend(policy, resolve, backend or AsyncioBackend()),
        check=check_parsed_url,
    )


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """Opens TCP connections through `inner`, after checking every address of the host."""

    def __init__(self, policy: EndpointPolicy, resolve: Resolver, inner: httpcore.AsyncNetworkBackend) -> None:
        self._policy = policy
        self._resolve = resolve
        self._inner = inner

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's interface
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect within `timeout` seconds, look-up included. Raises EndpointRefused, ConnectError, ConnectTimeout."""
        clock = asyncio.get_running_loop().time
        deadline = None if timeout is None else clock() + timeout
        addresses = await self._permitted_addresses(host, port, deadline)
        for tries_left in range(len(addresses), 0, -1):
            # The time left is shared out, so that one address that never answers does not use up all of it.
            share = None if deadline is None else max(0.0, deadline - clock()) / tries_left
            address = str(addresses[-tries_left])
            try:
                return await self._inner.connect_tcp(address, port, share, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if tries_left == 1:
                    raise
        raise self._policy.refusal()

    async def _permitted_addresses(self, host: str, port: int, deadline: float | None) -> list[IPAddress]:
        literal = literal_address(host)
        addresses = [literal] if literal is not None else await self._look_up(host, port, deadline)
        # All of them, not only those that would be dialled: a name with one internal address is not an honest one.
        if not all(map(self._policy.permits, addresses)):
            raise self._policy.refusal()
        return addresses[:_MAX_DIALS]

    async def _look_up(self, host: str, port: int, deadline: float | None) -> list[IPAddress]:
        try:
            async with asyncio.timeout_at(deadline):
                return [ip_address(text) for text in await self._resolve(host, port)]
        except TimeoutError:
            raise httpcore.ConnectTimeout("the look-up of the host took too long") from None
        except socket.gaierror as error:
            if error.errno in _UNKNOWN_NAME:
                raise self._policy.refusal() from None
            raise httpcore.ConnectError("the look-up of the host failed") from None


@cache
def _lookup_threads() -> ThreadPoolExecutor:
    # Apart from the event loop's own threads: names whose server never answers must not hold up other work.
    return ThreadPoolExecutor(_LOOKUP_THREADS, thread_name_prefix="name-lookup")
