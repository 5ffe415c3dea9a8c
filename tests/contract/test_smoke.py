"""`make smoke`: what it prints of a server that does all it should, and of some that do not."""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from promptyard.domain.account.access import Role
from scripts import smoke
from tests.support.doubles.tenancy import Tenancy
from tests.support.servers.server import RunningServer


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smoke, "WORD_MS", 10)


def told(output: str) -> dict[str, str]:
    """What was told of each check, by its name."""
    found = re.findall(r"^(.*?)  +(held|NOT HELD|–) +[0-9.]+ s  (.*)$", output, re.MULTILINE)
    return {name: f"{held}: {seen}" for name, held, seen in found}


def test_of_a_whole_server_all_of_it_holds(tenancy: Tenancy, capsys: pytest.CaptureFixture[str]) -> None:
    key = tenancy.key("acme", Role.MEMBER)
    assert smoke.main(tenancy.server.url, key) == 0
    seen = told(capsys.readouterr().out)
    assert list(seen) == list(smoke.CHECKS)
    not_tried = {name for name, words in seen.items() if words.startswith("–")}
    assert not_tried == {"a benchmark's event comes on the bus", "a function starts from its snapshot"}
    assert all(words.startswith("held") for name, words in seen.items() if name not in not_tried), seen
    assert key not in json.dumps(seen)
    left = tenancy.request("GET", "/api/v1/datasets", key).json()["items"]
    assert left == []


def test_nobody_is_a_stranger_to_an_open_server(server: RunningServer) -> None:
    with smoke.Deployment(server.url, "") as deployment:
        row = smoke.tried("a stranger is refused", smoke.strangers_are_refused, deployment)
    assert (row.held, row.seen) == (None, "not tried")


@contextmanager
def in_front(url: str) -> Iterator[str]:
    """A gateway that hands an answer on when all of it is there, and refuses in a form of its own."""

    class Gateway(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if len(body) > 3_500_000:
                self._answer(413, b'{"message": "Request Too Long"}', {})
                return
            headers = {"content-type": self.headers["content-type"]}
            whole = httpx.post(url + self.path, content=body, headers=headers, timeout=30, trust_env=False)
            self._answer(whole.status_code, whole.content, {"x-run-id": whole.headers.get("x-run-id", "")})

        def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in {**headers, "content-length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Gateway) as gateway:
        thread = threading.Thread(target=gateway.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{gateway.server_port}"
        gateway.shutdown()
        thread.join()


def test_a_gateway_that_buffers_and_has_errors_of_its_own_is_found_out(server: RunningServer) -> None:
    with in_front(server.url) as url, smoke.Deployment(url, "") as deployment:
        streamed = smoke.tried("stream", smoke.streams_piece_by_piece, deployment)
        refused = smoke.tried("413", smoke.refuses_what_is_too_large, deployment)
    with smoke.Deployment("http://127.0.0.1:9", "") as nowhere:
        unreachable = smoke.tried("204", smoke.has_answers_without_a_body, nowhere)
    assert (streamed.held, refused.held, unreachable.held) == (False, False, False)
    assert "of a model that speaks for" in streamed.seen
    assert "Request Too Long" in refused.seen
    assert unreachable.seen.startswith("ConnectError")
