"""Metric configurations over real HTTP, as the document whose API they speak shows them."""

from typing import Any

import httpx
import pytest

from promptyard.domain.runs.metrics.registry import PLAYGROUND_METRICS
from tests.support.servers.server import RunningServer

PLAYGROUNDS = "/api/v2/genai/playgrounds/"
NOBODY = "01900000-0000-7000-8000-000000000000"
FIELDS = {
    "customModelLLMValidationId",
    "customOotbMetricName",
    "errorMessage",
    "errorResolution",
    "executionStatus",
    "llmId",
    "moderationConfiguration",
    "ootbMetricConfigurationId",
    "ootbMetricName",
}
MODERATION = {
    "guardConditions": [{"comparand": 0, "comparator": "greaterThan"}],
    "intervention": {"action": "block", "message": "string"},
}
JUDGED = {"faithfulness", "correctness", "toxicity_violation", "jailbreak_violation"}


def new_playground(server: RunningServer, **fields: Any) -> str:
    body = {"name": "n", "description": "d", "useCaseId": "u", **fields}
    response = server.client.post(PLAYGROUNDS, json=body)
    assert response.status_code == 201, response.text
    return str(response.json()["id"])


@pytest.fixture
def path(server: RunningServer) -> str:
    return f"{PLAYGROUNDS}{new_playground(server)}/ootbMetricConfigurations/"


def create(server: RunningServer, path: str, **fields: Any) -> Any:
    response = server.client.post(path, json={"ootbMetricName": "latency", **fields})
    assert response.status_code == 201, response.text
    return response.json()


def listed(server: RunningServer, path: str) -> Any:
    answer = server.client.get(path).json()
    assert answer.keys() == {"ootbMetricConfigurations"}
    return answer["ootbMetricConfigurations"]


def error_of(response: httpx.Response) -> tuple[int, Any]:
    return response.status_code, response.json()["detail"][0]["loc"]


def test_a_configuration_is_made_listed_edited_and_deleted(server: RunningServer, path: str) -> None:
    assert listed(server, path) == []
    made = create(
        server,
        path,
        customOotbMetricName="Too slow",
        llmId="azure-openai-gpt-3.5-turbo",
        moderationConfiguration=MODERATION,
    )
    assert made.keys() == FIELDS
    assert made["moderationConfiguration"] == MODERATION
    assert (made["ootbMetricName"], made["customOotbMetricName"]) == ("latency", "Too slow")
    assert (made["executionStatus"], made["errorMessage"], made["errorResolution"]) == ("NEW", None, None)
    other = create(server, path, ootbMetricName="exact_match")
    assert (other["moderationConfiguration"], other["llmId"], other["customOotbMetricName"]) == (None, None, None)
    assert listed(server, path) == listed(server, path[:-1]) == [made, other]

    one = f"{path}{made['ootbMetricConfigurationId']}/"
    edited = server.client.patch(one, json={"customOotbMetricName": None, "ootbMetricName": "all_tokens"})
    assert edited.status_code == 200
    assert edited.json() == {**made, "customOotbMetricName": None, "ootbMetricName": "all_tokens"}
    assert server.client.patch(one, json={}).json() == edited.json()
    assert listed(server, path) == [edited.json(), other]

    assert [server.client.delete(one).status_code for _ in range(2)] == [204, 204]
    assert server.client.patch(one, json={"customOotbMetricName": "x"}).status_code == 404
    assert listed(server, path) == [other]


@pytest.mark.parametrize("metric", PLAYGROUND_METRICS)
def test_every_metric_of_the_document_is_taken(server: RunningServer, path: str, metric: str) -> None:
    made = create(server, path, ootbMetricName=metric, llmId="demo/echo" if metric in JUDGED else None)
    assert made["ootbMetricName"] == metric


def test_the_metrics_are_those_of_the_document() -> None:
    assert set(PLAYGROUND_METRICS) == {
        "latency",
        "citations",
        "rouge_1",
        "faithfulness",
        "correctness",
        "prompt_tokens",
        "response_tokens",
        "document_tokens",
        "all_tokens",
        "jailbreak_violation",
        "toxicity_violation",
        "pii_violation",
        "exact_match",
    }


def guard(comparator: str, comparand: Any, **intervention: Any) -> dict[str, Any]:
    return {
        "moderationConfiguration": {
            "guardConditions": [{"comparand": comparand, "comparator": comparator}],
            "intervention": {"action": "report", "message": "m", **intervention},
        }
    }


