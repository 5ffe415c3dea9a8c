"""The export of the history over real HTTP."""

import asyncio
import csv
import io
import json
import logging
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from moto.core.botocore_stubber import MockRawResponse

from promptyard.domain.models.messages import user_prompt
from promptyard.domain.models.targets import Parameters
from promptyard.domain.models.usage import Usage
from promptyard.domain.prompts.origin import Template
from promptyard.domain.runs.failures import RunFailure
from promptyard.domain.runs.run import Run, RunLinks, RunStatus
from promptyard.storage.runs.runs import DynamoRunStore
from tests.support.aws.local_aws import counted_requests, load_runs, store_of_runs
from tests.support.samples.sample_runs import run_at, settled
from tests.support.servers.server import RunningServer
from tests.support.servers.signals import Signal

EXPORT = "/api/v1/playground/history/export"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def many(number: int, text: str) -> list[Run]:
    return [
        settled(run_at(NOON + timedelta(seconds=n), messages=user_prompt(text)), output=text) for n in range(number)
    ]


async def write(store: DynamoRunStore, run: Run, end: Run) -> None:
    await store.start(run)
    assert await store.settle(end)


def lines(server: RunningServer, **query: str) -> list[Any]:
    response = server.client.get(EXPORT, params=query)
    assert response.status_code == 200, response.text
    return [json.loads(line) for line in response.text.splitlines()]


def rows(server: RunningServer, **query: str) -> list[dict[str, str]]:
    response = server.client.get(EXPORT, params={"format": "csv", **query})
    assert response.status_code == 200, response.text
    return list(csv.DictReader(io.StringIO(response.text, newline="")))


# --- what is in the file


def test_every_run_that_matches_newest_first(server: RunningServer) -> None:
    runs = [
        run.model_copy(update={"provider": ("openai", "demo")[n % 2], "links": RunLinks(prompt_id=f"p{n % 3}")})
        for n, run in enumerate(many(130, "x"))
    ]
    load_runs(server.aws, runs)
    for query, expected in (
        ({}, runs),
        ({"provider": "demo"}, runs[1::2]),
        ({"prompt_id": "p1"}, runs[1::3]),
        ({"from": "2026-03-01T12:00:20Z", "to": "2026-03-01T12:01:30Z"}, runs[20:90]),
        ({"prompt_id": "p0", "provider": "openai", "status": "succeeded"}, runs[::6]),
        ({"status": "failed"}, []),
    ):
        newest_first = [run.id for run in reversed(expected)]
        assert [line["id"] for line in lines(server, **query)] == newest_first
        assert [row["id"] for row in rows(server, **query)] == newest_first


def test_a_line_is_the_runs_whole_record(server: RunningServer) -> None:
    body = {"model": "demo/echo", "prompt_text": "{{a}} \u2028 and \x85\n", "variables": {"a": "Grüße\r\n"}}
    answer = server.client.post("/api/v1/playground/run", json=body).json()
    [line] = lines(server)
    record = server.client.get(f"/api/v1/playground/runs/{answer['id']}").json()
    assert line == {name: record[name] for name in line} | {"tokens": line["tokens"]}
    assert line["output"] == "Grüße\r\n \u2028 and \x85\n"
    assert record.keys() - line.keys() <= {"label", "metrics", "moderation"}


def test_the_files_heads(server: RunningServer) -> None:
    for query, media_type, name in (
        ({}, "application/x-ndjson", "promptyard-history.jsonl"),
        ({"format": "jsonl"}, "application/x-ndjson", "promptyard-history.jsonl"),
        ({"format": "csv"}, "text/csv; charset=utf-8", "promptyard-history.csv"),
    ):
        response = server.client.get(EXPORT, params=query)
        assert response.headers["content-type"] == media_type
        assert response.headers["content-disposition"] == f'attachment; filename="{name}"'
        assert response.headers["cache-control"] == "no-store"
    assert rows(server) == []
    assert server.client.get(EXPORT, params={"format": "csv"}).text.startswith("id,created_at,")


def test_the_cells_of_a_row(server: RunningServer) -> None:
    text = 'A "quoted" text, with\r\nlines\tand 世界 ' + "at length " * 3_000
    run = run_at(
        NOON,
        messages=user_prompt(text, system="Be brief"),
        template=Template(text="{{x}}", variables={"x": text, "n": 1.5}),
        parameters=Parameters(temperature=0.25, stop=["\n"]),
        label="A",
        caller="key-1",
        reference="expected",
        documents=["one", "two"],
        links=RunLinks(prompt_id="p", version_id="v", version_number=3, comparison_id="c", rerun_of="r"),
    )
    usage = Usage(input_tokens=1200, output_tokens=3, cached_tokens=0)
    cost = Decimal("0.0000001234")
    end = settled(run, output=text[::-1], usage=usage, cost_usd=cost, latency_ms=1250, ttft_ms=0)
    asyncio.run(write(store_of_runs(server.aws), run, end))
    [row] = rows(server)
    assert (row["prompt"], row["output"]) == (f"Be brief\n\n{text}", text[::-1])
    assert json.loads(row["variables"]) == {"x": text, "n": 1.5}
    assert json.loads(row["parameters"]) == {"temperature": 0.25, "stop": ["\n"]}
    assert json.loads(row["documents"]) == ["one", "two"]
    assert (row["created_at"], row["status"], row["label"]) == ("2026-03-01T12:00:00.000Z", "succeeded", "A")
    assert (row["prompt_tokens"], row["completion_tokens"], row["total_tokens"]) == ("1200", "3", "1203")
    assert (row["cached_tokens"], row["reasoning_tokens"]) == ("0", "")
    assert (row["cost_usd"], row["latency_ms"], row["ttft_ms"]) == ("0.0000001234", "1250", "0")
    assert (row["prompt_id"], row["version_id"], row["version_number"]) == ("p", "v", "3")
    assert (row["comparison_id"], row["rerun_of"], row["playground_id"]) == ("c", "r", "")


