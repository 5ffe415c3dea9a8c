"""A guardrail of Bedrock: what it is asked, and what its answers and failures come to."""

from collections import Counter
from typing import Any, Literal

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError, NoCredentialsError
from botocore.stub import Stubber

from promptyard.aws.guardrails import MAX_CHARACTERS, OVERLAP, BedrockGuardrail
from promptyard.domain.errors import MissingKey, ProviderError
from promptyard.domain.runs.metrics.guardrails import FilterFinding

NO_KEYS: dict[str, Any] = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}


@pytest.fixture
def client() -> Any:
    return boto3.client("bedrock-runtime", region_name="eu-west-1", **NO_KEYS)


def answer(*filters: tuple[str, str]) -> dict[str, Any]:
    entries = [{"type": name, "confidence": confidence, "action": "NONE"} for name, confidence in filters]
    return {
        "usage": {
            "topicPolicyUnits": 0,
            "contentPolicyUnits": 1,
            "wordPolicyUnits": 0,
            "sensitiveInformationPolicyUnits": 0,
            "sensitiveInformationPolicyFreeUnits": 0,
            "contextualGroundingPolicyUnits": 0,
        },
        "action": "NONE",
        "outputs": [],
        "assessments": [
            {"contentPolicy": {"filters": entries}},
            {"wordPolicy": {"customWords": [], "managedWordLists": []}},
        ],
    }


def asked(text: str, source: str = "INPUT") -> dict[str, Any]:
    return {
        "guardrailIdentifier": "abc123",
        "guardrailVersion": "7",
        "source": source,
        "content": [{"text": {"text": text}}],
        "outputScope": "FULL",
    }


async def assessed(
    client: Any, text: str, source: Literal["INPUT", "OUTPUT"] = "INPUT"
) -> tuple[list[FilterFinding], Counter[str]]:
    units: Counter[str] = Counter()
    return await BedrockGuardrail(lambda: client, "abc123", "7").assess(text, source, units), units


async def test_every_filters_finding_is_given(client: Any) -> None:
    with Stubber(client) as stub:
        stub.add_response("apply_guardrail", answer(("HATE", "LOW"), ("PROMPT_ATTACK", "NONE")), asked("Hi", "OUTPUT"))
        found, units = await assessed(client, "Hi", "OUTPUT")
    assert units["contentPolicyUnits"] == 1
    assert found == [FilterFinding("HATE", "LOW"), FilterFinding("PROMPT_ATTACK", "NONE")]


async def test_a_long_text_is_asked_about_in_pieces_that_overlap(client: Any) -> None:
    text = "".join(chr(97 + number % 26) for number in range(2 * MAX_CHARACTERS))
    second = MAX_CHARACTERS - OVERLAP
    pieces = [text[:MAX_CHARACTERS], text[second : second + MAX_CHARACTERS], text[2 * second :]]
    assert sum(map(len, pieces)) == len(text) + 2 * OVERLAP
    with Stubber(client) as stub:
        for piece in pieces:
            stub.add_response("apply_guardrail", answer(("HATE", "NONE")), asked(piece))
        found, units = await assessed(client, text)
        assert len(found) == 3
        assert units["contentPolicyUnits"] == 3
        stub.assert_no_pending_responses()


async def test_what_was_answered_of_a_long_text_is_counted_though_the_rest_fails(client: Any) -> None:
    units: Counter[str] = Counter()
    text = "x" * 2 * MAX_CHARACTERS
    with Stubber(client) as stub:
        stub.add_response("apply_guardrail", answer(), asked(text[:MAX_CHARACTERS]))
        stub.add_client_error("apply_guardrail", "ThrottlingException", "Slow down", 429)
        with pytest.raises(ProviderError):
            await BedrockGuardrail(lambda: client, "abc123", "7").assess(text, "INPUT", units)
    assert units.total() == units["contentPolicyUnits"] == 1


@pytest.mark.parametrize("size", [0, 1, MAX_CHARACTERS])
async def test_a_short_text_is_asked_about_at_once(client: Any, size: int) -> None:
    with Stubber(client) as stub:
        stub.add_response("apply_guardrail", answer(), asked("x" * size))
        found, _ = await assessed(client, "x" * size)
        assert found == []


async def test_what_bedrock_refuses_is_the_providers_error(client: Any) -> None:
    with Stubber(client) as stub:
        stub.add_client_error("apply_guardrail", "ThrottlingException", "Slow down, arn:aws:secret", 429)
        with pytest.raises(ProviderError) as caught:
            await assessed(client, "Hi")
    assert (caught.value.message, caught.value.status) == ("Bedrock answered ThrottlingException", 429)


@pytest.mark.parametrize(
    ("failure", "expected"),
    [(NoCredentialsError(), MissingKey), (EndpointConnectionError(endpoint_url="https://bedrock"), ProviderError)],
)
async def test_what_keeps_bedrock_from_being_reached_is_told(failure: Exception, expected: type[Exception]) -> None:
    def client() -> Any:
        raise failure

    with pytest.raises(expected):
        await BedrockGuardrail(client, "abc123", "7").assess("Hi", "INPUT", Counter())
