"""Every POST route that there is: carried out once for an `Idempotency-Key`, and metered where it calls a provider."""

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from promptyard.domain.account.access import Role
from tests.support.doubles.tenancy import As, Tenancy
from tests.support.samples.routes import group_routes, methods_of
from tests.support.samples.wire.things import things_of

PLAYGROUND = "/api/v1/playground"
GENAI = "/api/v2/genai"
DEMO = {"provider": "demo", "model": "echo"}
MODEL = {"model": "demo/echo"}
HELLO = [{"role": "user", "content": "Hi"}]
VARIABLES = {"name": "you"}
CONFIGURATIONS = f"{GENAI}/playgrounds/{{playgroundId}}/ootbMetricConfigurations/"


@dataclass(frozen=True, slots=True)
class Post:
    """A request that succeeds. In `body`, `{version_id}` and the like stand for things that there are."""

    body: Mapping[str, Any] | list[Any]
    endpoint: str | None = None
    """Of its runs, as the ledger names it, where it calls a provider."""
    runs: int = 1
    role: Role = Role.ADMIN
    kept: bool = True
    """Whether its answer is given again; else it is made anew."""
    of_archive: bool = False
    """The body is the tenant's archive."""


POSTS: Mapping[str, Post] = {
    f"{PLAYGROUND}/compile": Post({"type": "text", "text": "Hi {{name}}", "variables": VARIABLES}),
    f"{PLAYGROUND}/run": Post({**DEMO, "prompt_text": "Hi"}, "playground/run"),
    f"{PLAYGROUND}/run-version/{{version_id}}": Post(
        {"variables": VARIABLES, "model_config": MODEL}, "playground/run-version"
    ),
    f"{GENAI}/llmBlueprints/{{llmBlueprintId}}/run/": Post({"prompt_text": "Hi"}, "llmBlueprints/run"),
    f"{PLAYGROUND}/runs/{{run_id}}/rerun": Post({}, "playground/rerun"),
    f"{PLAYGROUND}/runs/{{run_id}}/cancel": Post({}),
    "/v1/chat/completions": Post({**MODEL, "messages": HELLO}, "chat/completions"),
    "/v1/responses": Post({**MODEL, "input": "Hi"}, "responses"),
    "/v1/responses/{response_id}/cancel": Post({}),
    "/v1/messages": Post({**MODEL, "max_tokens": 9, "messages": HELLO}, "messages"),
    "/v1/messages/count_tokens": Post({**MODEL, "messages": HELLO}),
    "/mcp": Post(
        {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "tools/call",
            "params": {"name": "run_prompt", "arguments": {**MODEL, "prompt_text": "Hi"}},
        },
        "mcp/run_prompt",
    ),
    "/api/event_logging/batch": Post({"events": []}),
    "/v1/playground/compare": Post({"prompt": "Hi", "provider": "demo"}, "playground/compare", 2),
    f"{PLAYGROUND}/compare": Post(
        {"targets": [DEMO, DEMO], "prompt_text": "Hi", "stream": False}, "playground/compare", 2
    ),
    f"{PLAYGROUND}/run-multi": Post(
        {
            "type": "text",
            "template_text": "Hi {{name}}",
            "variables": VARIABLES,
            "models": [{"id": "a", **MODEL}, {"id": "b", **MODEL}],
        },
        "playground/run-multi",
        2,
    ),
    f"{PLAYGROUND}/run-versions": Post(
        {"versions": [{"version_id": "{version_id}", **MODEL}] * 2, "variables": VARIABLES},
        "playground/run-versions",
        2,
    ),
    f"{PLAYGROUND}/comparisons/{{comparison_id}}/cancel": Post({}),
    f"{PLAYGROUND}/runs": Post({"prompt_id": "{prompt_id}", "config": {}, "results": []}),
    f"{PLAYGROUND}/save-version": Post({"namespace": "acme", "slug": "other", "content": "Hi"}),
    "/api/v1/prompts": Post({"namespace": "acme", "slug": "third"}),
    "/api/v1/prompts/{prompt_id}/versions": Post({"content": "Good morning {{name}}"}),
    f"{GENAI}/llmBlueprints/": Post({"name": "n", "playgroundId": "{playgroundId}", "llmId": "demo/echo"}),
    CONFIGURATIONS: Post({"ootbMetricName": "latency"}),
    f"{GENAI}/playgrounds/": Post({"name": "n", "description": "", "useCaseId": "u"}),
    "/api/v1/datasets": Post({"name": "n", "playgroundId": "{playgroundId}"}),
    "/api/v1/datasets/{dataset_id}/versions": Post([{"question": "q"}]),
    "/api/v1/datasets/{dataset_id}/rows": Post({"run_ids": ["{run_id}"]}),
    "/api/v1/benchmarks/import": Post({"prompts": ["{{q}}"], "providers": ["echo"], "tests": [{"vars": {"q": "Hi"}}]}),
    "/api/v1/benchmarks": Post(
        {
            "name": "n",
            "dataset_id": "{dataset_id}",
            "prompt_id": "{prompt_id}",
            "targets": [DEMO],
            "metrics": [{"metric": "exact_match"}],
        }
    ),
    "/api/v1/benchmarks/{benchmark_id}/runs": Post({}),
    "/api/v1/benchmark-runs/{benchmark_run_id}/cancel": Post({}),
    "/api/v1/benchmark-runs/{benchmark_run_id}/resume": Post({}),
    "/api/v1/tenant/export": Post({}, kept=False),
    "/api/v1/tenant/import/uploads": Post({}),
    "/api/v1/tenant/import": Post({}, kept=False, of_archive=True),
    "/api/v1/keys": Post({"name": "n"}),
    "/api/v1/tenants": Post({"name": "n"}, role=Role.OPERATOR),
    "/api/v1/tenant/erase": Post({"confirm": "acme"}),  # last: nothing is let in after it
}


