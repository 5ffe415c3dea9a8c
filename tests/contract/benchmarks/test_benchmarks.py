"""Benchmarks as they are defined, over real HTTP."""

from typing import Any

import pytest

from promptyard.domain.account.access import Role
from tests.support.doubles.tenancy import As, Tenancy
from tests.support.servers.server import RunningServer

BENCHMARKS = "/api/v1/benchmarks"
DATASETS = "/api/v1/datasets"
NOBODY = "01900000-0000-7000-8000-000000000000"
ECHO = {"model": "demo/echo"}
EXACT = {"metric": "exact_match"}
FLOOR = {"metric": "exact_match", "op": ">=", "value": 0.9}


@pytest.fixture
def dataset(server: RunningServer) -> str:
    return str(server.client.post(DATASETS, json={"name": "questions"}).json()["id"])


def definition(dataset: str, **fields: Any) -> dict[str, Any]:
    given = {"name": "Greetings", "dataset_id": dataset, "template": "Say {{word}}", "targets": [ECHO]}
    return {name: value for name, value in {**given, "metrics": [EXACT], **fields}.items() if value is not None}


def made(server: RunningServer, dataset: str, **fields: Any) -> dict[str, Any]:
    response = server.client.post(BENCHMARKS, json=definition(dataset, **fields))
    assert response.status_code == 201, response.text
    benchmark: dict[str, Any] = response.json()
    return benchmark


def saved(server: RunningServer, slug: str, content: str = "Say {{word}}", **fields: Any) -> dict[str, Any]:
    body = {"namespace": "bench", "slug": slug, "content": content, **fields}
    version: dict[str, Any] = server.client.post("/api/v1/playground/save-version", json=body).json()
    return version


def test_the_preset_of_compression_has_a_control_and_every_level(server: RunningServer, dataset: str) -> None:
    benchmark = made(server, dataset, preset="compression", judge_twice=5)
    assert benchmark["intensities"] == ["raw", "brief", "lite", "full", "ultra"]
    assert benchmark["judge_twice"] == 5
    other = made(server, dataset)
    assert other["intensities"] == []
    changed = server.client.patch(f"{BENCHMARKS}/{other['id']}", json={"preset": "compression"}).json()
    assert changed["intensities"] == benchmark["intensities"]


def test_a_benchmark_is_made_found_changed_and_deleted(server: RunningServer, dataset: str) -> None:
    benchmark = made(
        server,
        dataset,
        targets=[ECHO, {"provider": "demo", "model": "writer", "parameters": {"temperature": 0.5}}],
        intensities=["raw", "full", "brief"],
        metrics=[EXACT, {"metric": "contains_any", "name": "polite", "not": True, "value": ["please"]}],
        baseline="demo/writer·full",
        gates=[
            FLOOR,
            {"metric": "cost_usd", "op": "<=", "baseline_times": 1.1},
            {"metric": "polite", "verdict": "not_worse"},
        ],
        budget_usd=0.25,
        repeats=3,
        concurrency=50,
    )
    path = f"{BENCHMARKS}/{benchmark['id']}"
    assert server.client.get(path).json() == benchmark
    assert benchmark["template"] == "Say {{word}}"
    assert (benchmark["prompt_id"], benchmark["version_ids"], benchmark["watch"]) == (None, [], None)
    assert benchmark["gates"][0] == {**FLOOR, "stat": "mean"}
    assert benchmark["metrics"][1]["not"] is True
    assert (benchmark["budget_usd"], benchmark["created_by"]) == (0.25, "local")

    changed = server.client.patch(path, json={"name": "Farewells", "budget_usd": None, "baseline": None}).json()
    assert (changed["name"], changed["budget_usd"], changed["baseline"]) == ("Farewells", None, None)
    assert {**changed, "name": "Greetings", "budget_usd": 0.25, "baseline": "demo/writer·full"} == {
        **benchmark,
        "updated_at": changed["updated_at"],
    }
    assert server.client.patch(path, json={}).json() == changed

    assert server.client.delete(path).status_code == 204
    assert server.client.delete(path).status_code == 204
    assert server.client.get(path).status_code == 404
    assert server.client.patch(path, json={"name": "again"}).status_code == 404
    assert benchmark["id"] not in [item["id"] for item in server.client.get(BENCHMARKS).json()["items"]]


