"""What two tenants can do to their own things and try with each other's: the tables that `test_tenants_apart` plays
with. A new route is a new row here."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

PLAYGROUND = "/api/v1/playground"
PROMPTS = "/api/v1/prompts"
GENAI = "/api/v2/genai"
DATASETS = "/api/v1/datasets"
BENCHMARKS = "/api/v1/benchmarks"
BENCHMARK_RUNS = "/api/v1/benchmark-runs"
Body = Any
Ids = dict[str, str]

DEMO = {"provider": "demo", "model": "echo"}
BENCHMARK = {"name": "mine", "template": "Hi", "targets": [DEMO], "metrics": [{"metric": "exact_match"}]}


class Side:
    """One of the two tenants, and what it has made."""

    def __init__(self, tenant: str, admin_key: str) -> None:
        self.tenant = tenant
        self.marker = f"[{tenant}]"
        self.admin_key = admin_key
        self.things: list[tuple[str, str]] = []
        """Kinds and ids."""
        self.spare_keys: dict[str, str] = {}
        """Keys by id, beside the admin's."""

    def newest(self, kind: str) -> str:
        """The id of the last thing of that kind that it made."""
        return next(thing for known, thing in reversed(self.things) if known == kind)


@dataclass(frozen=True, slots=True)
class Maker:
    """A request that makes things."""

    method: str
    path: str
    body: Callable[[Side, str], Body]
    """With the tenant's marker, and a word that both tenants use."""
    made: Callable[[Any], Ids]
    """The ids of the things by kind, from the answer."""
    needs: str | None = None
    """A kind of thing that the tenant has to have before; its newest one's id takes the place of `{id}` in the path."""


MAKERS = (
    Maker(
        "POST",
        f"{PLAYGROUND}/run",
        lambda side, _: {**DEMO, "prompt_text": side.marker},
        lambda answer: {"run": answer["id"]},
    ),
    Maker(
        "POST",
        f"{PLAYGROUND}/compare",
        lambda side, _: {"targets": [DEMO, DEMO], "prompt_text": side.marker, "stream": False},
        lambda answer: {"comparison": answer["comparison_id"], "run": answer["results"][0]["id"]},
    ),
    Maker(
        "POST",
        f"{PLAYGROUND}/save-version",
        lambda side, word: {"namespace": "shared", "slug": word, "content": f"{side.marker} {{{{name}}}}"},
        lambda answer: {"version": answer["version_id"], "prompt": answer["prompt_id"]},
    ),
    Maker(
        "POST",
        PROMPTS,
        lambda side, word: {"namespace": "empty", "slug": word, "description": side.marker},
        lambda answer: {"prompt": answer["id"]},
    ),
    Maker(
        "POST",
        f"{GENAI}/playgrounds/",
        lambda side, word: {"name": word, "description": side.marker, "useCaseId": "shared"},
        lambda answer: {"playground": answer["id"]},
    ),
    Maker(
        "POST",
        f"{GENAI}/llmBlueprints/",
        lambda side, word: {
            "playgroundId": side.newest("playground"),
            "name": word,
            "description": side.marker,
            "llmId": "demo/echo",
        },
        lambda answer: {"blueprint": answer["id"]},
        needs="playground",
    ),
    Maker(
        "POST",
        f"{PLAYGROUND}/compare",
        lambda side, _: {
            "targets": [{"llm_blueprint_id": side.newest("blueprint")}, DEMO],
            "prompt_text": side.marker,
            "stream": False,
        },
        lambda answer: {"comparison": answer["comparison_id"], "run": answer["results"][0]["id"]},
        needs="blueprint",
    ),
    Maker(
        "POST",
        DATASETS,
        lambda side, word: {"name": word, "description": side.marker, "playgroundId": side.newest("playground")},
        lambda answer: {"dataset": answer["id"]},
        needs="playground",
    ),
    Maker(
        "POST",
        BENCHMARKS,
        lambda side, word: {
            **BENCHMARK,
            "name": word,
            "dataset_id": side.newest("dataset"),
            "template": side.marker,
        },
        lambda answer: {"benchmark": answer["id"]},
        needs="dataset",
    ),
    Maker(
        "POST",
        f"{DATASETS}/{{id}}/versions",
        lambda side, word: [{"question": side.marker, "answer": word}],
        lambda _: {},
        needs="dataset",
    ),
    Maker(
        "POST",
        f"{DATASETS}/{{id}}/versions",
        lambda *_: {"upload": True},
        lambda answer: {"upload": answer["id"]},
        needs="dataset",
    ),
    Maker(
        "POST",
        f"{BENCHMARKS}/{{id}}/runs",
        lambda *_: {},
        lambda answer: {"benchmark run": answer["id"]},
        needs="benchmark",
    ),
    Maker("POST", "/api/v1/keys", lambda side, _: {"name": side.marker}, lambda answer: {"key": answer["id"]}),
    Maker(
        "PUT",
        "/api/v1/provider-keys/openai",
        lambda side, _: {"key": f"sk-{side.marker}", "origin": f"https://{side.tenant}.example"},
        lambda _: {},
    ),
    Maker(
        "PUT",
        "/api/v1/telemetry",
        lambda side, _: {"endpoint": f"https://127.0.0.1:65001/{side.tenant}", "headers": {"key": side.marker}},
        lambda _: {},
    ),
)

