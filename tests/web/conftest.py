"""A real server, a real browser, and a page that fails its test with any error, and any request to another host."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, expect, sync_playwright

from scripts.vendor import INSTALLED
from tests.support.servers.processes import server_process
from tests.web.serving import Api

PATIENCE_MS = 30_000
"""The machine may have other things to do."""
expect.set_options(timeout=PATIENCE_MS)
AXE = INSTALLED / "axe-core" / "axe.min.js"
BROKEN_BY_THE_ANSWER = "Failed to load resource: the server responded with a status of "
"""What Chromium says of every answer over 399, whatever the page makes of it."""


@dataclass
class Watched:
    """What a page must not do. `statuses`: those that the test means the server to answer."""

    host: str
    statuses: set[int] = field(default_factory=set)
    complaints: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> None:
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        page.on("request", self._request)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type not in {"error", "warning"}:
            return
        rest = message.text.removeprefix(BROKEN_BY_THE_ANSWER)
        if rest != message.text and int(rest[:3]) in self.statuses:
            return
        self.complaints.append(f"{message.type}: {message.text} ({message.location.get('url')})")

    def _request(self, request: Request) -> None:
        url = urlsplit(request.url)
        if url.scheme not in {"data", "blob"} and url.netloc != self.host:
            self.complaints.append(f"request to {request.url}")


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of a server of this file's tests, its data in memory."""
    with server_process() as url:
        yield url


@pytest.fixture(scope="module")
def api(server: str) -> Iterator[Api]:
    api = Api(server)
    yield api
    api.close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium")
    assert chromium, "no chromium: make test-web"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def watched(server: str) -> Iterator[Watched]:
    watched = Watched(urlsplit(server).netloc)
    yield watched
    assert watched.complaints == []


@pytest.fixture
def context(browser: Browser, server: str, watched: Watched) -> Iterator[BrowserContext]:
    """A browser without a past, wide, in light colours."""
    context = browser.new_context(base_url=server, viewport={"width": 1440, "height": 900}, color_scheme="light")
    context.set_default_timeout(PATIENCE_MS)
    context.on("page", watched.watch)
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


CheckAccess = Callable[[Page], None]


@pytest.fixture(scope="session")
def accessible() -> CheckAccess:
    """Fails for what axe-core finds wrong with the page as it is now."""
    script = Path(AXE).read_text()

    def check(page: Page) -> None:
        page.evaluate(script)
        found = page.evaluate("axe.run().then(result => result.violations)")
        told = [f"{v['id']}: {v['help']}: {node['html'][:200]}" for v in found for node in v["nodes"]]
        assert told == []

    return check
