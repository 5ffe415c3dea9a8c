"""What somebody who asks again and again does to others: a tenant past its limit, and one whose key is none."""

import asyncio
import statistics
import time
from dataclasses import dataclass

import httpx

from promptyard.domain.account.api_keys import make_key
from tests.performance.bench.processes import Server
from tests.performance.flood.pusher import DEMO, pushing
from tests.performance.flood.streams import RUN

LIMIT_A_MINUTE = 60
FLOODS = ((1, 0.1), (16, 0.1), (16, 0.0))
"""Callers, and the pause of each between an answer and its next request: ten times the limit, some hundred times, and
as fast as answers come."""
PAUSE_SECONDS = 0.02
SETTLE_SECONDS = 2.0
"""In which whoever pushes uses up what it has of this minute."""
ALONE_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Effect:
    """Of a flood. Times in ms; `cpu_ms` is what an answer to it takes of a processor, None where nobody can tell."""

    answers: dict[str, int]
    cpu_ms: float | None
    alone: float
    beside: float

    def __str__(self) -> str:
        cpu = "" if self.cpu_ms is None else f", {self.cpu_ms:.2f} ms of a processor each"
        return f"another's p95 {self.alone:.1f} ms without, {self.beside:.1f} ms beside it; {self.answers}{cpu}"


async def floods(server: Server, key: str, limited: str, requests: int) -> None:
    for callers, pause in FLOODS:
        for who, pushed in (("a tenant past its limit", limited), ("a wrong key", make_key().get_secret_value())):
            effect = await effect_of(server, key, pushed, callers, pause, requests)
            print(f"{who}, {callers} callers, {pause} s of pause: {effect}")


async def effect_of(server: Server, key: str, pushed: str, callers: int, pause: float, requests: int) -> Effect:
    """Of a flood of requests with the key `pushed` on runs with `key`, one after another."""
    await _until_early_in_a_minute()
    alone = await p95_ms(server, key, requests)
    with pushing(server.address, pushed, callers, pause):
        await asyncio.sleep(SETTLE_SECONDS)
    server.wait_until_quiet(SETTLE_SECONDS)
    before = server.cpu_seconds()
    with pushing(server.address, pushed, callers, pause) as answers:
        await asyncio.sleep(ALONE_SECONDS)
    after = server.cpu_seconds()
    cpu_ms = None if before is None or after is None else 1000 * (after - before) / sum(answers.values())
    with pushing(server.address, pushed, callers, pause):
        await asyncio.sleep(SETTLE_SECONDS)
        beside = await p95_ms(server, key, requests)
    return Effect(answers, cpu_ms, alone, beside)


async def _until_early_in_a_minute() -> None:
    """A new minute lets runs begin, which are no refused requests."""
    second = time.time() % 60
    if second > 30:
        await asyncio.sleep(60 - second)


async def p95_ms(server: Server, key: str, requests: int) -> float:
    """Of a run on the demo provider, one after another."""
    times: list[float] = []
    headers = {"authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(base_url=server.address, headers=headers, timeout=30, trust_env=False) as client:
        for _ in range(requests):
            began = time.perf_counter()
            answer = await client.post(RUN, json=DEMO)
            times.append(1000 * (time.perf_counter() - began))
            assert answer.status_code == 200, answer.text
            await asyncio.sleep(PAUSE_SECONDS)
    return statistics.quantiles(times, n=20)[-1]
