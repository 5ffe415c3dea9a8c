"""Runs while the store is slow, throttles, fails or is away: what cannot be recorded is refused before it is sent, what
was sent is delivered, recorded and charged once.

`pytest -m hard -s tests/contract/faults/test_store_faults.py` says how many there were.
"""

import asyncio
import json
import os
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from promptyard.bootstrap.whole import whole
from promptyard.domain.metering.ledger import month_of
from promptyard.services.runs.settling.settlement import MAX_LATER_SECONDS
from promptyard.settings import Settings
from promptyard_local.aws import open_aws
from tests.support.aws.local_aws import object_keys
from tests.support.faults.store_faults import StoreFaults
from tests.support.samples.chat_answers import EVENT_STREAM, chat_stream
from tests.support.servers.dynalite_server import dynalite
from tests.support.servers.fake_upstream import Answer, FakeUpstream
from tests.support.servers.server import RunningServer, running_server
from tests.support.servers.signals import Signal

RUN = "/api/v1/playground/run"
HISTORY = "/api/v1/playground/history"
RUNS = int(os.environ.get("STORE_FAULT_RUNS", "2000"))
FEW = 20
CALLERS = 32
DOWN_SECONDS = float(os.environ.get("STORE_DOWN_SECONDS", "3"))
TEXT = "one two three"
MUCH = "x" * 400_000
"""Has no room in a run's item: an object is put beside it."""
KINDS: dict[str, dict[str, float]] = {
    "throttling": {"throttled": 0.3},
    "failing": {"failing": 0.05},
    "slow": {"slow_seconds": 0.05},
}


@pytest.fixture
def faults() -> StoreFaults:
    return StoreFaults()


@pytest.fixture
def server(faults: StoreFaults, upstream: FakeUpstream) -> Iterator[RunningServer]:
    """On a dynalite of its own: it has no tenants."""
    variables = {"OPENAI_API_KEY": "sk-test", "OPENAI_BASE_URL": f"{upstream.url}/v1"}
    with dynalite() as url:
        aws = open_aws({"AWS_ENDPOINT_URL_DYNAMODB": url, "PROMPTYARD_DATA_DIR": ":memory:"})
        with running_server(faults.between(aws), variables) as server:
            yield server
        aws.close()


@dataclass
class Answers:
    given: dict[str, str] = field(default_factory=dict)
    """The texts of runs, by id."""
    refused: set[str] = field(default_factory=set)
    """The prompts of runs that were not taken."""
    slowest_seconds: float = 0.0


async def call(client: httpx.AsyncClient, prompt: str, answers: Answers, *, stream: bool = False) -> None:
    body = {"provider": "openai", "model": "gpt-4o", "prompt_text": prompt, "stream": stream}
    began = time.monotonic()
    answer = await client.post(RUN, json=body)
    answers.slowest_seconds = max(answers.slowest_seconds, time.monotonic() - began)
    if answer.status_code == 503:
        assert answer.json()["error"]["code"] == "store_unavailable"
        assert int(answer.headers["retry-after"]) > 0
        answers.refused.add(prompt)
        return
    assert answer.status_code == 200, answer.text
    assert ("event: done" in answer.text) is stream, answer.text
    answers.given[answer.headers["x-run-id"]] = prompt


async def call_all(server: RunningServer, prompts: list[str]) -> Answers:
    answers, todo = Answers(), iter(enumerate(prompts))

    async def work(client: httpx.AsyncClient) -> None:
        for number, prompt in todo:
            await call(client, prompt, answers, stream=number % 2 == 1)

    async with httpx.AsyncClient(base_url=server.url, timeout=120, trust_env=False) as client:
        await asyncio.gather(*(work(client) for _ in range(CALLERS)))
    return answers


async def check(server: RunningServer, upstream: FakeUpstream, answers: Answers, text: str = TEXT) -> None:
    """What is there when the store is well again."""
    services = whole(Settings(), server.aws.names, server.aws.clients)
    await services.runs.sweeper.sweep(datetime.now(UTC) + timedelta(days=1))
    runs = {run["id"]: run async for run in history(server)}
    assert {run_id: (runs[run_id]["status"], runs[run_id]["output"]) for run_id in answers.given} == dict.fromkeys(
        answers.given, ("succeeded", text)
    )
    sent = [request.json["messages"][0]["content"] for request in upstream.requests]
    assert Counter(sent).most_common(1)[0][1] == 1, "sent twice"
    assert not answers.refused & set(sent), "sent what was refused"
    assert set(sent) == set(answers.given.values())
    assert {run["id"] for run in runs.values() if run["status"] == "succeeded"} == set(answers.given)
    entries = [json.loads(line) for line in ledger(server)]
    assert sorted(entry["run_id"] for entry in entries) == sorted(answers.given)
    assert {entry["source"] for entry in entries} <= {"reported"}
    async with httpx.AsyncClient(base_url=server.url, trust_env=False) as client:
        assert (await client.get(HISTORY, params={"limit": 1})).json()["total"] == len(runs)
    found = await services.metering.reconciler.reconcile("local", month_of(datetime.now(UTC)))
    assert (found.month.open, found.differences) == ({}, [])


