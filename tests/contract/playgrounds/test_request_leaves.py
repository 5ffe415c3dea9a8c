"""A canary at every place of the requests that run something: under a guard against personal data it comes to no
provider, to no judge and not back to the caller, whatever field it stands in."""

import json
from typing import Any

import pytest
from pydantic import TypeAdapter

from functions.run.schemas import PromptRunRequest, TemplateRunRequest
from promptyard.domain.models.targets import Parameters
from tests.support.checks.canaries import Place, SchemaLeaves
from tests.support.samples.chat_answers import chat_stream
from tests.support.servers.fake_upstream import FakeUpstream
from tests.support.servers.server import RunningServer, StartServer

RUN = "/api/v1/playground/run"
PLAYGROUNDS = "/api/v2/genai/playgrounds/"
MAIL, CARD = "ada@example.com", 4111111111111111
OWN = {"provider_key", "provider", "model", "id", "label", "playground_id", "llm_blueprint_id", "prompt_id"}
"""What names the run, its target or where it belongs, to the caller, and a key."""
BASES: list[tuple[Any, dict[str, Any]]] = [
    (PromptRunRequest, {"provider": "openai", "model": "m", "prompt_text": "Say it."}),
    (
        TemplateRunRequest,
        {
            "type": "text",
            "template_text": "Say it.",
            "variables": {},
            "model_config": {"id": "1", "provider": "openai", "model": "m"},
        },
    ),
]


@pytest.fixture
def server(start_server: StartServer, upstream: FakeUpstream) -> RunningServer:
    upstream.answer(chat_stream("Fine."))
    return start_server({"OPENAI_API_KEY": "sk-test", "OPENAI_BASE_URL": upstream.url})


def guarded_playground(server: RunningServer) -> str:
    """A guard against personal data, and judges of what is asked and of what is answered."""
    body = {"name": "n", "description": "d", "useCaseId": "u"}
    playground = str(server.client.post(PLAYGROUNDS, json=body).json()["id"])
    for metric in ("pii_violation", "correctness", "faithfulness", "toxicity_violation"):
        guard = {"ootbMetricName": metric, "moderationConfiguration": moderation(0 if metric[0] == "p" else 0.9)}
        if metric != "pii_violation":
            guard["llmId"] = "openai/gpt-4o-mini"
        made = server.client.post(f"{PLAYGROUNDS}{playground}/ootbMetricConfigurations/", json=guard)
        assert made.status_code == 201, made.text
    return playground


def moderation(comparand: float) -> dict[str, Any]:
    return {
        "guardConditions": [{"comparator": "greaterThan", "comparand": comparand}],
        "intervention": {"action": "block", "message": "Withheld."},
    }


def whole(base: dict[str, Any], planted: dict[str, Any]) -> dict[str, Any]:
    """The base with what is planted in it; a prompt that is given in another way takes the base's place."""
    body = {**base, **planted}
    if isinstance(planted.get("model_config"), dict):
        body["model_config"] = {**base["model_config"], **planted["model_config"]}
    if "messages" in planted:
        body.pop("prompt_text")
    if "template_messages" in planted:
        body |= {"type": "chat"}
        body.pop("template_text")
    return body


def leaves(request: Any, base: dict[str, Any]) -> list[tuple[Place, dict[str, Any]]]:
    schema = TypeAdapter(request).json_schema()
    schema["required"] = []
    return [(place, whole(base, planted)) for place, planted in SchemaLeaves(schema, MAIL, CARD).each()]


@pytest.mark.parametrize(("request_of", "base"), BASES, ids=["prompt", "template"])
def test_a_canary_goes_nowhere(
    server: RunningServer, upstream: FakeUpstream, request_of: Any, base: dict[str, Any]
) -> None:
    playground = guarded_playground(server)
    blocked: set[Place] = set()
    for number, (place, planted) in enumerate(leaves(request_of, base)):
        body = {"playground_id": playground, **planted, "stream": number % 2 == 0}
        response = server.client.post(RUN, json=body)
        assert response.status_code in {200, 400, 404, 422}, response.text
        for received in upstream.requests:
            assert not holds_canary(received.path + received.body.decode()), (place, body)
        if response.status_code == 200:
            assert OWN & set(place) or not holds_canary(response.text), (place, response.text)
            if "Withheld." in response.text:
                blocked.add(place)
    names = {place[1] for place in blocked if place[0] == "parameters" and len(place) > 1}
    names |= {place[1] for place in blocked if place[0] == "model_config"}
    free = {"stop", "seed", "response_format", "tools", "extra"}
    assert names >= free, "what a caller may fill in freely is sent, so that it has to be blocked"
    assert set(Parameters.model_fields) >= free
    assert {"reference", "documents"} <= {place[0] for place in blocked}
    assert any("tool_calls" in place and "id" in place for place in blocked)
    assert any("image_url" in place for place in blocked)


def holds_canary(text: str) -> bool:
    plain = json.dumps(text).encode().decode("unicode_escape")
    return MAIL in plain or str(CARD) in plain
