"""The prompt registry over real HTTP."""

import asyncio
import json
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.support.samples.sample_prompts import caller_of, text_draft
from tests.support.servers.server import RunningServer

SAVE = "/api/v1/playground/save-version"
PROMPTS = "/api/v1/prompts"
EXAMPLE = {
    "namespace": "support",
    "slug": "greeting",
    "content": "You are a helpful support agent. Greet the user warmly.",
}
CHAT = [
    {"role": "system", "content": "You are a helpful assistant for {{company_name}}."},
    {"role": "user", "content": "{{question}}"},
]
NAMED = f"{PROMPTS}/support%2Fgreeting"


@pytest.fixture
def client(server: RunningServer) -> httpx.Client:
    return server.client


def save(client: httpx.Client, **changes: Any) -> Any:
    body = {name: value for name, value in (EXAMPLE | changes).items() if value is not None}
    response = client.post(SAVE, json=body)
    assert response.status_code == 201, response.text
    return response.json()


def refused(response: httpx.Response, status: int, field: str | None = None) -> Any:
    """The body of an error of that status; a 422 names the field."""
    assert response.status_code == status, response.text
    body = response.json()
    assert body["error"]["request_id"] == response.headers["x-request-id"]
    if field is not None:
        assert field in json.dumps([entry["loc"] for entry in body["detail"]])
    return body


# --- save-version


def test_the_example_saves_a_first_version(client: httpx.Client) -> None:
    response = client.post(SAVE, json=EXAMPLE)
    assert response.status_code == 201
    saved = response.json()
    assert saved == {
        "prompt_id": saved["prompt_id"],
        "version_id": saved["version_id"],
        "version_number": 1,
        "namespace": "support",
        "slug": "greeting",
        "created": True,
    }
    version = client.get(f"/api/v1/prompt-versions/{saved['version_id']}").json()
    assert (version["type"], version["text"], version["messages"]) == ("text", EXAMPLE["content"], None)
    assert (version["prompt_id"], version["version_number"]) == (saved["prompt_id"], 1)


def test_the_same_content_again_makes_no_version(client: httpx.Client) -> None:
    first = save(client, commit_message="first")
    response = client.post(SAVE, json=EXAMPLE | {"commit_message": "again"})
    assert response.status_code == 200
    assert response.json() == first | {"created": False}
    second = save(client, content="Greet {{name}}.")
    assert (second["prompt_id"], second["version_number"]) == (first["prompt_id"], 2)
    assert save(client)["version_number"] == 3


def test_the_same_text_with_another_model_is_a_version(client: httpx.Client) -> None:
    save(client, default_model="openai/gpt-4o", parameters={"temperature": 0.2})
    assert client.post(SAVE, json=EXAMPLE).status_code == 200
    assert client.post(SAVE, json=EXAMPLE | {"parameters": {}}).status_code == 200
    assert save(client, default_model="openai/gpt-4o-mini")["version_number"] == 2


def test_a_chat_with_all_that_goes_with_it(client: httpx.Client) -> None:
    saved = save(
        client,
        content=None,
        messages=CHAT,
        default_model="openai/gpt-4o",
        parameters={"temperature": 0.2, "max_tokens": 100},
        commit_message="Ask politely",
    )
    version = client.get(f"/api/v1/prompt-versions/{saved['version_id']}").json()
    assert version == {
        "id": saved["version_id"],
        "prompt_id": saved["prompt_id"],
        "namespace": "support",
        "slug": "greeting",
        "version_number": 1,
        "type": "chat",
        "default_model": "openai/gpt-4o",
        "commit_message": "Ask politely",
        "author": "local",
        "author_id": "local",
        "created_at": version["created_at"],
        "text": None,
        "messages": CHAT,
        "variables": ["company_name", "question"],
        "parameters": {"temperature": 0.2, "max_tokens": 100},
    }


