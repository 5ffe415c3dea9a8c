"""Benchmark runs over real HTTP, carried out by the local server."""

import csv
import io
import json
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from promptyard.domain.account.access import Role
from tests.support.doubles.tenancy import As, Tenancy
from tests.support.servers.server import RunningServer

BENCHMARKS = "/api/v1/benchmarks"
RUNS = "/api/v1/benchmark-runs"
DATASETS = "/api/v1/datasets"
NOBODY = "01900000-0000-7000-8000-000000000000"
ECHO = {"model": "demo/echo"}
SLOW = {"model": "demo/echo", "parameters": {"extra": {"delay_ms": 2_000}}}
FLOOR = {"metric": "exact_match", "op": ">=", "value": 0.9}
PATIENCE_SECONDS = 60


class Bench:
    """What a benchmark needs, on a server."""

    def __init__(self, server: RunningServer) -> None:
        self.client = server.client
        self.dataset = self.rows([{"variables": {"word": word}, "reference": word} for word in ("one", "two", "three")])

    def rows(self, rows: list[dict[str, Any]]) -> str:
        dataset = self.client.post(DATASETS, json={"name": "words"}).json()["id"]
        body = "".join(json.dumps(row) + "\n" for row in rows)
        headers = {"content-type": "application/x-ndjson"}
        made = self.client.post(f"{DATASETS}/{dataset}/versions", content=body, headers=headers)
        assert made.status_code == 201, made.text
        return str(dataset)

    def benchmark(self, **fields: Any) -> str:
        body = {
            "name": "Echoes",
            "dataset_id": self.dataset,
            "template": "{{word}}",
            "targets": [ECHO],
            "metrics": [{"metric": "exact_match"}],
            **fields,
        }
        made = self.client.post(BENCHMARKS, json={name: value for name, value in body.items() if value is not None})
        assert made.status_code == 201, made.text
        return str(made.json()["id"])

    def start(self, benchmark: str, **body: Any) -> dict[str, Any]:
        started = self.client.post(f"{BENCHMARKS}/{benchmark}/runs", json=body)
        assert started.status_code == 202, started.text
        return dict(started.json())

    def get(self, run_id: str) -> dict[str, Any]:
        return dict(self.client.get(f"{RUNS}/{run_id}").json())

    def ended(self, run_id: str) -> dict[str, Any]:
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until:
            run = self.get(run_id)
            if run["status"] not in {"queued", "running"}:
                return run
            time.sleep(0.05)
        raise AssertionError(f"the benchmark run goes on and on: {run}")

    def saved(self, content: str, slug: str) -> dict[str, Any]:
        body = {"namespace": "runs", "slug": slug, "content": content}
        return dict(self.client.post("/api/v1/playground/save-version", json=body).json())


@pytest.fixture
def bench(server: RunningServer) -> Bench:
    return Bench(server)


def events_of(text: str) -> list[tuple[str, dict[str, Any]]]:
    frames = [dict(line.split(": ", 1) for line in frame.splitlines()) for frame in text.strip().split("\n\n")]
    return [(frame["event"], json.loads(frame["data"])) for frame in frames if "event" in frame]


