"""docs/examples/javascript in a browser: a page of another origin, which the server lets in."""

from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import Browser, expect

from tests.support.servers.processes import server_process

FOLDER = Path(__file__).parents[2] / "docs" / "examples" / "javascript"


class Handler(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def origin() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(FOLDER)))
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_page_of_ones_own_streams(browser: Browser, origin: str) -> None:
    with server_process({"PROMPTYARD_CORS_ORIGINS": origin}) as url:
        page = browser.new_page()
        page.goto(f"{origin}/browser.html?PROMPTYARD_URL={url}")
        expect(page.locator("#end")).to_have_text("83 tokens")
        expect(page.locator("#answer")).to_contain_text("You asked: “Explain event loops.”")
        page.close()