def test_benchmarks_are_listed_newest_first_by_the_page(server: RunningServer, dataset: str) -> None:
    ids = [made(server, dataset, name=f"page {number}")["id"] for number in range(5)]
    found: list[str] = []
    query = "limit=2"
    while query:
        page = server.client.get(f"{BENCHMARKS}?{query}").json()
        found += [item["id"] for item in page["items"]]
        query = f"limit=2&cursor={page['next_cursor']}" if page["next_cursor"] else ""
    assert found[:5] == ids[::-1]
    assert server.client.get(f"{BENCHMARKS}?cursor=none").status_code == 400


def test_a_prompt_versions_a_template_or_none_is_its_prompt(server: RunningServer, dataset: str) -> None:
    first, second = saved(server, "sources"), saved(server, "sources", "Shout {{word}}")
    versions = [first["version_id"], second["version_id"]]
    by_name = made(server, dataset, template=None, prompt_id="bench/sources")
    assert by_name["prompt_id"] == first["prompt_id"]
    assert made(server, dataset, template=None)["template"] is None
    messages = [{"role": "user", "content": "Say {{word}}"}]
    assert made(server, dataset, template=messages)["template"] == messages
    # One takes the place of the other.
    path = f"{BENCHMARKS}/{by_name['id']}"
    by_version = server.client.patch(path, json={"version_ids": versions}).json()
    assert (by_version["prompt_id"], by_version["version_ids"]) == (None, versions)
    with_baseline = server.client.patch(path, json={"baseline": "v2·demo/echo"}).json()
    assert with_baseline["baseline"] == "v2·demo/echo"
    assert server.client.patch(path, json={"template": "Hi"}).status_code == 200
    both = definition(dataset, prompt_id="bench/sources")
    assert server.client.post(BENCHMARKS, json=both).status_code == 422


def test_a_target_may_leave_its_model_to_the_version(server: RunningServer, dataset: str) -> None:
    saved(server, "modelled", default_model="demo/writer")
    made(server, dataset, template=None, prompt_id="bench/modelled", targets=[{}], baseline="v1·demo/writer")
    refused = server.client.post(BENCHMARKS, json=definition(dataset, targets=[ECHO, {}]))
    assert refused.json()["detail"][0]["loc"] == ["body", "targets", 1, "model"]


def test_what_is_watched_is_the_prompt_that_is_benchmarked(server: RunningServer, dataset: str) -> None:
    version, other = saved(server, "watched"), saved(server, "unwatched")
    watch = {"prompt_id": "bench/watched", "label": "production"}
    fields = {"template": None, "prompt_id": "bench/watched", "gates": [FLOOR]}
    assert made(server, dataset, **fields, watch=watch)["watch"] == {
        "prompt_id": version["prompt_id"],
        "label": "production",
        "dataset": False,
    }
    assert made(server, dataset, watch={"dataset": True})["watch"] == {"dataset": True}
    refused = [
        ({**fields, "watch": {"prompt_id": other["prompt_id"]}}, ["watch", "prompt_id"]),
        ({**fields, "watch": {"prompt_id": "bench/none"}}, ["watch", "prompt_id"]),
        ({**fields, "watch": {"label": "production"}}, ["watch"]),
        ({**fields, "watch": {"label": "production", "dataset": True}}, ["watch", "label"]),
        ({**fields, "gates": [], "watch": watch}, ["gates"]),
        ({"watch": watch}, ["watch", "prompt_id"]),
    ]
    for wrong, place in refused:
        response = server.client.post(BENCHMARKS, json=definition(dataset, **wrong))
        assert response.status_code == 422, wrong
        assert response.json()["detail"][0]["loc"] == ["body", *place], wrong


