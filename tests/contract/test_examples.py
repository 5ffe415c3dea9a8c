"""What `/docs` offers to send works as it stands."""

import re
from typing import Any

import pytest

from promptyard.domain.account.access import Role
from tests.support.doubles.tenancy import Tenancy
from tests.support.servers.server import RunningServer

PLAYGROUND = "/api/v1/playground"
GENAI = "/api/v2/genai"
NAMES_A_THING = {
    ("RunVersionsRequest", f"{PLAYGROUND}/run-versions"): 422,
    ("CreateBlueprintRequest", f"{GENAI}/llmBlueprints/"): 422,
    ("NewBenchmarkRequest", "/api/v1/benchmarks"): 422,
    ("RunRowsRequest", "/api/v1/datasets/{dataset_id}/rows"): 422,
    ("EraseRequest", "/api/v1/tenant/erase"): 422,
}
"""Examples with an id that whoever sends them has to replace; the answer to it as it is."""


def requests(document: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Method, path and schema of every body that can be sent."""
    found = []
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            content = operation.get("requestBody", {}).get("content", {})
            if "application/json" in content:  # else it is an archive
                schema = content["application/json"]["schema"]
                forms = schema.get("anyOf") or schema.get("oneOf") or [schema]
                names = [form["$ref"].rpartition("/")[2] for form in forms if "$ref" in form]
                found += [(method.upper(), path, name) for name in names]
    return found


@pytest.fixture
def things(server: RunningServer) -> dict[str, str]:
    """What the paths' parameters stand for."""
    post = server.client.post
    version = post(f"{PLAYGROUND}/save-version", json={"namespace": "team", "slug": "explain", "content": "{{topic}}"})
    run = post(f"{PLAYGROUND}/run", json={"model": "demo/echo", "prompt_text": "Hi"})
    playground = post(f"{GENAI}/playgrounds/", json={"name": "a", "description": "", "useCaseId": "b"}).json()["id"]
    blueprint = {"playgroundId": playground, "name": "a", "llmId": "demo/writer"}
    metrics = f"{GENAI}/playgrounds/{playground}/ootbMetricConfigurations/"
    dataset = post("/api/v1/datasets", json={"name": "a"}).json()["id"]
    post(f"/api/v1/datasets/{dataset}/versions", json=[{"question": "a"}])
    of_dataset = {"name": "a", "dataset_id": dataset, "template": "Hi", "targets": [{"model": "demo/echo"}]}
    benchmark = post("/api/v1/benchmarks", json={**of_dataset, "metrics": [{"metric": "latency"}]}).json()["id"]
    return {
        "version_id": version.json()["version_id"],
        "prompt_id": version.json()["prompt_id"],
        "label": "production",
        "run_id": run.json()["id"],
        "playgroundId": playground,
        "llmBlueprintId": post(f"{GENAI}/llmBlueprints/", json=blueprint).json()["id"],
        "ootbMetricConfigurationId": post(metrics, json={"ootbMetricName": "latency"}).json()[
            "ootbMetricConfigurationId"
        ],
        "provider": "openai",
        "dataset_id": dataset,
        "benchmark_id": benchmark,
        "benchmark_run_id": post(f"/api/v1/benchmarks/{benchmark}/runs").json()["id"],
        "tenant_id": "acme",
    }


def test_every_body_has_an_example_that_is_taken(server: RunningServer, things: dict[str, str]) -> None:
    tenancy = Tenancy(server)
    tenancy.make_tenant("acme")
    operator = tenancy.key("operator", Role.OPERATOR)
    document = server.client.get("/openapi.json").json()
    for method, path, name in requests(document):
        [example] = document["components"]["schemas"][name].get("examples", ["none"])
        url = re.sub(r"\{(\w+)\}", lambda found: things[found[1]], path)
        key = operator if "/tenants" in path else None
        answer = tenancy.request(method, url, key, json=example)
        expected = {NAMES_A_THING[name, path]} if (name, path) in NAMES_A_THING else {200, 201, 202, 204}
        assert answer.status_code in expected, (name, example, answer.text)
