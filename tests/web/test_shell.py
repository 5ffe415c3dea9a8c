"""The page itself: it starts, below a stage's name too, and is not shown what it may not have."""

import threading
from collections.abc import Iterator
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.web.conftest import CheckAccess, Watched

STAGE = "/prod"


@pytest.fixture
def stage(server: str) -> Iterator[str]:
    """The server below a stage's name, as API Gateway has it."""
    host = urlsplit(server).netloc

    class Gateway(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            if not self.path.startswith(f"{STAGE}/"):
                self.send_error(403)
                return
            upstream = HTTPConnection(host)
            upstream.request("GET", self.path.removeprefix(STAGE), headers={"accept": self.headers["accept"]})
            answer = upstream.getresponse()
            body = answer.read()
            upstream.close()
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in {"transfer-encoding", "content-length", "date"}:
                    self.send_header(name, value)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Says nothing."""

    gateway = ThreadingHTTPServer(("127.0.0.1", 0), Gateway)
    thread = threading.Thread(target=gateway.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{gateway.server_port}{STAGE}/"
    gateway.shutdown()
    thread.join()
    gateway.server_close()


def test_it_starts_and_is_accessible(page: Page, accessible: CheckAccess) -> None:
    page.goto("/")
    expect(page.get_by_role("navigation", name="Views")).to_be_visible()
    expect(page.locator("#main > *")).to_be_visible()
    accessible(page)


def test_it_works_below_a_stages_name(page: Page, stage: str, watched: Watched) -> None:
    watched.host = urlsplit(stage).netloc
    page.goto(stage)
    expect(page.locator("#main > *")).to_be_visible()
    models = page.evaluate(
        """async () => { const { api } = await import(new URL("lib/api.js", document.querySelector("script").src));
                         return api("api/v1/models", { query: { limit: 1 } }); }"""
    )
    assert models["total"] > 0


@pytest.mark.parametrize(
    "attempt",
    [
        "document.body.insertAdjacentHTML('beforeend', '<img onerror=alert(1)>')",
        "document.body.setAttribute('onclick', 'alert(1)')",
        "document.createElement('script').src = 'data:text/javascript,alert(1)'",
        "document.write('x')",
        "setTimeout('alert(1)')",
        "trustedTypes.createPolicy('another', { createHTML: (text) => text })",
    ],
)
def test_markup_and_scripts_out_of_texts_are_refused(page: Page, watched: Watched, attempt: str) -> None:
    page.goto("/")
    assert page.evaluate(f"() => {{ try {{ {attempt}; return false; }} catch (error) {{ return true; }} }}")
    watched.complaints.clear()
