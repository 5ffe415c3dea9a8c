"""A tenant's own collector, over real HTTP: what is set, what is told of it, and what comes there."""

import json
import logging
import re
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from promptyard.domain.account.access import Role
from promptyard.providers.telemetry import exporter
from promptyard.storage.account.collectors import DynamoCollectorNotes
from tests.support.checks.spans import attributes, spans_at
from tests.support.doubles.tenancy import As, Tenancy, fields_at_fault
from tests.support.samples.chat_answers import JSON, chat_stream, failure
from tests.support.samples.tenant_filling import reporting
from tests.support.servers.fake_upstream import Answer, End, FakeUpstream
from tests.support.servers.server import StartServer

TELEMETRY = "/api/v1/telemetry"
RUN = "/api/v1/playground/run"
DEMO = {"model": "demo/echo", "prompt_text": "Hi"}
CANARY = re.compile("canary-[0-9a-f]+")
KEY = "lf-canary-88bb"
Start = Callable[..., Tenancy]


@pytest.fixture
def collector() -> Iterator[FakeUpstream]:
    with FakeUpstream() as upstream:
        upstream.answer(Answer([b"{}"], headers=JSON))
        yield upstream


@pytest.fixture
def start(start_server: StartServer, monkeypatch: pytest.MonkeyPatch) -> Start:
    """Collectors have their time on a busy machine."""
    monkeypatch.setattr(exporter, "SEND_SECONDS", 20)

    def start(**variables: str) -> Tenancy:
        tenancy = Tenancy(start_server({"PROMPTYARD_AUTH": "required", **variables}))
        for tenant in ("acme", "other"):
            tenancy.make_tenant(tenant, may_use_deployment_keys=True)
        return tenancy

    return start


def set_collector(caller: As, at: FakeUpstream | str, **more: Any) -> dict[str, Any]:
    body = {"endpoint": at if isinstance(at, str) else at.url, "headers": {"Authorization": f"Basic {KEY}"}, **more}
    response = caller("PUT", TELEMETRY, body)
    assert response.status_code == 200, response.text
    stored: dict[str, Any] = response.json()
    return stored


def test_it_is_set_shown_without_its_keys_and_forgotten(admin: As) -> None:
    assert admin("GET", TELEMETRY).status_code == 404
    assert admin("DELETE", TELEMETRY).status_code == 404
    stored = set_collector(admin, "https://Cloud.example.com/api/public/otel/v1/traces/")
    assert stored == {
        "endpoint": "https://cloud.example.com/api/public/otel",
        "headers": ["authorization"],
        "content": False,
        "updated_at": stored["updated_at"],
    }
    assert admin.get(TELEMETRY) == stored
    replaced = set_collector(admin, "https://other.example.com:4318", headers={}, content=True)
    assert (replaced["endpoint"], replaced["headers"]) == ("https://other.example.com:4318", [])
    assert admin.get(TELEMETRY) == replaced
    assert admin("DELETE", TELEMETRY).status_code == 204
    assert admin("GET", TELEMETRY).status_code == 404
    acts = [item for item in admin.get("/api/v1/audit")["items"] if item["subject"] == "collector"]
    assert [act["action"] for act in acts] == ["collector.removed", "collector.stored", "collector.stored"]
    assert acts[2]["details"] == {
        "origin": "https://cloud.example.com",
        "headers": ["authorization"],
        "content": False,
    }
    assert KEY not in json.dumps(acts)


WRONG: Any = [
    ({}, "endpoint"),
    ({"endpoint": ""}, "endpoint"),
    ({"endpoint": "https://c.example", "headers": {"authorization": "canary-00aa\r\nx: y"}}, "headers"),
    ({"endpoint": "https://c.example", "headers": {"authorization": "canary-00aa\u00e9"}}, "headers"),
    ({"endpoint": "https://c.example", "headers": {"a b": "canary-00aa"}}, "headers"),
    ({"endpoint": "https://c.example", "headers": {"Host": "canary-00aa"}}, "headers"),
    ({"endpoint": "https://c.example", "headers": {"Key": "canary-00aa", "key": "canary-00ab"}}, "headers"),
    ({"endpoint": "https://c.example", "headers": {f"h{n}": "canary-00aa" for n in range(21)}}, "headers"),
    ({"endpoint": "https://c.example", "headers": ["canary-00aa"]}, "headers"),
    ({"endpoint": "https://c.example", "headers": {"key": "canary-00aa" * 200}}, "key"),
    ({"endpoint": "https://c.example", "content": 1}, "content"),
    ({"endpoint": "https://c.example", "sampled": "canary-00aa"}, "sampled"),
]


def test_what_cannot_be_set(admin: As, caplog: pytest.LogCaptureFixture) -> None:
    for body, field in WRONG:
        response = admin("PUT", TELEMETRY, body)
        assert fields_at_fault(response) == [field], body
        assert not CANARY.search(response.text)
    assert admin("GET", TELEMETRY).status_code == 404
    assert not CANARY.search(caplog.text)