REFUSED: list[tuple[dict[str, Any], list[Any]]] = [
    ({"name": ""}, ["name"]),
    ({"dataset_id": NOBODY}, ["dataset_id"]),
    ({"dataset_version": 0}, ["dataset_version"]),
    ({"template": None, "prompt_id": "bench/none"}, ["prompt_id"]),
    ({"template": None, "prompt_id": "none"}, ["prompt_id"]),
    ({"template": None, "version_ids": [NOBODY]}, ["version_ids", 0]),
    ({"template": ""}, ["template"]),
    ({"template": "Say {{ a b }}"}, ["template"]),
    ({"targets": []}, ["targets"]),
    ({"targets": [ECHO, {"model": "no-such-model"}]}, ["targets", 1, "model"]),
    ({"targets": [{"provider": "nobody"}]}, ["targets", 0, "provider"]),
    ({"targets": [{**ECHO, "provider_key": "sk-1"}]}, ["targets", 0, "provider_key"]),
    ({"targets": [ECHO] * 26, "intensities": ["raw", "full"]}, ["targets"]),
    ({"intensities": ["loud"]}, ["intensities", 0]),
    ({"preset": "speed"}, ["preset"]),
    ({"preset": "compression", "intensities": ["raw"]}, []),
    ({"judge_twice": 101}, ["judge_twice"]),
    ({"repeats": 0}, ["repeats"]),
    ({"repeats": 21}, ["repeats"]),
    ({"metrics": []}, ["metrics"]),
    ({"metrics": [EXACT, {"metric": "beauty"}]}, ["metrics", 1, "metric"]),
    ({"metrics": [EXACT, EXACT]}, ["metrics", 1, "name"]),
    ({"metrics": [{"metric": "exact_match", "name": "latency_ms"}]}, ["metrics", 0, "name"]),
    ({"metrics": [{"metric": "correctness", "judge": "no-such-model"}]}, ["metrics", 0, "judge"]),
    ({"baseline": "demo/writer"}, ["baseline"]),
    ({"gates": [{**FLOOR, "metric": "beauty"}]}, ["gates", 0, "metric"]),
    ({"gates": [FLOOR, {"metric": "exact_match", "value": 1}]}, ["gates", 1, "op"]),
    ({"gates": [{"metric": "exact_match", "op": ">="}]}, ["gates", 0]),
    ({"gates": [{**FLOOR, "verdict": "better"}]}, ["gates", 0]),
    ({"gates": [{**FLOOR, "baseline_times": 1}]}, ["gates", 0]),
    ({"gates": [{"metric": "exact_match", "op": ">=", "verdict": "better"}]}, ["gates", 0, "op"]),
    ({"budget_usd": 0}, ["budget_usd"]),
    ({"concurrency": 0}, ["concurrency"]),
    ({"concurrency": 201}, ["concurrency"]),
    ({"surprise": 1}, ["surprise"]),
]


@pytest.mark.parametrize(("wrong", "place"), REFUSED)
def test_what_could_never_be_run_or_judged_is_refused_where_it_stands(
    server: RunningServer, dataset: str, wrong: dict[str, Any], place: list[Any]
) -> None:
    """At its making, and as a change of one that is there."""
    refused = server.client.post(BENCHMARKS, json=definition(dataset, **wrong))
    assert refused.status_code == 422, refused.text
    assert refused.json()["detail"][0]["loc"] == ["body", *place]
    path = f"{BENCHMARKS}/{made(server, dataset)['id']}"
    changes = {name: value for name, value in wrong.items() if value is not None}
    refused = server.client.patch(path, json=changes)
    assert refused.status_code == 422, refused.text
    assert refused.json()["detail"][0]["loc"] == ["body", *place]


def test_what_is_too_large_for_its_item_is_refused(server: RunningServer, dataset: str) -> None:
    refused = server.client.post(BENCHMARKS, json=definition(dataset, template="x" * 100_000))
    assert refused.status_code == 413


