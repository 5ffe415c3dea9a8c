"""Aliases of prompts: names beside their own, by which what was written for another registry finds them."""

import httpx
import openai
import pytest

from promptyard.domain.account.access import Role
from tests.support.doubles.tenancy import As, Tenancy
from tests.support.servers.server import RunningServer, StartServer

OLD = "pmpt_68b1c0ffee"
PROMPTS = "/api/v1/prompts"


@pytest.fixture
def server(start_server: StartServer) -> RunningServer:
    return start_server({})


@pytest.fixture
def prompts(server: RunningServer) -> tuple[str, str]:
    """The paths of two prompts, of which the first has two versions."""
    for slug, content in (("parser", "Parse {{what}}."), ("parser", "Read {{what}}."), ("other", "Other")):
        saved = {"namespace": "billing", "slug": slug, "content": content, "default_model": "demo/echo"}
        assert server.client.post("/api/v1/playground/save-version", json=saved).status_code == 201
    return f"{PROMPTS}/billing/parser", f"{PROMPTS}/billing/other"


def test_an_alias_names_the_prompt_wherever_clients_name_one(server: RunningServer, prompts: tuple[str, str]) -> None:
    client, (parser, _) = server.client, prompts
    shown = client.put(f"{parser}/aliases/{OLD}")
    assert (shown.status_code, shown.json()["aliases"]) == (200, [OLD])
    assert client.put(f"{parser}/aliases/{OLD}").json() == shown.json()
    http_client = httpx.Client(trust_env=False, timeout=30)
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key="any", http_client=http_client, max_retries=0) as sdk:
        asked = {"id": OLD, "variables": {"what": "invoices"}}
        assert sdk.responses.create(prompt=asked).output_text == "Read invoices."  # type: ignore[arg-type]
        first = sdk.responses.create(prompt={**asked, "version": "1"})  # type: ignore[arg-type]
        assert first.output_text == "Parse invoices."
        assert client.put(f"{parser}/labels/production", json={"version_number": 1}).status_code == 200
        assert sdk.responses.create(prompt=asked).output_text == "Parse invoices."  # type: ignore[arg-type]
        for model, text in ((OLD, "Read invoices."), (f"{OLD}@production", "Parse invoices.")):
            made = sdk.chat.completions.create(model=model, messages=[], metadata={"what": "invoices"})
            assert made.choices[0].message.content == text
            assert sdk.models.retrieve(model).id == model
        assert client.delete(f"{parser}/aliases/{OLD}").status_code == 204
        for gone in (lambda: sdk.responses.create(prompt=asked), lambda: sdk.models.retrieve(OLD)):  # type: ignore[arg-type]
            with pytest.raises(openai.NotFoundError) as raised:
                gone()
            assert raised.value.code == "model_not_found"
    assert client.get(parser).json()["aliases"] == []
    assert client.delete(f"{parser}/aliases/{OLD}").status_code == 404


def test_an_alias_is_one_prompts_alone(server: RunningServer, prompts: tuple[str, str]) -> None:
    client, (parser, other) = server.client, prompts
    assert client.put(f"{parser}/aliases/{OLD}").status_code == 200
    taken = client.put(f"{other}/aliases/{OLD}")
    assert (taken.status_code, taken.json()["error"]["code"]) == (409, "conflict")
    assert client.delete(f"{other}/aliases/{OLD}").status_code == 404
    assert client.get(parser).json()["aliases"] == [OLD]
    assert client.delete(f"{parser}/aliases/{OLD}").status_code == 204
    assert client.put(f"{other}/aliases/{OLD}").json()["aliases"] == [OLD]
    assert client.put(f"{PROMPTS}/billing/nothing/aliases/x").status_code == 404
    for wrong in ("a b", "01a2b3c4-0000-8000-8000-000000000000", "-x", "x" * 129):
        assert client.put(f"{parser}/aliases/{wrong}").status_code == 422
    client.delete(parser)
    assert client.put(f"{parser}/aliases/late").status_code == 409


def test_a_prompt_has_so_many_aliases(server: RunningServer, prompts: tuple[str, str]) -> None:
    client, (parser, _) = server.client, prompts
    assert {client.put(f"{parser}/aliases/a{number}").status_code for number in range(50)} == {200}
    assert client.put(f"{parser}/aliases/one-more").status_code == 409
    assert client.put(f"{parser}/aliases/a7").status_code == 200


def test_who_may_give_one_and_whose_it_is(tenancy: Tenancy) -> None:
    saved = {"namespace": "n", "slug": "s", "content": "Hi", "default_model": "demo/echo"}
    for tenant in ("one", "two"):  # each has its own
        tenancy.make_tenant(tenant)
        member, viewer, admin = (As(tenancy, tenant, role) for role in (Role.MEMBER, Role.VIEWER, Role.ADMIN))
        assert member("POST", "/api/v1/playground/save-version", saved).status_code == 201
        assert member("PUT", f"{PROMPTS}/n/s/aliases/{OLD}").status_code == 200
        assert viewer("PUT", f"{PROMPTS}/n/s/aliases/{OLD}").status_code == 403
        actions = [entry["action"] for entry in admin("GET", "/api/v1/audit").json()["items"]]
        assert actions.count("alias.set") == 1
