"""Who is past a limit is refused before anything is read, in the form of whoever asks; and nobody else notices."""

import socket
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from promptyard.api.auth.authentication import begins_runs
from promptyard.api.bulkheads.turns import Turns
from promptyard.domain.account.access import Role
from promptyard.domain.account.quotas import TenantQuotas
from tests.support.doubles.tenancy import Tenancy
from tests.support.samples.routes import group_routes

RUN = "/api/v1/playground/run"
DEMO = {"model": "demo/echo", "prompt_text": "Hi", "parameters": {"extra": {"delay_ms": 0}}}
PATHS = sorted(
    route.path_format.replace("{version_id}", "01890000-0000-7000-8000-000000000000")
    .replace("{run_id}", "01890000-0000-7000-8000-000000000000")
    .replace("{llmBlueprintId}", "b")
    for route in group_routes()
    if begins_runs(route)
)
FORMS: dict[str, Any] = {
    "/v1/chat/completions": lambda answer: answer["error"]["code"] == "rate_limit_exceeded",
    "/v1/responses": lambda answer: answer["error"]["code"] == "rate_limit_exceeded",
    "/v1/messages": lambda answer: answer["type"] == "error" and answer["error"]["type"] == "rate_limit_error",
    "/v1/messages/count_tokens": lambda answer: answer["error"]["type"] == "rate_limit_error",
}


@pytest.fixture
def flooding(tenancy: Tenancy, monkeypatch: pytest.MonkeyPatch) -> str:
    """The key of a tenant that has begun its one run of this minute, under the `Idempotency-Key` `first`, and has been
    refused once."""
    now = datetime.now(UTC).replace(second=20, microsecond=0)
    monkeypatch.setattr(tenancy.server.services.metering.meter, "_now", lambda: now)
    tenancy.make_tenant("flood", quotas=TenantQuotas(requests_per_minute=1))
    key = tenancy.key("flood", Role.MEMBER)
    assert _run(tenancy, key, "first").status_code == 200
    assert _run(tenancy, key).status_code == 429
    return key


def _run(tenancy: Tenancy, key: str, idempotency_key: str | None = None) -> httpx.Response:
    headers = {"authorization": f"Bearer {key}"}
    if idempotency_key is not None:
        headers["idempotency-key"] = idempotency_key
    return tenancy.client.post(RUN, json=DEMO, headers=headers)


@pytest.mark.parametrize("more", ["", "idempotency-key: never-seen\r\n"])
def test_every_route_of_runs_refuses_before_the_body_comes(
    tenancy: Tenancy, flooding: str, more: str, subtests: pytest.Subtests
) -> None:
    for path in PATHS:
        with subtests.test(path=path):
            status, headers, answer = _head_alone(tenancy.server.url, path, flooding, more)
            assert (status, headers["retry-after"]) == (429, "40")
            assert headers["x-ratelimit-remaining-requests"] == "0"
            limited = FORMS.get(path, lambda told: told["error"]["limit"]["unit"] == "requests_per_minute")
            assert limited(answer), answer


def _head_alone(url: str, path: str, key: str, more: str) -> tuple[int, httpx.Headers, Any]:
    """What a request is answered whose body does not come."""
    address = urlsplit(url)
    host, port = address.hostname or "", address.port or 0
    head = (
        f"POST {path} HTTP/1.1\r\nhost: {address.netloc}\r\nauthorization: Bearer {key}\r\n{more}"
        "content-type: application/json\r\ncontent-length: 1000\r\n\r\n"
    )
    with socket.create_connection((host, port), 10) as connection:
        connection.sendall(head.encode())
        told = b""
        while b"\r\n\r\n" not in told:
            told += connection.recv(65_536)
        start, _, body = told.partition(b"\r\n\r\n")
        first, *lines = start.decode().split("\r\n")
        headers = httpx.Headers([tuple(line.split(": ", 1)) for line in lines])
        while len(body) < int(headers["content-length"]):
            body += connection.recv(65_536)
    return int(first.split()[1]), headers, httpx.Response(200, content=body).json()


def test_what_was_begun_is_answered_again_all_the_same(tenancy: Tenancy, flooding: str) -> None:
    again = _run(tenancy, flooding, "first")
    assert (again.status_code, again.headers["idempotent-replayed"]) == (200, "true")


def test_others_may_and_what_is_no_run_is_answered(tenancy: Tenancy, flooding: str) -> None:
    assert _run(tenancy, tenancy.key("other", Role.MEMBER)).status_code == 200
    for key, limited in ((flooding, 200), (tenancy.key("flood", Role.VIEWER), 200)):
        assert tenancy.request("GET", "/api/v1/playground/history", key).status_code == limited
    assert _run(tenancy, tenancy.key("flood", Role.VIEWER)).status_code == 403


def test_more_requests_than_may_wait_are_refused(tenancy: Tenancy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tenancy.server.services, "turns", Turns(at_once=0, max_waiting=0))
    refused = _run(tenancy, tenancy.key("other", Role.MEMBER))
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
    error = refused.json()["error"]
    assert (error["code"], error["retryable"], error["limit"]["unit"]) == ("rate_limited", True, "waiting_requests")


def test_so_many_runs_go_on_as_the_tenant_may_have(tenancy: Tenancy) -> None:
    tenancy.make_tenant("narrow", quotas=TenantQuotas(runs_at_once=1))
    key = tenancy.key("narrow", Role.MEMBER)
    slow = {**DEMO, "prompt_text": "one two three", "stream": True, "parameters": {"extra": {"delay_ms": 60_000}}}
    headers = {"authorization": f"Bearer {key}"}
    with tenancy.client.stream("POST", RUN, json=slow | {"on_disconnect": "continue"}, headers=headers) as stream:
        assert stream.status_code == 200
        refused = _run(tenancy, key)
        limit = refused.json()["error"]["limit"]
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "2")
        assert limit == {"scope": "tenant", "unit": "open_runs", "limit": 1, "used": 1}
        cancelled = tenancy.request("POST", f"{RUN}s/{stream.headers['x-run-id']}/cancel", key)
        assert cancelled.status_code == 200
    assert _run(tenancy, key).status_code == 200