def test_a_benchmark_is_run_and_says_what_it_shows(bench: Bench) -> None:
    benchmark = bench.benchmark(targets=[ECHO, {"model": "demo/writer"}], repeats=2, gates=[FLOOR])
    started = bench.start(benchmark)
    assert (started["status"], started["cells"], started["estimate_usd"]) == ("queued", 12, 0.0)
    with bench.client.stream("GET", f"{RUNS}/{started['id']}/events") as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        events = events_of(response.read().decode())
    assert [name for name, _ in events][-1] == "done"
    assert {name for name, _ in events[:-1]} == {"progress"}
    done = events[-1][1]
    assert done["cells"] == {"total": 12, "done": 12, "failed": 0, "poison": 0}

    run = bench.get(started["id"])
    assert (run["status"], run["cost_usd"], run["error"]) == ("completed", 0.0, None)
    assert run["cells"] == done["cells"]
    assert [column["name"] for column in run["columns"]] == ["demo/echo", "demo/writer"]
    assert (run["baseline"], run["trigger"], run["row_count"], run["created_by"]) == ("demo/echo", "api", 3, "local")
    assert run["passed"] is False, "the writer does not echo"
    assert "exact_match" in run["failed_gates"][0]
    assert run["created_at"] <= run["started_at"] <= run["ended_at"]

    report = bench.client.get(f"{RUNS}/{run['id']}/report").json()
    assert [column["column"] for column in report["columns"]] == ["demo/echo", "demo/writer"]
    assert report["columns"][0]["metrics"]["exact_match"]["mean"] == 1
    assert report["sentence"]
    for ask in ({"params": {"format": "html"}}, {"headers": {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}}):
        page = bench.client.get(f"{RUNS}/{run['id']}/report", **ask)  # type: ignore[arg-type]
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert page.headers["content-security-policy"].startswith("default-src 'none'")
        assert "<svg" in page.text
    assert bench.client.get(f"{RUNS}/{run['id']}/report", headers={"accept": "*/*"}).json() == report


def test_every_cell_is_in_the_results_once(bench: Bench) -> None:
    run = bench.ended(bench.start(bench.benchmark(targets=[ECHO, {"model": "demo/writer"}], repeats=2))["id"])
    path = f"{RUNS}/{run['id']}/results"
    cells = [json.loads(line) for line in bench.client.get(path).text.splitlines()]
    places = [(cell["row"], cell["column"], cell["repeat"]) for cell in cells]
    assert places == [(r, c, i) for r in (1, 2, 3) for c in ("demo/echo", "demo/writer") for i in (0, 1)]
    echoed = [cell for cell in cells if cell["column"] == "demo/echo"]
    assert {cell["scores"]["exact_match"] for cell in echoed} == {1}
    assert [cell["output"] for cell in echoed][::2] == ["one", "two", "three"]
    for cell in cells:
        assert bench.client.get(f"/api/v1/playground/runs/{cell['run_id']}").json()["status"] == "succeeded"

    def filtered(**query: Any) -> list[Any]:
        return [json.loads(line) for line in bench.client.get(path, params=query).text.splitlines()]

    assert filtered(column="demo/echo") == echoed
    assert filtered(row=2) == [cell for cell in cells if cell["row"] == 2]
    assert filtered(row=2, column="demo/echo") == [cell for cell in echoed if cell["row"] == 2]
    for row in (0, -1, 4, 99, 10**10, -(10**20)):
        assert filtered(row=row) == [], row
    assert bench.client.get(path, params={"column": "nothing"}).status_code == 422
    table = list(csv.DictReader(io.StringIO(bench.client.get(path, params={"format": "csv"}).text)))
    assert [(int(row["row"]), row["column"], int(row["repeat"])) for row in table] == places
    assert [float(row["score:exact_match"]) for row in table] == [cell["scores"]["exact_match"] for cell in cells]
    assert table[0]["cost_usd"] == "0"


def test_the_same_request_is_one_run_however_many_ask_at_once(bench: Bench) -> None:
    benchmark = bench.benchmark()
    with ThreadPoolExecutor(8) as threads:
        started = list(threads.map(lambda _: bench.start(benchmark, request_id="once")["id"], range(8)))
    assert len(set(started)) == 1
    assert bench.start(benchmark, request_id="twice")["id"] not in started
    page = bench.client.get(RUNS, params={"benchmark_id": benchmark}).json()
    assert [run["request_id"] for run in page["items"]] == ["twice", "once"]
    headers = {"idempotency-key": "start it once"}
    path = f"{BENCHMARKS}/{benchmark}/runs"
    first, again = (bench.client.post(path, headers=headers).json() for _ in range(2))
    assert first["id"] == again["id"]


