"""Targets of a comparison that fail before they are sent: they are kept like any other run, over real HTTP."""

import json
from typing import Any

import pytest

from promptyard.domain.account.access import Role
from promptyard.domain.account.quotas import TenantQuotas
from tests.support.aws.events import post_for_events
from tests.support.doubles.tenancy import As, Tenancy
from tests.support.samples.chat_answers import chat_stream, failure
from tests.support.servers.fake_upstream import FakeUpstream
from tests.support.servers.server import RunningServer, StartServer

PLAYGROUND = "/api/v1/playground"
COMPARE = f"{PLAYGROUND}/compare"
GENAI = "/api/v2/genai/playgrounds/"
KEY = "sk-test-callers-own"
CARD = "4111 1111 1111 1111"

REFUSED: list[tuple[dict[str, Any], str, tuple[str | None, str | None]]] = [
    ({"model": "no-such-model"}, "unknown_model", (None, "no-such-model")),
    ({"provider": "nobody", "model": "x"}, "validation", ("nobody", "x")),
    ({"provider": "anthropic"}, "missing_key", ("anthropic", "claude-sonnet-5-5")),
    (
        {"model": "gpt-4o", "provider_key": KEY, "parameters": {"reasoning_effort": "high"}},
        "validation",
        ("openai", "gpt-4o"),
    ),
    (
        {"provider": "custom", "model": "m", "provider_key": KEY, "custom_base_url": f"https://{KEY}@example.org/v1"},
        "endpoint_refused",
        ("custom", "m"),
    ),
]
"""A target, the code of its error, and what its record says of provider and model."""


@pytest.fixture
def server(start_server: StartServer, upstream: FakeUpstream) -> RunningServer:
    return start_server({"OPENAI_API_KEY": "sk-test-1", "OPENAI_BASE_URL": upstream.url})


def get(server: RunningServer, path: str) -> Any:
    response = server.client.get(f"{PLAYGROUND}/{path}")
    assert response.status_code == 200, response.text
    return response.json()


def without_times(run: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in run.items() if not name.endswith("_at")}


@pytest.mark.parametrize("good", [[{"model": "demo/echo"}], []])
def test_the_record_has_every_target_as_the_answer_has_it(server: RunningServer, good: list[Any]) -> None:
    targets = [target for target, _, _ in REFUSED] + good
    answer = server.client.post(COMPARE, json={"prompt_text": "Hi", "targets": targets, "stream": False}).json()
    record = get(server, f"comparisons/{answer['comparison_id']}")
    assert len(record["runs"]) == len(targets)
    assert record["outcome"] == ("partial" if good else "broken")
    for result, run in zip(answer["results"], record["runs"], strict=True):
        assert {name: run[name] for name in result if name != "index"} == {
            name: value for name, value in result.items() if name != "index"
        }
    for (_, code, named), run in zip(REFUSED, record["runs"], strict=False):
        assert (run["status"], run["error"]["code"], run["finish_reason"]) == ("failed", code, "error")
        assert (run["provider"], run["model"]) == named
        assert (run["endpoint"], run["output"], run["tokens"], run["cost_usd"]) == (
            "playground/compare",
            None,
            None,
            None,
        )
        assert run["messages"] == [{"role": "user", "content": "Hi"}]
        assert get(server, f"runs/{run['id']}") == run
    history = get(server, "history")
    assert history["total"] == len(targets)
    assert {run["id"] for run in history["items"]} == {run["id"] for run in record["runs"]}
    assert get(server, "history?status=failed&limit=100")["items"] == [
        run for run in history["items"] if run["status"] == "failed"
    ]
    assert KEY not in json.dumps(history)
    assert len(server.client.get(f"{PLAYGROUND}/history/export").text.splitlines()) == len(targets)


def test_nothing_is_charged_for_them(server: RunningServer) -> None:
    targets = [target for target, _, _ in REFUSED]
    server.client.post(COMPARE, json={"prompt_text": "Hi", "targets": targets, "stream": False})
    assert server.client.get("/api/v1/usage/ledger").json()["items"] == []
    assert server.client.get("/api/v1/usage").json()["total"]["runs"] == 0


def test_a_streamed_failure_has_the_id_of_its_record(server: RunningServer) -> None:
    targets = [target for target, _, _ in REFUSED]
    _, events = post_for_events(server.client, COMPARE, {"prompt_text": "Hi", "targets": targets})
    ids = {event.data["index"]: event.data["id"] for event in events if event.name.startswith("error:")}
    record = get(server, f"comparisons/{events[-1].data['comparison_id']}")
    assert [ids[index] for index in range(len(targets))] == [run["id"] for run in record["runs"]]


def test_cancelling_what_has_failed_changes_nothing(server: RunningServer) -> None:
    targets = [{"model": "no-such-model"}] * 2
    made = server.client.post(COMPARE, json={"prompt_text": "Hi", "targets": targets, "stream": False}).json()
    path = f"comparisons/{made['comparison_id']}"
    cancelled = server.client.post(f"{PLAYGROUND}/{path}/cancel")
    assert cancelled.status_code == 200
    assert cancelled.json() == get(server, path)


