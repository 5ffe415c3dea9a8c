"""What the page weighs, and how it keeps up: figures that must hold on a quiet machine are `hard`."""

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.web.playing import choose, record, shown_id, slow_down, start, text_of, write

STATIC = Path(__file__).parents[2] / "functions" / "web" / "static"
FIRST_LOAD_BYTES = 100_000
USABLE_MS = 1000
MOST_LATE = 0.01
TRIES = 3
WORDS = int(os.environ.get("PAGE_WORDS", "2000"))
"""Of each of the six answers of the hard test: at 200 a second."""

FRAMES = """() => {
    window.frames_ = [];
    let last = performance.now();
    const look = (now) => {
        window.frames_.push(now - last);
        last = now;
        window.looking = requestAnimationFrame(look);
    };
    window.looking = requestAnimationFrame(look);
}"""


def test_the_first_load_is_light(page: Page, context: BrowserContext) -> None:
    """Everything that a first visit fetches, as it comes over the wire: head and body, compressed."""
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    sizes: list[float] = []
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.goto("/")
    expect(page.locator(".chips .chip")).to_have_count(2)
    page.wait_for_load_state("networkidle")
    print(f"first load: {sum(sizes):,.0f} bytes in {len(sizes)} requests")
    assert len(sizes) > 10
    assert sum(sizes) < FIRST_LOAD_BYTES


def test_what_the_playground_needs_is_fetched_at_once() -> None:
    """A module that is found only when another one was read comes a round trip later: each is named in the page."""
    needed = {"main.js", "play/view.js"}
    waiting = list(needed)
    while waiting:
        name = waiting.pop()
        source = (STATIC / name).read_text()
        for found in re.findall(r'^(?:import|export) [^;]*?from "(\.[^"]+)";', source, re.MULTILINE):
            path = os.path.normpath(os.path.join(os.path.dirname(name), found))
            if path not in needed:
                needed.add(path)
                waiting.append(path)
    page = (STATIC / "index.html").read_text()
    named = set(re.findall(r'<link rel="modulepreload" href="static/([^"]+)"', page))
    assert named == needed - {"main.js"}


def test_six_columns_lose_no_token(page: Page, server: str) -> None:
    six_columns(page, server, words=150)


@pytest.mark.hard
def test_six_columns_at_200_tokens_a_second_keep_their_frames(page: Page, server: str) -> None:
    """The best of three: what else the machine does at the time makes frames late, too."""
    late = []
    for _ in range(TRIES):
        frames = six_columns(page, server, words=WORDS)
        late.append(sum(frame > 50 for frame in frames) / len(frames))
        print(f"{len(frames)} frames, {late[-1]:.2%} over 50 ms, longest {max(frames):.0f} ms")
        if late[-1] <= MOST_LATE:
            break
    assert min(late) <= MOST_LATE


def six_columns(page: Page, server: str, *, words: int) -> list[float]:
    """Six echoes at 200 words a second; the time of each frame, in milliseconds."""
    choose(page, *["demo/echo"] * 6)
    slow_down(page, *[5] * 6)
    ends = [".\n\n"] + ["."] * 8
    write(page, " ".join(f"word-{number}{ends[number % len(ends)]}" for number in range(words)))
    page.evaluate(FRAMES)
    start(page)
    shown = page.locator('answer-column[aria-busy="true"]')
    expect(page.locator("answer-column")).to_have_count(6)
    expect(shown).to_have_count(0, timeout=(words * 20) + 60_000)
    frames: list[float] = page.evaluate("() => { cancelAnimationFrame(window.looking); return window.frames_; }")
    runs = record(server, shown_id(page))
    assert [text_of(page, number) for number in range(1, 7)] == [each["output"] for each in runs]
    assert all(each["tokens"]["completion"] == words for each in runs)
    return frames


@pytest.mark.hard
def test_it_can_be_used_within_a_second(browser: Browser, server: str) -> None:
    """From the address to a Run button that has the focus, each time in a browser that has nothing of it yet; the best
    of three."""
    took = []
    for _ in range(TRIES):
        with browser.new_context() as context:
            page = context.new_page()
            page.goto(server)
            page.wait_for_function("document.activeElement?.classList.contains('run')")
            took.append(page.evaluate("performance.now()"))
    print(f"usable after {min(took):.0f} ms at best, {max(took):.0f} ms at worst")
    assert min(took) < USABLE_MS