def test_runs_are_listed_newest_first_of_all_and_of_one_benchmark(bench: Bench) -> None:
    mine, other = bench.benchmark(), bench.benchmark()
    ids = [bench.start(benchmark)["id"] for benchmark in (mine, other, mine)]
    everything = bench.client.get(RUNS, params={"limit": 3}).json()["items"]
    assert [run["id"] for run in everything] == ids[::-1]
    of_mine = bench.client.get(RUNS, params={"benchmark_id": mine}).json()["items"]
    assert [run["id"] for run in of_mine] == [ids[2], ids[0]]
    assert bench.client.get(RUNS, params={"benchmark_id": NOBODY}).json()["items"] == []


def test_a_run_is_made_of_the_benchmark_as_it_was(bench: Bench) -> None:
    benchmark = bench.benchmark()
    started = bench.start(benchmark)
    bench.client.patch(f"{BENCHMARKS}/{benchmark}", json={"targets": [{"model": "demo/writer"}], "name": "Other"})
    run = bench.ended(started["id"])
    assert (run["name"], [column["name"] for column in run["columns"]]) == ("Echoes", ["demo/echo"])
    assert bench.client.delete(f"{BENCHMARKS}/{benchmark}").status_code == 204
    assert bench.get(started["id"])["status"] == "completed"


def test_it_is_run_on_the_version_that_is_asked_for_beside_the_labelled_one(bench: Bench) -> None:
    first, second = bench.saved("{{word}}", "asked"), bench.saved("Say {{word}}", "asked")
    other = bench.saved("{{word}}", "unasked")
    bench.client.put("/api/v1/prompts/runs/asked/labels/production", json={"version_number": 1})
    watch = {"prompt_id": "runs/asked", "label": "production"}
    benchmark = bench.benchmark(template=None, prompt_id="runs/asked", gates=[FLOOR], watch=watch)
    run = bench.get(bench.start(benchmark, version_id=second["version_id"])["id"])
    assert [column["name"] for column in run["columns"]] == ["v1·demo/echo", "v2·demo/echo"]
    assert (run["baseline"], run["version_id"]) == ("v1·demo/echo", second["version_id"])
    again = bench.get(bench.start(benchmark, version_id=first["version_id"])["id"])
    assert [column["name"] for column in again["columns"]] == ["v1·demo/echo"]
    path = f"{BENCHMARKS}/{benchmark}/runs"
    for version_id in (other["version_id"], NOBODY):
        refused = bench.client.post(path, json={"version_id": version_id})
        assert refused.json()["detail"][0]["loc"] == ["body", "version_id"]
    assert bench.ended(run["id"])["passed"] is False
    error = bench.client.put("/api/v1/prompts/runs/asked/labels/production", json={"version_number": 2}).json()["error"]
    assert "exact_match" in error["failed_gates"][0]
    assert error["run_ids"], "that run, or the one that the new version started by itself"
    # The rows expect what the first version says.
    assert bench.ended(again["id"])["passed"] is True


def test_what_cannot_be_run_yet_is_a_conflict(bench: Bench) -> None:
    empty = bench.client.post(DATASETS, json={"name": "empty"}).json()["id"]
    unwritten = bench.client.post("/api/v1/prompts", json={"namespace": "runs", "slug": "unwritten"}).json()["id"]
    for benchmark in (bench.benchmark(dataset_id=empty), bench.benchmark(template=None, prompt_id=unwritten)):
        assert bench.client.post(f"{BENCHMARKS}/{benchmark}/runs", json={}).status_code == 409


def test_a_row_that_does_not_fit_is_poison_and_named(bench: Bench) -> None:
    bench.dataset = bench.rows([{"variables": {"word": "one"}, "reference": "one"}, {"variables": {"other": "two"}}])
    run = bench.ended(bench.start(bench.benchmark())["id"])
    assert (run["status"], run["cells"]) == ("completed", {"total": 2, "done": 1, "failed": 0, "poison": 1})
    cells = [json.loads(line) for line in bench.client.get(f"{RUNS}/{run['id']}/results").text.splitlines()]
    assert [cell["status"] for cell in cells] == ["done", "poison"]
    assert "word" in cells[1]["error"]


