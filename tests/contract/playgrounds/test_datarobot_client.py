"""What the DataRobot API's own client sends, as its release 3.20 does, over real HTTP."""

import re
from typing import Any

import pytest

from promptyard.domain.account.access import Role
from promptyard.domain.playgrounds.metric_configurations import MAX_CONFIGURATIONS
from tests.support.doubles.tenancy import Tenancy

VERSION = "/api/v2/version/"
PLAYGROUNDS = "/api/v2/genai/playgrounds/"


class Client:
    def __init__(self, tenancy: Tenancy, role: Role = Role.MEMBER) -> None:
        self._http = tenancy.client
        self._headers = {"authorization": f"Token {tenancy.key('acme', role)}"}

    def __call__(self, method: str, path: str, body: Any = None) -> Any:
        more = {} if body is None else {"json": body}
        return self._http.request(method, path, headers=self._headers, **more)


@pytest.fixture
def client(tenancy: Tenancy) -> Client:
    return Client(tenancy)


@pytest.fixture
def configurations(client: Client) -> str:
    """The path of a playground's."""
    made = client("POST", PLAYGROUNDS, {"name": "n", "description": "", "useCaseId": "u"})
    assert made.status_code == 201, made.text
    return f"{PLAYGROUNDS}{made.json()['id']}/ootbMetricConfigurations/"


def listed(client: Client, path: str) -> list[str]:
    return [one["ootbMetricName"] for one in client("GET", path).json()["ootbMetricConfigurations"]]


def test_it_connects(client: Client) -> None:
    for path in (VERSION, VERSION.rstrip("/")):
        answer = client("GET", path)
        assert answer.status_code == 200, answer.text
        version = answer.json()
        assert version.keys() == {"major", "minor", "versionString", "releasedVersion"}
        matched = re.match(r"(\d+)\.(\d+)", version["versionString"])
        assert matched is not None
        assert (int(matched[1]), int(matched[2])) == (version["major"], version["minor"]) >= (2, 49)


def test_a_key_that_is_none_is_a_401_that_it_understands(tenancy: Tenancy) -> None:
    for headers in ({}, {"authorization": "Token"}, {"authorization": "Token nonsense"}):
        assert tenancy.client.get(VERSION, headers=headers).status_code == 401


def test_it_creates_several_metric_configurations_at_once(client: Client, configurations: str) -> None:
    guard = {
        "guardConditions": [{"comparator": "greaterThan", "comparand": 0}],
        "intervention": {"action": "block", "message": "No."},
    }
    wanted = [{"ootbMetricName": "latency"}, {"ootbMetricName": "pii_violation", "moderationConfiguration": guard}]
    answer = client("POST", configurations, {"ootbMetricConfigurations": wanted})
    assert answer.status_code == 201, answer.text
    made = answer.json()["ootbMetricConfigurations"]
    assert [one["ootbMetricName"] for one in made] == ["latency", "pii_violation"]
    assert made[1]["moderationConfiguration"] == guard
    assert client("GET", configurations).json() == answer.json()
    alone = client("POST", configurations, {"ootbMetricName": "rouge_1"})
    assert (alone.status_code, alone.json()["ootbMetricName"]) == (201, "rouge_1")
    assert len(listed(client, configurations)) == 3


@pytest.mark.parametrize(
    ("wrong", "place"),
    [
        ({"ootbMetricName": "no_such_metric"}, ["ootbMetricName"]),
        ({"ootbMetricName": "faithfulness"}, ["llmId"]),
        ({"ootbMetricName": "faithfulness", "llmId": "no-such-model"}, ["llmId"]),
        (
            {"ootbMetricName": "faithfulness", "llmId": "custom-model", "customModelLLMValidationId": "x"},
            ["customModelLLMValidationId"],
        ),
        ({"ootbMetricName": "latency", "colour": "red"}, ["colour"]),
    ],
)
def test_of_a_list_with_a_mistake_nothing_is_made(
    client: Client, configurations: str, wrong: dict[str, Any], place: list[str]
) -> None:
    body = {"ootbMetricConfigurations": [{"ootbMetricName": "latency"}, wrong]}
    answer = client("POST", configurations, body)
    assert answer.status_code == 422, answer.text
    assert answer.json()["detail"][0]["loc"] == ["body", "ootbMetricConfigurations", 1, *place]
    assert listed(client, configurations) == []


def test_a_list_has_an_end(client: Client, configurations: str) -> None:
    latency = {"ootbMetricName": "latency"}
    for wrong in ([], [latency] * (MAX_CONFIGURATIONS + 1)):
        answer = client("POST", configurations, {"ootbMetricConfigurations": wrong})
        assert (answer.status_code, answer.json()["detail"][0]["loc"]) == (422, ["body", "ootbMetricConfigurations"])
    many = {"ootbMetricConfigurations": [latency] * (MAX_CONFIGURATIONS - 1)}
    assert client("POST", configurations, many).status_code == 201
    assert client("POST", configurations, {"ootbMetricConfigurations": [latency] * 2}).status_code == 409
    assert len(listed(client, configurations)) == MAX_CONFIGURATIONS - 1
