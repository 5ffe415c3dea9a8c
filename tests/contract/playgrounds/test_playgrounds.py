"""Playgrounds over real HTTP, as the document whose API they speak shows them."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.support.servers.server import RunningServer, StartServer

PLAYGROUNDS = "/api/v2/genai/playgrounds/"
FIELDS = {
    "creationDate",
    "creationUserId",
    "description",
    "id",
    "lastUpdateDate",
    "lastUpdateUserId",
    "llmBlueprintsCount",
    "name",
    "savedLLMBlueprintsCount",
    "useCaseId",
    "userName",
}
SORTS = (
    "name",
    "description",
    "creationUserId",
    "creationDate",
    "lastUpdateUserId",
    "lastUpdateDate",
    "savedLLMBlueprintsCount",
    "llmBlueprintsCount",
)
NOBODY = "01900000-0000-7000-8000-000000000000"

Create = Callable[..., dict[str, Any]]


@pytest.fixture
def create(server: RunningServer) -> Create:
    """Makes a playground."""

    def post(**fields: Any) -> dict[str, Any]:
        body = {"name": "string", "description": "string", "useCaseId": "string", **fields}
        response = server.client.post(PLAYGROUNDS, json=body)
        assert response.status_code == 201, response.text
        created: dict[str, Any] = response.json()
        return created

    return post


def names(server: RunningServer, query: str) -> list[str]:
    response = server.client.get(f"{PLAYGROUNDS}?{query}")
    assert response.status_code == 200, response.text
    return [playground["name"] for playground in response.json()["data"]]


def test_a_playground_is_made_found_edited_and_deleted(server: RunningServer, create: Create) -> None:
    made = create()
    assert made.keys() == FIELDS
    assert (made["name"], made["description"], made["useCaseId"]) == ("string", "string", "string")
    assert (made["llmBlueprintsCount"], made["savedLLMBlueprintsCount"]) == (0, 0)
    assert (made["creationUserId"], made["lastUpdateUserId"], made["userName"]) == ("local", "local", "local")
    assert datetime.fromisoformat(made["creationDate"]).tzinfo is not None
    assert made["creationDate"] == made["lastUpdateDate"]
    path = f"{PLAYGROUNDS}{made['id']}/"
    assert server.client.get(path).json() == made

    edited = server.client.patch(path, json={"description": "new", "name": "newer"})
    assert edited.status_code == 200
    changed = {field for field in FIELDS if edited.json()[field] != made[field]}
    assert changed == {"description", "name", "lastUpdateDate"}
    assert edited.json()["lastUpdateDate"] > made["lastUpdateDate"]
    assert server.client.get(path).json() == edited.json()

    deleted = server.client.delete(path)
    assert (deleted.status_code, deleted.content) == (204, b"")
    assert server.client.get(path).status_code == 404
    assert server.client.patch(path, json={"name": "back"}).status_code == 404
    assert names(server, "") == []


def test_what_is_left_out_or_null_stays(server: RunningServer, create: Create) -> None:
    made = create(name="name", description="description")
    path = f"{PLAYGROUNDS}{made['id']}/"
    assert server.client.patch(path, json={}).json() == made
    assert server.client.patch(path, json={"name": None, "description": None}).json() == made
    assert server.client.patch(path, json={"name": "", "description": None}).json()["name"] == ""


def test_a_repeated_request_finds_done_what_it_asks_for(server: RunningServer, create: Create) -> None:
    path = f"{PLAYGROUNDS}{create()['id']}/"
    first, second = (server.client.patch(path, json={"name": "same"}) for _ in range(2))
    assert first.status_code == second.status_code == 200
    assert {**first.json(), "lastUpdateDate": ""} == {**second.json(), "lastUpdateDate": ""}
    assert [server.client.delete(path).status_code for _ in range(3)] == [204, 204, 204]
    assert server.client.get(path).status_code == 404


@pytest.mark.parametrize("playground", [NOBODY, "string", "a" * 3000, "%23", "..%2f..", "%F0%9F%8C%B3"])
@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_what_is_not_there_is_a_404(server: RunningServer, method: str, playground: str) -> None:
    body = {"json": {"name": "x"}} if method == "PATCH" else {}
    response = server.client.request(method, f"{PLAYGROUNDS}{playground}/", **body)
    assert response.status_code == 404
    assert response.json()["error"]["code"] == "not_found"


def test_every_path_answers_without_its_last_slash_too(server: RunningServer, create: Create) -> None:
    body = {"name": "n", "description": "d", "useCaseId": "u"}
    created = server.client.post(PLAYGROUNDS.rstrip("/"), json=body)
    assert created.status_code == 201
    path = f"{PLAYGROUNDS}{created.json()['id']}"
    assert server.client.get(PLAYGROUNDS.rstrip("/")).json()["totalCount"] == 1
    assert server.client.get(path).json() == created.json()
    assert server.client.patch(path, json={"name": "m"}).json()["name"] == "m"
    assert server.client.delete(path).status_code == 204


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "description"),
        ({"name": "n", "useCaseId": "u"}, "description"),
        ({"description": "d", "useCaseId": "u"}, "name"),
        ({"name": "n", "description": "d"}, "useCaseId"),
        ({"name": "n" * 5001, "description": "d", "useCaseId": "u"}, "name"),
        ({"name": "n", "description": "d" * 5001, "useCaseId": "u"}, "description"),
        ({"name": "n", "description": "d", "useCaseId": "u" * 5001}, "useCaseId"),
        ({"name": None, "description": "d", "useCaseId": "u"}, "name"),
        ({"name": 7, "description": "d", "useCaseId": "u"}, "name"),
        ({"name": "n", "description": "d", "useCaseId": "u", "usecaseid": "u"}, "usecaseid"),
    ],
)
def test_a_bad_playground_is_a_422_that_names_the_field(server: RunningServer, body: Any, field: str) -> None:
    response = server.client.post(PLAYGROUNDS, json=body)
    assert response.status_code == 422
    detail = response.json()["detail"][0]
    assert detail["loc"] == ["body", field]
    assert detail.keys() == {"loc", "msg", "type"}
    assert names(server, "") == []


def test_names_and_descriptions_of_5000_characters_are_taken(server: RunningServer, create: Create) -> None:
    made = create(name="😀" * 5000, description="é" * 5000)
    assert server.client.get(f"{PLAYGROUNDS}{made['id']}/").json() == made
    assert server.client.patch(f"{PLAYGROUNDS}{made['id']}/", json={"name": "n" * 5001}).status_code == 422


def test_a_list_of_them(server: RunningServer, create: Create) -> None:
    for number in range(5):
        create(name=f"n{number}")
    answer = server.client.get(PLAYGROUNDS).json()
    assert answer.keys() == {"count", "data", "next", "previous", "totalCount"}
    assert (answer["count"], answer["totalCount"], answer["next"], answer["previous"]) == (5, 5, None, None)
    assert [item["name"] for item in answer["data"]] == ["n4", "n3", "n2", "n1", "n0"]
    assert all(item.keys() == FIELDS for item in answer["data"])


def test_pages_lead_to_one_another(server: RunningServer, create: Create) -> None:
    for number in range(7):
        create(name=f"page {number}", useCaseId="u1")
    create(name="page of another", useCaseId="other")
    url: str | None = f"{PLAYGROUNDS}?useCaseId=u1&useCaseId=u2&search=PAGE&sort=name&limit=3"
    seen: list[str] = []
    previous: list[str | None] = []
    while url is not None:
        page = server.client.get(url).json()
        assert page["totalCount"] == 7
        seen += [item["name"] for item in page["data"]]
        previous.append(page["previous"])
        url = page["next"]
        assert url is None or url.startswith(f"{server.url}{PLAYGROUNDS}?")
    assert seen == [f"page {number}" for number in range(7)]
    assert [link is None for link in previous] == [True, False, False]
    query = parse_qs(urlsplit(previous[2] or "").query)
    assert query == {
        "useCaseId": ["u1", "u2"],
        "search": ["PAGE"],
        "sort": ["name"],
        "offset": ["3"],
        "limit": ["3"],
    }
    assert [item["name"] for item in server.client.get(str(previous[1])).json()["data"]] == seen[:3]
    assert server.client.get(f"{PLAYGROUNDS}?offset=2&limit=5").json()["previous"].endswith("?offset=0&limit=5")


def test_past_the_end_there_is_an_empty_page(server: RunningServer, create: Create) -> None:
    create()
    page = server.client.get(f"{PLAYGROUNDS}?offset=50").json()
    assert (page["count"], page["data"], page["next"], page["totalCount"]) == (0, [], None, 1)


def test_use_cases_and_search_narrow(server: RunningServer, create: Create) -> None:
    for name, use_case in (("Straße", "u1"), ("street", "u2"), ("STRASSE 2", "u3")):
        create(name=name, useCaseId=use_case)
    assert names(server, "useCaseId=u1&useCaseId=u3&sort=name") == ["Straße", "STRASSE 2"]
    assert names(server, "useCaseId=u2") == ["street"]
    assert names(server, "useCaseId=nothing") == []
    assert names(server, "search=strasse&sort=name") == ["Straße", "STRASSE 2"]
    assert names(server, "search=TREET") == ["street"]
    assert names(server, "search=str&useCaseId=u2") == ["street"]


@pytest.mark.parametrize("sort", SORTS)
def test_every_sort_orders_both_ways(server: RunningServer, create: Create, sort: str) -> None:
    for name, description in (("b", "3"), ("A", "2"), ("c", "1"), ("B", "2")):
        create(name=name, description=description)
    oldest = server.client.get(f"{PLAYGROUNDS}?sort=creationDate").json()["data"][0]["id"]
    server.client.patch(f"{PLAYGROUNDS}{oldest}/", json={"name": "b", "description": "3"})
    rising = server.client.get(f"{PLAYGROUNDS}?sort={sort}").json()["data"]
    falling = server.client.get(f"{PLAYGROUNDS}?sort=-{sort}").json()["data"]
    assert falling == rising[::-1]
    values = [str(item[sort]).casefold() for item in rising]
    assert values == sorted(values)
    expected = {
        "name": ["A", "b", "B", "c"],
        "description": ["c", "A", "B", "b"],
        "lastUpdateDate": ["A", "c", "B", "b"],
    }
    assert [item["name"] for item in rising] == expected.get(sort, ["b", "A", "c", "B"])


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=many", "limit"),
        ("offset=-1", "offset"),
        ("sort=size", "sort"),
        ("sort=--name", "sort"),
        ("usecaseid=u", "usecaseid"),
    ],
)
def test_a_bad_query_is_a_422_that_names_the_parameter(server: RunningServer, query: str, field: str) -> None:
    response = server.client.get(f"{PLAYGROUNDS}?{query}")
    assert response.status_code == 422
    assert response.json()["detail"][0]["loc"] == ["query", field]


def test_another_server_over_the_same_store_knows_them(start_server: StartServer) -> None:
    first, second = start_server({}), start_server({})
    body = {"name": "n", "description": "d", "useCaseId": "u"}
    made = first.client.post(PLAYGROUNDS, json=body).json()
    assert second.client.get(f"{PLAYGROUNDS}{made['id']}/").json() == made


def test_blocked_content_is_kept_where_the_playground_says_so(server: RunningServer, create: Create) -> None:
    made = create(keepBlocked=True)
    assert made["keepBlocked"] is True
    path = f"{PLAYGROUNDS}{made['id']}/"
    assert server.client.patch(path, json={"keepBlocked": False}).json().keys() == FIELDS
    assert server.client.patch(path, json={"keepBlocked": True}).json() == server.client.get(path).json()