def test_a_run_is_cancelled_and_resumed_for_what_is_missing(bench: Bench) -> None:
    rows = [{"variables": {"word": f"word {number}"}, "reference": "-"} for number in range(4)]
    bench.dataset = bench.rows(rows)
    benchmark = bench.benchmark(targets=[SLOW], concurrency=1)
    run_id = bench.start(benchmark)["id"]
    assert bench.client.get(f"{RUNS}/{run_id}/report").status_code == 404
    cancelled = bench.client.post(f"{RUNS}/{run_id}/cancel").json()
    assert cancelled["status"] == "cancelled"
    assert cancelled["cells"]["done"] < 4
    assert bench.client.post(f"{RUNS}/{run_id}/cancel").json()["status"] == "cancelled"
    [(_, progress), (name, done)] = events_of(bench.client.get(f"{RUNS}/{run_id}/events").text)
    assert (name, done["status"], progress["status"]) == ("done", "cancelled", "cancelled")

    bench.client.patch(f"{BENCHMARKS}/{benchmark}", json={"targets": [ECHO]})
    resumed = bench.client.post(f"{RUNS}/{run_id}/resume", json={"budget_usd": 5}).json()
    assert (resumed["status"], resumed["ended_at"], resumed["budget_usd"]) == ("running", None, 5.0)
    ended = bench.ended(run_id)
    assert (ended["status"], ended["cells"]["done"]) == ("completed", 4)
    assert bench.client.post(f"{RUNS}/{run_id}/resume").json() == ended
    assert bench.client.post(f"{RUNS}/{run_id}/cancel").json()["status"] == "completed"


def test_what_is_no_run_is_not_found(bench: Bench) -> None:
    for run_id in (NOBODY, "none"):
        for path in ("", "/events", "/results", "/report"):
            assert bench.client.get(f"{RUNS}/{run_id}{path}").status_code == 404
        for path in ("cancel", "resume"):
            assert bench.client.post(f"{RUNS}/{run_id}/{path}").status_code == 404
        assert bench.client.post(f"{BENCHMARKS}/{run_id}/runs").status_code == 404


def test_a_viewer_looks_and_a_member_runs_and_neither_sees_anothers(tenancy: Tenancy) -> None:
    viewer, member, stranger = (
        As(tenancy, "acme", Role.VIEWER),
        As(tenancy, "acme", Role.MEMBER),
        As(tenancy, "other", Role.ADMIN),
    )
    dataset = member("POST", DATASETS, {"name": "q"}).json()["id"]
    headers = {"authorization": f"Bearer {member.key}", "content-type": "application/x-ndjson"}
    rows = '{"variables": {"word": "one"}, "reference": "one"}\n'
    assert tenancy.client.post(f"{DATASETS}/{dataset}/versions", content=rows, headers=headers).status_code == 201
    body: Mapping[str, Any] = {
        "name": "b",
        "dataset_id": dataset,
        "template": "{{word}}",
        "targets": [ECHO],
        "metrics": [{"metric": "exact_match"}],
    }
    start = f"{BENCHMARKS}/{member('POST', BENCHMARKS, dict(body)).json()['id']}/runs"
    assert viewer("POST", start, {}).status_code == 403
    assert stranger("POST", start, {}).status_code == 404
    run_id = member("POST", start, {}).json()["id"]
    assert viewer.get(f"{RUNS}/{run_id}")["created_by"] == member.get(f"{RUNS}/{run_id}")["created_by"]
    assert stranger("GET", f"{RUNS}/{run_id}").status_code == 404
    assert stranger.get(RUNS)["items"] == []
    for action in ("cancel", "resume"):
        assert viewer("POST", f"{RUNS}/{run_id}/{action}", {}).status_code == 403
        assert stranger("POST", f"{RUNS}/{run_id}/{action}", {}).status_code == 404
