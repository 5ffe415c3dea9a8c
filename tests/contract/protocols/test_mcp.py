"""`/mcp` as the official client of the Model Context Protocol calls it, of the newest revision and an earlier one."""

import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import httpx2
import pytest
from mcp import Client, MCPError
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CallToolResult

from promptyard.domain.account.access import Role
from promptyard.domain.account.quotas import Quotas
from tests.contract.benchmarks.test_carried_out import ended, words
from tests.contract.benchmarks.test_carried_out import started as benchmark_started
from tests.contract.benchmarks.test_label_gates import Guarded
from tests.support.doubles.tenancy import OPERATOR, As, Tenancy
from tests.support.servers.server import RunningServer, StartServer

PATH = "/mcp"
STATELESS = "2026-07-28"
PRODUCTION = "billing/parser@production"
META = {
    "io.modelcontextprotocol/protocolVersion": STATELESS,
    "io.modelcontextprotocol/clientCapabilities": {},
}
READS = ["list_prompts", "get_prompt", "list_runs", "get_benchmark"]
PATIENCE_SECONDS = 20
ERAS = pytest.mark.parametrize("mode", ["auto", "legacy"])


@asynccontextmanager
async def client(url: str, key: str | None = None, mode: str = "auto") -> AsyncIterator[Client]:
    headers = {} if key is None else {"authorization": f"Bearer {key}"}
    async with (
        httpx2.AsyncClient(headers=headers, trust_env=False, timeout=30) as http_client,
        Client(streamable_http_client(f"{url}{PATH}", http_client=http_client), mode=mode) as connected,
    ):
        yield connected


@dataclass(frozen=True)
class Keys:
    """Of the tenant `acme`; `hurried` may begin one run a minute; `other` is another tenant's admin."""

    url: str
    viewer: str
    member: str
    admin: As
    hurried: str
    other: str


@pytest.fixture
def keys(tenancy: Tenancy) -> Keys:
    hurried = tenancy.run(
        lambda services: services.account.api_keys.make(
            OPERATOR, name="agent", role=Role.MEMBER, tenant="acme", quotas=Quotas(requests_per_minute=1)
        )
    )
    return Keys(
        tenancy.server.url,
        tenancy.key("acme", Role.VIEWER),
        tenancy.key("acme", Role.MEMBER),
        As(tenancy, "acme", Role.ADMIN),
        hurried.secret.get_secret_value(),
        tenancy.key("other", Role.ADMIN),
    )


@pytest.fixture
def guarded(tenancy: Tenancy) -> Guarded:
    guarded = Guarded(tenancy)
    guarded.ran(guarded.versions[1], passed=False)
    return guarded


async def called(connected: Client, name: str, **arguments: Any) -> dict[str, Any]:
    """What the tool answers, which stands in it twice."""
    result: CallToolResult = await connected.call_tool(name, arguments)
    assert not result.is_error, result
    return content(result)


async def refused(connected: Client, name: str, **arguments: Any) -> dict[str, Any]:
    result = await connected.call_tool(name, arguments)
    assert result.is_error, result
    error: dict[str, Any] = content(result)["error"]
    return error


def content(result: CallToolResult) -> dict[str, Any]:
    [text] = result.content
    assert text.type == "text"
    told: dict[str, Any] = result.structured_content
    assert json.loads(text.text) == told
    return told


async def save(connected: Client, text: str = "Parse {{what}}, then {{how}}.") -> dict[str, Any]:
    return await called(
        connected, "save_version", namespace="billing", slug="parser", content=text, default_model="demo/echo"
    )


