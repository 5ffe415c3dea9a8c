"""LLM blueprints over real HTTP: kept, counted in their playground, and run."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.support.aws.events import post_for_events
from tests.support.samples.chat_answers import chat_stream
from tests.support.servers.fake_upstream import FakeUpstream
from tests.support.servers.server import RunningServer, StartServer

PLAYGROUNDS = "/api/v2/genai/playgrounds/"
BLUEPRINTS = "/api/v2/genai/llmBlueprints/"
RUN = "/api/v1/playground/run"
NOBODY = "01900000-0000-7000-8000-000000000000"
D_IDS = {
    "azure-openai-gpt-3.5-turbo": "openai/gpt-3.5-turbo",
    "azure-openai-gpt-3.5-turbo-16k": "openai/gpt-3.5-turbo-16k",
    "azure-openai-gpt-4": "openai/gpt-4",
    "azure-openai-gpt-4-32k": "openai/gpt-4-32k",
    "azure-openai-gpt-4-turbo": "openai/gpt-4-turbo",
    "azure-openai-gpt-4-o": "openai/gpt-4o",
    "amazon-titan": "bedrock/amazon.titan-text-express-v1",
    "anthropic-claude-2": "anthropic/claude-2.1",
    "anthropic-claude-3-haiku": "anthropic/claude-3-haiku-20240307",
    "anthropic-claude-3-sonnet": "anthropic/claude-3-sonnet-20240229",
    "anthropic-claude-3-opus": "anthropic/claude-3-opus-20240229",
    "google-bison": "google/gemini-pro",
    "google-gemini-1.5-flash": "google/gemini-1.5-flash",
    "google-gemini-1.5-pro": "google/gemini-1.5-pro",
}


@pytest.fixture
def upstream() -> Iterator[FakeUpstream]:
    with FakeUpstream() as upstream:
        upstream.answer(chat_stream("Hello there"))
        yield upstream


@pytest.fixture
def server(start_server: StartServer, upstream: FakeUpstream) -> RunningServer:
    return start_server({"OPENAI_API_KEY": "sk-test", "OPENAI_BASE_URL": upstream.url})


@pytest.fixture
def playground(server: RunningServer) -> str:
    return new_playground(server)


def new_playground(server: RunningServer) -> str:
    body = {"name": "n", "description": "d", "useCaseId": "u"}
    return str(server.client.post(PLAYGROUNDS, json=body).json()["id"])


def create(server: RunningServer, playground: str, **fields: Any) -> Any:
    body = {"playgroundId": playground, "name": "one", "llmId": "openai/gpt-4o", **fields}
    response = server.client.post(BLUEPRINTS, json=body)
    assert response.status_code == 201, response.text
    return response.json()


def counts(server: RunningServer, playground: str) -> tuple[int, int]:
    shown = server.client.get(f"{PLAYGROUNDS}{playground}/").json()
    return shown["llmBlueprintsCount"], shown["savedLLMBlueprintsCount"]


def error_of(response: httpx.Response) -> tuple[int, Any]:
    return response.status_code, response.json()["detail"][0]["loc"]


SETTINGS = {"systemPrompt": "Be brief.", "maxCompletionLength": 50, "temperature": 0.1, "topP": 0.9, "seed": 7}


def test_a_blueprint_is_made_found_edited_and_deleted(server: RunningServer, playground: str) -> None:
    made = create(server, playground, llmId="azure-openai-gpt-4-o", llmSettings=SETTINGS, isSaved=True)
    assert (made["llmId"], made["model"], made["llmSettings"]) == ("azure-openai-gpt-4-o", "openai/gpt-4o", SETTINGS)
    assert (made["playgroundId"], made["name"], made["description"], made["isSaved"]) == (playground, "one", "", True)
    path = f"{BLUEPRINTS}{made['id']}/"
    assert server.client.get(path).json() == server.client.get(path[:-1]).json() == made

    changes = {"name": "two", "llmId": "demo/echo", "llmSettings": {"systemPrompt": "Be long."}, "isSaved": False}
    edited = server.client.patch(path, json=changes)
    assert edited.status_code == 200
    assert edited.json() == {**made, **changes, "model": "demo/echo", "lastUpdateDate": edited.json()["lastUpdateDate"]}
    assert edited.json()["lastUpdateDate"] > made["lastUpdateDate"]
    assert server.client.get(path).json() == edited.json()
    assert server.client.patch(path, json={}).json() == edited.json()
    assert server.client.patch(path, json={"name": None, "llmSettings": None}).json() == edited.json()

    assert [server.client.delete(path).status_code for _ in range(2)] == [204, 204]
    assert server.client.get(path).status_code == 404
    assert server.client.patch(path, json={"name": "back"}).status_code == 404


def test_both_counts_follow_whatever_happens(server: RunningServer, playground: str) -> None:
    first = create(server, playground)
    create(server, playground, isSaved=True)
    assert counts(server, playground) == (2, 1)
    path = f"{BLUEPRINTS}{first['id']}/"
    for _ in range(2):
        server.client.patch(path, json={"isSaved": True})
        assert counts(server, playground) == (2, 2)
    for _ in range(2):
        server.client.delete(path)
        assert counts(server, playground) == (1, 1)
    by_count = server.client.get(f"{PLAYGROUNDS}?sort=-savedLLMBlueprintsCount").json()["data"]
    assert by_count[0]["id"] == playground


def test_playgrounds_are_sorted_by_both_counts(server: RunningServer) -> None:
    ids = [new_playground(server) for _ in range(3)]
    for place, (saved, others) in enumerate([(1, 3), (2, 0), (0, 3)]):
        for number in range(saved + others):
            create(server, ids[place], isSaved=number < saved)
    for sort, expected in (("savedLLMBlueprintsCount", [2, 0, 1]), ("llmBlueprintsCount", [1, 2, 0])):
        for prefix, order in (("", expected), ("-", expected[::-1])):
            found = server.client.get(f"{PLAYGROUNDS}?sort={prefix}{sort}").json()["data"]
            assert [item["id"] for item in found] == [ids[place] for place in order]


def test_a_deleted_playgrounds_blueprints_are_gone(server: RunningServer, playground: str) -> None:
    made, kept = create(server, playground), create(server, new_playground(server))
    assert server.client.delete(f"{PLAYGROUNDS}{playground}/").status_code == 204
    assert server.client.get(f"{BLUEPRINTS}{made['id']}/").status_code == 404
    assert server.client.get(f"{BLUEPRINTS}?playgroundId={playground}").status_code == 404
    assert [item["id"] for item in server.client.get(BLUEPRINTS).json()["data"]] == [kept["id"]]
    body = {"playgroundId": playground, "name": "late", "llmId": "demo/echo"}
    assert error_of(server.client.post(BLUEPRINTS, json=body)) == (422, ["body", "playgroundId"])


def test_they_are_listed_by_playground_and_all_together(server: RunningServer, playground: str) -> None:
    other = new_playground(server)
    for number in range(3):
        create(server, playground, name=f"Alpha {number}", isSaved=number == 1)
    create(server, other, name="beta")

    def names(query: str) -> list[str]:
        return [item["name"] for item in server.client.get(f"{BLUEPRINTS}?{query}").json()["data"]]

    assert names("") == ["beta", "Alpha 2", "Alpha 1", "Alpha 0"]
    assert names(f"playgroundId={playground}&sort=name") == ["Alpha 0", "Alpha 1", "Alpha 2"]
    assert names("search=ALPHA&isSaved=true") == ["Alpha 1"]
    page = server.client.get(f"{BLUEPRINTS}?sort=-name&limit=3").json()
    assert (page["count"], page["totalCount"], page["previous"]) == (3, 4, None)
    assert [item["name"] for item in server.client.get(page["next"]).json()["data"]] == ["Alpha 0"]


@pytest.mark.parametrize("llm_id", D_IDS)
def test_every_llm_of_the_document_is_taken(server: RunningServer, playground: str, llm_id: str) -> None:
    assert create(server, playground, llmId=llm_id)["model"] == D_IDS[llm_id]


@pytest.mark.parametrize(
    ("fields", "loc"),
    [
        ({"llmId": "nobody-knows-this"}, ["body", "llmId"]),
        ({"llmId": "custom-model"}, ["body", "customModelLLMSettings"]),
        (
            {"customModelLLMSettings": {"baseUrl": "https://a.example", "model": "m"}},
            ["body", "customModelLLMSettings"],
        ),
        ({"llmSettings": {"temperature": 3}}, ["body", "llmSettings", "temperature"]),
        ({"llmSettings": {"maxCompletionLength": 10**24}}, ["body", "llmSettings", "maxCompletionLength"]),
        ({"llmSettings": {"system_prompt": "x"}}, ["body", "llmSettings", "system_prompt"]),
        ({"promptVersionId": "x"}, ["body", "promptVersionId"]),
        ({"name": "n" * 5001}, ["body", "name"]),
    ],
)
def test_a_bad_blueprint_is_a_422_that_names_the_field(
    server: RunningServer, playground: str, fields: Any, loc: Any
) -> None:
    body = {"playgroundId": playground, "name": "one", "llmId": "openai/gpt-4o", **fields}
    assert error_of(server.client.post(BLUEPRINTS, json=body)) == (422, loc)
    assert counts(server, playground) == (0, 0)


def test_what_it_names_must_be_there_and_what_it_holds_must_fit(server: RunningServer, playground: str) -> None:
    body: dict[str, Any] = {"playgroundId": playground, "name": "one", "llmId": "demo/echo"}
    for fields in ({"playgroundId": NOBODY}, {"promptVersionId": NOBODY}):
        assert error_of(server.client.post(BLUEPRINTS, json=body | fields)) == (422, ["body", *fields])
    too_large = body | {"llmSettings": {"systemPrompt": "€" * 150_000}}
    assert server.client.post(BLUEPRINTS, json=too_large).status_code == 413
    fits = create(server, playground, llmSettings={"systemPrompt": "€" * 90_000, "temperature": 0.1 + 0.2})
    assert server.client.get(f"{BLUEPRINTS}{fits['id']}/").json() == fits


# --- runs


def test_a_blueprint_runs_with_its_own_model_settings_and_prompt(
    server: RunningServer, upstream: FakeUpstream, playground: str
) -> None:
    saved = {"namespace": "a", "slug": "b", "content": "Explain {{what}}.", "default_model": "demo/echo"}
    version = server.client.post("/api/v1/playground/save-version", json=saved).json()["version_id"]
    made = create(server, playground, llmSettings=SETTINGS, promptVersionId=version)
    path = f"{BLUEPRINTS}{made['id']}/run/"
    response = server.client.post(path, json={"variables": {"what": "loops"}})
    assert response.status_code == 200, response.text
    assert (response.json()["output"], response.json()["model_id"]) == ("Hello there", "openai/gpt-4o")
    [request] = upstream.requests
    assert request.json["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Explain loops."},
    ]
    assert (request.json["temperature"], request.json["top_p"], request.json["seed"]) == (0.1, 0.9, 7)
    assert request.json["max_completion_tokens"] == 50
    run = server.client.get(f"/api/v1/playground/runs/{response.json()['id']}").json()
    assert (run["playground_id"], run["llm_blueprint_id"], run["version_id"]) == (playground, made["id"], version)

    own_prompt = {"prompt_text": "Hi", "system": "Be kind.", "stream": True}
    response, events = post_for_events(server.client, path[:-1], own_prompt)
    assert events[-1].name == "done"
    assert upstream.requests[-1].json["messages"][0] == {"role": "system", "content": "Be kind."}
    assert error_of(server.client.post(path, json={})) == (422, ["body", "variables"])
    assert server.client.patch(f"{BLUEPRINTS}{made['id']}/", json={"promptVersionId": None}).status_code == 200
    for bodiless in ({"json": {}}, {}):
        assert error_of(server.client.post(path, **bodiless)) == (422, ["body", "prompt_text"])
    assert server.client.post(f"{BLUEPRINTS}{NOBODY}/run/", json={"prompt_text": "Hi"}).status_code == 404


def test_a_custom_model_is_called_at_its_own_address(
    server: RunningServer, upstream: FakeUpstream, playground: str
) -> None:
    custom = {"baseUrl": f"{upstream.url}/v1", "model": "mine"}
    made = create(server, playground, llmId="custom-model", customModelLLMSettings=custom)
    assert (made["model"], made["customModelLLMSettings"]) == ("custom/mine", custom)
    body = {"prompt_text": "Hi", "provider_key": "sk-mine"}
    response = server.client.post(f"{BLUEPRINTS}{made['id']}/run/", json=body)
    assert response.status_code == 200
    [request] = upstream.requests
    assert (request.json["model"], request.headers["authorization"]) == ("mine", "Bearer sk-mine")
    changed = server.client.patch(f"{BLUEPRINTS}{made['id']}/", json={"llmId": "demo/echo"}).json()
    assert (changed["model"], changed["customModelLLMSettings"]) == ("demo/echo", None)


TEMPLATE = {"type": "text", "template_text": "Hi {{name}}", "variables": {"name": "Ada"}}
MODEL = {"id": "a", "model": "demo/echo"}
DEMO = {"model": "demo/echo"}


def run_bodies(version: str) -> list[tuple[str, dict[str, Any]]]:
    """Every route that runs something, with a body for it."""
    return [
        (RUN, {"prompt_text": "Hi", **DEMO}),
        (RUN, {**TEMPLATE, "model_config": MODEL}),
        (f"/api/v1/playground/run-version/{version}", {"variables": {"name": "Ada"}, "model_config": MODEL}),
        ("/api/v1/playground/compare", {"prompt_text": "Hi", "targets": [DEMO, DEMO], "stream": False}),
        ("/api/v1/playground/run-multi", {**TEMPLATE, "models": [MODEL]}),
        (
            "/api/v1/playground/run-versions",
            {"versions": [{"version_id": version, **DEMO}], "variables": {"name": "Ada"}},
        ),
        ("/v1/playground/compare", {"prompt": "Hi", "provider": "demo", "model": "echo"}),
    ]


def test_every_route_ties_its_runs_to_the_playground(server: RunningServer, playground: str) -> None:
    saved = {"namespace": "a", "slug": "b", "content": "Hi {{name}}"}
    version = server.client.post("/api/v1/playground/save-version", json=saved).json()["version_id"]
    runs = 0
    for path, body in run_bodies(version):
        response = server.client.post(path, json=body | {"playground_id": playground})
        assert response.status_code == 200, (path, response.text)
        total = server.client.get(f"/api/v1/playground/history?playground_id={playground}").json()["total"]
        assert total > runs, path
        runs = total
        for nowhere in (NOBODY, "string"):
            missing = server.client.post(path, json=body | {"playground_id": nowhere})
            assert missing.status_code == (400 if path == "/v1/playground/compare" else 422), path
            assert missing.json()["error"]["code"] == "validation"
    assert runs == 9
    assert server.client.get("/api/v1/playground/history").json()["total"] == 9, "nothing is run of what is refused"


def test_blueprints_are_run_side_by_side(server: RunningServer, upstream: FakeUpstream, playground: str) -> None:
    real = create(server, playground, llmSettings={"systemPrompt": "Be brief.", "temperature": 0.3})
    demo = create(server, playground, llmId="demo/echo")
    body = {
        "prompt_text": "Hi",
        "targets": [{"llm_blueprint_id": real["id"]}, {"llm_blueprint_id": demo["id"]}, DEMO],
        "parameters": {"max_tokens": 9},
        "playground_id": playground,
        "stream": False,
    }
    response = server.client.post("/api/v1/playground/compare", json=body)
    assert [result["model_id"] for result in response.json()["results"]] == ["openai/gpt-4o", "demo/echo", "demo/echo"]
    [request] = upstream.requests
    assert request.json["messages"][0] == {"role": "system", "content": "Be brief."}
    assert (request.json["temperature"], request.json["max_completion_tokens"]) == (0.3, 9)
    shown = server.client.get(f"/api/v1/playground/comparisons/{response.json()['comparison_id']}").json()["runs"]
    assert [run["llm_blueprint_id"] for run in shown] == [real["id"], demo["id"], None]
    assert {run["playground_id"] for run in shown} == {playground}

    body["targets"] = [DEMO, {"llm_blueprint_id": NOBODY}]
    response = server.client.post("/api/v1/playground/compare", json=body)
    assert error_of(response) == (422, ["body", "targets", 1, "llm_blueprint_id"])


def test_a_blueprint_beside_a_model_of_the_requests_own_is_a_link_alone(server: RunningServer, playground: str) -> None:
    made = create(server, playground, llmSettings={"systemPrompt": "Be brief.", "topP": 0.5})
    body = {"prompt_text": "Hi", "model": "demo/echo", "llm_blueprint_id": made["id"]}
    run_id = server.client.post(RUN, json=body).json()["id"]
    run = server.client.get(f"/api/v1/playground/runs/{run_id}").json()
    assert (run["model_id"], run["parameters"], len(run["messages"])) == ("demo/echo", {}, 1)
    assert (run["playground_id"], run["llm_blueprint_id"]) == (playground, made["id"])
    wrong = body | {"playground_id": new_playground(server)}
    assert error_of(server.client.post(RUN, json=wrong)) == (422, ["body", "llm_blueprint_id"])


def test_a_compressed_comparison_belongs_to_a_blueprint_too(server: RunningServer, playground: str) -> None:
    made = create(server, playground, llmId="demo/writer", llmSettings={"systemPrompt": "Be brief."})
    path, body = "/v1/playground/compare", {"prompt": "Hi", "provider": "demo", "model": "echo"}
    answer = server.client.post(path, json=body | {"llm_blueprint_id": made["id"]}).json()
    shown = server.client.get(f"/api/v1/playground/comparisons/{answer['comparison_id']}").json()["runs"]
    assert [(run["model_id"], run["llm_blueprint_id"]) for run in shown] == [("demo/echo", made["id"])] * 2
    assert {run["playground_id"] for run in shown} == {playground}
    assert server.client.post(path, json=body | {"llm_blueprint_id": NOBODY}).status_code == 400
    elsewhere = {"llm_blueprint_id": made["id"], "playground_id": new_playground(server)}
    assert server.client.post(path, json=body | elsewhere).status_code == 400


def test_runs_outlive_their_playground_and_can_be_run_again(server: RunningServer, playground: str) -> None:
    made = create(server, playground, llmId="demo/echo")
    run_id = server.client.post(f"{BLUEPRINTS}{made['id']}/run/", json={"prompt_text": "Hi"}).json()["id"]

    def rerun() -> tuple[Any, Any]:
        again = server.client.post(f"/api/v1/playground/runs/{run_id}/rerun", json={})
        assert again.status_code == 200, again.text
        run = server.client.get(f"/api/v1/playground/runs/{again.json()['id']}").json()
        return run["playground_id"], run["llm_blueprint_id"]

    assert rerun() == (playground, made["id"])
    server.client.delete(f"{BLUEPRINTS}{made['id']}/")
    assert rerun() == (playground, None)
    server.client.delete(f"{PLAYGROUNDS}{playground}/")
    assert rerun() == (None, None)
    assert server.client.get(f"/api/v1/playground/runs/{run_id}").json()["playground_id"] == playground
    explicit = server.client.post(f"/api/v1/playground/runs/{run_id}/rerun", json={"playground_id": playground})
    assert error_of(explicit) == (422, ["body", "playground_id"])
