"""What a request's body names and is not there: a 422 that says where it stands, whatever the route."""

import json
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import uuid4

import pytest

from promptyard.domain.account.access import Role
from tests.contract.test_every_post import CONFIGURATIONS, DEMO, GENAI, MODEL, PLAYGROUND, VARIABLES, things_of
from tests.support.doubles.tenancy import As, Tenancy

NOWHERE = "{nowhere}"
TEXT = {"prompt_text": "Hi"}
TEMPLATE = {"type": "text", "template_text": "Hi {{name}}", "variables": VARIABLES}
BLUEPRINT = {"name": "n", "playgroundId": "{playgroundId}", "llmId": "demo/echo"}
JUDGED = {"ootbMetricName": "correctness", "llmId": "custom-model", "customModelLLMValidationId": NOWHERE}
VERSION = {"version_id": "{version_id}", **MODEL}
BENCHMARKS = "/api/v1/benchmarks"
BENCHMARK = {"name": "n", "dataset_id": "{dataset_id}", "targets": [DEMO], "metrics": [{"metric": "exact_match"}]}
LABEL = "/api/v1/prompts/acme/one/labels/production"
OUR_PLACES = ("playground_id", "llm_blueprint_id")

NAMED: list[tuple[str, str, Mapping[str, Any]]] = [
    *(("POST", f"{PLAYGROUND}/run", {**DEMO, **TEXT, field: NOWHERE}) for field in OUR_PLACES),
    ("POST", f"{PLAYGROUND}/run", {**DEMO, "prompt_id": NOWHERE}),
    *(
        ("POST", f"{PLAYGROUND}/run", {**TEMPLATE, "model_config": {"id": "a", **MODEL}, field: NOWHERE})
        for field in OUR_PLACES
    ),
    *(
        ("POST", f"{PLAYGROUND}/run-version/{{version_id}}", {"variables": VARIABLES, field: NOWHERE})
        for field in OUR_PLACES
    ),
    ("POST", f"{GENAI}/llmBlueprints/{{llmBlueprintId}}/run/", {**TEXT, "playground_id": NOWHERE}),
    ("POST", f"{GENAI}/llmBlueprints/{{llmBlueprintId}}/run/", {"prompt_id": NOWHERE}),
    *(
        ("POST", f"{PLAYGROUND}/runs/{{run_id}}/rerun", {field: NOWHERE})
        for field in ("prompt_id", "version_id", *OUR_PLACES)
    ),
    ("POST", f"{PLAYGROUND}/compare", {"targets": [DEMO, DEMO], **TEXT, "playground_id": NOWHERE}),
    ("POST", f"{PLAYGROUND}/compare", {"targets": [DEMO, DEMO], "prompt_id": NOWHERE}),
    ("POST", f"{PLAYGROUND}/run-multi", {**TEMPLATE, "models": [{"id": "a", **MODEL}], "playground_id": NOWHERE}),
    ("POST", f"{PLAYGROUND}/run-versions", {"versions": [VERSION], "variables": VARIABLES, "playground_id": NOWHERE}),
    (
        "POST",
        f"{PLAYGROUND}/run-versions",
        {"versions": [VERSION, {"version_id": NOWHERE, **MODEL}], "variables": VARIABLES},
    ),
    ("POST", f"{PLAYGROUND}/save-version", {"namespace": "acme", "slug": "two", "run_id": NOWHERE}),
    ("POST", "/api/v1/prompts/acme/one/versions", {"run_id": NOWHERE}),
    ("PUT", LABEL, {"version_id": NOWHERE}),
    ("POST", f"{GENAI}/llmBlueprints/", {**BLUEPRINT, "playgroundId": NOWHERE}),
    ("POST", f"{GENAI}/llmBlueprints/", {**BLUEPRINT, "promptVersionId": NOWHERE}),
    ("PATCH", f"{GENAI}/llmBlueprints/{{llmBlueprintId}}/", {"promptVersionId": NOWHERE}),
    ("POST", CONFIGURATIONS, JUDGED),
    ("POST", CONFIGURATIONS, {"ootbMetricConfigurations": [{"ootbMetricName": "latency"}, JUDGED]}),
    ("PATCH", f"{CONFIGURATIONS}{{configuration_id}}/", JUDGED),
    (
        "POST",
        f"{GENAI}/playgrounds/",
        {"name": "n", "description": "", "useCaseId": "u", "copyInsights": {"sourcePlaygroundId": NOWHERE}},
    ),
    ("POST", "/api/v1/datasets", {"name": "n", "playgroundId": NOWHERE}),
    *(
        ("POST", BENCHMARKS, {**BENCHMARK, **fields})
        for fields in (
            {"dataset_id": NOWHERE},
            {"prompt_id": NOWHERE},
            {"version_ids": ["{version_id}", NOWHERE]},
            {"prompt_id": "{prompt_id}", "watch": {"prompt_id": NOWHERE}},
        )
    ),
    *(("PATCH", f"{BENCHMARKS}/{{benchmark_id}}", {field: NOWHERE}) for field in ("dataset_id", "prompt_id")),
    ("POST", f"{BENCHMARKS}/{{benchmark_id}}/runs", {"version_id": NOWHERE}),
    ("POST", f"{PLAYGROUND}/compare", {"targets": [DEMO, {**DEMO, "llm_blueprint_id": NOWHERE}], **TEXT}),
    (
        "POST",
        f"{PLAYGROUND}/run-multi",
        {**TEMPLATE, "models": [{"id": "a", **MODEL}, {"id": "b", **MODEL, "llm_blueprint_id": NOWHERE}]},
    ),
    (
        "POST",
        f"{PLAYGROUND}/run-versions",
        {"versions": [VERSION, {**VERSION, "llm_blueprint_id": NOWHERE}], "variables": VARIABLES},
    ),
]

