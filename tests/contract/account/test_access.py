"""Every route with every kind of credential, over real HTTP: the expected answers are generated from the routes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi.routing import APIRoute

from promptyard.api.auth.authentication import declared_role
from promptyard.domain.account.access import Role
from promptyard.domain.account.api_keys import make_key
from tests.support.doubles.tenancy import Tenancy
from tests.support.samples.routes import group_routes, methods_of
from tests.support.servers.token_issuer import token

DEMO = {"provider": "demo", "model": "echo", "prompt_text": "marker-of-acme"}
CONFIGURATIONS = "/api/v2/genai/playgrounds/{playgroundId}/ootbMetricConfigurations/"
SAVED = {"namespace": "acme", "slug": "greeting", "content": "marker-of-acme {{name}}"}

BODIES: Mapping[tuple[str, str], Any] = {
    ("POST", "/api/v1/playground/run-version/{version_id}"): {
        "variables": {"name": "x"},
        "model_config": {"model": "demo/echo"},
    },
    ("POST", "/api/v1/playground/runs/{run_id}/rerun"): {},
    ("PATCH", "/api/v1/prompts/{prompt_id}"): {"description": "mine now"},
    ("POST", "/api/v1/prompts/{prompt_id}/versions"): {"content": "mine now"},
    ("PUT", "/api/v1/prompts/{prompt_id}/labels/{label}"): {"version_number": 1},
    ("PUT", "/api/v1/playground/runs/{run_id}/vote"): {"vote": "tie"},
    ("PATCH", "/api/v1/tenants/{tenant_id}"): {"name": "mine now"},
    ("PATCH", "/api/v2/genai/playgrounds/{playgroundId}/"): {"name": "mine now"},
    ("POST", CONFIGURATIONS): {"ootbMetricName": "latency"},
    ("PATCH", f"{CONFIGURATIONS}{{ootbMetricConfigurationId}}/"): {"customOotbMetricName": "mine now"},
    ("PATCH", "/api/v2/genai/llmBlueprints/{llmBlueprintId}/"): {"name": "mine now"},
    ("PATCH", "/api/v1/datasets/{dataset_id}"): {"name": "mine now"},
    ("POST", "/api/v1/datasets/{dataset_id}/rows"): {"run_ids": ["01900000-0000-7000-8000-000000000000"]},
    ("PATCH", "/api/v1/benchmarks/{benchmark_id}"): {"name": "mine now"},
}
"""What a route needs to get as far as looking for the thing that its path names."""

QUERIES: Mapping[str, str] = {"/api/v1/prompts/{prompt_id}/diff": "?from=1&to=1"}


@dataclass(frozen=True, slots=True)
class Parameter:
    """A path's parameter: how to make a thing that it names, and a value that names nothing. What is named by a word,
    and not by an id, another tenant may have too; what is shared, every tenant has."""

    make: Callable[[Tenancy, str], str]
    absent: str = "01900000-0000-7000-8000-000000000000"
    word: bool = False
    shared: bool = False


def _run(tenancy: Tenancy, key: str) -> str:
    return str(tenancy.request("POST", "/api/v1/playground/run", key, json=DEMO).json()["id"])


def _saved(field: str) -> Callable[[Tenancy, str], str]:
    return lambda tenancy, key: str(
        tenancy.request("POST", "/api/v1/playground/save-version", key, json=SAVED).json()[field]
    )


def _comparison(tenancy: Tenancy, key: str) -> str:
    targets = [{"provider": "demo", "model": "echo"}] * 2
    body = {"targets": targets, "prompt_text": "marker-of-acme", "stream": False}
    return str(tenancy.request("POST", "/api/v1/playground/compare", key, json=body).json()["comparison_id"])


def _key(tenancy: Tenancy, key: str) -> str:
    return str(tenancy.request("POST", "/api/v1/keys", key, json={"name": "marker-of-acme"}).json()["id"])


def _provider(tenancy: Tenancy, key: str) -> str:
    stored = tenancy.request("PUT", "/api/v1/provider-keys/openai", key, json={"key": "sk-marker-of-acme"})
    assert stored.status_code == 200
    return "openai"


def _playground(tenancy: Tenancy, key: str) -> str:
    body = {"name": "marker-of-acme", "description": "", "useCaseId": "acme"}
    return str(tenancy.request("POST", "/api/v2/genai/playgrounds/", key, json=body).json()["id"])


def _blueprint(tenancy: Tenancy, key: str) -> str:
    body = {"name": "marker-of-acme", "playgroundId": _playground(tenancy, key), "llmId": "demo/echo"}
    return str(tenancy.request("POST", "/api/v2/genai/llmBlueprints/", key, json=body).json()["id"])


def _configuration(tenancy: Tenancy, key: str) -> str:
    path = CONFIGURATIONS.format(playgroundId=_playground(tenancy, key))
    body = {"ootbMetricName": "latency", "customOotbMetricName": "marker-of-acme"}
    return str(tenancy.request("POST", path, key, json=body).json()["ootbMetricConfigurationId"])


def _dataset(tenancy: Tenancy, key: str) -> str:
    dataset = tenancy.request("POST", "/api/v1/datasets", key, json={"name": "marker-of-acme"}).json()["id"]
    rows = [{"question": "marker-of-acme"}]
    assert tenancy.request("POST", f"/api/v1/datasets/{dataset}/versions", key, json=rows).status_code == 201
    return str(dataset)


def _upload(tenancy: Tenancy, key: str) -> str:
    path = f"/api/v1/datasets/{_dataset(tenancy, key)}/versions"
    return str(tenancy.request("POST", path, key, json={"upload": True}).json()["id"])


def _benchmark(tenancy: Tenancy, key: str) -> str:
    body = {
        "name": "marker-of-acme",
        "dataset_id": _dataset(tenancy, key),
        "template": "{{question}}",
        "targets": [{"model": "demo/echo"}],
        "metrics": [{"metric": "latency"}],
    }
    return str(tenancy.request("POST", "/api/v1/benchmarks", key, json=body).json()["id"])


def _benchmark_run(tenancy: Tenancy, key: str) -> str:
    path = f"/api/v1/benchmarks/{_benchmark(tenancy, key)}/runs"
    return str(tenancy.request("POST", path, key, json={}).json()["id"])


PARAMETERS: Mapping[str, Parameter] = {
    "run_id": Parameter(_run),
    "response_id": Parameter(lambda tenancy, key: f"resp_{_run(tenancy, key)}"),
    "model_id": Parameter(lambda *_: "demo/echo", absent="demo/nothing", shared=True),
    "version_id": Parameter(_saved("version_id")),
    "prompt_id": Parameter(_saved("prompt_id")),
    "comparison_id": Parameter(_comparison),
    "key_id": Parameter(_key),
    "dataset_id": Parameter(_dataset),
    "upload_id": Parameter(_upload),
    "benchmark_id": Parameter(_benchmark),
    "benchmark_run_id": Parameter(_benchmark_run),
    "tenant_id": Parameter(lambda *_: "acme"),
    "provider": Parameter(_provider, absent="mistral", word=True),
    "label": Parameter(lambda *_: "production", absent="staging", word=True),
    "alias": Parameter(lambda *_: "pmpt_acme", absent="pmpt_none", word=True),
    "playgroundId": Parameter(_playground),
    "llmBlueprintId": Parameter(_blueprint),
    "ootbMetricConfigurationId": Parameter(_configuration),
}
"""By name. A route with another one fails these tests until it is here."""

IN = "let in"
"""Whatever is answered, it is not for want of a credential or a role."""


def expected(credential: str, required: Role, *, names_a_thing: bool) -> int | str:
    """The status that a route of that role has to answer."""
    match credential:
        case "viewer" | "member" | "admin" | "operator":
            return IN if Role(credential).allows(required) else 403
        case "other tenant's admin":
            if not Role.ADMIN.allows(required):
                return 403
            return 404 if names_a_thing else IN
        case _:
            return 401


def request_for(route: APIRoute, method: str, values: Mapping[str, str]) -> tuple[str, dict[str, Any]]:
    path = route.path_format
    body = BODIES.get((method, path))
    more = {} if body is None else {"json": body}
    return path.format(**values) + QUERIES.get(path, ""), more


def credentials(tenancy: Tenancy) -> dict[str, str | None]:
    key = tenancy.key("acme", Role.ADMIN)
    return {
        "none": None,
        "garbage": "py_live_nonsense",
        "another service's key": "sk-proj-abcdefghijklmnopqrstuvwxyz",
        "well-formed but unknown": make_key().get_secret_value(),
        "one wrong character": key[:20] + ("a" if key[20] != "a" else "b") + key[21:],
        "a token of no issuer": token(),
        "expired": tenancy.expired_key("acme", Role.ADMIN),
        "revoked": tenancy.revoked_key("acme", Role.ADMIN),
        "viewer": tenancy.key("acme", Role.VIEWER),
        "member": tenancy.key("acme", Role.MEMBER),
        "admin": tenancy.key("acme", Role.ADMIN),
        "operator": tenancy.key("operator", Role.OPERATOR),
        "other tenant's admin": tenancy.key("other", Role.ADMIN),
    }


def shown(status: int) -> int | str:
    return status if status in {401, 403} or status >= 500 else IN


def test_every_route_with_every_credential(tenancy: Tenancy) -> None:
    admin = tenancy.key("acme", Role.ADMIN)
    things = {name: parameter.make(tenancy, admin) for name, parameter in PARAMETERS.items()}
    absent = {name: parameter.absent for name, parameter in PARAMETERS.items()}
    every_credential = credentials(tenancy)
    differences: list[tuple[Any, ...]] = []
    asked = 0
    for route in group_routes():
        for method in methods_of(route):
            for name, credential in every_credential.items():
                another = name == "other tenant's admin"
                path, more = request_for(route, method, things if another else absent)
                response = tenancy.request(method, path, credential, **more)
                asked += 1
                wanted = expected(name, declared_role(route), names_a_thing=_names_a_thing(route, method))
                found = response.status_code if wanted == 404 else shown(response.status_code)
                if found != wanted:
                    differences.append((method, path, name, f"wanted {wanted}", f"found {found}", response.text[:200]))
                if response.status_code == 401 and response.headers.get("www-authenticate") != "Bearer":
                    differences.append((method, path, name, "no WWW-Authenticate"))
                if another and "marker-of-acme" in response.text:
                    differences.append((method, path, name, "shows what is another tenant's"))
    assert differences == []
    assert asked == len(every_credential) * sum(len(methods_of(route)) for route in group_routes())
    _are_as_they_were(tenancy, admin, things)


def _names_a_thing(route: APIRoute, method: str) -> bool:
    """Whether the path names a thing that has to be there already: PUT makes what it names by a word."""
    names = [name for name in route.param_convertors if not PARAMETERS[name].shared]
    return any(not PARAMETERS[name].word for name in names) or (method != "PUT" and bool(names))


def _are_as_they_were(tenancy: Tenancy, admin: str, things: Mapping[str, str]) -> None:
    """After all that the other tenant's admin has tried."""
    for path in (
        "/api/v1/playground/runs/{run_id}",
        "/api/v1/prompts/{prompt_id}",
        "/api/v1/prompt-versions/{version_id}",
        "/api/v1/playground/comparisons/{comparison_id}",
        "/api/v2/genai/playgrounds/{playgroundId}/",
        "/api/v2/genai/llmBlueprints/{llmBlueprintId}/",
    ):
        response = tenancy.request("GET", path.format(**things), admin)
        assert response.status_code == 200
        assert "mine now" not in response.text
    keys = tenancy.request("GET", "/api/v1/keys?limit=100", admin).json()["items"]
    assert things["key_id"] in {item["id"] for item in keys}
    stored = tenancy.request("GET", "/api/v1/provider-keys", admin).json()["items"]
    assert [item["provider"] for item in stored] == ["openai"]
