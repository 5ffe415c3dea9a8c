import pytest

from promptyard.domain.runs.metrics.registry import METRICS, PLAYGROUND_METRICS, compute, missing
from promptyard.domain.runs.metrics.types import MetricInput, ScoreKind, Side
from promptyard.domain.runs.run_metrics import MetricStatus

NAMES = (
    "latency citations rouge_1 faithfulness correctness prompt_tokens response_tokens document_tokens all_tokens "
    "jailbreak_violation toxicity_violation pii_violation exact_match"
)


def test_every_metric_of_the_api_is_in_the_table() -> None:
    assert set(METRICS) >= set(NAMES.split())


def test_a_metric_gets_its_score_in_one_way() -> None:
    for metric in METRICS.values():
        ways = [metric.compute is not None, metric.measure is not None, metric.judge is not None, metric.combines]
        assert ways.count(True) == 1, metric.name


def test_what_playgrounds_offer_needs_no_value() -> None:
    offered = [METRICS[name] for name in PLAYGROUND_METRICS]
    assert all(metric.measure is None and metric.value is None and not metric.combines for metric in offered)


def test_the_violations_look_at_both_sides_and_the_others_at_the_answer() -> None:
    both = {metric.name for metric in METRICS.values() if metric.side is Side.BOTH}
    assert both == {"pii_violation", "toxicity_violation", "jailbreak_violation"}


def test_only_patterns_can_be_guarded_by_windows() -> None:
    assert [metric.name for metric in METRICS.values() if metric.windowed] == ["pii_violation"]


def test_kinds_of_scores() -> None:
    other = {name for name in PLAYGROUND_METRICS if METRICS[name].kind is not ScoreKind.NUMBER}
    assert other == {"exact_match"}


@pytest.mark.parametrize("name", NAMES.split())
def test_of_an_empty_run_nothing_is_known_and_nothing_is_zero(name: str) -> None:
    metric = METRICS[name]
    result = missing(metric, MetricInput()) or compute(name, MetricInput())
    assert (result.name, result.status, result.score) == (name, MetricStatus.SKIPPED, None)
    assert result.error_message


@pytest.mark.parametrize(
    ("name", "run", "message"),
    [
        ("faithfulness", MetricInput(output="a"), "The run has no documents."),
        ("faithfulness", MetricInput(documents=("a",)), "The run has no answer."),
        ("correctness", MetricInput(output="a"), "The run has no reference to compare the answer with."),
        ("toxicity_violation", MetricInput(), "The run has neither a prompt nor an answer."),
    ],
)
def test_what_is_missing_is_named_before_a_judge_is_asked(name: str, run: MetricInput, message: str) -> None:
    result = missing(METRICS[name], run)
    assert result is not None
    assert result.error_message == message


def test_an_empty_answer_is_an_answer() -> None:
    assert missing(METRICS["exact_match"], MetricInput(output="", reference="")) is None


def test_an_unknown_metric_is_a_programming_error() -> None:
    with pytest.raises(KeyError):
        compute("sentiment", MetricInput())
