"""Contents of versions, what counts as the same, and what a list is narrowed to."""

from datetime import UTC, datetime
from typing import Any

import pytest

from promptyard.domain.errors import InvalidRequest, TooLarge
from promptyard.domain.models.messages import Message, user_prompt
from promptyard.domain.models.targets import Parameters
from promptyard.domain.prompts.origin import Template
from promptyard.domain.prompts.prompt import Prompt, PromptContent, PromptFilter, VersionDraft
from tests.support.samples.sample_prompts import chat_content, text_draft, version_of
from tests.support.samples.sample_runs import new_run

IMAGE = {"type": "image_url", "image_url": {"url": "https://example.com/cat.png"}}


def message(role: str, content: Any) -> Message:
    return Message.model_validate({"role": role, "content": content})


def test_variables_keep_the_order_of_first_appearance_over_all_messages() -> None:
    content = chat_content(("system", "For {{company}} in {{tone}}"), ("user", "{{question}} {{ company }} \\{{no}}"))
    assert content.variables() == ["company", "tone", "question"]
    assert PromptContent.of_text("{{b}} {{a}} {{b}}").variables() == ["b", "a"]


@pytest.mark.parametrize(
    "content",
    [
        PromptContent.of_text(""),
        PromptContent.of_text(" \n\t"),
        PromptContent.of_messages([]),
        chat_content(("system", ""), ("user", "  ")),
        PromptContent.of_messages([message("user", [])]),
        PromptContent.of_messages([message("assistant", None)]),
    ],
)
def test_an_empty_content_is_refused_by_its_field(content: PromptContent) -> None:
    with pytest.raises(InvalidRequest) as caught:
        content.check(("body", "content"))
    assert caught.value.loc == ("body", "content")


@pytest.mark.parametrize(
    "content",
    [
        PromptContent.of_text("x"),
        chat_content(("system", ""), ("user", "x")),
        PromptContent.of_messages([message("user", [IMAGE])]),
        PromptContent.of_text("é" * 500_000),
    ],
)
def test_what_says_something_passes(content: PromptContent) -> None:
    content.check(("body", "content"))


def test_more_than_a_megabyte_is_too_large() -> None:
    with pytest.raises(TooLarge):
        PromptContent.of_text("é" * 500_001).check(("body", "content"))
    with pytest.raises(TooLarge):
        chat_content(("user", "x" * 600_000), ("assistant", "x" * 600_000)).check(("body", "messages"))


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"messages": user_prompt("Say hello")}, PromptContent.of_text("Say hello")),
        ({"messages": user_prompt("Hi", "Be brief")}, chat_content(("system", "Be brief"), ("user", "Hi"))),
        (
            {"messages": user_prompt("Hi Bo"), "template": Template(text="Hi {{name}}", variables={"name": "Bo"})},
            PromptContent.of_text("Hi {{name}}"),
        ),
        (
            {"messages": user_prompt("Hi Bo", "Be brief"), "template": Template(text="Hi {{name}}")},
            chat_content(("system", "Be brief"), ("user", "Hi {{name}}")),
        ),
        (
            {
                "messages": [message("system", "Be brief"), message("user", "Hi"), message("assistant", "Bo")],
                "template": Template(messages=[message("user", "Hi"), message("assistant", "{{name}}")]),
            },
            chat_content(("system", "Be brief"), ("user", "Hi"), ("assistant", "{{name}}")),
        ),
        (
            {"messages": [message("user", [{"type": "text", "text": "What is it?"}, IMAGE])]},
            PromptContent.of_messages([message("user", [{"type": "text", "text": "What is it?"}, IMAGE])]),
        ),
        (
            {"messages": [Message(role="user", content="Hi", name="ops")]},
            PromptContent.of_messages([Message(role="user", content="Hi", name="ops")]),
        ),
    ],
)
def test_the_content_of_a_run(fields: dict[str, Any], expected: PromptContent) -> None:
    run = new_run(**fields)
    assert PromptContent.of_sent(run.messages, run.template) == expected


VERSION = version_of(
    PromptContent.of_text("Hi {{name}}"), default_model="openai/gpt-4o", parameters=Parameters(temperature=0.2)
)


@pytest.mark.parametrize(
    ("draft", "same"),
    [
        (text_draft("Hi {{name}}"), True),
        (text_draft("Hi {{name}}", commit_message="another one"), True),
        (text_draft("Hi {{name}}", default_model="openai/gpt-4o"), True),
        (text_draft("Hi {{name}}", parameters=Parameters(temperature=0.2)), True),
        (text_draft("Hi {{name}}", run_model="demo/echo", run_parameters=Parameters(seed=1)), True),
        (text_draft("Hi {{name}} "), False),
        (text_draft("Hi {{name}}", default_model="gpt-4o"), False),
        (text_draft("Hi {{name}}", parameters=Parameters(temperature=0.3)), False),
        (text_draft("Hi {{name}}", parameters=Parameters(temperature=0.2, seed=1)), False),
        (VersionDraft(chat_content(("user", "Hi {{name}}"))), False),
    ],
)
def test_which_drafts_are_in_a_version_already(draft: VersionDraft, same: bool) -> None:
    assert draft.is_in(VERSION) is same


NOW = datetime.now(UTC)
PROMPT = Prompt(
    tenant="local",
    namespace="billing",
    slug="invoice-parser",
    description="Reads RECHNUNGEN, Straße",
    created_at=NOW,
    updated_at=NOW,
)


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (PromptFilter(), True),
        (PromptFilter(search="INVOICE"), True),
        (PromptFilter(search="ing/inv"), True),
        (PromptFilter(search="rechnungen"), True),
        (PromptFilter(search="STRASSE"), True),
        (PromptFilter(search="receipt"), False),
        (PromptFilter(namespace="billing"), True),
        (PromptFilter(namespace="bill"), False),
        (PromptFilter(namespace="billing", search="receipt"), False),
    ],
)
def test_what_a_filter_matches(where: PromptFilter, expected: bool) -> None:
    assert where.matches(PROMPT) is expected


def test_archived_prompts_are_hidden_unless_asked_for() -> None:
    archived = PROMPT.model_copy(update={"archived_at": NOW})
    assert not PromptFilter().matches(archived)
    assert PromptFilter(archived=True).matches(archived)
    assert PromptFilter(archived=True).matches(PROMPT)
