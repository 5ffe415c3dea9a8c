"""The playground, as a person uses it: writing, running, comparing."""

import json
import re

from playwright.sync_api import Page, expect

from tests.web.conftest import CheckAccess, Watched
from tests.web.playing import (
    PROMPT,
    choose,
    column,
    record,
    run,
    set_extra,
    shown_id,
    slow_down,
    start,
    text_of,
    wait_for_end,
    write,
)

LONG = " ".join(f"word{number}" for number in range(400))


def test_the_first_click_streams_two_columns(page: Page, server: str, accessible: CheckAccess) -> None:
    page.goto("/")
    expect(page.locator("button.run.primary")).to_be_focused()
    page.keyboard.press("Enter")
    wait_for_end(page)
    expect(page.locator("answer-column")).to_have_count(2)
    assert "event loops" in text_of(page, 2)
    foot = column(page, 1).locator(".measures").inner_text()
    assert re.fullmatch(r"TTFT [\d.]+ s \d+ tok/s 14 → 92 tok \$0", foot.replace("\n", " "))
    expect(column(page, 1).locator(".state")).to_contain_text("Done")
    expect(page.locator(".marks", has_text="Fastest")).to_have_count(1)
    assert [text_of(page, number) for number in (1, 2)] == [each["output"] for each in record(server, shown_id(page))]
    accessible(page)


def test_variables_are_found_as_one_types_and_filled_beside(page: Page) -> None:
    page.goto("/")
    write(page, "Say {{greeting}} to {{ name }} and \\{{this}}.")
    page.get_by_label("Value of greeting").fill("ho {{name}}")
    page.get_by_label("Value of name").fill("Zoë")
    expect(page.locator(".variable")).to_have_count(2)
    run(page)
    assert text_of(page, 2) == "Say ho {{name}} to Zoë and {{this}}."
    write(page, "No {{1st}} here")
    expect(page.locator(".variables")).to_contain_text("is no variable's name")


def test_a_conversation_with_a_system_prompt(page: Page, server: str) -> None:
    page.goto("/")
    page.get_by_text("System prompt").click()
    page.get_by_label("System prompt").fill("Be brief.")
    write(page, "One")
    page.get_by_role("button", name="Message", exact=True).click()
    page.get_by_label("Assistant's message 2").fill("Two")
    page.get_by_role("button", name="Message", exact=True).click()
    page.get_by_label("User's message 3").fill("Three")
    run(page)
    assert text_of(page, 2) == "Three"
    sent = record(server, shown_id(page))[0]["messages"]
    assert [(each["role"], each["content"]) for each in sent] == [
        ("system", "Be brief."),
        ("user", "One"),
        ("assistant", "Two"),
        ("user", "Three"),
    ]


def test_an_image_and_a_file_are_sent_and_kept(page: Page, server: str) -> None:
    choose(page, "demo/echo", "demo/writer")
    write(page, "What is it?")
    files = [
        {"name": "dot.png", "mimeType": "image/png", "buffer": b"\x89PNG\r\n\x1a\n"},
        {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"some notes"},
    ]
    page.get_by_label("Files to attach").set_input_files(files)
    expect(page.locator(".chip.file")).to_have_count(2)
    page.reload()
    expect(page.locator(".chip.file")).to_have_count(2)
    run(page)
    parts = record(server, shown_id(page))[0]["messages"][0]["content"]
    assert [part["type"] for part in parts] == ["text", "image_url", "file"]
    assert parts[1]["image_url"]["url"] == "data:image/png;base64,iVBORw0KGgo="
    assert parts[2]["file"]["filename"] == "notes.txt"


def test_models_are_searched_and_chosen_with_price_and_context(page: Page, accessible: CheckAccess) -> None:
    page.goto("/")
    expect(page.locator("button.run.primary")).to_be_focused()  # Only a page that is there hears a key.
    page.keyboard.press("/")
    picker = page.get_by_role("dialog", name="Choose models")
    picker.get_by_label("Search models").fill("gpt-4o-mini")
    row = picker.locator(".models li", has_text="gpt-4o-mini").first
    expect(row).to_contain_text("128K")
    expect(row).to_contain_text("$0.15 / $0.60")
    expect(row).to_contain_text("needs a key")
    accessible(page)
    row.get_by_role("checkbox").check()
    picker.get_by_label("Search models").fill("demo thinker")
    picker.get_by_role("checkbox", name="thinker").check()
    picker.get_by_role("button", name="Use these").click()
    expect(page.locator(".targets li")).to_have_count(4)
    expect(page.locator(".targets li").nth(2)).to_contain_text("128K context")


