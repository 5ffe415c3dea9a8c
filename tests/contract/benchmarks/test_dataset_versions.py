"""Versions of datasets, and their rows, over real HTTP."""

import csv
import io
import json
from typing import Any

import pytest

from promptyard.domain.account.access import Role
from tests.support.doubles.tenancy import As, Tenancy
from tests.support.servers.server import RunningServer

DATASETS = "/api/v1/datasets"
NDJSON = {"content-type": "application/x-ndjson"}
NOBODY = "01900000-0000-7000-8000-000000000000"
RUN = "/api/v1/playground/run"


@pytest.fixture
def dataset(server: RunningServer) -> str:
    """The path of an empty one."""
    return f"{DATASETS}/{server.client.post(DATASETS, json={'name': 'questions'}).json()['id']}"


def lines(count: int, first: int = 1) -> str:
    numbers = range(first, first + count)
    return "".join(f'{{"question": "q{number}", "answer": "a{number}"}}\n' for number in numbers)


def add(server: RunningServer, dataset: str, content: str | bytes, query: str = "", **headers: str) -> dict[str, Any]:
    response = server.client.post(
        f"{dataset}/versions{query}",
        content=content,
        headers=NDJSON | {k.replace("_", "-"): v for k, v in headers.items()},
    )
    assert response.status_code == 201, response.text
    version: dict[str, Any] = response.json()
    return version


def rows(server: RunningServer, dataset: str, query: str = "limit=100") -> list[dict[str, Any]]:
    response = server.client.get(f"{dataset}/rows?{query}")
    assert response.status_code == 200, response.text
    found: list[dict[str, Any]] = response.json()["items"]
    return found


def test_a_file_is_a_version_with_the_mapping_that_was_used(server: RunningServer, dataset: str) -> None:
    version = add(server, dataset, lines(3))
    assert (version["number"], version["format"], version["row_count"], version["skipped"]) == (1, "jsonl", 3, 0)
    assert version["mapping"] == {"question": "variables.question", "answer": "reference"}
    assert version["variables"] == ["question"]
    assert server.client.get(dataset).json()["latest_version"] == 1
    first = rows(server, dataset)[0]
    assert first == {
        "id": f"{version['id']}-1",
        "number": 1,
        "variables": {"question": "q1"},
        "messages": None,
        "reference": "a1",
        "documents": [],
        "tags": [],
        "metadata": {},
    }


@pytest.mark.parametrize(
    ("content", "content_type", "query"),
    [
        ("question,answer\nq1,a1\n", "text/csv", ""),
        ("question,answer\nq1,a1\n", "text/csv; charset=utf-8", ""),
        ("question,answer\nq1,a1\n", "application/octet-stream", "?format=csv"),
        ("question,answer\nq1,a1\n", "application/octet-stream", ""),
        ('[{"question": "q1", "answer": "a1"}]', "application/json", ""),
        ('[{"question": "q1", "answer": "a1"}]', "text/plain", ""),
        ('{"question": "q1", "answer": "a1"}', "application/json", "?format=jsonl"),
        ('{"q": "q1", "x": "a1"}', "application/x-ndjson", "?map=variables.question=q&map=reference=x"),
    ],
)
def test_the_format_is_asked_for_or_known_by_the_type_or_seen(
    server: RunningServer, dataset: str, content: str, content_type: str, query: str
) -> None:
    version = add(server, dataset, content, query, content_type=content_type)
    assert version["row_count"] == 1
    [row] = rows(server, dataset)
    assert (row["variables"], row["reference"]) == ({"question": "q1"}, "a1")


def test_versions_are_numbered_and_never_change(server: RunningServer, dataset: str) -> None:
    made = [add(server, dataset, lines(count)) for count in (1, 2, 3)]
    assert [version["number"] for version in made] == [1, 2, 3]
    listed = server.client.get(f"{dataset}/versions?limit=2").json()
    assert (listed["items"], listed["total"]) == (made[:0:-1], 3)
    following = server.client.get(f"{dataset}/versions?limit=2&cursor={listed['next_cursor']}").json()
    assert (following["items"], following["next_cursor"]) == (made[:1], None)
    assert [len(rows(server, dataset, f"version={number}")) for number in (1, 2, 3)] == [1, 2, 3]
    assert len(rows(server, dataset)) == 3


def test_rows_are_read_by_the_page_in_their_order(server: RunningServer, dataset: str) -> None:
    wide = "".join(json.dumps({"question": f"q{number} {'x' * 50_000}"}) + "\n" for number in range(1, 31))
    assert add(server, dataset, wide)["row_count"] == 30
    found: list[int] = []
    query = "limit=7"
    while query:
        page = server.client.get(f"{dataset}/rows?{query}").json()
        assert page["total"] == 30
        found += [row["number"] for row in page["items"]]
        assert all(row["variables"]["question"].startswith(f"q{row['number']} ") for row in page["items"])
        query = f"limit=7&cursor={page['next_cursor']}" if page["next_cursor"] else ""
    assert found == list(range(1, 31))
    assert [row["number"] for row in rows(server, dataset, "limit=3&offset=20")] == [21, 22, 23]
    assert server.client.get(f"{dataset}/rows?cursor=none").status_code == 400


