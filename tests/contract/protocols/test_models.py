"""`/v1/models` as the clients of OpenAI's and Anthropic's APIs ask for it."""

from typing import Any

import httpx
import openai
from openai.types import Model

from promptyard.domain.account.access import Role
from tests.support.doubles.tenancy import Tenancy
from tests.support.servers.server import RunningServer, StartServer

MODELS = "/v1/models"


def save(server: RunningServer, slug: str, label: str | None = None) -> None:
    saved = {"namespace": "billing", "slug": slug, "content": "Parse {{what}}.", "default_model": "demo/echo"}
    assert server.client.post("/api/v1/playground/save-version", json=saved).status_code == 201
    if label is not None:
        path = f"/api/v1/prompts/billing/{slug}/labels/{label}"
        assert server.client.put(path, json={"version_number": 1}).status_code < 300


def ids(server: RunningServer, **headers: str) -> list[str]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return [model["id"] for model in server.client.get(MODELS, headers=named).json()["data"]]


def test_the_list_holds_what_can_be_called(start_server: StartServer) -> None:
    server = start_server({"OPENAI_API_KEY": "sk-test"})
    save(server, "parser", "production")
    save(server, "unlabelled")
    http_client = httpx.Client(trust_env=False)
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key="any", http_client=http_client) as client:
        listed = client.models.list().data
        by_id = {model.id: model for model in listed}
        assert {model.owned_by for model in listed} >= {"openai", "demo", "billing"}
        assert not {model.owned_by for model in listed} & {"anthropic", "google"}
        assert "billing/parser@production" in by_id
        assert not any("unlabelled" in name for name in by_id)
        for name in ("openai/gpt-4o", "demo/echo", "billing/parser@production"):
            shown = client.models.retrieve(name)
            assert (shown.id, shown.object, shown.created) == (name, "model", by_id[name].created)
        assert client.models.retrieve("gpt-4o").owned_by == "openai"
        for model in listed:
            Model.model_validate(model.model_dump(), strict=True)


def test_with_anthropics_header_it_is_anthropics_list(server: RunningServer) -> None:
    answer: Any = server.client.get(MODELS, headers={"anthropic-version": "2023-06-01"}).json()
    assert (answer["first_id"], answer["last_id"]) == (answer["data"][0]["id"], answer["data"][-1]["id"])
    assert {model["type"] for model in answer["data"]} == {"model"}
    assert [model["id"] for model in answer["data"]] == ids(server)
    one = server.client.get(f"{MODELS}/demo%2Fecho", headers={"anthropic-version": "2023-06-01"}).json()
    assert one == next(model for model in answer["data"] if model["id"] == "demo/echo")


def test_a_model_that_is_not_there_is_openais_404(server: RunningServer) -> None:
    for name in ("no-such-model", "openai/no-such-model", "billing/nothing@production"):
        response = server.client.get(f"{MODELS}/{name}")
        assert (response.status_code, response.json()["error"]["code"]) == (404, "model_not_found")


def test_a_tenant_is_shown_its_own_prompts(tenancy: Tenancy) -> None:
    key = tenancy.key("acme", Role.MEMBER)
    saved = {"namespace": "billing", "slug": "parser", "content": "Hi", "default_model": "demo/echo"}
    tenancy.request("POST", "/api/v1/playground/save-version", key, json=saved)
    path = "/api/v1/prompts/billing/parser/labels/production"
    tenancy.request("PUT", path, key, json={"version_number": 1})
    others = tenancy.key("other", Role.VIEWER)
    name = "billing/parser@production"
    assert name in tenancy.request("GET", MODELS, key).text
    assert name not in tenancy.request("GET", MODELS, others).text
    assert tenancy.request("GET", f"{MODELS}/{name}", others).status_code == 404
    assert tenancy.client.get(MODELS).status_code == 401