def test_no_more_than_six_models(page: Page) -> None:
    choose(page, *["demo/echo"] * 6)
    expect(page.get_by_role("button", name="Model", exact=True)).to_be_hidden()


def test_parameters_are_those_that_the_model_takes(page: Page) -> None:
    choose(page, "openai/gpt-4o", "openai/o3", "demo/echo")
    dialog = page.get_by_role("dialog")
    for number, (there, refused) in enumerate([("Temperature", "Reasoning"), ("Reasoning", "Temperature")]):
        page.locator(".targets li").nth(number).get_by_role("button", name="Parameters and key").click()
        expect(dialog.get_by_label(there)).to_be_visible()
        expect(dialog.get_by_label(refused)).to_have_count(0)
        expect(dialog).to_contain_text(f"does not take: {refused}" if number == 0 else refused)
        page.keyboard.press("Escape")
    page.locator(".targets li").nth(2).get_by_role("button", name="Parameters and key").click()
    dialog.get_by_label("Most tokens").fill("3")
    dialog.get_by_role("button", name="Use these").click()
    expect(page.locator(".targets li").nth(2)).to_contain_text("max_tokens 3")


def test_an_error_stands_in_its_column_and_is_retried(page: Page, accessible: CheckAccess, watched: Watched) -> None:
    watched.statuses.add(422)
    choose(page, "demo/echo", "demo/echo")
    set_extra(page, 2, '{"delay_ms": "soon"}')
    run(page)
    trouble = column(page, 2).get_by_role("alert")
    expect(trouble).to_contain_text("delay_ms is a number of milliseconds")
    expect(trouble).to_contain_text("validation")
    expect(trouble).to_contain_text("Change what is named")
    assert "event loops" in text_of(page, 1)
    accessible(page)
    trouble.get_by_role("button", name="Retry").click()
    expect(column(page, 2).get_by_role("alert")).to_contain_text("delay_ms")
    assert "event loops" in text_of(page, 1)


def test_a_request_that_is_wrong_as_a_whole_says_so(page: Page, watched: Watched) -> None:
    watched.statuses.add(422)
    page.goto("/")
    write(page, "No {{1st}} here")
    start(page)
    expect(page.locator(".above").get_by_role("alert")).to_contain_text("validation")


def test_a_model_that_thinks_is_folded_with_its_time(page: Page) -> None:
    choose(page, "demo/thinker", "demo/echo")
    slow_down(page, 40, 1)
    start(page)
    thoughts = column(page, 1).locator("details.thoughts")
    expect(thoughts.locator("summary")).to_contain_text("Thinking for")
    expect(thoughts).not_to_have_attribute("open", "")
    wait_for_end(page)
    expect(thoughts.locator("summary")).to_contain_text(re.compile(r"Thought for [\d.]+ s"))
    thoughts.locator("summary").click()
    expect(thoughts).to_contain_text("weighs nothing")


