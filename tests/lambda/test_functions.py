"""Every group's function as its package, on AWS's own emulator, with the events of an API Gateway REST API."""

import gzip
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from promptyard.api import docs
from tests.support.aws.gateway_events import gateway_event
from tests.support.servers.deployed import deployed
from tests.support.servers.packages import CDK, WITH_ROUTES, Packages

pytestmark = pytest.mark.emulator

PLAYGROUND = "/api/v1/playground"
QUICK = {
    "run": ("POST", f"{PLAYGROUND}/compile", {"type": "text", "text": "Hello {{name}}", "variables": {"name": "you"}}),
    "compare": ("POST", f"{PLAYGROUND}/comparisons/none/cancel", None),
    "history": ("GET", f"{PLAYGROUND}/history?limit=5", None),
    "prompts": ("GET", "/api/v1/prompts?search=x", None),
    "playgrounds": ("GET", "/api/v2/genai/playgrounds/?limit=5", None),
    "benchmarks": ("GET", "/api/v1/datasets?limit=5", None),
    "catalog": ("GET", f"{PLAYGROUND}/providers", None),
    "account": ("GET", "/api/v1/keys", None),
}
"""A request to each group that calls no provider; the page asks for no key."""


@pytest.mark.parametrize("group", QUICK)
async def test_it_starts_answers_and_knows_who_calls(packages: Packages, account: Any, group: str) -> None:
    method, url, body = QUICK[group]
    async with deployed(packages, group, account.environment, account.key) as function:
        cold = await function("GET", "/health", key=None)
        assert (cold.status, cold.json()) == (200, {"status": "ok"})
        assert f"START RequestId: {cold.headers['x-request-id']}" in function.emulator.log
        stranger = await function(method, url, body, key=None)
        assert stranger.status == 401
        assert stranger.headers["www-authenticate"] == "Bearer"
        caller = await function(method, url, body)
        assert caller.status == (404 if "none" in url else 200), caller.text
        nowhere = await function("GET", "/health/", key=None)
        assert nowhere.status == 404
        assert account.key not in function.emulator.log


@pytest.mark.parametrize("group", WITH_ROUTES)
async def test_it_answers_the_call_that_keeps_its_snapshot(packages: Packages, account: Any, group: str) -> None:
    """The schedule's very event; what a streamed function answers to it, Lambda waits for and throws away."""
    event = json.loads((CDK / "health_event.json").read_text())
    async with deployed(packages, group, account.environment, account.key) as function:
        for _ in range(2):
            if packages.streams(group):
                streamed = await function.emulator.stream(event)
                status, body = streamed.status, streamed.body.decode()
            else:
                answer = json.loads(await function.emulator.invoke(event))
                status, body = answer["statusCode"], answer["body"]
            assert (status, json.loads(body)) == (200, {"status": "ok"})


async def test_all_groups_are_described_to_everybody(packages: Packages, account: Any) -> None:
    async with deployed(packages, "catalog", account.environment, account.key) as catalog:
        described = (await catalog("GET", "/openapi.json", key=None)).json()["paths"]
        page, script, style = [await catalog("GET", path, key=None) for path in docs.PATHS]
    assert {url.partition("?")[0] for group, (_, url, _) in QUICK.items() if group != "compare"} <= described.keys()
    assert "SwaggerUIBundle" in page.text
    assert (script.status, script.headers["content-type"]) == (200, "text/javascript; charset=utf-8")
    assert "SwaggerUIBundle" in script.text
    assert (style.status, style.headers["content-type"]) == (200, "text/css; charset=utf-8")


async def test_the_page_is_for_everybody_and_comes_compressed(packages: Packages, account: Any) -> None:
    async with deployed(packages, "web", account.environment, account.key) as web:
        page = await web("GET", "/", key=None)
        [style] = re.findall('"(static/[^"]+/base.css)"', page.text)
        asked = gateway_event("GET", f"/{style}", headers={"Accept-Encoding": ["gzip"]}, body=None)
        compressed = await web.emulator.stream(asked)
        stage = gateway_event("GET", "/", headers={}, body=None)
        stage["requestContext"]["path"] = "/prod"
        without_slash = await web.emulator.stream(stage)
    assert (without_slash.status, without_slash.headers["location"]) == (308, "prod/")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert compressed.headers["content-encoding"] == "gzip"
    assert b"body {" in gzip.decompress(compressed.body)