def test_a_version_from_a_run(client: httpx.Client) -> None:
    body = {"model": "demo/echo", "prompt_text": "Hi {{name}}", "variables": {"name": "Bo"}, "parameters": {"seed": 7}}
    run = client.post("/api/v1/playground/run", json=body).json()
    saved = save(client, content=None, run_id=run["id"])
    version = client.get(f"/api/v1/prompt-versions/{saved['version_id']}").json()
    assert (version["text"], version["default_model"], version["parameters"]) == (
        "Hi {{name}}",
        "demo/echo",
        {"seed": 7},
    )
    assert client.post(SAVE, json=EXAMPLE | {"content": "Hi {{name}}"}).status_code == 200
    other = client.post("/api/v1/playground/run", json=body | {"model": "demo/writer"}).json()
    again = client.post(SAVE, json={"namespace": "support", "slug": "greeting", "run_id": other["id"]})
    assert (again.status_code, again.json()["version_number"]) == (200, 1)
    refused(client.post(SAVE, json={"namespace": "support", "slug": "greeting", "run_id": str(uuid4())}), 422, "run_id")


def test_a_large_version_is_kept_whole(client: httpx.Client) -> None:
    text = "é" * 500_000
    saved = save(client, content=text)
    assert client.get(f"/api/v1/prompt-versions/{saved['version_id']}").json()["text"] == text
    assert client.post(SAVE, json=EXAMPLE | {"content": text}).status_code == 200
    assert refused(client.post(SAVE, json=EXAMPLE | {"content": text + "x"}), 413)["error"]["code"] == "too_large"


UNSAVABLE: list[tuple[dict[str, Any], str]] = [
    ({"namespace": "Support"}, "namespace"),
    ({"namespace": ""}, "namespace"),
    ({"slug": "-greeting"}, "slug"),
    ({"slug": "a/b"}, "slug"),
    ({"slug": "greeting\n"}, "slug"),
    ({"slug": "g" * 65}, "slug"),
    ({"slug": None}, "slug"),
    ({"content": ""}, "content"),
    ({"content": " \n"}, "content"),
    ({"content": None, "messages": []}, "messages"),
    ({"content": None, "messages": [{"role": "user", "content": " "}]}, "messages"),
    ({"content": None, "messages": [{"role": "nobody", "content": "x"}]}, "messages"),
    ({"content": "\ud800"}, "content"),
    ({"parameters": {"temperature": 3}}, "temperature"),
    ({"default_model": ""}, "default_model"),
    ({"commit_message": "x" * 1001}, "commit_message"),
    ({"contents": "x"}, "contents"),
]


def test_what_cannot_be_saved_names_its_field(client: httpx.Client, subtests: pytest.Subtests) -> None:
    for changes, field in UNSAVABLE:
        with subtests.test(changes=changes):
            body = {name: value for name, value in (EXAMPLE | changes).items() if value is not None}
            response = client.post(SAVE, content=json.dumps(body), headers={"content-type": "application/json"})
            refused(response, 422, field)
    assert client.get(PROMPTS).json()["total"] == 0


def test_exactly_one_content(client: httpx.Client, subtests: pytest.Subtests) -> None:
    for fields in ({}, {"content": "x", "messages": CHAT}, {"content": "x", "run_id": "y"}):
        with subtests.test(fields=fields):
            response = client.post(SAVE, json={"namespace": "support", "slug": "greeting"} | fields)
            assert "exactly one of content, messages and run_id" in refused(response, 422)["error"]["message"]


# --- prompts


def test_a_prompt_made_before_its_versions(client: httpx.Client) -> None:
    body = {"namespace": "billing", "slug": "invoice-parser", "description": "Reads invoices"}
    response = client.post(PROMPTS, json=body)
    assert response.status_code == 201
    prompt = response.json()
    assert prompt == body | {
        "id": prompt["id"],
        "latest_version": None,
        "labels": {},
        "aliases": [],
        "archived": False,
        "author": "local",
        "author_id": "local",
        "created_at": prompt["created_at"],
        "updated_at": prompt["created_at"],
    }
    assert refused(client.post(PROMPTS, json=body), 409)["error"]["code"] == "conflict"
    added = client.post(f"{PROMPTS}/{prompt['id']}/versions", json={"content": "Parse {{invoice_text}}"})
    assert (added.status_code, added.json()["variables"]) == (201, ["invoice_text"])
    again = client.post(f"{PROMPTS}/{prompt['id']}/versions", json={"content": "Parse {{invoice_text}}"})
    assert (again.status_code, again.json()) == (200, added.json())
    latest = client.get(f"{PROMPTS}/{prompt['id']}").json()["latest_version"]
    assert latest == {"version_number": 1, "version_id": added.json()["id"]}