def message(method: str, request_id: Any = 1, **params: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": request_id, "method": method, "params": params}


def post(server: RunningServer, body: Any, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return server.client.post(PATH, json=body, headers=named)


# --- What an agent does


@ERAS
async def test_prompts_are_saved_labelled_and_found(server: RunningServer, mode: str) -> None:
    async with client(server.url, mode=mode) as connected:
        saved = await save(connected)
        assert (saved["version_number"], saved["created"]) == (1, True)
        assert (await save(connected))["created"] is False
        labelled = await called(
            connected, "set_label", prompt_id="billing/parser", label="production", version_number=1
        )
        assert labelled["labels"]["production"]["version_id"] == saved["version_id"]
        await save(connected, "Parse {{what}} better.")
        listed = await called(connected, "list_prompts", search="PARSER")
        assert [(item["slug"], item["latest_version"]["version_number"]) for item in listed["items"]] == [("parser", 2)]
        newest = await called(connected, "get_prompt", prompt_id="billing/parser")
        named = await called(connected, "get_prompt", prompt_id=PRODUCTION)
        assert (newest["version"]["text"], named["version"]["version_number"]) == ("Parse {{what}} better.", 1)
        assert (await refused(connected, "get_prompt", prompt_id="billing/nothing"))["code"] == "not_found"

        [prompt] = (await connected.list_prompts()).prompts
        assert prompt.name == PRODUCTION
        assert [(argument.name, argument.required) for argument in prompt.arguments or []] == [
            ("what", True),
            ("how", True),
        ]
        got = await connected.get_prompt(PRODUCTION, {"what": "bills", "how": "file them"})
        [told] = got.messages
        assert (told.role, told.content.text) == ("user", "Parse bills, then file them.")  # type: ignore[union-attr]
        for name, values in ((PRODUCTION, {"what": "bills"}), ("billing/nothing@production", {}), ("odd", {})):
            with pytest.raises(MCPError) as caught:
                await connected.get_prompt(name, values)
            assert caught.value.code == -32602


@ERAS
async def test_prompts_are_run_compared_and_looked_up(server: RunningServer, mode: str) -> None:
    async with client(server.url, mode=mode) as connected:
        await save(connected)
        await called(connected, "set_label", prompt_id="billing/parser", label="production", version_number=1)
        run = await called(
            connected, "run_prompt", prompt_id=PRODUCTION, variables={"what": "bills", "how": "file them"}
        )
        assert (run["output"], run["status"], run["cost_usd"]) == ("Parse bills, then file them.", "succeeded", 0)
        record = server.client.get(f"/api/v1/playground/runs/{run['id']}").json()
        assert (record["endpoint"], record["version_number"], record["caller"]) == ("mcp/run_prompt", 1, "local")
        compared = await called(
            connected, "compare", prompt_text="Hi", targets=[{"model": "demo/echo"}, {"model": "no-such-model"}]
        )
        assert [result["status"] for result in compared["results"]] == ["succeeded", "failed"]
        all_failed = await connected.call_tool("compare", {"prompt_text": "Hi", "targets": [{"model": "no"}] * 2})
        assert all_failed.is_error
        runs = await called(connected, "list_runs", comparison_id=compared["comparison_id"])
        assert {item["endpoint"] for item in runs["items"]} == {"mcp/compare"}
        of_prompt = await called(connected, "list_runs", prompt_id="billing/parser")
        assert [item["id"] for item in of_prompt["items"]] == [run["id"]]
        assert (await refused(connected, "run_prompt", prompt_text="Hi", model="no-such"))["code"] == "unknown_model"
        assert "odd" in (await refused(connected, "run_prompt", odd=1))["message"]
        with pytest.raises(MCPError) as caught:
            await connected.call_tool("no_such_tool", {})
        assert caught.value.code == -32602


async def test_a_long_output_is_cut_in_a_list(server: RunningServer) -> None:
    async with client(server.url) as connected:
        await called(connected, "run_prompt", prompt_text="x" * 3000, model="demo/echo")
        [item] = (await called(connected, "list_runs"))["items"]
        assert (len(item["output"]), item["cut"]) == (2000, 3000)


async def test_benchmarks_are_started_and_looked_at(server: RunningServer) -> None:
    first = benchmark_started(server, words(5))
    ended(server, first)
    async with client(server.url) as connected:
        [listed] = (await called(connected, "get_benchmark"))["benchmarks"]
        started = await called(connected, "start_benchmark", benchmark_id=listed["id"], request_id="once")
        again = await called(connected, "start_benchmark", benchmark_id=listed["id"], request_id="once")
        assert (started["id"], started["cells"]) == (again["id"], 5)
        ended(server, started["id"])
        found = await called(connected, "get_benchmark", benchmark_run_id=started["id"])
        assert (found["run"]["status"], found["report"]["columns"][0]["n"]) == ("completed", 5)
        one = await called(connected, "get_benchmark", benchmark_id=listed["id"])
        assert [run["id"] for run in one["runs"]] == [started["id"], first]
        assert (await refused(connected, "start_benchmark", benchmark_id="no-such"))["code"] == "not_found"


# --- Who may do it


async def test_a_viewer_is_shown_and_can_call_what_reads(keys: Keys) -> None:
    async with client(keys.url, keys.viewer) as connected:
        assert [tool.name for tool in (await connected.list_tools()).tools] == READS
        assert (await refused(connected, "run_prompt", prompt_text="Hi", model="demo/echo"))["code"] == "forbidden"
        assert (await called(connected, "list_runs"))["items"] == []
    async with client(keys.url, keys.member) as connected:
        assert len((await connected.list_tools()).tools) == 9


async def test_tenants_do_not_see_each_other(keys: Keys) -> None:
    async with client(keys.url, keys.member) as connected:
        saved = await save(connected, "Parse it.")
        await called(connected, "set_label", prompt_id="billing/parser", label="production", version_number=1)
        run = await called(connected, "run_prompt", prompt_id="billing/parser")
    async with client(keys.url, keys.other) as connected:
        assert (await connected.list_prompts()).prompts == []
        with pytest.raises(MCPError):
            await connected.get_prompt(PRODUCTION, {})
        for tool, arguments, code in (
            ("get_prompt", {"prompt_id": saved["prompt_id"]}, "not_found"),
            ("set_label", {"prompt_id": saved["prompt_id"], "label": "mine", "version_number": 1}, "not_found"),
            ("run_prompt", {"prompt_id": saved["prompt_id"]}, "validation"),
            ("save_version", {"namespace": "a", "slug": "b", "run_id": run["id"]}, "validation"),
        ):
            assert (await refused(connected, tool, **arguments))["code"] == code
        for tool in ("list_runs", "list_prompts"):
            assert (await called(connected, tool))["items"] == []
        of_prompt = await called(connected, "list_runs", prompt_id=saved["prompt_id"])
        assert of_prompt["items"] == []


async def test_quotas_hold_and_are_told_in_numbers(keys: Keys) -> None:
    async with client(keys.url, keys.hurried) as connected:
        await called(connected, "run_prompt", prompt_text="Hi", model="demo/echo")
        error = await refused(connected, "run_prompt", prompt_text="Hi", model="demo/echo")
        assert error["code"] == "rate_limited"
        assert (error["limit"]["unit"], error["limit"]["limit"]) == ("requests_per_minute", 1)
        assert len((await called(connected, "list_runs"))["items"]) == 1


async def test_what_is_audited_elsewhere_is_audited_here(keys: Keys) -> None:
    async with client(keys.url, keys.member) as connected:
        await save(connected, "Parse it.")
        await called(connected, "set_label", prompt_id="billing/parser", label="production", version_number=1)
    entries = keys.admin("GET", "/api/v1/audit?limit=100").json()["items"]
    assert [entry["subject"] for entry in entries if entry["action"] == "label.set"] == [PRODUCTION]


async def test_a_guarded_label_waits_for_its_benchmark(tenancy: Tenancy, guarded: Guarded) -> None:
    async with client(tenancy.server.url, guarded.admin.key) as connected:
        error = await refused(connected, "set_label", prompt_id="billing/parser", label="production", version_number=2)
        assert (error["code"], error["failed_gates"]) == ("conflict", ["exact_match >= 0.9: 0.5"])


# --- The protocol


def test_without_a_key_it_is_a_401_in_the_protocols_form(tenancy: Tenancy) -> None:
    answer = tenancy.client.post(PATH, json=message("tools/list"))
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert answer.json()["error"]["data"]["error"]["code"] == "unauthenticated"
    assert "id" not in answer.json()


def test_pages_of_other_origins_are_refused(start_server: StartServer) -> None:
    tenancy = Tenancy(start_server({"PROMPTYARD_AUTH": "required", "PROMPTYARD_CORS_ORIGINS": "https://ours.example"}))
    tenancy.make_tenant("acme")
    key = tenancy.key("acme", Role.VIEWER)
    own = tenancy.server.url
    for origin, status in (("https://evil.example", 403), ("null", 403), ("https://ours.example", 200), (own, 200)):
        headers = {"authorization": f"Bearer {key}", "origin": origin}
        assert tenancy.client.post(PATH, json=message("ping"), headers=headers).status_code == status, origin


def test_there_is_no_stream_to_listen_to_and_no_session_to_end(server: RunningServer) -> None:
    for method in ("GET", "DELETE", "PUT", "OPTIONS"):
        answer = server.client.request(method, PATH)
        assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


def test_a_notification_is_taken_and_not_answered(server: RunningServer) -> None:
    answer = post(server, {"jsonrpc": "2.0", "method": "notifications/initialized"})
    assert (answer.status_code, answer.content) == (202, b"")


def test_what_is_no_message_is_refused_in_the_protocols_form(server: RunningServer) -> None:
    for body, code in ((b"{", -32700), (b"7", -32600), (b'{"jsonrpc": "2.0"}', -32600), (b"", -32600)):
        answer = server.client.post(PATH, content=body, headers={"content-type": "application/json"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, code), body


def test_a_stateless_request_is_held_to_its_headers(server: RunningServer) -> None:
    told = {"mcp_protocol_version": STATELESS, "mcp_method": "tools/list"}
    answer = post(server, message("tools/list", _meta=META), **told)
    result = answer.json()["result"]
    assert (answer.status_code, result["resultType"], result["cacheScope"]) == (200, "complete", "private")
    assert result["_meta"]["io.modelcontextprotocol/serverInfo"]["name"] == "promptyard"
    for headers in ({}, {**told, "mcp_method": "tools/call"}, {"mcp_protocol_version": STATELESS}):
        answer = post(server, message("tools/list", _meta=META), **headers)
        assert (answer.status_code, answer.json()["error"]["code"], answer.json()["id"]) == (400, -32020, 1)
    answer = post(server, message("initialize", _meta=META), **{**told, "mcp_method": "initialize"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, -32601)
    unknown = post(server, message("tools/list"), mcp_protocol_version="2019-01-01")
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (400, -32022)
    assert STATELESS in unknown.json()["error"]["data"]["supported"]


def test_earlier_revisions_begin_with_a_handshake(server: RunningServer) -> None:
    for wanted, agreed in (("2025-06-18", "2025-06-18"), ("2024-11-05", "2025-11-25"), (STATELESS, "2025-11-25")):
        result = post(server, message("initialize", protocolVersion=wanted, capabilities={})).json()["result"]
        assert (result["protocolVersion"], result["capabilities"]) == (agreed, {"tools": {}, "prompts": {}})
    assert post(server, message("ping"), mcp_protocol_version="2025-06-18").json()["result"] == {}
    answer = post(server, message("server/discover"), mcp_protocol_version="2025-11-25")
    assert (answer.status_code, answer.json()["error"]["code"]) == (200, -32601)


def test_batches_are_answered_where_the_revision_has_them(server: RunningServer) -> None:
    batch = [
        message("ping", 1),
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        message("nothing", "b"),
        message("initialize", 3),
        7,
    ]
    answers = post(server, batch, mcp_protocol_version="2025-03-26").json()
    found = [(answer.get("id"), answer.get("error", {}).get("code")) for answer in answers]
    assert found == [(1, None), ("b", -32601), (3, -32600), (None, -32600)]
    assert post(server, batch[1:2]).status_code == 202
    for refused_batch, version in (([], "2025-03-26"), ([batch[0]] * 21, "2025-03-26"), (batch, "2025-06-18")):
        answer = post(server, refused_batch, mcp_protocol_version=version)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, -32600)


@pytest.mark.parametrize(("told", "status"), [(META, "cancelled"), (None, "succeeded")])
def test_a_client_that_leaves_cancels_as_its_revision_says(
    server: RunningServer, told: dict[str, Any] | None, status: str
) -> None:
    arguments = {
        "prompt_text": "one two three four five",
        "model": "demo/echo",
        "parameters": {"extra": {"delay_ms": 300}},
    }
    params = {"name": "run_prompt", "arguments": arguments} | ({} if told is None else {"_meta": told})
    headers = {} if told is None else {"mcp-protocol-version": STATELESS, "mcp-method": "tools/call"}
    headers["mcp-name"] = "run_prompt"
    with pytest.raises(httpx.ReadTimeout):
        server.client.post(PATH, json=message("tools/call", **params), headers=headers, timeout=0.6)
    give_up = time.monotonic() + PATIENCE_SECONDS
    found = "running"
    while found == "running" and time.monotonic() < give_up:
        items = server.client.get("/api/v1/playground/history").json()["items"]
        found = items[0]["status"] if items else "running"
        time.sleep(0.05)
    assert found == status
