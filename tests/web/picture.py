"""`python -m tests.web.picture` makes docs/page.png, README's picture: two finished answers of the demo."""

import shutil
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.support.servers.processes import server_process
from tests.web.playing import choose, column, run

PICTURE = Path(__file__).parents[2] / "docs" / "page.png"
SIZE = {"width": 1440, "height": 720}
ARGS = ["--no-sandbox", "--disable-lcd-text", "--font-render-hinting=none"]


def main() -> None:
    with server_process() as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGS)
        page = browser.new_context(base_url=server, viewport=SIZE, color_scheme="light").new_page()
        choose(page, "demo/writer", "demo/thinker")
        run(page)
        column(page, 2).locator("summary").click()
        column(page, 1).get_by_role("button", name="Better").click()
        page.get_by_role("heading", name="Prompt").click()
        page.screenshot(path=PICTURE)
        browser.close()


if __name__ == "__main__":
    main()