TOOL = {"name": "weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}


def test_a_tools_call_is_a_card_and_goes_on_with_its_result(page: Page, server: str) -> None:
    choose(page, "demo/writer", "demo/writer")
    page.get_by_text("Tools and schema").click()
    page.get_by_label("Tools", exact=False).first.fill(json.dumps([TOOL]))
    run(page)
    card = column(page, 1).get_by_label("Call of weather")
    expect(card).to_contain_text('"city": "city"')
    column(page, 1).get_by_role("button", name="Go on").click()
    page.get_by_label("Tool result's message 3").fill("22 degrees")
    run(page)
    roles = [message["role"] for message in record(server, shown_id(page))[0]["messages"]]
    assert roles == ["user", "assistant", "tool"]
    assert text_of(page, 1)


def test_go_on_makes_the_answer_the_next_turn(page: Page, server: str) -> None:
    page.goto("/")
    write(page, "Say {{it}} with \\{{braces}}")
    page.get_by_label("Value of it").fill("{{what}}")
    run(page)
    column(page, 2).get_by_role("button", name="Go on").click()
    page.get_by_label("User's message 3").fill("And now {{this}}")
    page.get_by_label("Value of this").fill("that")
    run(page)
    sent = record(server, shown_id(page))[1]["messages"]
    assert [message["content"] for message in sent] == [
        "Say {{what}} with {{braces}}",
        "Say {{what}} with {{braces}}",
        "And now that",
    ]


def test_stop_cancels_at_the_server(page: Page, server: str) -> None:
    choose(page, "demo/echo", "demo/echo")
    slow_down(page, 100, 100)
    write(page, LONG)
    start(page)
    expect(column(page, 1).locator(".text:not(.thought)")).to_contain_text("word3")
    column(page, 1).get_by_role("button", name="Stop this answer").click()
    expect(column(page, 1).locator(".state")).to_contain_text("Stopped")
    expect(column(page, 2).locator(".state")).to_contain_text("Running")
    page.keyboard.press("Escape")
    wait_for_end(page)
    runs = record(server, shown_id(page))
    assert [each["status"] for each in runs] == ["cancelled", "cancelled"]
    assert text_of(page, 1) == runs[0]["output"]


def test_votes_are_kept_with_the_comparison(page: Page, server: str) -> None:
    page.goto("/")
    run(page)
    column(page, 1).get_by_role("button", name="Better").click()
    column(page, 2).get_by_role("button", name="Worse").click()
    expect(column(page, 2).get_by_role("button", name="Worse")).to_have_attribute("aria-pressed", "true")
    assert [each["vote"] for each in record(server, shown_id(page))] == ["better", "worse"]
    page.reload()
    expect(column(page, 1).get_by_role("button", name="Better")).to_have_attribute("aria-pressed", "true")


def test_raw_against_compressed_with_what_it_saves(page: Page) -> None:
    page.goto("/")
    page.get_by_label("What is compared").select_option("full")
    expect(page.locator(".targets li")).to_have_count(1)
    run(page)
    expect(page.locator(".savings")).to_contain_text(re.compile(r"92 → 26 tokens out \(−71\.7%\)"))
    page.reload()
    expect(page.locator("answer-column")).to_have_count(2)
    expect(page.locator(".savings")).to_contain_text("26 tokens out")


def test_two_answers_are_compared_word_by_word(page: Page, accessible: CheckAccess) -> None:
    page.goto("/")
    run(page)
    page.keyboard.press("d")
    dialog = page.get_by_role("dialog", name="Word diff")
    expect(dialog.locator("del").first).to_be_visible()
    expect(dialog.locator("ins").first).to_be_visible()
    expect(dialog.get_by_role("status")).to_contain_text("words taken out")
    accessible(page)


def test_a_column_is_widened_and_reached_by_its_number(page: Page) -> None:
    choose(page, *["demo/echo"] * 6)
    run(page)
    before = column(page, 6).bounding_box()
    page.keyboard.press("6")
    expect(column(page, 6).locator(".said")).to_be_focused()
    expect(column(page, 6)).to_be_in_viewport()
    column(page, 6).get_by_role("button", name="Widen this column").click()
    after = column(page, 6).bounding_box()
    assert before
    assert after
    assert after["width"] > before["width"] + 200


def test_the_keys_are_listed_and_run_by_key(page: Page) -> None:
    page.goto("/")
    page.locator("h1").click()
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keys")
    expect(dialog).to_contain_text("Word diff")
    page.keyboard.press("Escape")
    page.get_by_label(PROMPT).fill("By key d")
    page.get_by_label(PROMPT).press("Control+Enter")
    wait_for_end(page)
    assert text_of(page, 2) == "By key d"


def test_markdown_is_shown_when_asked_for(page: Page) -> None:
    choose(page, "demo/echo", "demo/echo")
    write(page, "# Title\n\n- one\n- **two**\n")
    run(page)
    column(page, 1).get_by_role("button", name="Show as Markdown").click()
    expect(column(page, 1).get_by_role("heading", name="Title")).to_be_visible()
    expect(column(page, 1).locator("li")).to_have_count(2)
    column(page, 1).get_by_role("button", name="Show as Markdown").click()
    assert text_of(page, 1).startswith("# Title")