REFUSED = [
    "ftp://c.example",
    "https://user:canary-00aa@c.example",
    "https://c.example/otel?key=canary-00aa",
    "https://c.example#canary-00aa",
    "https://c.example:22",
    "https://2130706433",
    "http://c.example",
    "http://127.0.0.1:4318",
]


def test_an_address_that_no_caller_may_name(start: Start) -> None:
    admin = As(start(PROMPTYARD_ALLOW_PRIVATE_ENDPOINTS="off"), "acme", Role.ADMIN)
    for endpoint in REFUSED:
        response = admin("PUT", TELEMETRY, {"endpoint": endpoint})
        assert (response.status_code, response.json()["error"]["code"]) == (400, "endpoint_refused"), endpoint
        assert "endpoint" in response.json()["error"]["message"]
        assert not CANARY.search(response.text)


def test_the_runs_of_a_tenant_come_to_its_own_collector_alone(start: Start, collector: FakeUpstream) -> None:
    with FakeUpstream() as own:
        own.answer(Answer([b"{}"], headers=JSON))
        tenancy = start(OTEL_EXPORTER_OTLP_ENDPOINT=own.url, OTEL_EXPORTER_OTLP_HEADERS="api-key=the-deployments")
        acme, other = As(tenancy, "acme", Role.ADMIN), As(tenancy, "other", Role.ADMIN)
        set_collector(acme, collector)
        run = acme("POST", RUN, DEMO).json()
        other("POST", RUN, DEMO)
        [span] = spans_at(tenancy.server, collector)
        assert attributes(span)["promptyard.run.id"] == run["id"]
        of_both = spans_at(tenancy.server, own)
        assert [attributes(one)["promptyard.tenant"] for one in of_both] == ["acme", "other"]
        assert span in of_both
        [request] = collector.requests
        assert request.headers["authorization"] == f"Basic {KEY}"
        assert "api-key" not in request.headers
        assert all("authorization" not in request.headers for request in own.requests)
        assert acme("DELETE", TELEMETRY).status_code == 204
        acme("POST", RUN, DEMO)
        assert len(spans_at(tenancy.server, collector)) == 1
        assert len(spans_at(tenancy.server, own)) == 3


def test_what_is_said_is_told_where_the_tenant_asks_for_it_alone(start: Start, collector: FakeUpstream) -> None:
    with FakeUpstream() as own:
        own.answer(Answer([b"{}"], headers=JSON))
        tenancy = start(OTEL_EXPORTER_OTLP_ENDPOINT=own.url)
        acme = As(tenancy, "acme", Role.ADMIN)
        for content in (False, True):
            set_collector(acme, collector, content=content)
            acme("POST", RUN, {**DEMO, "prompt_text": "canary-5a5a"})
            spans_at(tenancy.server, collector)
        silent, telling = spans_at(tenancy.server, collector)
        assert "canary-5a5a" not in json.dumps(silent)
        assert "canary-5a5a" in attributes(telling)["gen_ai.input.messages"]
        assert "canary-5a5a" in attributes(telling)["gen_ai.output.messages"]
        assert "canary-5a5a" not in json.dumps(spans_at(tenancy.server, own))


def test_what_is_blocked_is_not_told_to_it(start: Start, collector: FakeUpstream) -> None:
    tenancy = start()
    acme = As(tenancy, "acme", Role.ADMIN)
    set_collector(acme, collector, content=True)
    genai = "/api/v2/genai/playgrounds/"
    made = {"name": "n", "description": "d", "useCaseId": "u", "keepBlocked": True}
    playground = acme("POST", genai, made).json()["id"]
    guard = reporting("pii_violation", 0, "reportAndBlock")
    acme("POST", f"{genai}{playground}/ootbMetricConfigurations/", guard)
    for stream in (False, True):
        body = {**DEMO, "prompt_text": "mail jane.roe@example.com", "playground_id": playground, "stream": stream}
        acme("POST", RUN, body)
    found = spans_at(tenancy.server, collector)
    assert [attributes(span)["promptyard.status"] for span in found] == ["blocked", "blocked"]
    assert "jane" not in json.dumps(found)