@pytest.mark.parametrize("form", ["id", "encoded", "plain"])
def test_a_prompt_is_found_by_id_and_by_name(client: httpx.Client, form: str) -> None:
    saved = save(client)
    path = {"id": saved["prompt_id"], "encoded": "support%2Fgreeting", "plain": "support/greeting"}[form]
    save(client, content="Greet {{name}}.")
    assert client.get(f"{PROMPTS}/{path}").json()["id"] == saved["prompt_id"]
    assert client.get(f"{PROMPTS}/{path}/versions").json()["total"] == 2
    assert client.get(f"{PROMPTS}/{path}/diff", params={"from": 1, "to": 2}).status_code == 200
    assert client.put(f"{PROMPTS}/{path}/labels/production", json={"version_number": 1}).status_code == 200
    assert client.delete(f"{PROMPTS}/{path}/labels/production").status_code == 204
    assert client.patch(f"{PROMPTS}/{path}", json={"description": "x"}).json()["description"] == "x"
    assert client.delete(f"{PROMPTS}/{path}").status_code == 204


def test_names_that_look_like_routes(client: httpx.Client) -> None:
    for slug in ("versions", "diff"):
        saved = save(client, namespace="labels", slug=slug)
        assert client.get(f"{PROMPTS}/labels/{slug}").json()["id"] == saved["prompt_id"]
        assert client.get(f"{PROMPTS}/labels/{slug}/versions").json()["items"][0]["id"] == saved["version_id"]


def test_what_cannot_name_a_prompt(client: httpx.Client, subtests: pytest.Subtests) -> None:
    save(client)
    for path in ("greeting", "Support%2Fgreeting", "support%2Fgreeting@1", "support%2Fgreeting%0A", "x" * 36):
        with subtests.test(path=path):
            refused(client.get(f"{PROMPTS}/{path}"), 422, "prompt_id")
            refused(client.patch(f"{PROMPTS}/{path}", json={}), 422, "prompt_id")


def test_what_is_not_there(client: httpx.Client) -> None:
    saved = save(client)
    for path in (f"{PROMPTS}/{uuid4()}", f"{PROMPTS}/support%2Ffarewell"):
        for response in (
            client.get(path),
            client.patch(path, json={"description": "x"}),
            client.delete(path),
            client.get(f"{path}/versions"),
            client.post(f"{path}/versions", json={"content": "x"}),
            client.get(f"{path}/diff", params={"from": 1, "to": 1}),
            client.put(f"{path}/labels/production", json={"version_number": 1}),
            client.delete(f"{path}/labels/production"),
        ):
            assert refused(response, 404)["error"]["code"] == "not_found"
    refused(client.get(f"/api/v1/prompt-versions/{uuid4()}"), 404)
    refused(client.get(f"/api/v1/prompt-versions/{saved['prompt_id']}"), 404)
    refused(client.get("/api/v1/prompt-versions/3"), 422, "version_id")


def test_another_tenants_prompts_are_not_there(server: RunningServer) -> None:
    other = asyncio.run(
        server.services.prompts.prompts.save_version(
            caller_of("other"), "support", "greeting", text_draft("Secret {{x}}")
        )
    ).version
    client = server.client
    refused(client.get(f"/api/v1/prompt-versions/{other.id}"), 404)
    refused(client.get(f"{PROMPTS}/{other.prompt_id}"), 404)
    refused(client.get(NAMED), 404)
    assert client.get(PROMPTS).json()["items"] == []
    assert save(client)["prompt_id"] != other.prompt_id
    refused(client.put(f"{NAMED}/labels/production", json={"version_id": other.id}), 422, "version_id")


def test_lists_search_and_pages(client: httpx.Client) -> None:
    for namespace, slug in (("billing", "invoice"), ("billing", "reminder"), ("support", "greeting")):
        body = {"namespace": namespace, "slug": slug, "description": f"For {namespace.upper()} people"}
        assert client.post(PROMPTS, json=body).status_code == 201

    def slugs(**query: Any) -> list[str]:
        return [item["slug"] for item in client.get(PROMPTS, params=query).json()["items"]]

    assert slugs() == ["invoice", "reminder", "greeting"]
    assert slugs(namespace="billing") == ["invoice", "reminder"]
    assert slugs(search="REMIND") == ["reminder"]
    assert slugs(search="support people") == ["greeting"]
    assert slugs(search="g/", namespace="support") == []
    first = client.get(PROMPTS, params={"limit": 2}).json()
    assert {name: first[name] for name in ("total", "limit", "offset")} == {"total": 3, "limit": 2, "offset": 0}
    rest = client.get(PROMPTS, params={"limit": 2, "cursor": first["next_cursor"]}).json()
    assert ([item["slug"] for item in rest["items"]], rest["next_cursor"]) == (["greeting"], None)
    assert slugs(offset=1, limit=1) == ["reminder"]