@pytest.mark.parametrize("action", ["block", "report", "reportAndBlock"])
@pytest.mark.parametrize("comparator", ["greaterThan", "lessThan", "equals", "notEquals", "is", "isNot"])
def test_what_makes_sense_is_kept_as_it_came(server: RunningServer, path: str, comparator: str, action: str) -> None:
    for comparand in (0, 0.5, 12345678901234567890, 1e-30):
        body = guard(comparator, comparand, action=action)
        made = create(server, path, **body)
        assert made["moderationConfiguration"] == body["moderationConfiguration"]
    assert create(server, path, ootbMetricName="exact_match", **guard("is", True))
    shown = [entry["moderationConfiguration"]["guardConditions"][0]["comparand"] for entry in listed(server, path)]
    assert shown == [0, 0.5, 12345678901234567890, 1e-30, True]
    assert shown[-1] is True


GUARD = ["body", "moderationConfiguration", "guardConditions"]
ORDER = {"greaterThan", "lessThan"}
EQUALITY = {"equals", "notEquals", "is", "isNot"}
MEMBERSHIP = {"matches", "doesNotMatch", "contains", "doesNotContain"}
SENSIBLE: dict[str, list[tuple[Any, set[str]]]] = {
    # A number, and one that is 0 or 1 only, with a comparand of every type.
    "latency": [(0.5, ORDER | EQUALITY), (True, set()), ("a", set()), (["a"], set())],
    "exact_match": [(0.5, ORDER | EQUALITY), (True, EQUALITY), ("a", set()), (["a"], set())],
}


@pytest.mark.parametrize("metric", SENSIBLE)
def test_every_comparator_with_every_type_is_taken_or_refused(server: RunningServer, path: str, metric: str) -> None:
    taken = []
    for comparand, sensible in SENSIBLE[metric]:
        for comparator in sorted(ORDER | EQUALITY | MEMBERSHIP):
            response = server.client.post(path, json={"ootbMetricName": metric, **guard(comparator, comparand)})
            if comparator in sensible:
                assert response.status_code == 201, (comparator, comparand)
                taken.append(comparator)
            else:
                at_fault = "comparator" if sensible else "comparand"
                assert error_of(response) == (422, [*GUARD, 0, at_fault]), (comparator, comparand)
    conditions = [entry["moderationConfiguration"]["guardConditions"][0] for entry in listed(server, path)]
    assert [condition["comparator"] for condition in conditions] == taken


@pytest.mark.parametrize(
    ("body", "loc"),
    [
        ({}, ["body", "ootbMetricName"]),
        ({"ootbMetricName": "beauty"}, ["body", "ootbMetricName"]),
        ({"ootbMetricName": "latency", "customOotbMetricName": "n" * 5001}, ["body", "customOotbMetricName"]),
        ({"ootbMetricName": "faithfulness"}, ["body", "llmId"]),
        ({"ootbMetricName": "toxicity_violation"}, ["body", "llmId"]),
        ({"ootbMetricName": "correctness", "llmId": "nobody-knows-this"}, ["body", "llmId"]),
        ({"ootbMetricName": "correctness", "llmId": "custom-model"}, ["body", "customModelLLMValidationId"]),
        (
            {"ootbMetricName": "correctness", "llmId": "demo/echo", "customModelLLMValidationId": NOBODY},
            ["body", "customModelLLMValidationId"],
        ),
        ({"ootbMetricName": "latency", **guard("contains", "a")}, [*GUARD, 0, "comparand"]),
        ({"ootbMetricName": "latency", **guard("greaterThan", True)}, [*GUARD, 0, "comparand"]),
        ({"ootbMetricName": "latency", **guard("is", ["a"])}, [*GUARD, 0, "comparand"]),
        ({"ootbMetricName": "latency", **guard("matches", 3)}, [*GUARD, 0, "comparator"]),
        ({"ootbMetricName": "exact_match", **guard("lessThan", True)}, [*GUARD, 0, "comparator"]),
        ({"ootbMetricName": "latency", **guard("looksLike", 3)}, [*GUARD, 0, "comparator"]),
        (
            {"ootbMetricName": "latency", "moderationConfiguration": {**MODERATION, "guardConditions": []}},
            GUARD,
        ),
        (
            {
                "ootbMetricName": "latency",
                "moderationConfiguration": {**MODERATION, "guardConditions": MODERATION["guardConditions"] * 2},
            },
            GUARD,
        ),
        (
            {"ootbMetricName": "latency", **guard("is", 1, message="")},
            ["body", "moderationConfiguration", "intervention", "message"],
        ),
        (
            {"ootbMetricName": "latency", **guard("is", 1, action="shout")},
            ["body", "moderationConfiguration", "intervention", "action"],
        ),
    ],
)
def test_what_could_never_be_computed_or_checked_is_a_422_that_names_the_field(
    server: RunningServer, path: str, body: Any, loc: Any
) -> None:
    status, found = error_of(server.client.post(path, json=body))
    assert (status, found[: len(loc)]) == (422, loc)
    assert listed(server, path) == []