REACHES: dict[str, tuple[tuple[str, str, Body | list[Body] | None], ...]] = {
    "run": (
        ("GET", f"{PLAYGROUND}/runs/{{id}}", None),
        ("GET", f"{PLAYGROUND}/runs/{{id}}/events", None),
        ("DELETE", f"{PLAYGROUND}/runs/{{id}}", None),
        ("POST", f"{PLAYGROUND}/runs/{{id}}/cancel", None),
        ("POST", f"{PLAYGROUND}/runs/{{id}}/rerun", {}),
        ("PUT", f"{PLAYGROUND}/runs/{{id}}/vote", {"vote": "worse"}),
        ("GET", "/v1/responses/{id}", None),
        ("GET", "/v1/responses/{id}?stream=true", None),
        ("POST", "/v1/responses/{id}/cancel", None),
        ("DELETE", "/v1/responses/{id}", None),
    ),
    "comparison": (
        ("GET", f"{PLAYGROUND}/comparisons/{{id}}", None),
        ("GET", f"{PLAYGROUND}/comparisons/{{id}}/events", None),
        ("POST", f"{PLAYGROUND}/comparisons/{{id}}/cancel", None),
    ),
    "version": (
        ("GET", "/api/v1/prompt-versions/{id}", None),
        ("GET", f"{PLAYGROUND}/runs/by-version/{{id}}", None),
        (
            "POST",
            f"{PLAYGROUND}/run-version/{{id}}",
            {"variables": {"name": "x"}, "model_config": {"model": "demo/echo"}},
        ),
    ),
    "prompt": (
        ("GET", f"{PROMPTS}/{{id}}", None),
        ("PATCH", f"{PROMPTS}/{{id}}", {"description": "taken"}),
        ("DELETE", f"{PROMPTS}/{{id}}", None),
        ("GET", f"{PROMPTS}/{{id}}/versions", None),
        ("POST", f"{PROMPTS}/{{id}}/versions", {"content": "taken"}),
        ("GET", f"{PROMPTS}/{{id}}/diff?from=1&to=1", None),
        ("PUT", f"{PROMPTS}/{{id}}/labels/production", {"version_number": 1}),
        ("DELETE", f"{PROMPTS}/{{id}}/labels/production", None),
        ("PUT", f"{PROMPTS}/{{id}}/aliases/production", None),
        ("DELETE", f"{PROMPTS}/{{id}}/aliases/production", None),
    ),
    "playground": (
        ("GET", f"{GENAI}/playgrounds/{{id}}/", None),
        ("PATCH", f"{GENAI}/playgrounds/{{id}}/", {"name": "taken"}),
        ("DELETE", f"{GENAI}/playgrounds/{{id}}/", None),
        ("GET", f"{GENAI}/playgrounds/{{id}}/runs/", None),
        ("GET", f"{GENAI}/playgrounds/{{id}}/moderationReports/", None),
        ("GET", f"{GENAI}/playgrounds/{{id}}/ootbMetricConfigurations/", None),
        ("POST", f"{GENAI}/playgrounds/{{id}}/ootbMetricConfigurations/", {"ootbMetricName": "latency"}),
        ("PATCH", f"{GENAI}/playgrounds/{{id}}/ootbMetricConfigurations/{{id}}/", {"customOotbMetricName": "taken"}),
        ("DELETE", f"{GENAI}/playgrounds/{{id}}/ootbMetricConfigurations/{{id}}/", None),
    ),
    "blueprint": (
        ("GET", f"{GENAI}/llmBlueprints/{{id}}/", None),
        ("PATCH", f"{GENAI}/llmBlueprints/{{id}}/", {"name": "taken"}),
        ("DELETE", f"{GENAI}/llmBlueprints/{{id}}/", None),
        ("POST", f"{GENAI}/llmBlueprints/{{id}}/run/", {"prompt_text": "taken"}),
    ),
    "dataset": (
        ("GET", f"{DATASETS}/{{id}}", None),
        ("PATCH", f"{DATASETS}/{{id}}", {"name": "taken"}),
        ("DELETE", f"{DATASETS}/{{id}}", None),
        ("GET", f"{DATASETS}/{{id}}/versions", None),
        ("POST", f"{DATASETS}/{{id}}/versions", [{"question": "taken"}]),
        ("GET", f"{DATASETS}/{{id}}/rows", None),
        ("POST", f"{DATASETS}/{{id}}/rows", {"run_ids": ["01900000-0000-7000-8000-000000000000"]}),
        ("GET", f"{DATASETS}/{{id}}/export", None),
        ("GET", f"{DATASETS}/{{id}}/uploads/{{id}}", None),
        ("PUT", f"{DATASETS}/{{id}}/uploads/{{id}}", [{"question": "taken"}]),
    ),
    "upload": (
        ("GET", f"{DATASETS}/{{dataset}}/uploads/{{id}}", None),
        ("PUT", f"{DATASETS}/{{dataset}}/uploads/{{id}}", [{"question": "taken"}]),
    ),
    "benchmark": (
        ("GET", f"{BENCHMARKS}/{{id}}", None),
        ("PATCH", f"{BENCHMARKS}/{{id}}", {"name": "taken"}),
        ("DELETE", f"{BENCHMARKS}/{{id}}", None),
        ("POST", f"{BENCHMARKS}/{{id}}/runs", {}),
        ("GET", f"{BENCHMARKS}/{{id}}/webhook-deliveries", None),
    ),
    "benchmark run": (
        ("GET", f"{BENCHMARK_RUNS}/{{id}}", None),
        ("GET", f"{BENCHMARK_RUNS}/{{id}}/events", None),
        ("GET", f"{BENCHMARK_RUNS}/{{id}}/results", None),
        ("GET", f"{BENCHMARK_RUNS}/{{id}}/report", None),
        ("POST", f"{BENCHMARK_RUNS}/{{id}}/cancel", {}),
        ("POST", f"{BENCHMARK_RUNS}/{{id}}/resume", {}),
    ),
    "key": (("DELETE", "/api/v1/keys/{id}", None),),
}
"""What can be done to a thing by its id, by kind. For another tenant's every one is a 404. `{dataset}` is one of
whoever tries."""