BAD_PAGES = [
    ({"limit": 0}, "limit"),
    ({"limit": "x"}, "limit"),
    ({"offset": -1}, "offset"),
    ({"offset": 1001}, "offset"),
    ({"page": 2}, "page"),
]


def test_pages_out_of_range(client: httpx.Client, subtests: pytest.Subtests) -> None:
    save(client)
    for path in (PROMPTS, f"{NAMED}/versions"):
        for query, field in BAD_PAGES:
            with subtests.test(path=path, query=query):
                refused(client.get(path, params=query), 422, field)


@pytest.mark.parametrize("path", [PROMPTS, f"{NAMED}/versions"])
def test_a_cursor_of_another_list(client: httpx.Client, path: str) -> None:
    for number in range(3):
        save(client, content=f"{number}")
        save(client, slug=f"other{number}")
    cursor = client.get(f"{NAMED}/versions", params={"limit": 1}).json()["next_cursor"]
    params = {"cursor": cursor, "search": "x"} if path == PROMPTS else {"cursor": cursor[:-2] + "xx"}
    refused(client.get(path, params=params), 400)
    refused(client.get(path, params={"cursor": "nonsense"}), 400)


def test_a_bad_namespace_to_list(client: httpx.Client) -> None:
    refused(client.get(PROMPTS, params={"namespace": "Billing"}), 422, "namespace")


def test_archive_and_restore(client: httpx.Client) -> None:
    saved = save(client)
    assert client.delete(NAMED).status_code == 204
    assert client.delete(NAMED).status_code == 204
    assert client.get(PROMPTS).json()["total"] == 0
    [item] = client.get(PROMPTS, params={"archived": True}).json()["items"]
    assert (item["id"], item["archived"]) == (saved["prompt_id"], True)
    assert client.get(f"/api/v1/prompt-versions/{saved['version_id']}").json()["text"] == EXAMPLE["content"]
    run = {"model": "demo/echo", "prompt_id": "support/greeting"}
    assert client.post("/api/v1/playground/run", json=run).json()["output"] == EXAMPLE["content"]
    for response in (
        client.post(SAVE, json=EXAMPLE | {"content": "another"}),
        client.post(f"{NAMED}/versions", json={"content": "another"}),
        client.post(PROMPTS, json={"namespace": "support", "slug": "greeting"}),
        client.put(f"{NAMED}/labels/production", json={"version_number": 1}),
    ):
        assert "archived" in refused(response, 409)["error"]["message"]
    assert client.patch(NAMED, json={"archived": False}).json()["archived"] is False
    assert save(client, content="another")["version_number"] == 2


def test_patch_changes_only_what_it_names(client: httpx.Client) -> None:
    save(client)
    assert client.patch(NAMED, json={"description": "Greets"}).json()["description"] == "Greets"
    archived = client.patch(NAMED, json={"archived": True}).json()
    assert (archived["description"], archived["archived"]) == ("Greets", True)
    assert client.patch(NAMED, json={}).json() == archived
    assert client.patch(NAMED, json={"description": None}).json()["description"] is None
    refused(client.patch(NAMED, json={"slug": "other"}), 422, "slug")
    refused(client.patch(NAMED, json={"description": "x" * 1001}), 422, "description")


# --- versions, labels, diff


def test_versions_newest_first(client: httpx.Client) -> None:
    for number in range(1, 6):
        save(client, content=f"Greet {number}", commit_message=f"change {number}")
    first = client.get(f"{NAMED}/versions", params={"limit": 2}).json()
    assert [item["commit_message"] for item in first["items"]] == ["change 5", "change 4"]
    assert "text" not in first["items"][0]
    assert first["total"] == 5
    second = client.get(f"{NAMED}/versions", params={"limit": 2, "cursor": first["next_cursor"]}).json()
    assert [item["version_number"] for item in second["items"]] == [3, 2]
    by_offset = client.get(f"{NAMED}/versions", params={"limit": 2, "offset": 4}).json()
    assert ([item["version_number"] for item in by_offset["items"]], by_offset["next_cursor"]) == ([1], None)