async def history(server: RunningServer) -> Any:
    query: dict[str, Any] = {"limit": 100}
    async with httpx.AsyncClient(base_url=server.url, timeout=60, trust_env=False) as client:
        while True:
            page = (await client.get(HISTORY, params=query)).json()
            for run in page["items"]:
                yield run
            if page["next_cursor"] is None:
                return
            query["cursor"] = page["next_cursor"]


def ledger(server: RunningServer) -> Iterator[str]:
    query = {"format": "jsonl"}
    while True:
        page = server.client.get("/api/v1/usage/ledger", params=query, timeout=120)
        yield from page.text.splitlines()
        if "x-next-cursor" not in page.headers:
            return
        query["cursor"] = page.headers["x-next-cursor"]


@pytest.mark.parametrize(
    ("kind", "runs"),
    [
        ("throttling", FEW),
        pytest.param("throttling", RUNS, marks=pytest.mark.hard),
        pytest.param("failing", RUNS // 5, marks=pytest.mark.hard),
        pytest.param("slow", RUNS // 5, marks=pytest.mark.hard),
    ],
)
async def test_nothing_that_was_sent_is_lost(
    server: RunningServer, upstream: FakeUpstream, faults: StoreFaults, kind: str, runs: int
) -> None:
    upstream.answer(chat_stream(TEXT))
    began = time.monotonic()
    for name, value in KINDS[kind].items():
        setattr(faults, name, value)
    answers = await call_all(server, [f"run {number}" for number in range(runs)])
    print(
        f"\n{kind}: {len(answers.given)} of {runs} runs answered, {len(answers.refused)} refused before they were sent,"
        f" {faults.met} requests without an answer, the slowest run {answers.slowest_seconds:.1f} s, "
        f"{time.monotonic() - began:.0f} s in all"
    )
    faults.throttled = faults.failing = faults.slow_seconds = 0.0
    assert len(answers.given) > runs / 2
    await check(server, upstream, answers)


@pytest.mark.parametrize(
    ("kind", "runs"),
    [
        ("throttling", FEW // 2),
        pytest.param("throttling", RUNS // 20, marks=pytest.mark.hard),
        pytest.param("failing", RUNS // 20, marks=pytest.mark.hard),
    ],
)
async def test_nothing_large_that_was_sent_is_lost(
    server: RunningServer, upstream: FakeUpstream, faults: StoreFaults, kind: str, runs: int
) -> None:
    """Objects meet the same faults. None is left of what was refused."""
    upstream.answer(chat_stream(MUCH))
    for name, value in KINDS[kind].items():
        setattr(faults, name, value)
    answers = await call_all(server, [f"run {number} {MUCH}" for number in range(runs)])
    print(f"\n{kind}: {len(answers.given)} of {runs} large runs answered, {faults.met} requests without an answer")
    faults.throttled = faults.failing = 0.0
    assert len(answers.given) > runs / 4
    await check(server, upstream, answers, MUCH)
    left = object_keys(server.aws)
    print(f"{len(left)} objects of {len(answers.given)} runs")
    # A failure leaves open whether the record of what is refused is there, with its object.
    assert len(left) == 2 * len(answers.given) if kind == "throttling" else len(left) >= 2 * len(answers.given)


async def test_what_ends_while_the_store_is_away_is_delivered_then_and_recorded_later(
    server: RunningServer, upstream: FakeUpstream, faults: StoreFaults
) -> None:
    runs, sent = 6, Signal()
    steps = chat_stream(TEXT).steps
    upstream.answer(Answer([*steps[:1], sent, *steps[1:]], headers=EVENT_STREAM))
    answers, during = Answers(), Answers()
    async with httpx.AsyncClient(base_url=server.url, timeout=120, trust_env=False) as client:
        going_on = [
            asyncio.create_task(call(client, f"run {number}", answers, stream=number % 2 == 1))
            for number in range(runs)
        ]
        while len(upstream.requests) < runs:
            await asyncio.sleep(0.05)
        faults.is_down = True
        down_at = time.monotonic()
        sent.set()
        await asyncio.gather(*going_on)
        delivered = time.monotonic() - down_at
        await call(client, "while it is away", during)
        assert during.refused == {"while it is away"}
        await asyncio.sleep(max(0.0, DOWN_SECONDS - (time.monotonic() - down_at)))
        faults.is_down = False
        up_at = time.monotonic()
        while any(run["status"] == "running" for run in (await client.get(HISTORY)).json()["items"]):
            assert time.monotonic() - up_at < MAX_LATER_SECONDS + 10, "not recorded"
            await asyncio.sleep(0.1)
    print(f"\naway: {runs} answers delivered within {delivered:.1f} s, recorded {time.monotonic() - up_at:.1f} s after")
    answers.refused |= during.refused
    await check(server, upstream, answers)