REFERENCES: dict[str, tuple[tuple[str, Callable[[str], Body]], ...]] = {
    "run": (
        (f"{PLAYGROUND}/save-version", lambda id_: {"namespace": "shared", "slug": "a", "run_id": id_}),
        ("/v1/responses", lambda id_: {"model": "demo/echo", "input": "Hi", "previous_response_id": f"resp_{id_}"}),
    ),
    "version": (
        (
            f"{PLAYGROUND}/run-versions",
            lambda id_: {"versions": [{"version_id": id_, "model": "demo/echo"}], "variables": {"name": "x"}},
        ),
    ),
    "prompt": (
        (f"{PLAYGROUND}/run", lambda id_: {**DEMO, "prompt_id": id_, "variables": {"name": "x"}}),
        (f"{PLAYGROUND}/runs", lambda id_: {"prompt_id": id_, "config": {}, "results": []}),
        ("/v1/chat/completions", lambda id_: {"model": id_, "messages": [], "metadata": {"name": "x"}}),
        ("/v1/responses", lambda id_: {"model": "demo/echo", "prompt": {"id": id_, "variables": {"name": "x"}}}),
        (
            f"{PLAYGROUND}/compare",
            lambda id_: {"targets": [DEMO, DEMO], "prompt_id": id_, "variables": {"name": "x"}, "stream": False},
        ),
    ),
    "playground": (
        (f"{PLAYGROUND}/run", lambda id_: {**DEMO, "prompt_text": "Hi", "playground_id": id_}),
        (
            "/v1/messages",
            lambda id_: {
                "model": "demo/echo",
                "max_tokens": 9,
                "messages": [{"role": "user", "content": "Hi"}],
                "metadata": {"playground_id": id_},
            },
        ),
        (
            f"{GENAI}/llmBlueprints/",
            lambda id_: {"name": "mine", "playgroundId": id_, "llmId": "demo/echo"},
        ),
        (
            f"{GENAI}/playgrounds/",
            lambda id_: {
                "name": "mine",
                "description": "",
                "useCaseId": "shared",
                "copyInsights": {"sourcePlaygroundId": id_},
            },
        ),
        (DATASETS, lambda id_: {"name": "mine", "playgroundId": id_}),
    ),
    "dataset": ((BENCHMARKS, lambda id_: {**BENCHMARK, "dataset_id": id_}),),
    "blueprint": (
        (f"{PLAYGROUND}/run", lambda id_: {"prompt_text": "Hi", "llm_blueprint_id": id_}),
        (f"{PLAYGROUND}/run", lambda id_: {**DEMO, "prompt_text": "Hi", "llm_blueprint_id": id_}),
        (
            f"{PLAYGROUND}/compare",
            lambda id_: {"targets": [DEMO, {"llm_blueprint_id": id_}], "prompt_text": "Hi", "stream": False},
        ),
        (
            f"{PLAYGROUND}/run-multi",
            lambda id_: {
                "type": "text",
                "template_text": "Hi",
                "variables": {},
                "models": [{"id": "m", "model": "demo/echo", "llm_blueprint_id": id_}],
            },
        ),
    ),
}
"""POST requests that name a thing in their body. With another tenant's, nothing of it is used."""

