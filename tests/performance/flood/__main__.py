"""python -m tests.performance.flood: many streams at once, connections that say nothing, and a tenant past its limit.

`--streams 100 --per-second 50 --seconds 300` is the whole of it; without arguments it takes half a minute.
"""

import argparse
import asyncio
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from tests.performance.bench.processes import Server, operated, started, tenant_key
from tests.performance.flood.streams import RUN, flood

LIMIT_A_MINUTE = 60
CALLERS_PAST_THE_LIMIT = 16
PAUSE_SECONDS = 0.02
PUSH_SECONDS = 0.1
"""Between two requests of a caller that is past its limit."""
PROVIDER = [sys.executable, "-m", "tests.performance.flood.provider"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--streams", type=int, default=100)
    parser.add_argument("--per-second", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--silent", type=int, default=1000)
    parser.add_argument("--requests", type=int, default=200, help="of which the times are told")
    given = parser.parse_args()
    with flooded() as (server, key, limited):
        asyncio.run(_streams(server, key, given.streams, given.per_second, given.seconds))
        asyncio.run(_silent(server, key, given.silent, given.requests))
        asyncio.run(_past_the_limit(server, key, limited, given.requests))


@contextmanager
def flooded() -> Iterator[tuple[Server, str, str]]:
    """A server and its provider, the key of a tenant, and that of one with a limit."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        upstream = stack.enter_context(started("provider", PROVIDER, {}, folder))
        server, operator = stack.enter_context(operated(upstream.address, folder, folder / "data"))
        keys = tenant_key(server.address, operator), tenant_key(server.address, operator, "Limited", LIMIT_A_MINUTE)
        yield server, *keys


async def _streams(server: Server, key: str, streams: int, per_second: int, seconds: float) -> None:
    done = await flood(server, key, streams, per_second, seconds)
    memory = done.memory_mb
    fifth = max(1, len(memory) // 5)
    print(
        f"{streams} streams of {per_second} tokens/s for {seconds:.0f} s: {done.tokens} tokens, {len(done.wrong)} wrong"
    )
    print(f"  added delay a token   p50 {done.delay_ms(0.5):.1f} ms, p99 {done.delay_ms(0.99):.1f} ms")
    print(f"  memory                {memory[fifth]:.0f} MB after a fifth, {max(memory):.0f} MB at most")
    for what in sorted(set(done.wrong)):
        print(f"  wrong: {what}")


async def _silent(server: Server, key: str, count: int, requests: int) -> None:
    alone = await p95_ms(server, key, requests)
    with silent_connections(server, count):
        beside = await p95_ms(server, key, requests)
    print(f"{count} silent connections: a run's p95 {alone:.1f} ms without, {beside:.1f} ms beside them")


@contextmanager
def silent_connections(server: Server, count: int) -> Iterator[None]:
    """Half of them say the beginning of a request."""
    address = urlsplit(server.address)
    with ExitStack() as stack:
        for number in range(count):
            connection = socket.create_connection((address.hostname or "", address.port or 0), 10)
            stack.enter_context(connection)
            if number % 2:
                connection.sendall(b"POST /api/v1/playground/run HTTP/1.1\r\nhost: x\r\n")
        yield


async def _past_the_limit(server: Server, key: str, limited: str, requests: int) -> None:
    alone = await p95_ms(server, key, requests)
    async with asyncio.TaskGroup() as group:
        pushing = [group.create_task(_push(server, limited)) for _ in range(CALLERS_PAST_THE_LIMIT)]
        await asyncio.sleep(1)
        beside = await p95_ms(server, key, requests)
        for task in pushing:
            task.cancel()
    print(f"a tenant past its limit: another's p95 {alone:.1f} ms without, {beside:.1f} ms beside it")


async def p95_ms(server: Server, key: str, requests: int) -> float:
    """Of a run on the demo provider, one after another."""
    times: list[float] = []

    async def one(client: httpx.AsyncClient) -> None:
        began = time.perf_counter()
        answer = await client.post(RUN, json=DEMO)
        times.append(1000 * (time.perf_counter() - began))
        assert answer.status_code == 200, answer.text

    await _with_client(server, key, one, requests)
    return statistics.quantiles(times, n=20)[-1]


DEMO = {"model": "demo/echo", "prompt_text": "Hi", "parameters": {"extra": {"delay_ms": 0}}}


async def _push(server: Server, key: str) -> None:
    async def one(client: httpx.AsyncClient) -> None:
        answer = await client.post(RUN, json=DEMO)
        assert answer.status_code in {200, 429}, answer.text

    await _with_client(server, key, one, 10**9, PUSH_SECONDS)


async def _with_client(
    server: Server,
    key: str,
    one: Callable[[httpx.AsyncClient], Awaitable[None]],
    times: int,
    pause: float = PAUSE_SECONDS,
) -> None:
    headers = {"authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(base_url=server.address, headers=headers, timeout=30, trust_env=False) as client:
        for _ in range(times):
            await one(client)
            await asyncio.sleep(pause)


if __name__ == "__main__":
    main()
