"""Files that are uploaded apart, over real HTTP; and what is made of them where S3 has them."""

import json
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from typing import Any

import httpx
import pytest

from promptyard.domain.account.access import Role
from promptyard.storage.table import benchmark_keys
from tests.support.doubles.tenancy import As, Tenancy
from tests.support.servers.server import RunningServer

DATASETS = "/api/v1/datasets"
NOBODY = "01900000-0000-7000-8000-000000000000"


@pytest.fixture
def dataset(server: RunningServer) -> str:
    return f"{DATASETS}/{server.client.post(DATASETS, json={'name': 'large'}).json()['id']}"


def begin(server: RunningServer, dataset: str, query: str = "") -> dict[str, Any]:
    response = server.client.post(f"{dataset}/versions{query}", json={"upload": True})
    assert response.status_code == 202, response.text
    upload: dict[str, Any] = response.json()
    assert (upload["status"], upload["method"], upload["version"]) == ("waiting", "PUT", None)
    return upload


def look(server: RunningServer, dataset: str, upload: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = server.client.get(f"{dataset}/uploads/{upload['id']}").json()
    return found


def test_a_file_over_5_mb_goes_where_the_upload_says(server: RunningServer, dataset: str) -> None:
    upload = begin(server, dataset, "?map=variables.q=text")

    def pieces() -> Iterator[bytes]:
        for number in range(600):
            yield (json.dumps({"text": f"{number} {'x' * 10_000}"}) + "\n").encode()

    taken = httpx.put(upload["url"], content=pieces(), timeout=60)
    assert taken.status_code == 200, taken.text
    assert (taken.json()["status"], taken.json()["version"]) == ("taken", 1)
    assert look(server, dataset, upload) == taken.json()
    [version] = server.client.get(f"{dataset}/versions").json()["items"]
    assert (version["id"], version["row_count"], version["variables"]) == (upload["id"], 600, ["q"])
    assert httpx.put(upload["url"], content=b"{}").status_code == 409


def test_a_bad_file_is_refused_and_the_upload_says_why(server: RunningServer, dataset: str) -> None:
    upload = begin(server, dataset, "?format=csv")
    refused = httpx.put(upload["url"], content=b"question,answer\nq1\nq2,a2\nq3,a,3\n")
    assert refused.status_code == 422
    assert [mistake["loc"] for mistake in refused.json()["detail"]] == [["body", 2], ["body", 4]]
    found = look(server, dataset, upload)
    assert (found["status"], found["bad_count"]) == ("refused", 2)
    assert [bad["line"] for bad in found["bad_lines"]] == [2, 4]
    assert server.client.get(f"{dataset}/versions").json()["total"] == 0


def test_an_upload_that_nobody_began_is_not_found(server: RunningServer, dataset: str) -> None:
    for upload_id in (NOBODY, "none"):
        assert server.client.put(f"{dataset}/uploads/{upload_id}", content=b"{}").status_code == 404
        assert server.client.get(f"{dataset}/uploads/{upload_id}").status_code == 404
    assert server.client.post(f"{DATASETS}/{NOBODY}/versions", json={"upload": True}).status_code == 404


def test_a_file_over_200_mb_is_refused_before_it_comes(server: RunningServer, dataset: str) -> None:
    upload = begin(server, dataset)
    url = httpx.URL(upload["url"])
    with closing(HTTPConnection(url.host, url.port)) as connection:
        connection.putrequest("PUT", url.path)
        connection.putheader("content-length", "200000001")
        connection.endheaders()
        assert connection.getresponse().status == 413


@pytest.mark.parametrize(
    ("content", "version", "bad"),
    [(b'{"question": "q1"}\n{"question": "q2"}\n', 1, 0), (b'{"question": "q1"}\nno\n', None, 1)],
)
def test_the_event_that_a_file_is_there_makes_it_a_version_once(
    tenancy: Tenancy, content: bytes, version: int | None, bad: int
) -> None:
    member = As(tenancy, "acme", Role.MEMBER)
    path = f"{DATASETS}/{member('POST', DATASETS, {'name': 'q'}).json()['id']}"
    upload = member("POST", f"{path}/versions", {"upload": True}).json()
    place = ("acme", path.rsplit("/", maxsplit=1)[-1], upload["id"])
    key = benchmark_keys.upload_object(*place)
    assert benchmark_keys.upload_of_object(key) == place
    assert benchmark_keys.upload_of_object("acme/datasets/x/y/1") is None
    bucket = tenancy.server.aws.names["PROMPTYARD_RUNS_BUCKET"]

    assert tenancy.run(lambda services: services.benchmarks.dataset_uploads.take_upload(*place)) is None
    assert member.get(f"{path}/uploads/{upload['id']}")["status"] == "waiting"  # the file was not there
    tenancy.server.aws.clients.s3().put_object(Bucket=bucket, Key=key, Body=content)
    for _ in range(2):
        made = tenancy.run(lambda services: services.benchmarks.dataset_uploads.take_upload(*place))
        assert (None if made is None else made.number) == version
    found = member.get(f"{path}/uploads/{upload['id']}")
    assert (found["status"], found["bad_count"]) == ("taken" if version else "refused", bad)
    assert member.get(f"{path}/versions")["total"] == (version or 0)
    listed = tenancy.server.aws.clients.s3().list_objects_v2(Bucket=bucket, Prefix=key)
    assert "Contents" not in listed
