"""The metrics of a playground, on the runs that are made in it, over real HTTP."""

import json
from typing import Any

import pytest

from tests.support.aws.events import post_for_events
from tests.support.samples.chat_answers import chat_stream, failure, frame, usage
from tests.support.servers.fake_upstream import Answer, FakeUpstream
from tests.support.servers.server import RunningServer, StartServer

PLAYGROUNDS = "/api/v2/genai/playgrounds/"
RUN = "/api/v1/playground/run"
JUDGE = "openai/gpt-4o-mini"
DOCUMENT = "The warehouse in Rotterdam opens at seven and closes at nineteen on every working day of the week."


@pytest.fixture
def server(start_server: StartServer, upstream: FakeUpstream) -> RunningServer:
    return start_server({"OPENAI_API_KEY": "sk-test", "OPENAI_BASE_URL": upstream.url})


@pytest.fixture
def playground(server: RunningServer) -> str:
    body = {"name": "n", "description": "d", "useCaseId": "u"}
    return str(server.client.post(PLAYGROUNDS, json=body).json()["id"])


def add_metric(server: RunningServer, playground: str, name: str, **fields: Any) -> str:
    path = f"{PLAYGROUNDS}{playground}/ootbMetricConfigurations/"
    response = server.client.post(path, json={"ootbMetricName": name, **fields})
    assert response.status_code == 201, response.text
    return str(response.json()["ootbMetricConfigurationId"])


def verdict(score: float, reason: str = "It is so.") -> Answer:
    return chat_stream(json.dumps({"score": score, "reason": reason}), counts=usage(1_000, 20))


def run(server: RunningServer, playground: str, **fields: Any) -> Any:
    body = {"model": "gpt-4o", "prompt_text": "When?", "playground_id": playground, **fields}
    response = server.client.post(RUN, json=body)
    assert response.status_code == 200, response.text
    return response.json()


def by_name(answer: Any) -> dict[str, Any]:
    return {metric["ootbMetricName"]: metric for metric in answer["metrics"]}


def configurations(server: RunningServer, playground: str) -> dict[str, Any]:
    listed = server.client.get(f"{PLAYGROUNDS}{playground}/ootbMetricConfigurations/").json()
    return {entry["ootbMetricName"]: entry for entry in listed["ootbMetricConfigurations"]}


COMPUTED = (
    "latency",
    "prompt_tokens",
    "response_tokens",
    "all_tokens",
    "document_tokens",
    "exact_match",
    "rouge_1",
    "citations",
    "pii_violation",
)


def test_every_metric_is_computed_returned_and_stored(
    server: RunningServer, upstream: FakeUpstream, playground: str
) -> None:
    upstream.answer(chat_stream("It opens at seven.", counts=usage(40, 4)), model="gpt-4o")
    upstream.answer(verdict(0.75), model="gpt-4o-mini")
    for name in COMPUTED:
        add_metric(server, playground, name)
    for name in ("faithfulness", "correctness", "toxicity_violation", "jailbreak_violation"):
        add_metric(server, playground, name, llmId=JUDGE)
    answer = run(
        server,
        playground,
        prompt_text=f"{DOCUMENT} When does it open? Write to ada@example.com",
        reference="It opens at seven.",
        documents=[DOCUMENT],
    )
    scores = {name: metric["score"] for name, metric in by_name(answer).items()}
    assert scores.pop("latency") == answer["latency_ms"]
    assert 0 < scores.pop("document_tokens") < 40
    assert scores.pop("citations") == 1
    assert scores == {
        "prompt_tokens": 40,
        "response_tokens": 4,
        "all_tokens": 44,
        "exact_match": 1,
        "rouge_1": 1,
        "pii_violation": 1,
        "faithfulness": 0.75,
        "correctness": 0.75,
        "toxicity_violation": 0.75,
        "jailbreak_violation": 0.75,
    }
    assert {metric["executionStatus"] for metric in answer["metrics"]} == {"COMPLETED"}
    assert "moderation" not in answer
    stored = server.client.get(f"/api/v1/playground/runs/{answer['id']}").json()
    assert stored["metrics"] == answer["metrics"]
    assert {entry["executionStatus"] for entry in configurations(server, playground).values()} == {"COMPLETED"}

    [listed] = server.client.get(f"{PLAYGROUNDS}{playground}/runs/").json()["items"]
    assert listed["metrics"] == answer["metrics"]