def test_what_is_not_known_is_an_empty_cell(server: RunningServer) -> None:
    failure = RunFailure(code="provider_error", message="no")
    load_runs(server.aws, [settled(run_at(NOON), output=None, status=RunStatus.FAILED, error=failure)])
    [row] = rows(server)
    assert (row["error_code"], row["error_message"]) == ("provider_error", "no")
    unknown = ("output", "cost_usd", "latency_ms", "ttft_ms", "total_tokens", "finish_reason", "variables", "prompt_id")
    assert {row[name] for name in unknown} == {""}


FORMULAS = [
    '=HYPERLINK("http://x","y")',
    "+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "=",
    "-",
    "＝1",
    "＋1",
    "－1",
    "＠A",
]
HARMLESS = ["1=1", " =1", "'=1", "a\n=1", "", "ä", "0"]


def test_no_cell_is_a_formula(server: RunningServer) -> None:
    texts = FORMULAS + HARMLESS
    runs = [
        settled(
            run_at(NOON + timedelta(seconds=n), messages=user_prompt(text), label=text, reference=text, caller=text),
            output=text,
            error=RunFailure(code="x", message=text),
        )
        for n, text in enumerate(texts)
    ]
    load_runs(server.aws, runs)
    table = rows(server)[::-1]
    for name in ("prompt", "output", "label", "reference", "caller", "error_message"):
        assert [row[name] for row in table] == [f"'{text}" for text in FORMULAS] + HARMLESS, name
    assert not any(cell.startswith(tuple("=+-@\t\r\n＝＋－＠")) for row in table for cell in row.values())
    assert [line["output"] for line in lines(server)][::-1] == texts


def test_bad_queries(server: RunningServer) -> None:
    for query, field in (
        ({"format": "xml"}, "format"),
        ({"limit": "10"}, "limit"),
        ({"cursor": "x"}, "cursor"),
        ({"status": "done"}, "status"),
        ({"from": "yesterday"}, "from"),
    ):
        response = server.client.get(EXPORT, params=query)
        assert (response.status_code, response.json()["error"]["code"]) == (422, "validation")
        assert field in response.json()["error"]["message"]


# --- how it is sent


@contextmanager
def queries_fail(client: Any, after: int) -> Iterator[None]:
    """Every Query after so many is refused by the store."""
    left = after

    def refuse(request: Any, **_: Any) -> AWSResponse | None:
        nonlocal left
        left -= 1
        if left >= 0:
            return None
        body = b'{"__type": "AccessDeniedException"}'
        return AWSResponse(request.url, 400, HTTPHeaders(), MockRawResponse(body))

    client.meta.events.register_first("before-send.dynamodb.Query", refuse)
    try:
        yield
    finally:
        client.meta.events.unregister("before-send.dynamodb.Query", refuse)


@pytest.mark.parametrize("export_format", ["jsonl", "csv"])
def test_a_failure_before_the_first_run_keeps_its_status(server: RunningServer, export_format: str) -> None:
    with queries_fail(server.aws.clients.dynamodb(), after=0):
        response = server.client.get(EXPORT, params={"format": export_format})
    assert (response.status_code, response.json()["error"]["code"]) == (503, "store_unavailable")
    assert "retry-after" in response.headers


@pytest.mark.parametrize("export_format", ["jsonl", "csv"])
def test_a_file_that_cannot_be_finished_is_cut(server: RunningServer, export_format: str) -> None:
    load_runs(server.aws, many(100, "x"))
    received = io.BytesIO()
    with (
        queries_fail(server.aws.clients.dynamodb(), after=3),
        server.client.stream("GET", EXPORT, params={"format": export_format}) as response,
    ):
        assert response.status_code == 200
        with pytest.raises(httpx.RemoteProtocolError, match="incomplete chunked read"):
            received.writelines(response.iter_raw())
    assert 20 <= received.getvalue().count(b"\n") < 100
    assert server.client.get("/health").status_code == 200


@contextmanager
def request_ended(route: str) -> Iterator[Signal]:
    """Set when the server is done with a request of that route."""
    ended = Signal()

    class Watch(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if getattr(record, "route", None) == route:
                ended.set()

    logger, watch = logging.getLogger("promptyard.request"), Watch()
    level = logger.level
    logger.addHandler(watch)
    logger.setLevel(logging.INFO)
    try:
        yield ended
    finally:
        logger.removeHandler(watch)
        logger.setLevel(level)


def test_a_callers_leaving_ends_the_reading(server: RunningServer) -> None:
    load_runs(server.aws, many(1_500, "x" * 19_000))
    with counted_requests(server.aws.clients.dynamodb()) as requests, request_ended(EXPORT) as ended:
        with server.client.stream("GET", EXPORT) as response:
            next(response.iter_raw())
        ended.wait_blocking()
        assert requests["Query"] < 1_500 // 20 // 2


def test_the_memory_does_not_grow_with_the_history(server: RunningServer) -> None:
    runs = many(600, "x" * 19_000)
    load_runs(server.aws, runs[:60])
    _, few = export_with_peak(server)
    load_runs(server.aws, runs[60:])
    size, peak = export_with_peak(server)
    assert size > 600 * 38_000
    assert peak < few + 3_000_000


def export_with_peak(server: RunningServer) -> tuple[int, int]:
    """The file's size, and how many bytes Python had allocated at the most, server and client together, beside what
    was there before."""
    tracemalloc.start()
    try:
        with server.client.stream("GET", EXPORT) as response:
            size = sum(len(chunk) for chunk in response.iter_raw())
        return size, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
