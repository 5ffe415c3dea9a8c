"""Which tools a model may use, and whether several at once, as each API is asked for it."""

from typing import Any

import pytest

from promptyard.domain.errors import RefusedParameter
from promptyard.providers.wires import anthropic
from tests.support.samples.provider_calls import call, known
from tests.unit.providers.test_conversations import BODIES, TOOL

NAMED = {"type": "function", "function": {"name": "f"}}
CHOICES: dict[str, Any] = {"auto": "auto", "required": "required", "none": "none", "named": NAMED}


def sent(wire: str, choice: str | None, parallel: bool | None) -> dict[str, Any]:
    given = {"tool_choice": CHOICES.get(choice or ""), "parallel_tool_calls": parallel}
    return BODIES[wire](
        messages="Hi", tools=[TOOL], **{name: value for name, value in given.items() if value is not None}
    )


@pytest.mark.parametrize("parallel", [None, True, False])
@pytest.mark.parametrize(
    ("choice", "fields"),
    [
        (None, {}),
        ("auto", {"type": "auto"}),
        ("required", {"type": "any"}),
        ("none", {"type": "none"}),
        ("named", {"type": "tool", "name": "f"}),
    ],
)
def test_anthropic(choice: str | None, fields: dict[str, Any], parallel: bool | None) -> None:
    """https://platform.claude.com/docs/en/agents-and-tools/tool-use/implement-tool-use."""
    body = sent("anthropic", choice, parallel)
    if parallel is not None and choice != "none":
        fields = {"type": "auto", **fields, "disable_parallel_tool_use": not parallel}
    assert body.get("tool_choice", {}) == fields
    assert [tool["name"] for tool in body["tools"]] == ["f"]


@pytest.mark.parametrize("choice", ["required", "named"])
@pytest.mark.parametrize("reasoning", ["budget", "adaptive"])
def test_anthropic_forces_no_tool_while_the_model_thinks(choice: str, reasoning: str) -> None:
    thinking = known("anthropic", "m", reasoning=reasoning, max_output_tokens=64_000)
    given = {"tools": [TOOL], "reasoning_effort": "high", "info": thinking}
    with pytest.raises(RefusedParameter, match="tool_choice"):
        anthropic.build_request(call("anthropic", "m", tool_choice=CHOICES[choice], **given), stream=True)
    for free in (None, "auto", "none"):
        asked = call("anthropic", "m", tool_choice=CHOICES.get(free or ""), **given)
        assert anthropic.build_request(asked, stream=True).body.get("tool_choice", {}).get("type") == free


@pytest.mark.parametrize("parallel", [None, True, False])
@pytest.mark.parametrize("choice", [None, *CHOICES])
@pytest.mark.parametrize("wire", ["openai_compatible", "openai_responses"])
def test_openai(wire: str, choice: str | None, parallel: bool | None) -> None:
    named = NAMED if wire == "openai_compatible" else {"type": "function", "name": "f"}
    body = sent(wire, choice, parallel)
    assert body.get("tool_choice") == (named if choice == "named" else choice)
    assert body.get("parallel_tool_calls") is parallel


@pytest.mark.parametrize("parallel", [None, True])
@pytest.mark.parametrize(
    ("choice", "config"),
    [
        (None, None),
        ("auto", {"mode": "AUTO"}),
        ("required", {"mode": "ANY"}),
        ("none", {"mode": "NONE"}),
        ("named", {"mode": "ANY", "allowedFunctionNames": ["f"]}),
    ],
)
def test_google(choice: str | None, config: dict[str, Any] | None, parallel: bool | None) -> None:
    """https://ai.google.dev/gemini-api/docs/function-calling."""
    assert sent("google", choice, parallel).get("toolConfig") == (config and {"functionCallingConfig": config})


@pytest.mark.parametrize("parallel", [None, True])
@pytest.mark.parametrize(
    ("choice", "config"),
    [(None, None), ("auto", {"auto": {}}), ("required", {"any": {}}), ("named", {"tool": {"name": "f"}})],
)
def test_bedrock(choice: str | None, config: dict[str, Any] | None, parallel: bool | None) -> None:
    """https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolChoice.html."""
    assert sent("bedrock", choice, parallel)["toolConfig"].get("toolChoice") == config


@pytest.mark.parametrize(
    ("wire", "choice", "parallel"),
    [("bedrock", "none", None), ("bedrock", "none", True), ("bedrock", None, False), ("google", None, False)],
)
def test_what_an_api_has_no_place_for_is_refused(wire: str, choice: str | None, parallel: bool | None) -> None:
    with pytest.raises(RefusedParameter, match="tool_choice" if choice else "parallel_tool_calls"):
        sent(wire, choice, parallel)
