"""The page and its files over HTTP: what they are sent with, and what a browser may keep."""

import gzip
import re

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.web.files import FOLDER, TYPES
from functions.web.router import POLICY, files
from tests.support.servers.server import RunningServer


def test_the_page_is_at_the_root_and_may_load_nothing_foreign(server: RunningServer) -> None:
    answer = server.client.get("/")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-security-policy"] == POLICY
    assert "unsafe" not in POLICY
    assert "http" not in POLICY
    assert {"default-src 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'"} <= set(
        POLICY.split("; ")
    )
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-cache"
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|https?://", answer.text)


def test_what_the_page_names_is_there_and_may_be_kept_for_good(server: RunningServer) -> None:
    named = _named(server)
    assert named
    for address in named:
        answer = server.client.get(f"/{address}")
        assert answer.status_code == 200, address
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"] == POLICY


def test_under_another_version_a_file_is_as_it_is_now_and_not_kept(server: RunningServer) -> None:
    for address in _named(server):
        other = server.client.get("/" + address.replace(files.version(), "0" * 16))
        assert (other.status_code, other.headers["cache-control"]) == (200, "no-cache")
        assert other.content == server.client.get(f"/{address}").content


def test_who_has_it_is_not_sent_it_again(server: RunningServer) -> None:
    for address in ("", *_named(server)):
        for coding in ("identity", "gzip"):
            asked = {"accept-encoding": coding}
            first = server.client.get(f"/{address}", headers=asked)
            again = server.client.get(f"/{address}", headers={**asked, "if-none-match": first.headers["etag"]})
            assert (again.status_code, again.content) == (304, b"")
            assert again.headers["etag"] == first.headers["etag"]


def test_an_etag_names_the_bytes_that_were_sent(server: RunningServer) -> None:
    plain, packed = (_raw(server, "/", coding) for coding in ("identity", "gzip"))
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.headers["etag"] != plain.headers["etag"]
    assert packed.headers["vary"] == plain.headers["vary"] == "accept-encoding"
    assert gzip.decompress(b"".join(packed.iter_raw())) == plain.read()


@pytest.mark.parametrize(
    "name", ["router.py", "../router.py", "..%2Frouter.py", "styles/", "none.js", "styles/none.css"]
)
def test_what_is_no_file_of_the_page_is_not_found(server: RunningServer, name: str) -> None:
    answer = server.client.get(f"/{FOLDER}{files.version()}/{name}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


@given(st.text(st.sampled_from("abz./\\%-_\0jsc"), max_size=20))
def test_only_files_of_the_page_are_found(name: str) -> None:
    found = files.file(name)
    assert found is None or any(name.endswith(suffix) for suffix in TYPES)
    assert ".." not in name or found is None


def _named(server: RunningServer) -> list[str]:
    """The addresses of its files that stand in the page."""
    return re.findall(rf'"({FOLDER}[^"]+)"', server.client.get("/").text)


def _raw(server: RunningServer, path: str, coding: str) -> httpx.Response:
    request = server.client.build_request("GET", path, headers={"accept-encoding": coding})
    return server.client.send(request, stream=True)
