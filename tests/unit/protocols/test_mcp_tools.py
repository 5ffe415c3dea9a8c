"""The tools as agents are told of them, and what becomes of a prompt's messages."""

import asyncio
import json
from typing import Any, cast

import jsonschema_rs
import pytest
from mcp.types import PromptMessage, Tool
from pydantic import ValidationError

from functions.mcp.labelled_prompts import get_labelled
from functions.mcp.router import BY_NAME, TOOLS
from functions.mcp.tools.tool import MAX_MISTAKES, BadArguments, Toolbox
from promptyard.domain.account.access import Role
from promptyard.domain.models.messages import Message
from promptyard.services.prompts.prompting import ComposedPrompt
from promptyard.services.prompts.registry import PromptService

READS = {"list_prompts", "get_prompt", "list_runs", "get_benchmark"}
SPENDS = {"run_prompt", "compare", "start_benchmark"}


def test_there_are_these_tools() -> None:
    assert {tool.name for tool in TOOLS} == READS | SPENDS | {"save_version", "set_label"}
    assert len(BY_NAME) == len(TOOLS)


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_a_tool_is_described_as_the_protocol_has_it(tool: Any) -> None:
    described = Tool.model_validate(tool.described)
    hints = described.annotations
    assert hints is not None
    assert hints.read_only_hint is (tool.name in READS)
    assert hints.open_world_hint is (tool.name in SPENDS)
    assert ("spends money" in (described.description or "")) is (tool.name in SPENDS)
    assert (tool.role is Role.VIEWER) is (tool.name in READS)
    assert hints.destructive_hint is (None if tool.name in READS else tool.name == "set_label")
    schema = tool.described["inputSchema"]
    validator = jsonschema_rs.Draft202012Validator(schema)
    for sample in schema.get("examples", []):
        assert validator.is_valid(sample)
        tool.arguments.model_validate(sample)
    assert '"title"' not in json.dumps(schema)
    for name, field in schema["properties"].items():
        assert "null" not in json.dumps(field.get("anyOf", "")), name


def test_what_agents_are_told_of_all_tools_is_short() -> None:
    assert len(json.dumps([tool.described for tool in TOOLS])) < 18_000


def test_mistakes_are_named_without_what_was_given() -> None:
    arguments = {f"odd{number}": "secret" for number in range(30)}
    with pytest.raises(BadArguments) as caught:
        asyncio.run(BY_NAME["run_prompt"](cast(Toolbox, None), arguments))
    told = str(caught.value)
    assert told.startswith("odd0: ")
    assert told.endswith("and 20 more")
    assert told.count(";") == MAX_MISTAKES
    assert "secret" not in told


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("run_prompt", {}),
        ("run_prompt", {"prompt_text": "Hi", "prompt_id": "a/b"}),
        ("compare", {"prompt_text": "Hi", "targets": [{"model": "demo/echo"}]}),
        ("set_label", {"prompt_id": "a/b", "label": "production"}),
        ("set_label", {"prompt_id": "a/b", "label": "7", "version_number": 1}),
        ("save_version", {"namespace": "a", "slug": "b"}),
        ("get_benchmark", {"benchmark_id": "a", "benchmark_run_id": "b"}),
        ("list_runs", {"status": "odd"}),
        ("run_prompt", {"prompt_text": "Hi", "provider_key": "sk-1"}),
    ],
)
def test_arguments_that_do_not_go_together_are_refused(name: str, arguments: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        BY_NAME[name].arguments.model_validate(arguments)


class OnePrompt:
    def __init__(self, *messages: Message) -> None:
        self._messages = messages

    async def compose(self, _: str, __: Any) -> ComposedPrompt:
        return ComposedPrompt(messages=self._messages)


def test_a_prompts_messages_become_those_of_the_protocol() -> None:
    png, pdf = "data:image/png;base64,iVBORw0KGgo=", "data:application/pdf;base64,JVBERi0="
    parts: list[Any] = [
        {"type": "text", "text": "Look"},
        {"type": "image_url", "image_url": {"url": png}},
        {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
        {"type": "file", "file": {"filename": "a.pdf", "file_data": pdf}},
        {"type": "file", "file": {"file_id": "file-1"}},
    ]
    prompts = OnePrompt(
        Message(role="system", content="Be brief."),
        Message(role="user", content=parts),
        Message(role="assistant", content="Yes."),
    )
    told = asyncio.run(get_labelled(cast(PromptService, prompts), "acme", "a/b@production", None))["messages"]
    for message in told:
        PromptMessage.model_validate(message)
    assert [(message["role"], message["content"]["type"]) for message in told] == [
        ("user", "text"),
        ("user", "text"),
        ("user", "image"),
        ("user", "resource_link"),
        ("user", "resource"),
        ("user", "text"),
        ("assistant", "text"),
    ]
    assert told[2]["content"] == {"type": "image", "data": "iVBORw0KGgo=", "mimeType": "image/png"}