def test_an_edit_is_checked_as_a_whole(server: RunningServer, path: str) -> None:
    made = create(server, path, ootbMetricName="exact_match", **guard("is", True))
    one = f"{path}{made['ootbMetricConfigurationId']}/"
    assert error_of(server.client.patch(one, json={"ootbMetricName": "latency"})) == (422, ["body"])
    assert listed(server, path) == [made]
    changed = server.client.patch(one, json={"ootbMetricName": "latency", "moderationConfiguration": None})
    assert (changed.status_code, changed.json()["moderationConfiguration"]) == (200, None)


def test_a_custom_judge_is_an_llm_blueprint_of_a_custom_model(server: RunningServer) -> None:
    playground = new_playground(server)
    path = f"{PLAYGROUNDS}{playground}/ootbMetricConfigurations/"

    def blueprint(**fields: Any) -> str:
        body = {"playgroundId": playground, "name": "judge", **fields}
        return str(server.client.post("/api/v2/genai/llmBlueprints/", json=body).json()["id"])

    custom = {"baseUrl": "http://127.0.0.1:9/v1", "model": "m"}
    right = blueprint(llmId="custom-model", customModelLLMSettings=custom)
    body = {"ootbMetricName": "correctness", "llmId": "custom-model"}
    made = create(server, path, **body, customModelLLMValidationId=right)
    assert (made["llmId"], made["customModelLLMValidationId"]) == ("custom-model", right)
    wrong = body | {"customModelLLMValidationId": blueprint(llmId="demo/echo")}
    assert error_of(server.client.post(path, json=wrong)) == (422, ["body", "customModelLLMValidationId"])
    missing = server.client.post(path, json=body | {"customModelLLMValidationId": NOBODY})
    assert error_of(missing) == (422, ["body", "customModelLLMValidationId"])


def test_what_is_not_there_is_a_404(server: RunningServer, path: str) -> None:
    nowhere = path.replace(path.split("/")[5], NOBODY)
    made = create(server, path)["ootbMetricConfigurationId"]
    assert server.client.get(nowhere).status_code == 404
    assert server.client.post(nowhere, json={"ootbMetricName": "latency"}).status_code == 404
    for place in (f"{path}{NOBODY}/", f"{path}x/", f"{nowhere}{made}/"):
        assert server.client.patch(place, json={"ootbMetricName": "latency"}).status_code == 404
        assert server.client.delete(place).status_code == 404


def test_there_is_an_end_to_how_many_and_how_large(server: RunningServer, path: str) -> None:
    for _ in range(50):
        create(server, path)
    assert server.client.post(path, json={"ootbMetricName": "latency"}).status_code == 409
    assert len(listed(server, path)) == 50
    one = f"{path}{listed(server, path)[0]['ootbMetricConfigurationId']}/"
    too_large = guard("is", 1, message="€" * 20_000)
    assert server.client.patch(one, json=too_large).status_code == 413


def test_insights_are_copied_and_the_copies_are_on_their_own(server: RunningServer) -> None:
    source = new_playground(server)
    path = f"{PLAYGROUNDS}{source}/ootbMetricConfigurations/"
    made = [
        create(server, path, customOotbMetricName="Too slow", **guard("greaterThan", 100)),
        create(server, path, ootbMetricName="correctness", llmId="demo/echo"),
    ]
    for with_datasets in ({}, {"withEvaluationDatasets": True}):
        copy = new_playground(server, copyInsights={"sourcePlaygroundId": source, **with_datasets})
        copied = listed(server, f"{PLAYGROUNDS}{copy}/ootbMetricConfigurations/")

        def without_id(entries: Any) -> Any:
            return [{**entry, "ootbMetricConfigurationId": ""} for entry in entries]

        assert without_id(copied) == without_id(made)
        ids = {entry["ootbMetricConfigurationId"] for entry in made + copied}
        assert len(ids) == 4
    server.client.delete(f"{path}{made[0]['ootbMetricConfigurationId']}/")
    assert len(listed(server, f"{PLAYGROUNDS}{copy}/ootbMetricConfigurations/")) == 2
    assert new_playground(server, copyInsights=None)

    body = {"name": "n", "description": "d", "useCaseId": "u", "copyInsights": {"sourcePlaygroundId": NOBODY}}
    assert error_of(server.client.post(PLAYGROUNDS, json=body)) == (422, ["body", "copyInsights", "sourcePlaygroundId"])
    body["copyInsights"] = {"withEvaluationDatasets": True}
    assert error_of(server.client.post(PLAYGROUNDS, json=body)) == (422, ["body", "copyInsights", "sourcePlaygroundId"])
    assert server.client.get(PLAYGROUNDS).json()["totalCount"] == 4


def test_they_go_with_their_playground(server: RunningServer, path: str) -> None:
    create(server, path)
    playground = path.split("/")[5]
    assert server.client.delete(f"{PLAYGROUNDS}{playground}/").status_code == 204
    assert server.client.get(path).status_code == 404
    assert server.client.post(path, json={"ootbMetricName": "latency"}).status_code == 404