def test_labels_point_and_move(client: httpx.Client) -> None:
    versions = [save(client, content=f"Greet {number}") for number in (1, 2)]
    path = f"{NAMED}/labels/production"
    made = client.put(path, json={"version_number": 1}).json()
    assert made["labels"] == {"production": {"version_number": 1, "version_id": versions[0]["version_id"]}}
    moved = client.put(path, json={"version_id": versions[1]["version_id"]}).json()
    assert moved["labels"]["production"]["version_number"] == 2
    assert client.delete(path).status_code == 204
    refused(client.delete(path), 404)
    assert client.get(NAMED).json()["labels"] == {}


BAD_LABELS: list[tuple[str, dict[str, Any], int, str | None]] = [
    ("production", {}, 422, "body"),
    ("production", {"version_number": 1, "version_id": str(uuid4())}, 422, "body"),
    ("production", {"version_number": 0}, 422, "version_number"),
    ("production", {"version_number": 2}, 422, "version_number"),
    ("production", {"version_number": 99_999_999_999}, 422, "version_number"),
    ("production", {"version_id": "x"}, 422, "version_id"),
    ("Production", {"version_number": 1}, 422, "label"),
    ("12", {"version_number": 1}, 422, "label"),
    ("l" * 65, {"version_number": 1}, 422, "label"),
]


def test_labels_that_cannot_be_set(client: httpx.Client, subtests: pytest.Subtests) -> None:
    save(client)
    for label, body, status, field in BAD_LABELS:
        with subtests.test(label=label, body=body):
            refused(client.put(f"{NAMED}/labels/{label}", json=body), status, field)
    assert client.get(NAMED).json()["labels"] == {}


def test_a_label_on_another_prompts_version(client: httpx.Client) -> None:
    save(client)
    other = save(client, slug="farewell")
    response = client.put(f"{NAMED}/labels/production", json={"version_id": other["version_id"]})
    refused(response, 422, "version_id")


def test_a_prompt_has_so_many_labels(client: httpx.Client) -> None:
    save(client)
    for number in range(50):
        response = client.put(f"{NAMED}/labels/l{number}", json={"version_number": 1})
        assert response.status_code == 200
    refused(client.put(f"{NAMED}/labels/one-more", json={"version_number": 1}), 409)
    assert client.put(f"{NAMED}/labels/l7", json={"version_number": 1}).status_code == 200


def test_a_diff(client: httpx.Client) -> None:
    saved = save(client, content="Greet {{name}}.", default_model="gpt-4o")
    save(client, content="Greet {{name}}\nin {{tone}}.", parameters={"temperature": 0.1})
    assert client.get(f"{NAMED}/diff", params={"from": 1, "to": 2}).json() == {
        "prompt_id": saved["prompt_id"],
        "from": 1,
        "to": 2,
        "text": "@@ -1 +1,2 @@\n-Greet {{name}}.\n+Greet {{name}}\n+in {{tone}}.",
        "messages": None,
        "variables_added": ["tone"],
        "variables_removed": [],
        "settings": {"default_model": {"from": "gpt-4o", "to": None}, "temperature": {"from": None, "to": 0.1}},
    }


def test_a_diff_of_chats(client: httpx.Client) -> None:
    save(client, content=None, messages=CHAT)
    save(client, content=None, messages=[CHAT[0] | {"content": "Be brief."}, CHAT[1]])
    diff = client.get(f"{NAMED}/diff", params={"from": 2, "to": 1}).json()
    assert [change["change"] for change in diff["messages"]] == ["changed", "same"]
    assert "-Be brief." in diff["messages"][0]["diff"]
    assert diff["variables_added"] == ["company_name"]


BAD_DIFFS: list[tuple[dict[str, Any], int, str | None]] = [
    ({"from": 1}, 422, "to"),
    ({"from": 0, "to": 1}, 422, "from"),
    ({"from": 1, "to": "two"}, 422, "to"),
    ({"from": 1, "to": 2}, 404, None),
    ({"from": 1, "to": 10**40}, 404, None),
]


def test_a_diff_of_what_is_not_there(client: httpx.Client, subtests: pytest.Subtests) -> None:
    save(client)
    for query, status, field in BAD_DIFFS:
        with subtests.test(query=query):
            refused(client.get(f"{NAMED}/diff", params=query), status, field)
