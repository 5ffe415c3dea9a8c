"""Many paced streams at once: whether each token came as it was said, and how much later."""

import asyncio
import json
import re
import time
from array import array
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import httpx

from tests.performance.bench.processes import Server
from tests.performance.flood.provider import order

RUN = "/api/v1/playground/run"
SAMPLE_SECONDS = 1.0
_TOKEN = re.compile(r"(\d+\.\d{6})#(\d+) ")


@dataclass
class Followed:
    """A stream as it came. Delays in seconds, of each token."""

    delays: "array[float]" = field(default_factory=lambda: array("d"))
    wrong: str | None = None


@dataclass
class Flood:
    streams: list[Followed]
    memory_mb: list[float]
    """Of the server, each second."""

    @property
    def tokens(self) -> int:
        return sum(len(stream.delays) for stream in self.streams)

    @property
    def wrong(self) -> list[str]:
        return [stream.wrong for stream in self.streams if stream.wrong is not None]

    def delay_ms(self, share: float) -> float:
        """That so much of all tokens have at most."""
        delays = sorted(delay for stream in self.streams for delay in stream.delays)
        return 1000 * delays[min(len(delays) - 1, int(share * len(delays)))]


async def flood(server: Server, key: str, streams: int, per_second: int, seconds: float) -> Flood:
    memory: list[float] = []
    sampling = asyncio.create_task(_sample(server, memory))
    headers = {"authorization": f"Bearer {key}"}
    limits = httpx.Limits(max_connections=None)
    tokens = max(1, int(per_second * seconds))
    async with httpx.AsyncClient(
        base_url=server.address, headers=headers, timeout=60, limits=limits, trust_env=False
    ) as client:
        followed = await asyncio.gather(*(follow(client, tokens, per_second) for _ in range(streams)))
    sampling.cancel()
    await asyncio.gather(sampling, return_exceptions=True)
    return Flood(list(followed), memory)


async def follow(client: httpx.AsyncClient, tokens: int, per_second: int) -> Followed:
    followed, digest, last = Followed(), sha256(), ""
    body = {"provider": "openai", "model": "gpt-4o", "prompt_text": order(tokens, per_second), "stream": True}
    buffer, is_done = b"", False
    try:
        async with client.stream("POST", RUN, json=body) as response:
            if response.status_code != 200:
                followed.wrong = f"status {response.status_code}"
                return followed
            async for came in response.aiter_raw():
                at = time.perf_counter()
                *blocks, buffer = (buffer + came).split(b"\n\n")
                for block in blocks:
                    is_done = is_done or b"event: done" in block
                    last = _take(block, followed, digest, at) or last
    except httpx.HTTPError as error:
        followed.wrong = repr(error)
        return followed
    if not is_done or len(followed.delays) != tokens or last != digest.hexdigest():
        followed.wrong = (
            f"done {is_done}, {len(followed.delays)} of {tokens} tokens, digest {last == digest.hexdigest()}"
        )
    return followed


def _take(block: bytes, followed: Followed, digest: Any, at: float) -> str | None:
    """What is no token of an event."""
    _, found, data = block.rpartition(b"data: ")
    content = json.loads(data).get("content") if found else None
    if content is None:
        return None
    rest = 0
    for token in _TOKEN.finditer(content):
        if token.start() != rest or int(token[2]) != len(followed.delays):
            break
        digest.update(token[0].encode())
        followed.delays.append(at - float(token[1]))
        rest = token.end()
    return content[rest:] or None


async def _sample(server: Server, memory: list[float]) -> None:
    while True:
        memory.append(server.memory_mb() or 0.0)
        await asyncio.sleep(SAMPLE_SECONDS)
