"""The local server killed while it serves, again and again, on the same data: nothing that was answered is lost, and
what was not is settled by the next start."""

import asyncio
import json
import os
import random
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from promptyard.bootstrap.whole import whole
from promptyard.domain.metering.ledger import month_of
from promptyard.settings import Settings
from promptyard_local.aws import LAPTOP_DEFAULTS, open_aws
from tests.support.servers.mortal_server import MOMENTS, UNCLAIMED, mortal_server

RUN = "/api/v1/playground/run"
HISTORY = "/api/v1/playground/history"
CALLERS = 8
ROUNDS = int(os.environ.get("KILL_ROUNDS", "2"))
"""How often the server is killed at each moment of a run."""
KILLS = int(os.environ.get("KILLS", "60"))
"""How often it is killed while it serves, at any moment."""
WORDS = "one two three four five six seven eight nine ten"


@contextmanager
def server(data: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    variables = {"PATH": os.environ["PATH"], "PORT": "0", "PROMPTYARD_DATA_DIR": str(data)}
    command = [sys.executable, "-m", "promptyard_local"]
    with subprocess.Popen(
        command, env=variables, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            assert process.stdout is not None
            found = re.search(r"http://127\.0\.0\.1:\d+", process.stdout.readline())
            assert found, "the server did not start"
            yield process, found.group()
        finally:
            process.kill()


async def serve_and_kill(data: Path, chance: random.Random) -> dict[str, str]:
    """The answers, by run, that came whole before the kill."""
    answered: dict[str, str] = {}
    with server(data) as (process, url):
        async with httpx.AsyncClient(base_url=url, timeout=20, trust_env=False) as client:
            callers = [asyncio.create_task(call_on(client, number, answered)) for number in range(CALLERS)]
            await asyncio.sleep(chance.uniform(0.0, 0.4))
            process.send_signal(signal.SIGKILL)
            await asyncio.gather(*callers)
        process.wait(20)
    return answered


async def call_on(client: httpx.AsyncClient, number: int, answered: dict[str, str]) -> None:
    """Until nobody is there."""
    body = {"model": "demo/echo", "prompt_text": WORDS, "stream": number % 2 == 1}
    body["parameters"] = {"extra": {"delay_ms": 0}}
    with suppress(httpx.TransportError):
        while True:
            answer = await client.post(RUN, json=body)
            assert answer.status_code == 200, answer.text
            answered[answer.headers["x-run-id"]] = streamed(answer.text) if body["stream"] else answer.json()["output"]


def streamed(text: str) -> str:
    """The answer of a stream that came to its end."""
    assert "event: done" in text, text[-300:]
    events = [json.loads(data) for data in re.findall("^data: (.*)$", text, re.MULTILINE)]
    return "".join(event["content"] for event in events if "content" in event)


async def check(data: Path, answered: dict[str, str]) -> int:
    """What is there after the next start; returns how many runs there are."""
    with server(data) as (_, url):
        async with httpx.AsyncClient(base_url=url, timeout=20, trust_env=False) as client:
            runs = [run async for run in history(client)]
            total = (await client.get(HISTORY, params={"limit": 1})).json()["total"]
    outputs = {run["id"]: run["output"] for run in runs}
    assert {run_id: outputs.get(run_id) for run_id in answered} == answered
    assert total == len(outputs) == len(runs)
    assert {run["status"] for run in runs} <= {"succeeded", "failed"}
    return total


async def history(client: httpx.AsyncClient) -> Any:
    cursor = None
    while True:
        page = (await client.get(HISTORY, params={"limit": 100} | ({"cursor": cursor} if cursor else {}))).json()
        for run in page["items"]:
            yield run
        cursor = page.get("next_cursor")
        if cursor is None:
            return


async def differences(data: Path) -> list[object]:
    """Between what is metered, the ledger and what is open."""
    aws = open_aws(LAPTOP_DEFAULTS | {"PROMPTYARD_DATA_DIR": str(data)})
    try:
        services = whole(Settings(), aws.names, aws.clients)
        return list((await services.metering.reconciler.reconcile("local", month_of(datetime.now(UTC)))).differences)
    finally:
        aws.close()


@pytest.mark.parametrize("kills", [3, pytest.param(KILLS, marks=pytest.mark.hard)])
async def test_nothing_that_was_answered_is_lost(tmp_path: Path, kills: int) -> None:
    chance = random.Random(seed := random.randrange(10**6))
    answered: dict[str, str] = {}
    for kill in range(1, kills + 1):
        answered |= await serve_and_kill(tmp_path, chance)
        if kill % 20 == 0 or kill == kills:
            there = await check(tmp_path, answered)
            print(f"{kill} kills, {len(answered)} answered, {there} there, seed {seed}")
    assert len(answered) >= kills
    assert await differences(tmp_path) == []


@pytest.mark.parametrize(
    ("moments", "rounds"),
    [
        (("at the second token", "after ledger"), 1),
        pytest.param(MOMENTS, ROUNDS, marks=pytest.mark.hard),
    ],
    ids=["some", "all"],
)
async def test_killed_at_any_moment_of_a_run_it_is_settled_by_the_next_start(
    tmp_path: Path, moments: Sequence[str], rounds: int
) -> None:
    answered: dict[str, str] = {}
    for number in range(rounds):
        for moment in moments:
            with mortal_server(tmp_path, moment) as url:
                async with httpx.AsyncClient(base_url=url, timeout=20, trust_env=False) as client:
                    await call_on(client, number, answered)
        there = await check(tmp_path, answered)
        print(f"{(number + 1) * len(moments)} kills, {len(answered)} answered, {there} there")
        assert there >= (number + 1) * len(set(moments) - UNCLAIMED)
    assert await differences(tmp_path) == []
