"""Diffs of versions: patches that turn one into the other, and what else changed."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptyard.domain.models.messages import Message
from promptyard.domain.models.targets import Parameters
from promptyard.domain.prompts.diff import MAX_MATCHED_LINES, MessageChange, PromptDiff, diff
from promptyard.domain.prompts.prompt import PromptContent
from tests.support.samples.sample_prompts import chat_content, version_of


def diff_of(old: PromptContent | str, new: PromptContent | str) -> PromptDiff:
    contents = (PromptContent.of_text(side) if isinstance(side, str) else side for side in (old, new))
    return diff(*(version_of(content, number) for number, content in enumerate(contents, 1)))


def patched(text: str, patch: str) -> str:
    """What `patch -u` makes of the text."""
    before, after, position = text.split("\n"), [], 0
    for line in patch.split("\n") if patch else []:
        if header := re.match(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@", line):
            start = int(header[1]) - (header[2] != "0")
            after += before[position:start]
            position = start
            assert len(after) == int(header[3]) - (header[4] != "0")
        elif line[0] == "+":
            after.append(line[1:])
        else:
            assert before[position] == line[1:]
            position += 1
            if line[0] == " ":
                after.append(line[1:])
    return "\n".join(after + before[position:])


lines = st.lists(st.sampled_from(["a", "b", "c", "", "-", "+ x", " y"]), min_size=1, max_size=30).map("\n".join)


@given(lines, lines)
def test_a_patch_turns_one_text_into_the_other(old: str, new: str) -> None:
    assert patched(old, diff_of(old, new).text) == new


def test_a_unified_diff() -> None:
    old = "\n".join(f"line {number}" for number in range(1, 21))
    new = old.replace("line 2\n", "line two\n").replace("line 15\n", "").replace("line 16", "line 16!")
    assert diff_of(old, new).text == (
        "@@ -1,5 +1,5 @@\n line 1\n-line 2\n+line two\n line 3\n line 4\n line 5\n"
        "@@ -12,8 +12,7 @@\n line 12\n line 13\n line 14\n-line 15\n-line 16\n+line 16!\n line 17\n line 18\n line 19"
    )


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("same", "same", ""),
        ("a", "b", "@@ -1 +1 @@\n-a\n+b"),
        ("a", "a\n", "@@ -1 +1,2 @@\n a\n+"),
        ("a\nb", "b", "@@ -1,2 +1 @@\n-a\n b"),
        ("a\u2028b", "a\u2028c", "@@ -1 +1 @@\n-a\u2028b\n+a\u2028c"),
    ],
)
def test_small_diffs(old: str, new: str, expected: str) -> None:
    assert diff_of(old, new).text == expected


def test_variables_added_and_removed() -> None:
    found = diff_of("{{company}} {{question}}", "{{question}} {{tone}} {{audience}}")
    assert (found.variables_added, found.variables_removed) == (["tone", "audience"], ["company"])
    assert found.messages is None


def test_a_chat_message_by_message() -> None:
    old = chat_content(("system", "Be brief."), ("user", "{{question}}"), ("assistant", "Yes"))
    new = chat_content(("system", "Be kind."), ("user", "{{question}}"))
    found = diff_of(old, new)
    assert found.messages == [
        MessageChange("changed", 0, 0, "@@ -1,2 +1,2 @@\n [system]\n-Be brief.\n+Be kind."),
        MessageChange("same", 1, 1, ""),
        MessageChange("removed", 2, None, "@@ -1,2 +0,0 @@\n-[assistant]\n-Yes"),
    ]
    assert found.text.startswith("@@ -1,8 +1,5 @@\n [system]\n-Be brief.\n+Be kind.\n \n [user]\n {{question}}")


def test_a_message_put_in_between() -> None:
    old = chat_content(("system", "Be brief."), ("user", "{{question}}"))
    new = chat_content(("system", "Be brief."), ("user", "Hello"), ("assistant", "Hi"), ("user", "{{question}}"))
    assert diff_of(old, new).messages == [
        MessageChange("same", 0, 0, ""),
        MessageChange("added", None, 1, "@@ -0,0 +1,2 @@\n+[user]\n+Hello"),
        MessageChange("added", None, 2, "@@ -0,0 +1,2 @@\n+[assistant]\n+Hi"),
        MessageChange("same", 1, 3, ""),
    ]


def test_a_text_beside_a_chat_is_a_message_of_the_users() -> None:
    found = diff_of("{{question}}", chat_content(("system", "Be brief."), ("user", "{{question}}")))
    assert found.messages is not None
    assert [change.change for change in found.messages] == ["added", "same"]


def test_images_and_tool_calls_show() -> None:
    def with_image(url: str) -> PromptContent:
        parts = [{"type": "text", "text": "What is it?"}, {"type": "image_url", "image_url": {"url": url}}]
        call = {"id": "c", "type": "function", "function": {"name": "look", "arguments": "{}"}}
        return PromptContent.of_messages(
            [
                Message.model_validate({"role": "user", "content": parts}),
                Message.model_validate({"role": "assistant", "tool_calls": [call]}),
            ]
        )

    found = diff_of(with_image("https://example.com/a.png"), with_image("https://example.com/b.png"))
    assert "-![](https://example.com/a.png)\n+![](https://example.com/b.png)" in found.text
    assert found.messages is not None
    assert [change.change for change in found.messages] == ["changed", "same"]


def test_settings_that_differ() -> None:
    content = PromptContent.of_text("x")
    old = version_of(content, 1, default_model="gpt-4o", parameters=Parameters(temperature=0.2, max_tokens=10))
    new = version_of(content, 2, parameters=Parameters(max_tokens=10, stop=["END"]))
    assert diff(old, new).settings == {
        "default_model": ("gpt-4o", None),
        "temperature": (0.2, None),
        "stop": (None, ["END"]),
    }
    assert diff(old, old).settings == {}


def test_what_is_too_long_to_match_is_replaced_whole() -> None:
    """A megabyte of lines that match here and there takes difflib minutes."""
    count = 60_000
    old = "head\n" + "\n".join(f"{number}\na{number}" for number in range(count)) + "\ntail"
    new = "head\n" + "\n".join(f"{number}\nb{number}" for number in range(count)) + "\ntail"
    started = time.monotonic()
    found = diff_of(old, new)
    assert time.monotonic() - started < 20
    assert patched(old, found.text) == new
    assert found.text.startswith("@@ -1,120002 +1,120002 @@\n head\n 0\n-a0\n")


def test_a_long_chat_shares_one_bound() -> None:
    """Each message alone is short enough to be matched; all together would take minutes."""
    half = MAX_MATCHED_LINES // 2
    old_text = "\n".join(f"{number}\na{number}" for number in range(half))
    new_text = "\n".join(f"{number}\nb{number}" for number in range(half))
    old = chat_content(*(("user", f"{index}\n{old_text}") for index in range(60)))
    new = chat_content(*(("user", f"{index}\n{new_text}") for index in range(60)))
    started = time.monotonic()
    found = diff_of(old, new)
    assert time.monotonic() - started < 20
    assert found.messages is not None
    assert {change.change for change in found.messages} == {"changed"}
