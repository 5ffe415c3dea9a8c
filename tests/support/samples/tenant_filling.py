"""A tenant that has some of everything."""

import time
from typing import Any

from tests.support.doubles.tenancy import As, Tenancy

RUN = "/api/v1/playground/run"
GENAI = "/api/v2/genai"
DEMO = {"provider": "demo", "model": "echo"}
SECRET = "sk-canary-0123456789"
COLLECTOR = {"endpoint": "http://127.0.0.1:65001/nobody", "headers": {"authorization": SECRET}}
LARGE = "x" * 120_000
"""More than an item holds, in one word: the stand-in for a model says word by word."""


def fill(member: As, mark: str) -> None:
    """Some of everything, with the mark in it."""
    saved = {"namespace": mark, "slug": "greeting", "content": f"{mark} {{{{name}}}}"}
    version = member("POST", "/api/v1/playground/save-version", saved).json()
    member("POST", "/api/v1/playground/save-version", {**saved, "content": f"{mark} {LARGE}"})
    path = f"/api/v1/prompts/{version['prompt_id']}"
    made = [
        member("PUT", f"{path}/labels/production", {"version_number": 1}),
        member("PUT", f"{path}/aliases/pmpt_1", None),
        member("POST", RUN, {**DEMO, "prompt_text": f"{mark} once"}),
        member("POST", RUN, {**DEMO, "prompt_text": f"{mark} {LARGE}"}),
        member("POST", "/api/v1/playground/runs", {"prompt_id": version["prompt_id"], "config": {}, "results": []}),
        member("POST", f"{GENAI}/playgrounds/", {"name": mark, "description": "", "useCaseId": "u"}),
    ]
    playground = made[-1].json()["id"]
    blueprint = {"playgroundId": playground, "name": mark, "llmId": "demo/echo"}
    made.append(member("POST", f"{GENAI}/llmBlueprints/", blueprint))
    made.append(member("POST", "/api/v1/datasets", {"name": mark, "playgroundId": playground}))
    dataset_id = made[-1].json()["id"]
    path = f"/api/v1/datasets/{dataset_id}/versions"
    made.append(member("POST", path, [{"name": mark}, {"name": f"{mark} {LARGE}"}]))
    made.append(member("POST", path, {"upload": True}))
    benchmark = {
        "name": mark,
        "dataset_id": dataset_id,
        "version_ids": [version["version_id"]],
        "targets": [DEMO],
        "metrics": [{"metric": "exact_match"}],
        "gates": [{"metric": "exact_match", "op": ">=", "value": 0}],
        "watch": {"dataset": True},
        "webhook_url": "http://127.0.0.1:65001/nobody",
    }
    made.append(member("POST", "/api/v1/benchmarks", benchmark))
    run_benchmark(member, made[-1].json()["id"], benchmark["dataset_id"])
    made.append(member("PUT", "/api/v1/provider-keys/openai", {"key": SECRET}))
    made.append(member("PUT", "/api/v1/telemetry", COLLECTOR))
    made.append(member("POST", "/api/v1/keys", {"name": mark}))
    assert [response.status_code for response in made if response.status_code >= 300] == []
    assert member.get("/api/v1/usage")["total"]["runs"] == 2


def run_benchmark(member: As, benchmark_id: str, dataset_id: str) -> None:
    """On a row that cannot be run: no provider is called for it."""
    rows = member("POST", f"/api/v1/datasets/{dataset_id}/versions", [{"question": "q"}])
    assert rows.status_code == 201, rows.text
    started = member("POST", f"/api/v1/benchmarks/{benchmark_id}/runs", {"request_id": "once"})
    assert started.status_code == 202, started.text
    path = f"/api/v1/benchmark-runs/{started.json()['id']}"
    while member.get(path)["status"] in {"queued", "running"}:
        time.sleep(0.05)
    while not member.get(f"/api/v1/benchmarks/{benchmark_id}/webhook-deliveries")["items"]:
        time.sleep(0.05)


def fill_up(tenancy: Tenancy, member: As, mark: str) -> None:
    """What `fill` leaves out: playgrounds with guards and reports, comparisons, what was deleted, kept answers and
    streams."""
    playground = {"name": mark, "description": mark, "useCaseId": mark, "keepBlocked": True}
    for _ in range(2):
        playground_id = member("POST", f"{GENAI}/playgrounds/", playground).json()["id"]
        path = f"{GENAI}/playgrounds/{playground_id}/"
        configurations = [
            member("POST", f"{path}ootbMetricConfigurations/", {**guard, "customOotbMetricName": mark}).json()
            for guard in (reporting("latency", -1, "report"), reporting("pii_violation", 0, "reportAndBlock"))
        ]
        for text in (mark, f"{mark} ada@example.com"):
            run = member("POST", RUN, {**DEMO, "prompt_text": text, "playground_id": playground_id})
            assert run.status_code == 200, run.text
        reports = member.get(f"{path}moderationReports/")["items"]
        assert len(reports) == 2
    configuration = configurations[0]["ootbMetricConfigurationId"]
    assert member("DELETE", f"{path}ootbMetricConfigurations/{configuration}/").status_code == 204
    assert member("DELETE", path).status_code == 204
    targets = {"targets": [DEMO, DEMO], "prompt_text": f"{mark} {LARGE}", "stream": False, "resumable": True}
    headers = {"authorization": f"Bearer {member.key}", "idempotency-key": mark}
    assert tenancy.client.post("/api/v1/playground/compare", json=targets, headers=headers).status_code == 200
    member.get("/api/v1/usage")


def reporting(metric: str, comparand: float, action: str) -> dict[str, Any]:
    condition = {"comparator": "greaterThan", "comparand": comparand}
    guard = {"guardConditions": [condition], "intervention": {"action": action, "message": "No"}}
    return {"ootbMetricName": metric, "moderationConfiguration": guard}
