"""What a provider is asked to count, of the request that it was sent."""

from typing import Any

import pytest

from promptyard.providers.protocol import ProviderRequest
from promptyard.providers.wires import anthropic, google, openai_responses
from tests.support.samples.provider_calls import call
from tests.unit.providers.test_conversations import TOOL

GIVEN: dict[str, Any] = {
    "messages": [{"role": "system", "content": "Be kind"}, {"role": "user", "content": "Hi"}],
    "tools": [TOOL],
    "tool_choice": "required",
    "max_tokens": 9,
    "temperature": 0.5,
}


@pytest.mark.parametrize("stream", [True, False])
def test_anthropic(stream: bool) -> None:
    """https://platform.claude.com/docs/en/api/messages-count-tokens."""
    asked = call("anthropic", "m", **GIVEN)
    sent = anthropic.build_request(asked, stream=stream)
    question = anthropic.count_request(asked, sent)
    assert question.url == f"{sent.url}/count_tokens"
    assert question.headers == sent.headers
    kept = {"model", "messages", "system", "tools", "tool_choice"}
    assert question.body == {name: sent.body[name] for name in kept}


@pytest.mark.parametrize("stream", [True, False])
def test_openai(stream: bool) -> None:
    """https://platform.openai.com/docs/api-reference/responses/input-tokens."""
    asked = call("openai", "m", **GIVEN)
    sent = openai_responses.build_request(asked, stream=stream)
    question = openai_responses.count_request(asked, sent)
    assert question.url == f"{sent.url}/input_tokens"
    assert question.headers == sent.headers
    assert question.body == {name: sent.body[name] for name in ("model", "input", "tools", "tool_choice")}


@pytest.mark.parametrize("stream", [True, False])
def test_google(stream: bool) -> None:
    """https://ai.google.dev/api/tokens."""
    asked = call("google", "m", **GIVEN)
    sent = google.build_request(asked, stream=stream)
    question = google.count_request(asked, sent)
    assert question == ProviderRequest(
        url="https://provider.example/v1beta/models/m:countTokens",
        body={"generateContentRequest": {"model": "models/m", **sent.body}},
        headers=sent.headers,
    )