ELSEWHERE = {
    f"{PLAYGROUND}/runs": "the template playground's: a 404",
    "/v1/playground/compare": "the compression service's: a 400",
    "/v1/responses": "OpenAI's: a 400, see test_responses.py",
    "/api/v1/tenant/import": "an archive's: what belongs to nothing is left out, see test_tenant_import.py",
}

NO_NAMES = {"id", "request_id", "tool_call_id", "file_id", "llmId", "useCaseId"}
"""Ids of the caller's own, of the provider's, and models."""


@pytest.fixture
def acme(tenancy: Tenancy) -> As:
    return As(tenancy, "acme", Role.ADMIN)


@pytest.fixture
def things(acme: As) -> dict[str, str]:
    things = things_of(acme)
    made = acme("POST", CONFIGURATIONS.format(**things), {"ootbMetricName": "latency"}).json()
    things = {**things, "configuration_id": made["ootbMetricConfigurationId"], "nowhere": str(uuid4())}
    return {**things, "benchmark_id": acme("POST", BENCHMARKS, filled(BENCHMARK, things)).json()["id"]}


def filled(body: Mapping[str, Any], things: Mapping[str, str]) -> Any:
    text = json.dumps(body)
    for name, thing in things.items():
        text = text.replace(f'"{{{name}}}"', f'"{thing}"')
    return json.loads(text)


def place_of_nowhere(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    if value == NOWHERE:
        yield path
    for step, inner in (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    ):
        yield from place_of_nowhere(inner, (*path, step))


def test_each_is_a_422_at_its_place(acme: As, things: dict[str, str]) -> None:
    before = acme.get(f"{PLAYGROUND}/history")["total"]
    for method, path, body in NAMED:
        response = acme(method, path.format(**things), filled(body, things))
        [place] = place_of_nowhere(body)
        assert response.status_code == 422, (path, body, response.text)
        [mistake] = response.json()["detail"]
        assert mistake["loc"] == ["body", *place], (path, response.text)
        assert response.json()["error"]["code"] == "validation"
    assert acme.get(f"{PLAYGROUND}/history")["total"] == before, "nothing is run of what is a 422"


def test_what_the_seeds_promise_otherwise(acme: As, things: dict[str, str]) -> None:
    saved = {"prompt_id": things["prompt_id"], "config": {}, "results": []}
    for field in ("prompt_id", "version_id"):
        assert acme("POST", f"{PLAYGROUND}/runs", {**saved, field: things["nowhere"]}).status_code == 404
    for field in OUR_PLACES:
        body = {"prompt": "Hi", "provider": "demo", field: things["nowhere"]}
        assert acme("POST", "/v1/playground/compare", body).status_code == 400
    label = acme("PUT", LABEL, {"version_number": 7})
    assert (label.status_code, label.json()["detail"][0]["loc"]) == (422, ["body", "version_number"])


def test_no_field_that_names_a_thing_is_left_out(acme: As) -> None:
    """By the document: whoever adds one adds it here."""
    document = acme.get("/openapi.json")
    tried = {(method, _route(path), place[-1]) for method, path, body in NAMED for place in place_of_nowhere(body)}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if "requestBody" not in operation or path in ELSEWHERE:
                continue
            schema = operation["requestBody"]["content"]["application/json"]["schema"]
            names = {name for name in _fields(schema, document) if name.lower().endswith("id")} - NO_NAMES
            missing = {name for name in names if (method.upper(), _route(path), name) not in tried}
            assert not missing, (method, path, missing)


def _route(path: str) -> str:
    """Without the names of what stands in it."""
    path = path.replace("/acme/one/", "/{}/").replace("/production", "/{}")
    return "/".join("{}" if step.startswith("{") else step for step in path.split("/"))


def _fields(schema: Any, document: Any, seen: tuple[str, ...] = ()) -> Iterator[str]:
    name = schema.get("$ref", "").rpartition("/")[2]
    if name:
        if name not in seen:
            yield from _fields(document["components"]["schemas"][name], document, (*seen, name))
        return
    for field, inner in schema.get("properties", {}).items():
        yield field
        yield from _fields(inner, document, seen)
    for kind in ("anyOf", "oneOf", "allOf"):
        for inner in schema.get(kind, ()):
            yield from _fields(inner, document, seen)
    if isinstance(schema.get("items"), dict):
        yield from _fields(schema["items"], document, seen)
