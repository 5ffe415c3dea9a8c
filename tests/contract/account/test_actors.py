"""Whoever does something goes by one id, and one name, in everything that is kept of it."""

from collections.abc import Callable
from typing import Any

import httpx

from promptyard.domain.account.access import Role
from tests.support.doubles.tenancy import As, Tenancy
from tests.support.samples.tenant_filling import DEMO, GENAI, RUN
from tests.support.servers.server import RunningServer

Ask = Callable[..., httpx.Response]


def ids_and_names(ask: Ask) -> tuple[dict[str, str], dict[str, str]]:
    """What one person's records say of who made them, by the place that says it."""

    def made(method: str, path: str, body: Any) -> Any:
        response = ask(method, path, body)
        assert response.status_code < 300, response.text
        return response.json()

    run = made("POST", RUN, {**DEMO, "prompt_text": "Hi"})
    saved = made("POST", "/api/v1/playground/save-version", {"namespace": "acme", "slug": "one", "content": "Hi"})
    playground = made("POST", f"{GENAI}/playgrounds/", {"name": "n", "description": "", "useCaseId": "u"})
    blueprint = {"name": "n", "playgroundId": playground["id"], "llmId": "demo/echo"}
    blueprint = made("POST", f"{GENAI}/llmBlueprints/", blueprint)
    blueprint = made("PATCH", f"{GENAI}/llmBlueprints/{blueprint['id']}/", {"name": "m"})
    key = made("POST", "/api/v1/keys", {"name": "another"})

    def got(path: str) -> Any:
        return ask("GET", path).json()

    prompt, version = (
        got(f"/api/v1/prompts/{saved['prompt_id']}"),
        got(f"/api/v1/prompt-versions/{saved['version_id']}"),
    )
    acts = got("/api/v1/audit?limit=100")["items"]
    [entry] = got("/api/v1/usage/ledger")["items"]
    ids = {
        "run": got(f"/api/v1/playground/runs/{run['id']}")["caller"],
        "ledger": entry["key"],
        "prompt": prompt["author_id"],
        "version": version["author_id"],
        **{f"playground {name}": playground[name] for name in ("creationUserId", "lastUpdateUserId")},
        **{f"blueprint {name}": blueprint[name] for name in ("creationUserId", "lastUpdateUserId")},
        "key": key["created_by"],
        **{act["action"]: act["actor"] for act in acts if act["actor_role"] != "operator"},
    }
    names = {
        "prompt": prompt["author"],
        "version": version["author"],
        "playground": playground["userName"],
        "blueprint": blueprint["userName"],
        **{act["action"]: act["actor_name"] for act in acts if act["actor_role"] != "operator"},
    }
    return ids, names


def test_a_key(tenancy: Tenancy) -> None:
    admin = As(tenancy, "acme", Role.ADMIN)
    [own] = admin.get("/api/v1/keys")["items"]
    ids, names = ids_and_names(admin)
    assert ids == dict.fromkeys(ids, own["id"])
    assert names == dict.fromkeys(names, own["name"])
    assert {"playground.created", "key.created"} <= ids.keys()


def test_whoever_calls_an_open_server(server: RunningServer) -> None:
    ids, names = ids_and_names(lambda method, path, body=None: server.client.request(method, path, json=body))
    assert ids == dict.fromkeys(ids, "local")
    assert names == dict.fromkeys(names, "local")


def test_what_was_saved_before_ids_were_kept_opens(server: RunningServer) -> None:
    body = {"namespace": "acme", "slug": "one", "content": "Hi"}
    saved = server.client.post("/api/v1/playground/save-version", json=body).json()
    table = server.aws.names["PROMPTYARD_PROMPTS_TABLE"]
    dynamodb = server.aws.clients.dynamodb()
    for item in dynamodb.scan(TableName=table)["Items"]:
        del item["author_id"]
        dynamodb.put_item(TableName=table, Item=item)
    for path in (f"/api/v1/prompts/{saved['prompt_id']}", f"/api/v1/prompt-versions/{saved['version_id']}"):
        shown = server.client.get(path).json()
        assert (shown["author"], shown["author_id"]) == ("local", None)
