"""A benchmark from its dataset to its report, over real HTTP: the local server carries its cells out by itself."""

import json
import time
from typing import Any

from promptyard_local.sqs.client import EmbeddedSQSClient
from tests.support.servers.server import RunningServer

BENCHMARKS, RUNS, DATASETS = "/api/v1/benchmarks", "/api/v1/benchmark-runs", "/api/v1/datasets"
PATIENCE_SECONDS = 60


def rows_of(server: RunningServer, rows: list[dict[str, Any]]) -> str:
    dataset = str(server.client.post(DATASETS, json={"name": "words"}).json()["id"])
    body = "\n".join(json.dumps(row) for row in rows)
    headers = {"content-type": "application/x-ndjson"}
    answer = server.client.post(f"{DATASETS}/{dataset}/versions", content=body, headers=headers)
    assert answer.status_code == 201, answer.text
    return dataset


def started(server: RunningServer, rows: list[dict[str, Any]], **fields: Any) -> str:
    benchmark = {
        "name": "Words",
        "dataset_id": rows_of(server, rows),
        "template": "{{word}}",
        "targets": [{"model": "demo/echo"}],
        "metrics": [{"metric": "exact_match"}],
        **fields,
    }
    made = server.client.post(BENCHMARKS, json=benchmark)
    assert made.status_code == 201, made.text
    run = server.client.post(f"{BENCHMARKS}/{made.json()['id']}/runs", json={})
    assert run.status_code == 202, run.text
    return str(run.json()["id"])


def ended(server: RunningServer, run_id: str) -> dict[str, Any]:
    give_up = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < give_up:
        run: dict[str, Any] = server.client.get(f"{RUNS}/{run_id}").json()
        if run["status"] not in {"queued", "running"}:
            return run
        time.sleep(0.1)
    raise AssertionError(f"still {run}")


def words(count: int, *, right: bool = True) -> list[dict[str, Any]]:
    return [
        {"variables": {"word": f"word{number}"}, "reference": f"word{number}" if right else "other"}
        for number in range(count)
    ]


def test_a_benchmark_is_carried_out_measured_and_reported(server: RunningServer) -> None:
    run_id = started(
        server,
        words(30),
        targets=[{"model": "demo/echo"}, {"model": "demo/writer"}],
        repeats=2,
        gates=[{"metric": "exact_match", "op": ">=", "value": 0.9}],
    )
    run = ended(server, run_id)
    assert (run["status"], run["passed"]) == ("completed", False)
    assert run["cells"] == {"total": 120, "done": 120, "failed": 0, "poison": 0}
    lines = server.client.get(f"{RUNS}/{run_id}/results?format=jsonl").text.splitlines()
    cells = [json.loads(line) for line in lines]
    assert len(cells) == 120
    echoed = [cell for cell in cells if cell["scores"]["exact_match"] == 1]
    assert {cell["column"] for cell in echoed} == {
        run["columns"][0]["name"] if "columns" in run else echoed[0]["column"]
    }
    assert len(echoed) == 60
    report = server.client.get(f"{RUNS}/{run_id}/report").json()
    assert report["columns"][0]["metrics"]["exact_match"]["mean"] == 1
    assert report["passed"] is False
    page = server.client.get(f"{RUNS}/{run_id}/report?format=html")
    assert page.headers["content-type"].startswith("text/html")
    shown = server.client.get(f"/api/v1/playground/runs/{cells[0]['run_id']}").json()
    assert shown["benchmark_run_id"] == run_id


def test_rows_that_do_not_fit_are_named_and_put_aside(server: RunningServer) -> None:
    rows = [*words(5), {"variables": {"sentence": "no word"}, "reference": "x"}]
    run = ended(server, run_id := started(server, rows))
    assert (run["status"], run["cells"]["done"], run["cells"]["poison"]) == ("completed", 5, 1)
    [poison] = server.client.get(f"{RUNS}/{run_id}/report").json()["poison"]
    assert (poison["row"], "word" in poison["error"]) == (6, True)
    client = server.aws.clients.get("sqs")
    assert isinstance(client, EmbeddedSQSClient)
    assert len(client.texts("promptyard-benchmarks-aside")) == 1


def test_a_cancelled_run_stops_and_is_resumed_where_it_was(server: RunningServer) -> None:
    slow = {"model": "demo/echo", "parameters": {"extra": {"delay_ms": 300}}}
    run_id = started(server, words(60), targets=[slow], concurrency=10)
    give_up = time.monotonic() + PATIENCE_SECONDS
    while server.client.get(f"{RUNS}/{run_id}").json()["cells"]["done"] < 5:
        assert time.monotonic() < give_up
        time.sleep(0.05)
    cancelled = server.client.post(f"{RUNS}/{run_id}/cancel").json()
    assert cancelled["status"] == "cancelled"
    done = ended(server, run_id)["cells"]["done"]
    assert done < 60
    assert server.client.post(f"{RUNS}/{run_id}/resume", json={}).status_code < 300
    run = ended(server, run_id)
    assert (run["status"], run["cells"]["done"]) == ("completed", 60)
    answered = server.client.get("/api/v1/playground/history?limit=100&status=succeeded").json()["items"]
    assert len([one for one in answered if one["benchmark_run_id"] == run_id]) == 60
