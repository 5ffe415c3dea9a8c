"""python -m tests.performance.flood: many streams at once, connections that say nothing, and who asks again and again.

`--streams 100 --per-second 50 --seconds 300` is the whole of it; without arguments it takes some minutes; `--streams 0`
and `--silent 0` leave those out.
"""

import argparse
import asyncio
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from tests.performance.bench.processes import DEADLINE_SECONDS, Server, operated, started, tenant_key
from tests.performance.flood.past_limits import LIMIT_A_MINUTE, floods, latency
from tests.performance.flood.streams import flood

PROVIDER = [sys.executable, "-m", "tests.performance.flood.provider"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--streams", type=int, default=100)
    parser.add_argument("--per-second", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--silent", type=int, default=1000)
    parser.add_argument("--requests", type=int, default=200, help="of which the times are told")
    given = parser.parse_args()
    with flooded(given.seconds) as (server, key, limited):
        if given.streams:
            asyncio.run(_streams(server, key, given.streams, given.per_second, given.seconds))
        if given.silent:
            asyncio.run(_silent(server, key, given.silent, given.requests))
        asyncio.run(floods(server, key, limited, given.requests))


@contextmanager
def flooded(seconds: float = 0) -> Iterator[tuple[Server, str, str]]:
    """A server whose runs may take so long and longer, and its provider; the key of a tenant, and that of one with a
    limit."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        upstream = stack.enter_context(started("provider", PROVIDER, {}, folder))
        server, operator = stack.enter_context(
            operated(upstream.address, folder, folder / "data", int(seconds) + DEADLINE_SECONDS)
        )
        keys = tenant_key(server.address, operator), tenant_key(server.address, operator, "Limited", LIMIT_A_MINUTE)
        yield server, *keys


async def _streams(server: Server, key: str, streams: int, per_second: int, seconds: float) -> None:
    done = await flood(server, key, streams, per_second, seconds)
    memory = done.memory_mb
    fifth = len(memory) // 5
    early, late = memory[fifth], memory[len(memory) - 1 - fifth]
    grown = (late - early) * 1e6 / (done.tokens * 3 / 5)
    print(
        f"{streams} streams of {per_second} tokens/s for {seconds:.0f} s: {done.tokens} tokens, {len(done.wrong)} wrong"
    )
    print(f"  added delay a token   p50 {done.delay_ms(0.5):.1f} ms, p99 {done.delay_ms(0.99):.1f} ms")
    print(
        f"  memory                {early:.0f} MB after a fifth, {late:.0f} MB a fifth before the end, "
        f"{grown:.0f} bytes a token; {max(memory):.0f} MB at most"
    )
    for what in sorted(set(done.wrong)):
        print(f"  wrong: {what}")


async def _silent(server: Server, key: str, count: int, requests: int) -> None:
    alone = await latency(server, key, requests)
    with silent_connections(server, count):
        beside = await latency(server, key, requests)
    print(f"{count} silent connections: a run's p95 {alone} without, {beside} beside them")


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


if __name__ == "__main__":
    main()