def test_a_judge_is_a_run_of_its_own_with_its_own_cost_and_without_the_texts(
    server: RunningServer, upstream: FakeUpstream, playground: str
) -> None:
    upstream.answer(chat_stream("At noon.", counts=usage(10, 2)), model="gpt-4o")
    upstream.answer(verdict(0.5, "It says noon."), model="gpt-4o-mini")
    add_metric(server, playground, "correctness", llmId="azure-openai-gpt-4-o", customOotbMetricName="Right?")
    add_metric(server, playground, "faithfulness", llmId=JUDGE)
    answer = run(server, playground, reference="At one.", documents=["At noon it opens."])
    [wrong, right] = answer["metrics"]
    assert (wrong["executionStatus"], wrong["score"], wrong["customOotbMetricName"]) == ("ERROR", None, "Right?")
    assert wrong["errorMessage"] == "The judge's answer is not a JSON object with a score and a reason."
    assert (right["score"], right["details"]) == (0.5, {"reason": "It says noon.", "judge_prompt_version": 1})
    assert right["judgeCostUsd"] == pytest.approx(1_000 * 0.15e-6 + 20 * 0.6e-6)
    assert answer["cost_usd"] == pytest.approx(10 * 2.5e-6 + 2 * 10e-6)

    judge = server.client.get(f"/api/v1/playground/runs/{right['judgeRunId']}").json()
    assert (judge["endpoint"], judge["judge_of"], judge["playground_id"]) == ("playground/judge", answer["id"], None)
    assert (judge["cost_usd"], judge["status"]) == (right["judgeCostUsd"], "succeeded")
    assert (judge["messages"], judge["output"], judge["reference"], judge["documents"]) == ([], None, None, None)
    assert "metrics" not in judge or judge["metrics"] is None
    [request] = [request for request in upstream.requests if request.model == "gpt-4o-mini"]
    assert (request.json["temperature"], request.json["response_format"]["type"]) == (0, "json_schema")
    assert json.loads(request.json["messages"][1]["content"]) == {
        "prompt": "When?",
        "answer": "At noon.",
        "documents": ["At noon it opens."],
    }


def test_a_metric_that_cannot_be_computed_says_why(
    server: RunningServer, upstream: FakeUpstream, playground: str
) -> None:
    without_usage = Answer([frame({"content": "Noon."}), frame({}, "stop"), b"data: [DONE]\n\n"])
    upstream.answer(without_usage, model="gpt-4o")
    upstream.answer(failure(401, "Wrong key"), model="gpt-4o-mini")
    for name in COMPUTED:
        add_metric(server, playground, name)
    add_metric(server, playground, "toxicity_violation", llmId=JUDGE)
    add_metric(server, playground, "jailbreak_violation", llmId="anthropic-claude-3-opus")
    answer = run(server, playground)
    metrics = by_name(answer)
    statuses = {name: metric["executionStatus"] for name, metric in metrics.items()}
    assert statuses == {
        "latency": "COMPLETED",
        "prompt_tokens": "SKIPPED",
        "response_tokens": "SKIPPED",
        "all_tokens": "SKIPPED",
        "document_tokens": "SKIPPED",
        "exact_match": "SKIPPED",
        "rouge_1": "SKIPPED",
        "citations": "SKIPPED",
        "pii_violation": "COMPLETED",
        "toxicity_violation": "ERROR",
        "jailbreak_violation": "ERROR",
    }
    for metric in metrics.values():
        is_scored = metric["executionStatus"] == "COMPLETED"
        assert (metric["score"] is not None) == is_scored
        assert (metric["errorMessage"] is None) == is_scored
        assert metric["errorResolution"] == (None if is_scored else ["ootbMetricName"])
    assert metrics["jailbreak_violation"]["errorMessage"].startswith("The judge could not be asked: No key for")
    assert metrics["toxicity_violation"]["errorMessage"].startswith("The judge failed: ")
    assert "sk-test" not in json.dumps(answer)

    after = configurations(server, playground)
    assert (after["toxicity_violation"]["executionStatus"], after["exact_match"]["executionStatus"]) == ("ERROR", "NEW")
    assert after["toxicity_violation"]["errorMessage"] == metrics["toxicity_violation"]["errorMessage"]
    assert after["toxicity_violation"]["errorResolution"] == ["ootbMetricName"]


