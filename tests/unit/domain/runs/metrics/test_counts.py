import pytest

from promptyard.domain.models.usage import Usage
from promptyard.domain.runs.metrics.registry import compute
from promptyard.domain.runs.metrics.types import MetricInput
from promptyard.domain.runs.run_metrics import MetricStatus

USAGE = Usage(input_tokens=120, output_tokens=30, cached_tokens=100, reasoning_tokens=10)


@pytest.mark.parametrize(
    ("metric", "run", "score"),
    [
        ("latency", MetricInput(latency_ms=1250), 1250),
        ("latency", MetricInput(latency_ms=0), 0),
        ("prompt_tokens", MetricInput(usage=USAGE), 120),
        ("response_tokens", MetricInput(usage=USAGE), 30),
        ("response_tokens", MetricInput(usage=Usage(input_tokens=5, output_tokens=0)), 0),
        ("all_tokens", MetricInput(usage=USAGE), 150),
    ],
)
def test_the_runs_own_measures(metric: str, run: MetricInput, score: int) -> None:
    result = compute(metric, run)
    assert (result.name, result.score, result.status) == (metric, score, MetricStatus.COMPLETED)
    assert result.error_message is None


@pytest.mark.parametrize(
    ("metric", "run"),
    [
        ("latency", MetricInput()),
        ("prompt_tokens", MetricInput(usage=Usage(output_tokens=3))),
        ("response_tokens", MetricInput(usage=Usage(input_tokens=3))),
        ("all_tokens", MetricInput(usage=Usage(input_tokens=3))),
        ("document_tokens", MetricInput()),
        ("document_tokens", MetricInput(prompt="What is a?", documents=("a is b",), usage=USAGE)),
        ("document_tokens", MetricInput(prompt="a is b. What is a?", documents=("a is b",))),
    ],
)
def test_what_is_not_known_is_skipped_with_a_reason_and_never_zero(metric: str, run: MetricInput) -> None:
    result = compute(metric, run)
    assert result.status is MetricStatus.SKIPPED
    assert result.score is None
    assert result.error_message
    assert result.error_resolution == ("ootbMetricName",)


def test_document_tokens_are_the_documents_share_of_the_reported_prompt() -> None:
    document, absent = "x" * 300, "y" * 50
    run = MetricInput(prompt="q" * 100 + document, documents=(document, absent), usage=Usage(input_tokens=80))
    result = compute("document_tokens", run)
    assert result.score == 60
    assert result.details == {"estimated": True, "documents_in_prompt": 1, "documents": 2}


def test_document_tokens_are_shared_by_bytes_and_never_more_than_the_prompt() -> None:
    run = MetricInput(prompt="東京" + "abcdef", documents=("東京",), usage=Usage(input_tokens=10))
    assert compute("document_tokens", run).score == 5
    twice = MetricInput(prompt="one document", documents=("one document",) * 2, usage=Usage(input_tokens=10))
    assert compute("document_tokens", twice).score == 10
