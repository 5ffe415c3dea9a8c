"""How much a model is to think, in the form of each API."""

from typing import Any

import pytest

from promptyard.domain.errors import RefusedParameter
from promptyard.domain.models.catalogue import ModelInfo
from promptyard.providers.wires import anthropic, bedrock, google
from tests.support.samples.provider_calls import call, known

CLAUDE_BUDGETS = {"minimal": 1_024, "low": 2_048, "medium": 8_192, "high": 16_384, "xhigh": 24_576}
GEMINI_BUDGETS = {"none": 0, "minimal": 1_024, "low": 1_024, "medium": 8_192, "high": 24_576}


def claude(effort: str, info: ModelInfo | None, **given: Any) -> dict[str, Any]:
    asked = call("anthropic", "m", reasoning_effort=effort, info=info, **given)
    body = anthropic.build_request(asked, stream=True).body
    return {name: body[name] for name in ("thinking", "output_config") if name in body}


def gemini(effort: str, info: ModelInfo | None) -> dict[str, Any]:
    asked = call("google", "m", reasoning_effort=effort, info=info)
    config: dict[str, Any] = google.build_request(asked, stream=True).body["generationConfig"]["thinkingConfig"]
    return config


@pytest.mark.parametrize(("effort", "budget"), CLAUDE_BUDGETS.items())
def test_claude_by_budgets(effort: str, budget: int) -> None:
    old = known("anthropic", "m", reasoning="budget", max_output_tokens=64_000)
    assert claude(effort, old) == {"thinking": {"type": "enabled", "budget_tokens": budget}}
    assert claude(effort, old, max_tokens=budget + 1) == claude(effort, old)
    with pytest.raises(RefusedParameter, match=f"needs max_tokens above {budget}"):
        claude(effort, old, max_tokens=budget)


@pytest.mark.parametrize("effort", ["low", "medium", "high", "xhigh", "max"])
def test_claude_that_thinks_adaptively(effort: str) -> None:
    told = {"thinking": {"type": "adaptive"}, "output_config": {"effort": effort}}
    assert claude(effort, known("anthropic", "m", reasoning="adaptive")) == told
    assert claude(effort, None) == told


@pytest.mark.parametrize(
    ("reasoning", "effort"), [("adaptive", "minimal"), ("budget", "max"), (False, "low"), ("level", "low")]
)
def test_claude_where_there_is_no_form_for_it(reasoning: Any, effort: str) -> None:
    info = known("anthropic", "m", reasoning=reasoning)
    with pytest.raises(RefusedParameter, match="reasoning_effort"):
        claude(effort, info)


@pytest.mark.parametrize("reasoning", ["adaptive", "budget", None])
def test_claude_that_is_not_to_think(reasoning: Any) -> None:
    assert claude("none", known("anthropic", "m", reasoning=reasoning)) == {"thinking": {"type": "disabled"}}


@pytest.mark.parametrize(("effort", "budget"), GEMINI_BUDGETS.items())
def test_gemini_by_budgets(effort: str, budget: int) -> None:
    """https://ai.google.dev/gemini-api/docs/openai."""
    assert gemini(effort, known("google", "m", reasoning="budget")) == {"thinkingBudget": budget}


@pytest.mark.parametrize("effort", ["minimal", "low", "medium", "high", "xhigh"])
def test_gemini_by_levels(effort: str) -> None:
    for info in (None, known("google", "m", reasoning="level")):
        assert gemini(effort, info) == {"thinkingLevel": effort.upper()}


@pytest.mark.parametrize(("reasoning", "effort"), [("level", "none"), ("budget", "xhigh"), (False, "low")])
def test_gemini_where_there_is_no_form_for_it(reasoning: Any, effort: str) -> None:
    with pytest.raises(RefusedParameter, match="reasoning_effort"):
        gemini(effort, known("google", "m", reasoning=reasoning))


def test_bedrock_refuses_what_a_model_is_known_not_to_do() -> None:
    info = known("bedrock", "us.amazon.nova-pro-v1:0", reasoning=False)
    asked = call("bedrock", info.model, api_key=None, reasoning_effort="low")
    assert "reasoningConfig" in bedrock.converse_request(asked)["additionalModelRequestFields"]
    with pytest.raises(RefusedParameter, match="reasoning_effort"):
        bedrock.converse_request(call("bedrock", info.model, api_key=None, reasoning_effort="low", info=info))