def test_a_streamed_run_has_its_metrics_at_its_end(
    server: RunningServer, upstream: FakeUpstream, playground: str
) -> None:
    upstream.answer(chat_stream("It is noon."), model="gpt-4o")
    upstream.answer(verdict(1), model="gpt-4o-mini")
    add_metric(server, playground, "exact_match")
    add_metric(server, playground, "correctness", llmId=JUDGE)
    body = {
        "model": "gpt-4o",
        "prompt_text": "When?",
        "playground_id": playground,
        "reference": "It is noon.",
        "stream": True,
    }
    _, events = post_for_events(server.client, RUN, body)
    assert "".join(event.data["content"] for event in events[:-1]) == "It is noon."
    assert [metric["score"] for metric in events[-1].data["metrics"]] == [1, 1]


def test_runs_of_every_route_are_scored(server: RunningServer, upstream: FakeUpstream, playground: str) -> None:
    add_metric(server, playground, "response_tokens")
    saved = {"namespace": "a", "slug": "b", "content": "Hi {{name}}"}
    version = server.client.post("/api/v1/playground/save-version", json=saved).json()["version_id"]
    template = {"type": "text", "template_text": "Hi {{name}}", "variables": {"name": "Ada"}}
    model, demo = {"id": "a", "model": "demo/echo"}, {"model": "demo/echo"}
    for path, body in (
        (RUN, {**template, "model_config": model}),
        (f"/api/v1/playground/run-version/{version}", {"variables": {"name": "Ada"}, "model_config": model}),
        ("/api/v1/playground/compare", {"prompt_text": "Hi Ada", "targets": [demo, demo], "stream": False}),
        ("/api/v1/playground/run-multi", {**template, "models": [model]}),
        (
            "/api/v1/playground/run-versions",
            {"versions": [{"version_id": version, **demo}], "variables": {"name": "Ada"}},
        ),
        ("/v1/playground/compare", {"prompt": "Hi Ada", "provider": "demo", "model": "echo"}),
    ):
        assert server.client.post(path, json=body | {"playground_id": playground}).status_code == 200
    runs = server.client.get(f"{PLAYGROUNDS}{playground}/runs/").json()
    assert (runs["total"], runs["next_cursor"]) == (8, None)
    assert [run["metrics"][0]["score"] for run in runs["items"]] == [2] * 8
    again = server.client.post(f"/api/v1/playground/runs/{runs['items'][0]['id']}/rerun", json={}).json()
    assert again["metrics"][0]["score"] == 2


def test_a_run_that_failed_has_no_scores(server: RunningServer, upstream: FakeUpstream, playground: str) -> None:
    add_metric(server, playground, "latency")
    add_metric(server, playground, "toxicity_violation", llmId=JUDGE)
    upstream.answer(failure(400, "No"), model="gpt-4o")
    body = {"model": "gpt-4o", "prompt_text": "When?", "playground_id": playground}
    response = server.client.post(RUN, json=body)
    assert response.status_code >= 400
    stored = server.client.get(f"/api/v1/playground/runs/{response.headers['x-run-id']}").json()
    assert [(metric["executionStatus"], metric["score"]) for metric in stored["metrics"]] == [("SKIPPED", None)] * 2
    assert [request.model for request in upstream.requests] == ["gpt-4o"], "nobody judges what there is not"