def post_routes() -> set[str]:
    return {route.path_format for route in group_routes() if "POST" in methods_of(route)}


class Sender:
    """Sends the requests of the table."""

    def __init__(self, tenancy: Tenancy) -> None:
        self._client = tenancy.client
        self._keys = {
            Role.ADMIN: tenancy.key("acme", Role.ADMIN),
            Role.OPERATOR: tenancy.key("operator", Role.OPERATOR),
        }
        self.admin = As(tenancy, "acme", Role.ADMIN)
        self._things = things_of(self.admin)

    def send(self, path: str, idempotency_key: str, *, blanks: str = "") -> httpx.Response:
        """With `blanks` it says the same in another body."""
        post = POSTS[path]
        if post.of_archive:
            archive = self.admin("POST", "/api/v1/tenant/export").content
            headers = {"authorization": f"Bearer {self._keys[post.role]}", "idempotency-key": idempotency_key}
            return self._client.post(path, content=archive, headers=headers)
        body = json.dumps(post.body)
        for name, thing in self._things.items():
            body = body.replace(f"{{{name}}}", thing)
        headers = {
            "authorization": f"Bearer {self._keys[post.role]}",
            "content-type": "application/json",
            "idempotency-key": idempotency_key,
        }
        return self._client.post(path.format(**self._things), content=blanks + body, headers=headers)


@pytest.fixture
def sender(tenancy: Tenancy) -> Sender:
    return Sender(tenancy)


def without_secrets(answer: Any) -> Any:
    """A secret is shown once: it is null in what is given again."""
    if isinstance(answer, dict):
        return {name: None if name == "key" else without_secrets(value) for name, value in answer.items()}
    return answer


def test_the_table_is_complete() -> None:
    assert post_routes() == set(POSTS)


def test_every_one_is_carried_out_once_for_a_key(sender: Sender) -> None:
    for path, post in POSTS.items():
        first, second = (sender.send(path, path) for _ in range(2))
        assert first.status_code < 300, f"{path}: {first.text}"
        assert "idempotent-replayed" not in first.headers, path
        assert second.headers.get("idempotent-replayed") == ("true" if post.kept else None), f"{path}: {second.text}"
        if post.kept:
            assert second.status_code == first.status_code, path
            assert second.json() == without_secrets(first.json()), path
            another = sender.send(path, path, blanks=" ")
            assert another.status_code == 409, f"{path}: {another.text}"


def test_every_call_of_a_provider_is_in_the_ledger(sender: Sender) -> None:
    admin = sender.admin

    def ledger() -> dict[str, str]:
        return {entry["run_id"]: entry["endpoint"] for entry in admin.get("/api/v1/usage/ledger?limit=100")["items"]}

    for path, post in POSTS.items():
        if path == "/api/v1/tenant/erase":
            continue
        before = ledger()
        assert sender.send(path, path).status_code < 300, path
        added = [endpoint for run_id, endpoint in ledger().items() if run_id not in before]
        assert added == ([] if post.endpoint is None else [post.endpoint] * post.runs), path
    ran = admin.get(f"{PLAYGROUND}/history?limit=100")["items"]
    assert {run["id"]: run["endpoint"] for run in ran} == ledger()


def test_of_two_at_once_one_is_carried_out(sender: Sender) -> None:
    for path in ("/api/v1/keys", f"{PLAYGROUND}/run", f"{PLAYGROUND}/compare", f"{GENAI}/playgrounds/"):
        with ThreadPoolExecutor() as threads:
            answers = list(threads.map(lambda _, path=path: sender.send(path, f"same {path}"), range(6)))
        assert {answer.status_code for answer in answers} == {answers[0].status_code}, path
        replayed = [answer for answer in answers if "idempotent-replayed" in answer.headers]
        assert len(replayed) == 5, path
        [first] = [answer for answer in answers if answer not in replayed]
        assert all(answer.json() == without_secrets(first.json()) for answer in replayed), path
