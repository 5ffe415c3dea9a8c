"""One thing of each kind that a path can name, made over the wire."""

from collections.abc import Callable
from typing import Any

import httpx

PLAYGROUND = "/api/v1/playground"
GENAI = "/api/v2/genai"
DEMO = {"provider": "demo", "model": "echo"}


def things_of(send: Callable[[str, str, Any], httpx.Response]) -> dict[str, str]:
    """Their ids, by the names that paths have for them. `send` takes a method, a path and a body."""
    saved = send("POST", f"{PLAYGROUND}/save-version", {"namespace": "acme", "slug": "one", "content": "Hi {{name}}"})
    playground = send("POST", f"{GENAI}/playgrounds/", {"name": "n", "description": "", "useCaseId": "u"}).json()["id"]
    blueprint = {"name": "n", "playgroundId": playground, "llmId": "demo/echo"}
    targets = {"targets": [DEMO, DEMO], "prompt_text": "Hi", "stream": False}
    dataset = send("POST", "/api/v1/datasets", {"name": "n"}).json()["id"]
    # Of a row that cannot be run: no provider is called for it.
    assert send("POST", f"/api/v1/datasets/{dataset}/versions", [{"question": "q"}]).status_code == 201
    benchmark = {"name": "n", "dataset_id": dataset, "template": "{{nothing}}", "targets": [DEMO]}
    benchmark_id = send("POST", "/api/v1/benchmarks", {**benchmark, "metrics": [{"metric": "latency"}]}).json()["id"]
    return {
        "benchmark_id": benchmark_id,
        "benchmark_run_id": send("POST", f"/api/v1/benchmarks/{benchmark_id}/runs", {}).json()["id"],
        "prompt_id": saved.json()["prompt_id"],
        "version_id": saved.json()["version_id"],
        "playgroundId": playground,
        "llmBlueprintId": send("POST", f"{GENAI}/llmBlueprints/", blueprint).json()["id"],
        "run_id": send("POST", f"{PLAYGROUND}/run", {**DEMO, "prompt_text": "Hi"}).json()["id"],
        "response_id": "resp_" + send("POST", f"{PLAYGROUND}/run", {**DEMO, "prompt_text": "Hi"}).json()["id"],
        "dataset_id": dataset,
        "comparison_id": send("POST", f"{PLAYGROUND}/compare", targets).json()["comparison_id"],
    }