def test_one_can_be_run_again_and_deleted(server: RunningServer, upstream: FakeUpstream) -> None:
    upstream.answer(chat_stream("ok"))
    targets = [{"model": "no-such-model", "parameters": {"max_tokens": 7}}, {"model": "demo/echo"}]
    made = server.client.post(COMPARE, json={"prompt_text": "Hi", "targets": targets, "stream": False}).json()
    run_id = made["results"][0]["id"]
    again = server.client.post(f"{PLAYGROUND}/runs/{run_id}/rerun", json={})
    assert (again.status_code, again.json()["error"]["code"]) == (422, "unknown_model")
    again = server.client.post(f"{PLAYGROUND}/runs/{run_id}/rerun", json={"model": "gpt-4o"})
    assert (again.status_code, again.json()["output"]) == (200, "ok")
    assert upstream.requests[-1].json["max_completion_tokens"] == 7
    assert server.client.delete(f"{PLAYGROUND}/runs/{run_id}").status_code == 204
    assert get(server, "history")["total"] == 2


def test_the_template_playgrounds_form_of_a_failure_stays(server: RunningServer) -> None:
    body = {"type": "text", "template_text": "Hi", "variables": {}}
    models = [{"id": "a", "model": "no-such-model"}, {"id": "b", "model": "demo/echo"}]
    response = server.client.post(f"{PLAYGROUND}/run-multi", json={**body, "models": models})
    bad, good = response.json()
    assert list(bad) == ["output", "model_id", "latency_ms", "tokens", "cost_usd", "error"]
    assert isinstance(bad["latency_ms"], int)
    record = get(server, f"comparisons/{response.headers['x-comparison-id']}")
    assert [run["model_id"] for run in record["runs"]] == ["a", "b"]
    assert record["runs"][0]["error"]["message"] == bad["error"]
    assert record["runs"][1]["id"] == good["id"]


def test_the_latency_of_a_failed_call_is_the_wall_clock(server: RunningServer, upstream: FakeUpstream) -> None:
    """Of all its attempts, and of the waits between them."""
    upstream.answer(failure(503, "down", retry_after_ms="300"))
    version = {"namespace": "a", "slug": "b", "content": "Hi"}
    saved = server.client.post(f"{PLAYGROUND}/save-version", json=version).json()["version_id"]
    body = {"type": "text", "template_text": "Hi", "variables": {}, "models": [{"id": "a", "model": "gpt-4o"}]}
    [multi] = server.client.post(f"{PLAYGROUND}/run-multi", json=body).json()
    versions = {"versions": [{"version_id": saved, "model": "gpt-4o"}], "variables": {}}
    [of_version] = server.client.post(f"{PLAYGROUND}/run-versions", json=versions).json()["results"]
    compressed = {"prompt": "Hi", "provider": "openai", "model": "gpt-4o", "provider_key": KEY}
    arms = server.client.post("/v1/playground/compare", json=compressed).json()
    found = [multi["latency_ms"], of_version["metrics"]["latency_ms"], arms["normal_ms"], arms["mintoken_ms"]]
    assert all(600 <= milliseconds < 20_000 for milliseconds in found), found


def test_what_a_guard_has_not_seen_is_not_kept(server: RunningServer) -> None:
    playground = server.client.post(GENAI, json={"name": "n", "description": "", "useCaseId": "u"}).json()["id"]
    guard = {
        "ootbMetricName": "pii_violation",
        "moderationConfiguration": {
            "guardConditions": [{"comparator": "greaterThan", "comparand": 0}],
            "intervention": {"action": "block", "message": "No."},
        },
    }
    assert server.client.post(f"{GENAI}{playground}/ootbMetricConfigurations/", json=guard).status_code == 201
    targets = [{"model": "no-such-model"}, {"provider": "anthropic"}]
    body = {"prompt_text": f"My card is {CARD}", "targets": targets, "playground_id": playground, "stream": False}
    made = server.client.post(COMPARE, json=body).json()
    runs = get(server, f"comparisons/{made['comparison_id']}")["runs"]
    assert [run["messages"] for run in runs] == [[], []]
    assert [run["playground_id"] for run in runs] == [playground] * 2
    assert runs[0]["metrics"][0]["executionStatus"] == "SKIPPED"
    assert CARD not in json.dumps(runs)


def test_what_a_quota_refuses_is_kept_too(start_server: StartServer) -> None:
    tenancy = Tenancy(start_server({"PROMPTYARD_AUTH": "required"}))
    tenancy.make_tenant("acme", quotas=TenantQuotas(tokens_per_month=3000), retention_days=7)
    member = As(tenancy, "acme", Role.MEMBER)
    targets = [{"model": "demo/echo", "parameters": {"max_tokens": wanted}} for wanted in (100, 90_000)]
    response = member("POST", COMPARE, {"prompt_text": "Hi", "targets": targets, "stream": False})
    good, refused = response.json()["results"]
    assert (good["status"], refused["status"], refused["error"]["code"]) == ("succeeded", "failed", "quota_exceeded")
    record = member.get(f"{PLAYGROUND}/comparisons/{response.json()['comparison_id']}")
    assert [run["id"] for run in record["runs"]] == [good["id"], refused["id"]]
    assert [entry["run_id"] for entry in member.get("/api/v1/usage/ledger")["items"]] == [good["id"]]
    both = {"prompt_text": "Hi", "targets": [targets[1]] * 2, "stream": False}
    broken = member("POST", COMPARE, both).json()
    assert member.get(f"{PLAYGROUND}/comparisons/{broken['comparison_id']}")["outcome"] == "broken"
    compressed = member("POST", "/v1/playground/compare", {"prompt": "x" * 3000, "provider": "demo"})
    assert compressed.status_code == 429