async def test_a_streamed_function_uses_its_own_runtime_client(
    packages: Packages, account: Any, tmp_path: Path
) -> None:
    """Whatever the managed runtime has under that name."""
    broken = tmp_path / "awslambdaric" / "bootstrap.py"
    broken.parent.mkdir()
    broken.write_text("raise ImportError('of the managed runtime')")
    (broken.parent / "__init__.py").touch()
    async with deployed(replace(packages, runtime=tmp_path), "web", account.environment, account.key) as web:
        assert (await web("GET", "/health", key=None)).status == 200


async def test_a_run_is_streamed_kept_and_found_by_another_function(packages: Packages, account: Any) -> None:
    asked = {"model": "demo/echo", "prompt_text": "one two three", "stream": True}
    async with deployed(packages, "run", account.environment, account.key) as run:
        answer = await run("POST", f"{PLAYGROUND}/run", asked)
    assert answer.headers["content-type"].startswith("text/event-stream")
    *pieces, (last, done) = answer.events()
    assert "".join(piece["content"] for _, piece in pieces) == "one two three"
    assert len(pieces) > 1
    assert (last, done["id"]) == ("done", answer.headers["x-run-id"])
    async with deployed(packages, "history", account.environment, account.key) as history:
        kept = await history("GET", f"{PLAYGROUND}/runs/{done['id']}")
        assert (kept.json()["output"], kept.json()["status"]) == ("one two three", "succeeded")
        exported = await history("GET", f"{PLAYGROUND}/history/export?format=jsonl")
        assert done["id"] in exported.text
        deleted = await history("DELETE", f"{PLAYGROUND}/runs/{done['id']}")
        assert (deleted.status, deleted.text) == (204, "")


async def test_targets_are_compared_in_one_stream(packages: Packages, account: Any) -> None:
    targets = [{"model": "demo/echo"}, {"model": "demo/writer"}, {"model": "nobody/knows"}]
    async with deployed(packages, "compare", account.environment, account.key) as compare:
        answer = await compare("POST", f"{PLAYGROUND}/compare", {"prompt_text": "Name a colour.", "targets": targets})
        names = [name for name, _ in answer.events()]
        assert {"chunk:0", "chunk:1", "done:0", "done:1", "error:2"} <= set(names)
        assert names[-1] == "end"
        whole = await compare(
            "POST", f"{PLAYGROUND}/compare", {"prompt_text": "x", "targets": targets[:2], "stream": False}
        )
        assert [result["status"] for result in whole.json()["results"]] == ["succeeded", "succeeded"]


async def test_a_prompt_is_found_by_its_name_however_the_path_says_it(packages: Packages, account: Any) -> None:
    async with deployed(packages, "prompts", account.environment, account.key) as prompts:
        saved = await prompts(
            "POST", f"{PLAYGROUND}/save-version", {"namespace": "team", "slug": "hello", "content": "Hi {{you}}"}
        )
        assert saved.status == 201
        for place in ("team%2Fhello", "team/hello", saved.json()["prompt_id"]):
            found = await prompts("GET", f"/api/v1/prompts/{place}/versions")
            assert found.json()["total"] == 1, place


@pytest.mark.parametrize("group", ["run", "prompts"])
async def test_what_is_no_request_is_refused_and_logs_are_json(packages: Packages, account: Any, group: str) -> None:
    async with deployed(packages, group, account.environment, account.key) as function:
        refused = json.loads(await function.emulator.invoke({"Records": [{"eventSource": "aws:sqs", "body": "x"}]}))
        assert "errorType" in refused
        answer = await function("GET", "/health", key=None)
        await function.emulator.logged('"message": "request"')
        lines = [json.loads(line) for line in function.emulator.log.splitlines() if line.startswith("{")]
        [line] = [line for line in lines if line.get("message") == "request"]
        assert (line["route"], line["status"], line["level"]) == ("/health", 200, "INFO")
        assert line["requestId"] == line["request_id"] == answer.headers["x-request-id"]


@pytest.mark.parametrize(("group", "done"), [("sweeper", {"settled": 0, "failed": 0}), ("retention", {"deleted": 0})])
async def test_a_schedule_calls_it(packages: Packages, account: Any, group: str, done: dict[str, int]) -> None:
    schedule = {"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}
    async with deployed(packages, group, account.environment, account.key) as function:
        for _ in range(2):
            assert json.loads(await function.emulator.invoke(schedule)) == done
