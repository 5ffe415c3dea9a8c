"""Streams that are dropped at random bytes and gone on with, again and again, while they are written and after: what
comes together is what the stream is, byte for byte.

`pytest -m hard -s tests/contract/runs/test_dropped_streams.py` says how many there were.
"""

import random
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.support.servers.server import StartServer

RUN = "/api/v1/playground/run"
COMPARE = "/api/v1/playground/compare"
FOLLOWERS = 8
"""Of each stream, at once."""
DROPS = 1000


def drop_and_resume(client: httpx.Client, events: str, dice: random.Random) -> tuple[bytes, int]:
    """All frames of a stream, and how often it was dropped on the way."""
    told, last, drops = b"", 0, 0
    while True:
        given = {"params": {"after": last}} if dice.random() < 0.5 else {"headers": {"Last-Event-ID": str(last)}}
        with client.stream("GET", events, **given) as response:  # type: ignore[arg-type]
            if response.status_code == 204:
                return told, drops
            assert response.status_code == 200
            cut, came = dice.randint(0, dice.choice([600, 600, 600, 20_000])), b""  # the last frame alone may be large
            for piece in response.iter_raw():
                came += piece
                if len(came) > cut:
                    came, cut = came[:cut], -1
                    drops += 1
                    break
        frames = [frame + b"\n\n" for frame in came.split(b"\n\n")[:-1] if not frame.startswith(b":")]
        told += b"".join(frames)
        if frames:
            last = int(frames[-1].removeprefix(b"id: ").split(b"\n")[0])
        if cut >= 0:
            return told, drops


@pytest.mark.hard
@pytest.mark.parametrize("variables", [{}, {"PROMPTYARD_REMEMBER_STREAMS": "false"}], ids=["memory", "pieces"])
def test_whatever_is_dropped_is_told_again(start_server: StartServer, variables: Mapping[str, str]) -> None:
    server = start_server(variables)
    dice = random.Random(20_261_129)
    drops = streams = 0
    with httpx.Client(
        base_url=server.url, timeout=60, trust_env=False, limits=httpx.Limits(max_connections=50)
    ) as client:
        while drops < DROPS:
            delay = {"extra": {"delay_ms": dice.choice([1, 5, 20])}}
            asked: dict[str, Any] = {"prompt_text": f"Explain stream {streams}.", "stream": True, "resumable": True}
            if streams % 3 == 2:
                targets = [
                    {"model": "demo/writer", "parameters": delay},
                    {"model": "demo/echo"},
                    {"model": "nobody"},
                ]
                path, name, asked = COMPARE, "comparison", {**asked, "targets": targets}
            else:
                path, name, asked = RUN, "run", {**asked, "model": "demo/writer", "parameters": delay}
            with client.stream("POST", path, json=asked) as response, ThreadPoolExecutor(FOLLOWERS) as pool:
                events = f"/api/v1/playground/{name}s/{response.headers[f'x-{name}-id']}/events"
                seeds = [dice.random() for _ in range(FOLLOWERS)]
                going = [pool.submit(drop_and_resume, client, events, random.Random(seed)) for seed in seeds]
                original = response.read()
            afterwards = drop_and_resume(client, events, dice)
            for told, dropped in [*(follower.result() for follower in going), afterwards]:
                assert told == original
                drops += dropped
            streams += 1
    print(f"\n{streams} streams, dropped {drops} times, read by {streams * (FOLLOWERS + 1)}: all bytes equal")