def test_null_is_absent_and_what_is_always_there_cannot_be_taken_away(server: RunningServer, dataset: str) -> None:
    nulls = {"gates": None, "repeats": None, "intensities": None, "baseline": None, "watch": None, "prompt_id": None}
    metric = {"metric": "exact_match", "name": None, "not": None, "weight": None, "threshold": None}
    body = {**definition(dataset), **nulls, "metrics": [metric]}
    assert server.client.post(BENCHMARKS, json=body).status_code == 201
    path = f"{BENCHMARKS}/{made(server, dataset, gates=[FLOOR])['id']}"
    assert server.client.patch(path, json={"gates": None}).json()["gates"] == []
    for name in ("name", "dataset_id", "targets", "metrics", "repeats", "concurrency"):
        assert server.client.patch(path, json={name: None}).status_code == 422, name


def test_what_is_no_benchmark_is_not_found(server: RunningServer) -> None:
    for benchmark_id in (NOBODY, "none", "a b"):
        assert server.client.get(f"{BENCHMARKS}/{benchmark_id}").status_code == 404
        assert server.client.delete(f"{BENCHMARKS}/{benchmark_id}").status_code == 404


def test_a_viewer_reads_and_a_member_writes_and_both_are_in_the_audit(tenancy: Tenancy) -> None:
    viewer, member = As(tenancy, "acme", Role.VIEWER), As(tenancy, "acme", Role.MEMBER)
    dataset = member("POST", DATASETS, {"name": "q"}).json()["id"]
    assert viewer("POST", BENCHMARKS, definition(dataset)).status_code == 403
    benchmark = member("POST", BENCHMARKS, definition(dataset)).json()
    path = f"{BENCHMARKS}/{benchmark['id']}"
    assert viewer.get(path) == benchmark
    assert viewer("PATCH", path, {"name": "r"}).status_code == 403
    assert viewer("DELETE", path).status_code == 403
    assert member("PATCH", path, {"name": "r"}).status_code == 200
    assert member("DELETE", path).status_code == 204
    acts = As(tenancy, "acme", Role.ADMIN).get("/api/v1/audit")["items"]
    assert [act["action"] for act in acts if act["subject"] == benchmark["id"]] == [
        "benchmark.deleted",
        "benchmark.changed",
        "benchmark.created",
    ]


def test_a_webhooks_secret_is_shown_once(server: RunningServer, dataset: str) -> None:
    body, headers = definition(dataset, webhook_url="https://example.com/hook"), {"idempotency-key": "a webhook"}
    first, again = (server.client.post(BENCHMARKS, json=body, headers=headers) for _ in range(2))
    secret = first.json()["webhook_secret"]
    assert secret.startswith("whsec_")
    assert first.headers["cache-control"] == "no-store"
    assert {**first.json(), "webhook_secret": None} == {**again.json(), "webhook_secret": None}
    assert secret not in again.text
    path = f"{BENCHMARKS}/{first.json()['id']}"
    assert "webhook_secret" not in server.client.get(path).json()
    assert "webhook_secret" not in server.client.patch(path, json={"name": "n"}).json()
    elsewhere = server.client.patch(path, json={"webhook_url": "https://example.org/hook"}).json()
    assert elsewhere["webhook_secret"] not in {secret, None}
    assert server.client.patch(path, json={"webhook_url": None}).json()["webhook_url"] is None
    assert server.client.get("/api/v1/provider-keys").json()["items"] == [], "no provider's"


@pytest.mark.parametrize("url", ["ftp://example.com", "https://a:b@example.com", "http://example.com:25", "nothing"])
def test_a_webhook_at_no_address_is_refused(server: RunningServer, dataset: str, url: str) -> None:
    refused = server.client.post(BENCHMARKS, json=definition(dataset, webhook_url=url))
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "endpoint_refused")
    assert "webhook_url" in refused.json()["detail"]