LISTS = (
    f"{PLAYGROUND}/history?limit=100",
    f"{PLAYGROUND}/history/export",
    f"{PROMPTS}?limit=100",
    f"{GENAI}/playgrounds/",
    f"{GENAI}/llmBlueprints/",
    f"{DATASETS}?limit=100",
    f"{BENCHMARKS}?limit=100",
    f"{BENCHMARK_RUNS}?limit=100",
    "/api/v1/keys?limit=100",
    "/api/v1/provider-keys",
    "/api/v1/telemetry",
    "/api/v1/audit?limit=100",
    "/api/v1/usage",
    "/api/v1/usage/ledger?limit=100",
    f"{PLAYGROUND}/providers",
    "/v1/models",
)

NONE_AT_FIRST = frozenset({"/api/v1/telemetry"})
"""Of those, what is no list: a 404 until there is one."""

SHARED_LISTS = frozenset({"/api/v1/models", "/v1/playground/providers", "/api/v1/tenants", "/api/v2/version/", "/mcp"})
"""Lists that are the same for every tenant, or the operators', or a 405 (`/mcp`: test_mcp plays between tenants)."""

WORD_PATHS = frozenset({"/api/v1/provider-keys/{provider}", "/api/v1/tenants/{tenant_id}", "/v1/models/{model_id}"})
"""Paths that name a thing by a word, and the operators'."""

FILTERS = {
    "comparison": "comparison_id",
    "version": "version_id",
    "prompt": "prompt_id",
    "playground": "playground_id",
}
"""The history's filters by the kind of thing whose id they take."""

OWN = {
    kind: next(path for method, path, _ in reaches if method == "GET")
    for kind, reaches in REACHES.items()
    if kind not in {"key", "upload"}
}
"""How a tenant looks at a thing of its own."""