def test_a_file_with_bad_lines_is_refused_whole_and_each_is_named(server: RunningServer, dataset: str) -> None:
    good = lines(1)
    response = server.client.post(f"{dataset}/versions", content=good + "no\n" * 150 + good + "[]\n", headers=NDJSON)
    assert response.status_code == 422
    body = response.json()
    assert [mistake["loc"] for mistake in body["detail"]] == [["body", line] for line in range(2, 102)]
    assert body["detail"][0]["type"] == "bad_line"
    assert (body["error"]["code"], body["error"]["bad_lines"]) == ("validation", 151)
    assert server.client.get(f"{dataset}/versions").json()["items"] == []
    assert server.client.get(f"{dataset}/rows").status_code == 404
    assert [
        key
        for key in server.aws.clients.s3().list_objects_v2(Bucket=bucket(server)).get("Contents", [])
        if dataset.rsplit("/", maxsplit=1)[-1] in key["Key"]
    ] == []
    assert add(server, dataset, good)["number"] == 1


def bucket(server: RunningServer) -> str:
    return server.aws.names["PROMPTYARD_RUNS_BUCKET"]


@pytest.mark.parametrize(
    ("content", "headers", "query", "loc"),
    [
        ("", NDJSON, "", ["body", 1]),
        ("{}", {"content-type": "application/json"}, "", ["body"]),
        ('{"upload": false}', {"content-type": "application/json"}, "", ["body"]),
        ('{"upload": true, "more": 1}', {"content-type": "application/json"}, "", ["body"]),
        ('{"q": 1}', NDJSON, "?format=xml", ["query", "format"]),
        ('{"q": 1}', NDJSON, "?map=reference", ["query", "map"]),
        ('{"q": 1}', NDJSON, "?map=reference=gone", ["body", 1]),
        ('{"q": NaN}', NDJSON, "", ["body", 1]),
        ('{"q": "\\ud800"}', NDJSON, "", ["body", 1]),
        ('[{"q": 1}', {"content-type": "application/json"}, "", ["body", 1]),
    ],
)
def test_what_is_no_file_of_rows_is_refused_at_its_place(
    server: RunningServer, dataset: str, content: str, headers: dict[str, str], query: str, loc: list[Any]
) -> None:
    response = server.client.post(f"{dataset}/versions{query}", content=content, headers=headers)
    assert response.status_code == 422, response.text
    assert response.json()["detail"][0]["loc"] == loc


def test_a_body_over_5_mb_is_refused(server: RunningServer, dataset: str) -> None:
    response = server.client.post(f"{dataset}/versions", content=b"x" * 5_000_001, headers=NDJSON)
    assert response.status_code == 413


def test_an_idempotency_key_adds_one_version(server: RunningServer, dataset: str) -> None:
    made = [add(server, dataset, lines(2), idempotency_key=dataset) for _ in range(2)]
    assert made[0] == made[1]
    assert server.client.get(f"{dataset}/versions").json()["total"] == 1
    other = server.client.post(f"{dataset}/versions", content=lines(3), headers=NDJSON | {"idempotency-key": dataset})
    assert other.status_code == 409


def test_runs_become_rows(server: RunningServer, dataset: str) -> None:
    prompt = {"namespace": "rows", "slug": dataset.rsplit("/", maxsplit=1)[-1], "content": "Say {{word}}"}
    saved = server.client.post("/api/v1/playground/save-version", json=prompt).json()
    demo = {"provider": "demo", "model": "echo"}
    ran = [
        server.client.post(RUN, json={**demo, "prompt_id": saved["prompt_id"], "variables": {"word": "yes"}}).json(),
        server.client.post(RUN, json={**demo, "messages": [{"role": "user", "content": "Hi"}]}).json(),
    ]
    response = server.client.post(f"{dataset}/rows", json={"run_ids": [run["id"] for run in ran]})
    assert response.status_code == 201, response.text
    assert (response.json()["format"], response.json()["row_count"], response.json()["number"]) == ("runs", 2, 1)
    first, second = rows(server, dataset)
    assert (first["variables"], first["messages"], first["reference"]) == ({"word": "yes"}, None, "Say yes")
    assert first["metadata"]["run_id"] == ran[0]["id"]
    assert first["metadata"]["version_id"] == saved["version_id"]
    assert (second["variables"], second["reference"]) == ({}, "Hi")
    assert second["messages"] == [{"role": "user", "content": "Hi"}]

    more = server.client.post(f"{dataset}/rows", json={"run_ids": [ran[1]["id"]], "append": True}).json()
    assert (more["number"], more["row_count"]) == (2, 3)
    assert [row["reference"] for row in rows(server, dataset)] == ["Say yes", "Hi", "Hi"]
    alone = server.client.post(f"{dataset}/rows", json={"run_ids": [ran[1]["id"]]}).json()
    assert (alone["number"], alone["row_count"]) == (3, 1)

    missing = server.client.post(f"{dataset}/rows", json={"run_ids": [ran[0]["id"], NOBODY]})
    assert missing.status_code == 422
    assert missing.json()["detail"][0]["loc"] == ["body", "run_ids", 1]
    assert server.client.post(f"{dataset}/rows", json={"run_ids": []}).status_code == 422


