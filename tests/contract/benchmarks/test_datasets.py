"""Datasets over real HTTP."""

from typing import Any

from promptyard.domain.account.access import Role
from tests.support.doubles.tenancy import As, Tenancy
from tests.support.servers.server import RunningServer

DATASETS = "/api/v1/datasets"
NOBODY = "01900000-0000-7000-8000-000000000000"


def made(server: RunningServer, **fields: Any) -> dict[str, Any]:
    response = server.client.post(DATASETS, json={"name": "questions", **fields})
    assert response.status_code == 201, response.text
    dataset: dict[str, Any] = response.json()
    return dataset


def test_a_dataset_is_made_found_changed_and_deleted(server: RunningServer) -> None:
    dataset = made(server, description="Of support")
    assert (dataset["name"], dataset["description"]) == ("questions", "Of support")
    assert (dataset["playgroundId"], dataset["latest_version"], dataset["created_by"]) == (None, None, "local")
    path = f"{DATASETS}/{dataset['id']}"
    assert server.client.get(path).json() == dataset

    changed = server.client.patch(path, json={"name": "answers"}).json()
    assert (changed["name"], changed["description"]) == ("answers", "Of support")
    assert changed["updated_at"] > dataset["updated_at"]
    assert server.client.patch(path, json={}).json() == changed

    assert server.client.delete(path).status_code == 204
    assert server.client.delete(path).status_code == 204
    assert server.client.get(path).status_code == 404
    assert server.client.patch(path, json={"name": "again"}).status_code == 404
    assert dataset["id"] not in [item["id"] for item in server.client.get(DATASETS).json()["items"]]


def test_datasets_are_listed_newest_first_by_the_page(server: RunningServer) -> None:
    ids = [made(server, name=f"page {number}")["id"] for number in range(5)]
    found: list[str] = []
    query = "limit=2"
    while query:
        page = server.client.get(f"{DATASETS}?{query}").json()
        found += [item["id"] for item in page["items"]]
        query = f"limit=2&cursor={page['next_cursor']}" if page["next_cursor"] else ""
    assert found[:5] == ids[::-1]
    assert server.client.get(f"{DATASETS}?cursor=none").status_code == 400


def test_a_dataset_may_belong_to_a_playground_that_is_there(server: RunningServer) -> None:
    playground = server.client.post(
        "/api/v2/genai/playgrounds/", json={"name": "p", "description": "", "useCaseId": "u"}
    ).json()
    assert made(server, playgroundId=playground["id"])["playgroundId"] == playground["id"]
    refused = server.client.post(DATASETS, json={"name": "q", "playgroundId": NOBODY})
    assert refused.status_code == 422
    assert refused.json()["detail"][0]["loc"] == ["body", "playgroundId"]


def test_what_is_no_dataset_is_refused_or_not_found(server: RunningServer) -> None:
    for body in ({}, {"name": ""}, {"name": "x" * 257}, {"name": "x", "rows": []}):
        assert server.client.post(DATASETS, json=body).status_code == 422, body
    for dataset_id in (NOBODY, "none", "a b"):
        assert server.client.get(f"{DATASETS}/{dataset_id}").status_code == 404
        assert server.client.delete(f"{DATASETS}/{dataset_id}").status_code == 404


def test_a_viewer_reads_and_a_member_writes_and_both_are_in_the_audit(tenancy: Tenancy) -> None:
    viewer, member = As(tenancy, "acme", Role.VIEWER), As(tenancy, "acme", Role.MEMBER)
    assert viewer("POST", DATASETS, {"name": "q"}).status_code == 403
    dataset = member("POST", DATASETS, {"name": "q"}).json()
    path = f"{DATASETS}/{dataset['id']}"
    assert viewer.get(path) == dataset
    assert viewer("PATCH", path, {"name": "r"}).status_code == 403
    assert viewer("DELETE", path).status_code == 403
    assert member("PATCH", path, {"name": "r"}).status_code == 200
    assert member("DELETE", path).status_code == 204
    acts = As(tenancy, "acme", Role.ADMIN).get("/api/v1/audit")["items"]
    assert [act["action"] for act in acts if act["subject"] == dataset["id"]] == [
        "dataset.deleted",
        "dataset.changed",
        "dataset.created",
    ]
