"""Comparisons whose targets fail in every way there is: each target ends once, every run is settled, and nothing is
left behind."""

import asyncio
import json
import random
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from tests.support.samples.chat_answers import broken_stream, chat_stream, failure
from tests.support.servers.fake_upstream import Answer, End, FakeUpstream
from tests.support.servers.server import RunningServer, StartServer

COMPARE = "/api/v1/playground/compare"
AT_ONCE = 8
DEADLINE_SECONDS = 5.0

FAULTS: dict[str, tuple[Callable[[], Answer], str | None]] = {
    "fine": (lambda: chat_stream("all is well"), None),
    "slow": (lambda: chat_stream("all is well", tokens_per_second=20), None),
    "error before the first token": (lambda: failure(400, "no"), "provider_error"),
    "rate limited": (lambda: failure(429, "slow down", retry_after="3600"), "rate_limited"),
    "cut before the first token": (lambda: Answer([End.CUT]), None),
    "cut mid-stream": (lambda: broken_stream("half an", End.CUT), "provider_malformed"),
    "reset mid-stream": (lambda: broken_stream("half an", End.RESET), "provider_malformed"),
    "ended without its terminal event": (lambda: broken_stream("half an"), "provider_malformed"),
    "hang before the first token": (lambda: Answer([End.HANG]), "deadline"),
    "hang mid-stream": (lambda: broken_stream("half an", End.HANG), "deadline"),
    "garbage": (lambda: broken_stream("half an", b"data: {not json\n\n"), "provider_malformed"),
    "oversized line": (lambda: broken_stream("half an", b"data: " + b"x" * 1_000_000 + b"\n\n"), "provider_malformed"),
}


@pytest.fixture
def upstream() -> Iterator[FakeUpstream]:
    with FakeUpstream() as upstream:
        for name, (script, _) in FAULTS.items():
            upstream.answer(script(), model=name)
        yield upstream


@pytest.fixture
def server(start_server: StartServer, upstream: FakeUpstream) -> RunningServer:
    variables = {"OPENAI_API_KEY": "sk-test-1", "OPENAI_BASE_URL": upstream.url}
    return start_server(variables | {"PROMPTYARD_RUN_DEADLINE_SECONDS": str(DEADLINE_SECONDS)})


@pytest.mark.parametrize("count", [40, pytest.param(200, marks=pytest.mark.hard)])
async def test_every_mix_of_faults(server: RunningServer, upstream: FakeUpstream, count: int) -> None:
    dice = random.Random(20261121)
    mixes = [dice.choices(list(FAULTS), k=dice.randint(3, 10)) for _ in range(count)]
    gate = asyncio.Semaphore(AT_ONCE)
    limits = httpx.Limits(max_connections=AT_ONCE)
    async with httpx.AsyncClient(base_url=server.url, timeout=60, trust_env=False, limits=limits) as client:

        async def compare(mix: list[str]) -> None:
            async with gate:
                await _compare_and_check(client, mix)

        await asyncio.gather(*(compare(mix) for mix in mixes))
        page = (await client.get("/api/v1/playground/history", params={"status": "running"})).json()
        assert page["items"] == []
        total = (await client.get("/api/v1/playground/history")).json()["total"]
    assert total == sum(map(len, mixes))
    # The server's own bookkeeping: no run and no comparison is going on any more.
    assert not server.services.running.executor.going_on
    assert not server.services.running.comparisons.going_on


async def _compare_and_check(client: httpx.AsyncClient, mix: list[str]) -> None:
    targets = [{"provider": "openai", "model": name} for name in mix]
    response = await client.post(COMPARE, json={"prompt_text": "Hi", "targets": targets})
    assert response.status_code == 200
    events = [_parse(block) for block in response.text.split("\n\n") if block and not block.startswith(":")]
    assert events[-1][0] == "end"
    terminal = [name for name, _ in events if name.startswith(("done:", "error:"))]
    assert sorted(name.split(":")[1] for name in terminal) == sorted(str(index) for index in range(len(mix)))
    for index, name in enumerate(mix):
        code = FAULTS[name][1]
        errors = [data["error"]["code"] for event, data in events if event == f"error:{index}"]
        # A machine with too much to do may reach a run's deadline before the fault: that ends the target, too.
        if code is not None:
            assert errors in ([code], ["deadline"]), name
        elif name != "cut before the first token":
            assert f"done:{index}" in terminal or errors == ["deadline"], name
        # Nothing of a target comes after its end.
        own = [event for event, _ in events if event.endswith(f":{index}")]
        assert own[-1].startswith(("done", "error"))
    comparison = (await client.get(f"/api/v1/playground/comparisons/{events[-1][1]['comparison_id']}")).json()
    assert len(comparison["runs"]) == len(mix)
    assert all(run["status"] in {"succeeded", "failed"} for run in comparison["runs"])


def _parse(block: str) -> tuple[str, Any]:
    fields = dict(line.split(": ", 1) for line in block.split("\n"))
    return fields["event"], json.loads(fields["data"])