@pytest.mark.parametrize("file_format", ["jsonl", "csv"])
def test_what_is_exported_comes_back_the_same(server: RunningServer, dataset: str, file_format: str) -> None:
    sent = [
        {"variables": {"q": "=1+1", "n": 1.5, "yes": True, "empty": ""}, "reference": ["a", "b"], "tags": ["x"]},
        {"variables": {"q": 'a,"b"\r\nc'}, "documents": ["d"], "metadata": {"k": [None, {"deep": 1}]}},
        {"messages": [{"role": "user", "content": "Hi"}], "reference": "[not a list]"},
    ]
    add(server, dataset, json.dumps(sent), content_type="application/json")
    before = rows(server, dataset)
    exported = server.client.get(f"{dataset}/export?format={file_format}")
    assert exported.status_code == 200
    assert f'filename="dataset-v1.{file_format}"' in exported.headers["content-disposition"]
    version = add(server, dataset, exported.content, content_type=exported.headers["content-type"])
    assert version["number"] == 2
    after = rows(server, dataset)
    assert [row | {"id": ""} for row in after] == [row | {"id": ""} for row in before]
    old = server.client.get(f"{dataset}/export?format=jsonl&version=1")
    assert old.content == server.client.get(f"{dataset}/export?version=2").content


def test_no_spreadsheet_takes_a_cell_for_a_formula(server: RunningServer, dataset: str) -> None:
    add(server, dataset, '{"q": "=1+1"}\n{"q": "@x"}\n{"q": "-1"}\n')
    text = server.client.get(f"{dataset}/export?format=csv&bom=true").content.decode("utf-8-sig")
    cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


def test_a_deleted_dataset_leaves_no_rows(server: RunningServer, dataset: str) -> None:
    add(server, dataset, lines(2))
    assert server.client.delete(dataset).status_code == 204
    for path in ("versions", "rows", "export"):
        assert server.client.get(f"{dataset}/{path}").status_code == 404
    assert server.client.post(f"{dataset}/versions", content=lines(1), headers=NDJSON).status_code == 404
    held = server.aws.clients.s3().list_objects_v2(Bucket=bucket(server)).get("Contents", [])
    assert [entry["Key"] for entry in held if dataset.rsplit("/", maxsplit=1)[-1] in entry["Key"]] == []


def test_who_may_only_read_adds_nothing(tenancy: Tenancy) -> None:
    viewer, member = As(tenancy, "acme", Role.VIEWER), As(tenancy, "acme", Role.MEMBER)
    path = f"{DATASETS}/{member('POST', DATASETS, {'name': 'q'}).json()['id']}"
    assert member("POST", f"{path}/versions", [{"question": "q"}]).status_code == 201
    assert viewer("POST", f"{path}/versions", [{"question": "q"}]).status_code == 403
    assert viewer("POST", f"{path}/rows", {"run_ids": [NOBODY]}).status_code == 403
    assert viewer("PUT", f"{path}/uploads/{NOBODY}", [{"question": "q"}]).status_code == 403
    assert len(viewer.get(f"{path}/rows")["items"]) == 1
    assert len(viewer.get(f"{path}/versions")["items"]) == 1
    assert viewer("GET", f"{path}/export").status_code == 200


def test_a_dataset_goes_out_as_a_config_of_promptfoo(server: RunningServer, dataset: str) -> None:
    wide = "".join(json.dumps({"question": f"q{number} {'x' * 20_000}", "answer": "a"}) + "\n" for number in range(30))
    add(server, dataset, wide)  # more than one object holds
    exported = server.client.get(f"{dataset}/export?format=promptfoo")
    assert exported.status_code == 200, exported.text
    config = exported.json()
    assert (config["description"], config["providers"]) == ("questions", ["echo"])
    assert config["prompts"] == ["{{question}}"]
    assert [test["vars"]["question"].split()[0] for test in config["tests"]] == [f"q{number}" for number in range(30)]
    assert config["tests"][0]["vars"]["reference"] == "a"