def test_no_key_is_in_a_span_a_log_or_an_answer(
    start: Start, collector: FakeUpstream, upstream: FakeUpstream, caplog: pytest.LogCaptureFixture
) -> None:
    upstream.answer(failure(400, "bad canary-0c0c"), model="refused")
    upstream.answer(chat_stream("Hello there"))
    tenancy = start(OPENAI_API_KEY="sk-canary-11bb", OPENAI_BASE_URL=upstream.url)
    acme = As(tenancy, "acme", Role.ADMIN)
    acme("PUT", "/api/v1/provider-keys/openai", {"key": "sk-canary-55ff"})
    answers = [json.dumps(set_collector(acme, collector, content=True))]
    caplog.set_level(logging.DEBUG, "promptyard")
    for model in ("good", "refused"):
        for more in ({}, {"provider_key": "sk-canary-22cc"}):
            body = {"provider": "openai", "model": model, "prompt_text": "Hi", **more}
            answers.append(acme("POST", RUN, body).text)
    found = spans_at(tenancy.server, collector)
    assert len(found) == 4
    answers += [acme("GET", path).text for path in (TELEMETRY, "/api/v1/audit", "/api/v1/provider-keys")]
    for text in (json.dumps(found), caplog.text, *(json.dumps(vars(record), default=str) for record in caplog.records)):
        assert not CANARY.search(text)
    assert "canary-88bb" not in "".join(answers)
    assert not CANARY.search("".join(answers).replace("canary-0c0c", ""))


def dead_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


@pytest.mark.parametrize("fate", ["nobody there", "silent", "refusing", "cut", "redirecting", "metadata", "no secret"])
def test_a_collector_that_is_none_hurts_no_run(
    start: Start, collector: FakeUpstream, fate: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporter, "SEND_SECONDS", 0.3)
    with FakeUpstream() as broken:
        script = {
            "silent": Answer([End.HANG], raw=True),
            "refusing": failure(401, KEY),
            "cut": Answer([End.RESET], raw=True),
            "redirecting": Answer([], 307, {"location": collector.url}),
        }.get(fate)
        if script is not None:
            broken.answer(script)
        tenancy = start()
        acme = As(tenancy, "acme", Role.ADMIN)
        dead = {"nobody there": f"http://127.0.0.1:{dead_port()}", "metadata": "http://169.254.169.254"}
        set_collector(acme, dead.get(fate, broken.url))
        if fate == "no secret":
            monkeypatch.setattr(tenancy.server.services.telemetry.secrets, "of", fails)
        took = []
        for _ in range(10):
            began = time.perf_counter()
            assert acme("POST", RUN, DEMO).json()["status"] == "succeeded"
            took.append(time.perf_counter() - began)
        assert sorted(took)[5] < 0.3
        assert spans_at(tenancy.server, collector) == []
    lost = [record for record in caplog.records if record.message == "span not sent"]
    assert [vars(record)["collector"] for record in lost] == ["tenant"] * 10
    assert KEY not in caplog.text


async def fails(*_: Any, **__: Any) -> Any:
    raise RuntimeError(KEY)


def test_one_that_hangs_leaves_room_for_those_of_others(
    start: Start, collector: FakeUpstream, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(exporter, "SEND_SECONDS", 3)
    with FakeUpstream() as silent:
        silent.answer(Answer([End.HANG], raw=True))
        tenancy = start()
        [to_tenants] = tenancy.server.services.telemetry.exporters
        monkeypatch.setattr(to_tenants, "_most_of_a_tenant", 2)
        acme, other = As(tenancy, "acme", Role.ADMIN), As(tenancy, "other", Role.ADMIN)
        set_collector(acme, silent)
        set_collector(other, collector)
        for _ in range(4):
            acme("POST", RUN, DEMO)
        other("POST", RUN, DEMO)
        assert len(spans_at(tenancy.server, collector)) == 1
        lost = [vars(record)["code"] for record in caplog.records if record.message == "span not sent"]
        assert lost == ["too_many"] * 2 + ["timeout"] * 2


@pytest.mark.parametrize("runs", [60, pytest.param(1_000, marks=pytest.mark.hard)])
def test_of_so_many_runs_so_many_spans_and_the_store_is_asked_once(
    start: Start, collector: FakeUpstream, runs: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    tenancy = start()
    acme, other = As(tenancy, "acme", Role.ADMIN), As(tenancy, "other", Role.ADMIN)
    set_collector(acme, collector)
    asked = count_calls(monkeypatch, DynamoCollectorNotes, "has")
    read = count_calls(monkeypatch, type(tenancy.server.services.telemetry.secrets._store), "read")
    for _ in range(runs):
        acme("POST", RUN, DEMO)
        other("POST", RUN, DEMO)
    found = spans_at(tenancy.server, collector)
    assert len({span["spanId"] for span in found}) == len(found) == runs
    assert {attributes(span)["promptyard.tenant"] for span in found} == {"acme"}
    minutes = 1 + runs // 100
    assert len(asked) <= 2 * minutes
    assert len(read) <= minutes
    assert len({request.connection for request in collector.requests}) < runs / 4, "connections are used again"


def count_calls(monkeypatch: pytest.MonkeyPatch, kind: type, name: str) -> list[None]:
    calls: list[None] = []
    original = getattr(kind, name)

    async def counted(self: Any, *given: Any) -> Any:
        calls.append(None)
        return await original(self, *given)

    monkeypatch.setattr(kind, name, counted)
    return calls