def test_a_custom_judge_is_called_at_its_own_address(
    server: RunningServer, upstream: FakeUpstream, playground: str
) -> None:
    upstream.answer(verdict(0.25), model="mine")
    custom = {"baseUrl": f"{upstream.url}/v1", "model": "mine"}
    body = {"playgroundId": playground, "name": "judge", "llmId": "custom-model", "customModelLLMSettings": custom}
    blueprint = server.client.post("/api/v2/genai/llmBlueprints/", json=body).json()["id"]
    add_metric(server, playground, "toxicity_violation", llmId="custom-model", customModelLLMValidationId=blueprint)
    answer = run(server, playground, model="demo/echo")
    assert answer["metrics"][0]["score"] == 0.25
    server.client.delete(f"/api/v2/genai/llmBlueprints/{blueprint}/")
    answer = run(server, playground, model="demo/echo")
    assert (answer["metrics"][0]["executionStatus"], answer["metrics"][0]["score"]) == ("ERROR", None)


def test_runs_elsewhere_have_no_metrics(server: RunningServer, upstream: FakeUpstream, playground: str) -> None:
    add_metric(server, playground, "latency")
    answer = server.client.post(RUN, json={"model": "demo/echo", "prompt_text": "Hi"}).json()
    assert "metrics" not in answer
    assert "moderation" not in answer
    assert upstream.requests == []


def test_a_guardrail_of_bedrock_scores_where_the_deployment_names_one(
    start_server: StartServer, upstream: FakeUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": upstream.url,
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }.items():
        monkeypatch.setenv(name, value)
    server = start_server({"PROMPTYARD_GUARDRAIL_ID": "abc123", "PROMPTYARD_GUARDRAIL_VERSION": "4"})
    body = {"name": "n", "description": "d", "useCaseId": "u"}
    playground = server.client.post(PLAYGROUNDS, json=body).json()["id"]
    add_metric(server, playground, "toxicity_violation")
    entry = {"type": "INSULTS", "confidence": "HIGH", "action": "BLOCKED"}
    assessed = {"action": "NONE", "outputs": [], "assessments": [{"contentPolicy": {"filters": [entry]}}]}
    assessed["usage"] = {"contentPolicyUnits": 2, "topicPolicyUnits": 0, "wordPolicyUnits": 2}
    upstream.answer(Answer([json.dumps(assessed).encode()], headers={"content-type": "application/json"}))
    answer = run(server, playground, model="demo/echo", prompt_text="You fool")
    [metric] = answer["metrics"]
    assert (metric["score"], metric["details"]) == (1, {"guardrail": {"INSULTS": "HIGH"}})
    assert [request.path for request in upstream.requests] == ["/guardrail/abc123/version/4/apply"] * 2
    assert sorted(request.json["source"] for request in upstream.requests) == ["INPUT", "OUTPUT"]
    charged = server.client.get("/api/v1/usage/ledger").json()["items"]
    [of_it] = [item for item in charged if item["text_units"] is not None]
    assert (of_it["endpoint"], of_it["provider"], of_it["model"]) == ("playground/guardrail", "bedrock", "abc123")
    assert (of_it["text_units"], of_it["cost_usd"], of_it["input_tokens"]) == (4, 0.0006, 0)
    told = server.client.get("/api/v1/usage").json()
    assert (told["total"]["runs"], told["reserved"]["runs"], told["total"]["cost_usd"]) == (1, 0, 0.0006)
    upstream.forget()
    refused = {"content-type": "application/json", "x-amzn-errortype": "AccessDeniedException"}
    upstream.answer(Answer([b'{"message": "no"}'], 403, refused))
    [metric] = run(server, playground, model="demo/echo")["metrics"]
    assert (metric["executionStatus"], metric["score"]) == ("ERROR", None)
    assert metric["errorMessage"] == "The guardrail could not be asked: Bedrock answered AccessDeniedException"
    assert server.client.get("/api/v1/usage").json()["total"]["cost_usd"] == 0.0006, "what fails is not charged"
    assert server.client.get("/api/v1/usage").json()["reserved"]["runs"] == 0
