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
class Latency:
    """Of 95 in 100 runs, in ms: as their caller waited, and what the server's loop took of a processor meanwhile, which
    is what they wait for where nobody else wants the processor. None where nobody can tell."""

    waited: float
    worked: float | None

    def __str__(self) -> str:
        return f"{self.waited:.1f} ms" + ("" if self.worked is None else f" (of a processor {self.worked:.1f})")


@dataclass(frozen=True, slots=True)
class Effect:
    """Of a flood. `cpu_ms` is what an answer to it takes of a processor, None where nobody can tell."""

    answers: dict[str, int]
    cpu_ms: float | None
    alone: Latency
    beside: Latency

    def __str__(self) -> str:
        cpu = "" if self.cpu_ms is None else f", {self.cpu_ms:.2f} ms of a processor each"
        return f"another's p95 {self.alone} without, {self.beside} beside it; {self.answers}{cpu}"


async def floods(server: Server, key: str, limited: str, requests: int) -> None:
    for callers, pause in FLOODS:
        for who, pushed in (("a tenant past its limit", limited), ("a wrong key", make_key().get_secret_value())):
            effect = await effect_of(server, key, pushed, callers, pause, requests)
            print(f"{who}, {callers} callers, {pause} s of pause: {effect}")


async def effect_of(server: Server, key: str, pushed: str, callers: int, pause: float, requests: int) -> Effect:
    """Of a flood of requests with the key `pushed` on runs with `key`, one after another."""
    await _until_early_in_a_minute()
    alone = await latency(server, key, requests)
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
        beside = await latency(server, key, requests)
    return Effect(answers, cpu_ms, alone, beside)


async def _until_early_in_a_minute() -> None:
    """A new minute lets runs begin, which are no refused requests."""
    second = time.time() % 60
    if second > 30:
        await asyncio.sleep(60 - second)


async def latency(server: Server, key: str, requests: int) -> Latency:
    """Of runs on the demo provider, one after another."""
    waited: list[float] = []
    worked: list[float] = []
    headers = {"authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(base_url=server.address, headers=headers, timeout=30, trust_env=False) as client:
        for _ in range(requests):
            began, before = time.perf_counter(), server.loop_seconds()
            answer = await client.post(RUN, json=DEMO)
            after = server.loop_seconds()
            waited.append(1000 * (time.perf_counter() - began))
            if before is not None and after is not None:
                worked.append(1000 * (after - before))
            assert answer.status_code == 200, answer.text
            await asyncio.sleep(PAUSE_SECONDS)
    return Latency(_p95(waited), _p95(worked) if worked else None)


def _p95(times: list[float]) -> float:
    return statistics.quantiles(times, n=20)[-1]
