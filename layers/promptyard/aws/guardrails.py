"""A guardrail of Amazon Bedrock, asked about a text without any model.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ApplyGuardrail.html
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from promptyard.aws.calls import call
from promptyard.aws.failures import Failure
from promptyard.domain.errors import MissingKey, ProviderError
from promptyard.domain.runs.metrics.guardrails import FilterFinding

if TYPE_CHECKING:
    from mypy_boto3_bedrock_runtime import BedrockRuntimeClient

MAX_CHARACTERS = 25_000
"""Of one request: 25 text units of 1,000 characters, which is what an account may send in a second unless its quota was
raised."""
OVERLAP = 500
"""Characters that a piece of a long text repeats of the one before it."""


class BedrockGuardrail:
    """Implements `services.ports.playgrounds.ContentGuardrail`. `client` is called at the first request."""

    def __init__(self, client: Callable[[], "BedrockRuntimeClient"], identifier: str, version: str) -> None:
        self._client = client
        self.name = self._identifier = identifier
        self._version = version

    async def assess(self, text: str, source: Literal["INPUT", "OUTPUT"], units: Counter[str]) -> list[FilterFinding]:
        """Of a long text, what the filters say of each piece. `units` counts the pieces that are answered, also where a
        later one is not. Raises ProviderError, MissingKey."""
        findings = []
        for piece in _pieces(text):
            answer = await call(partial(self._apply, piece, source), _meaning)
            units.update(_units(answer.get("usage", {})))
            for assessment in answer["assessments"]:
                for entry in assessment.get("contentPolicy", {}).get("filters", []):
                    findings.append(FilterFinding(entry["type"], entry["confidence"]))
        return findings

    def _apply(self, text: str, source: Literal["INPUT", "OUTPUT"]) -> Any:
        return self._client().apply_guardrail(
            guardrailIdentifier=self._identifier,
            guardrailVersion=self._version,
            source=source,
            content=[{"text": {"text": text}}],
            outputScope="FULL",  # else a filter that found nothing cannot be told from one that is not there
        )


def _units(usage: Mapping[str, Any]) -> dict[str, int]:
    return {name: number for name, number in usage.items() if name.endswith("Units") and isinstance(number, int)}


def _meaning(failure: Failure) -> MissingKey | ProviderError:
    if failure.status is not None:
        return ProviderError(f"Bedrock answered {failure.code}", status=failure.status)
    if failure.code in {"NoCredentialsError", "NoRegionError"}:
        return MissingKey("No AWS credentials or no region for Bedrock")
    return ProviderError("Bedrock could not be reached")


def _pieces(text: str) -> Iterator[str]:
    start = 0
    while True:
        yield text[start : start + MAX_CHARACTERS]
        if start + MAX_CHARACTERS >= len(text):
            return
        start += MAX_CHARACTERS - OVERLAP
