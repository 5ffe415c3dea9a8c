"""However large a request is, no step of it keeps the event loop from others for long.

`pytest -m hard -s tests/contract/test_loop_lag.py` says which were the longest.
"""

import asyncio
import json
import random
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from functools import cache
from typing import Any

import httpx
import pytest
from starlette.types import ASGIApp, Message

from promptyard.api.json_text import MAX_VALUES
from promptyard.api.middleware import MAX_BODY_BYTES
from promptyard.bootstrap.whole import whole
from promptyard.domain.identifiers import random_id
from promptyard.domain.lambda_payloads import MAX_CARRIED_BYTES, carried_bytes
from promptyard.settings import Settings
from promptyard_local.aws import LAPTOP_DEFAULTS, LocalAws
from promptyard_local.server import local_app
from scripts import make_openapi
from tests.contract.test_every_post import POSTS
from tests.contract.test_examples import requests
from tests.support.checks.loop_steps import measured_steps

LONGEST_SECONDS = 0.2
ROOM = MAX_BODY_BYTES - 20_000
COUNT = MAX_VALUES - 500
_PLACE = "@@the value@@"

Case = tuple[str, str, str, str]
"""Method, path, what is large in the body, and the value that makes it so."""


@cache
def large_values() -> dict[str, str]:
    """JSON of about as many bytes as a body may have, and of as many values."""
    return {
        "text": json.dumps("x" * ROOM),
        "escapes": '"' + "\\u00e9" * (ROOM // 6) + '"',
        "pairs": '"' + "\\ud83d\\ude00" * (ROOM // 12) + '"',
        "braces": json.dumps("{{a}} " * (ROOM // 6)),
        "lines": '"' + "a\\n" * _most_of("a\\n") + '"',
        "blanks": " " * ROOM + "1",
        "fraction": "0." + "1" * ROOM,
        "too many texts": _list_of('""', _most_of('"",')),
        "too many maps": _list_of("{}", ROOM // 3),
        "zeros": _list_of("0", COUNT),
        "numbers": _list_of("1" * 200 + ".0", COUNT),
        "texts": _list_of(json.dumps("y" * 200), COUNT),
        "odd texts": _list_of(json.dumps("\U0001f600" * 15), COUNT),
        "maps": _list_of("{}", COUNT // 2),
        "messages": _list_of('{"role":"user","content":"Hi"}', COUNT // 3),
        "names": "{" + ",".join(f'"n{number}":1' for number in range(COUNT)) + "}",
    }


def _most_of(part: str, room: int = ROOM) -> int:
    """How many of it a body of that size may have, at most, also where Lambda carries it."""
    carried = carried_bytes(part.encode())
    return max(1, min(room // len(part), room * MAX_CARRIED_BYTES // MAX_BODY_BYTES // carried))


def _list_of(value: str, count: int) -> str:
    return "[" + ",".join([value] * count) + "]"


@cache
def document() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(make_openapi.text())
    return loaded


def cases() -> Iterator[Case]:
    """Every field at the top of every body that the document describes, with every large value."""
    known = document()
    for method, path, name in requests(known):
        for field in known["components"]["schemas"][name].get("properties", {}):
            for value in large_values():
                yield method, path, f"{name}.{field}", value


def body_of(known: dict[str, Any], case: Case, values: dict[str, str]) -> bytes:
    method, path, place, value = case
    name, _, field = place.partition(".")
    [example] = known["components"]["schemas"][name].get("examples", [{}])
    base = dict(example or (POSTS[path].body if method == "POST" and path in POSTS else {}))
    return json.dumps(base | {field: _PLACE}).replace(json.dumps(_PLACE), values[value]).encode()


async def status_of(app: ASGIApp, method: str, path: str, body: bytes, media_type: str = "application/json") -> int:
    """What the app answers; without a client, whose own work would be on the same loop."""
    given = [{"type": "http.request", "body": body}]
    statuses: list[int] = []

    async def receive() -> Message:
        return given.pop() if given else await asyncio.Event().wait() and {}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    headers = [(b"host", b"127.0.0.1"), (b"content-type", media_type.encode())]
    path, _, query = path.partition("?")
    scope = {"type": "http", "method": method, "path": path, "root_path": "", "headers": headers}
    scope |= {"query_string": query.encode()}
    await app(scope, receive, send)
    return statuses[0]


@asynccontextmanager
async def served(aws: LocalAws) -> AsyncIterator[ASGIApp]:
    variables = dict(LAPTOP_DEFAULTS)
    services = whole(Settings.from_environment(variables), {**variables, **aws.names}, aws.clients)
    app = local_app(services, aws)
    async with app.router.lifespan_context(app):
        yield app


async def longest_step(app: ASGIApp, method: str, path: str, body: bytes, media_type: str) -> tuple[float, int]:
    """In seconds, and the status; of three where the first is long: what is slow by itself is slow each time, what the
    machine or a collection of garbage made slow is not."""
    found = []
    while not found or (min(found)[0] >= LONGEST_SECONDS and len(found) < 3):
        await asyncio.sleep(0)  # or what made the body would be a part of the next step
        with measured_steps() as steps:
            status = await asyncio.create_task(status_of(app, method, path, body, media_type))
        assert status < 500, (method, path)
        found.append((steps.longest, status))
    return min(found)


@pytest.mark.parametrize("count", [12, pytest.param(1000, marks=[pytest.mark.hard, pytest.mark.alone])])
async def test_no_large_body_keeps_the_loop_from_others(local_aws: LocalAws, count: int) -> None:
    every, known, values = list(cases()), document(), large_values()
    found = []
    async with served(local_aws) as app:
        for case in random.sample(every, min(count, len(every))):
            method, path = case[0], re.sub(r"\{\w+\}", random_id(), case[1])
            step = await longest_step(app, method, path, body_of(known, case, values), "application/json")
            found.append((*step, case))
    told(found)


def told(found: list[tuple[float, int, Any]]) -> None:
    for seconds, status, case in sorted(found, reverse=True)[:20]:
        print(f"{seconds * 1000:.0f} ms, {status}: {case}")
    assert [entry for entry in found if entry[0] >= LONGEST_SECONDS] == []


FILES = {
    "rows": ("application/json", "[", '{"input":"a"},', '{"input":"a"}]'),
    "no rows": ("application/json", "[", "0,", "0]"),
    "lines": ("application/x-ndjson", "", '{"input":"a"}\n', ""),
    "no lines": ("application/x-ndjson", "", "0\n", ""),
    "long lines": ("application/x-ndjson", "", json.dumps({"input": "a" * 900_000}) + "\n", ""),
    "wide lines": ("application/x-ndjson", "", json.dumps({"input": [0] * 300_000}) + "\n", ""),
    "wide rows": ("application/json", "[", json.dumps({"input": [{}] * 200_000}) + ",", "{}]"),
    "table": ("text/csv", "input,ideal\n", "a,b\n", ""),
    "columns": ("text/csv", "", "column,", "column\n"),
    "evals": ("application/x-ndjson", "", '{"input":"a","ideal":"b"}\n', ""),
    "tests": ("application/yaml", "prompts: [a]\nproviders: [openai:gpt-4o]\ntests:\n", "- vars: {a: b}\n", ""),
    "flow": ("application/yaml", "prompts: [", "a,", "a]"),
}
"""A media type, and what a file begins with, has many of and ends with."""


@pytest.mark.parametrize("size", [40_000, pytest.param(ROOM, marks=[pytest.mark.hard, pytest.mark.alone])])
async def test_no_large_file_keeps_the_loop_from_others(local_aws: LocalAws, size: int) -> None:
    found = []
    async with served(local_aws) as app:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            dataset = (await client.post("/api/v1/datasets", json={"name": "a"})).json()["id"]
        paths = [f"/api/v1/datasets/{dataset}/versions"]
        if size == ROOM:
            paths += [f"/api/v1/benchmarks/import?format={name}" for name in ("promptfoo", "openai-evals")]
        for name, (media_type, start, each, end) in FILES.items():
            body = (start + each * _most_of(each, size) + end).encode()
            for path in paths:
                found.append((*await longest_step(app, "POST", path, body, media_type), (name, path)))
    told(found)
