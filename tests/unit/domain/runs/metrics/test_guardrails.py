import pytest

from promptyard.domain.runs.metrics.guardrails import FILTERS, FilterFinding, guardrail_result
from promptyard.domain.runs.metrics.registry import METRICS
from promptyard.domain.runs.run_metrics import MetricStatus


def findings(*pairs: tuple[str, str]) -> list[FilterFinding]:
    return [FilterFinding(name, confidence) for name, confidence in pairs]


@pytest.mark.parametrize(
    ("metric", "found", "score", "details"),
    [
        ("toxicity_violation", [("HATE", "NONE"), ("SEXUAL", "NONE")], 0, {"HATE": "NONE", "SEXUAL": "NONE"}),
        ("toxicity_violation", [("HATE", "LOW"), ("INSULTS", "MEDIUM")], 2 / 3, {"HATE": "LOW", "INSULTS": "MEDIUM"}),
        ("toxicity_violation", [("VIOLENCE", "HIGH"), ("VIOLENCE", "LOW")], 1, {"VIOLENCE": "HIGH"}),
        ("toxicity_violation", [("PROMPT_ATTACK", "HIGH"), ("HATE", "LOW")], 1 / 3, {"HATE": "LOW"}),
        ("jailbreak_violation", [("PROMPT_ATTACK", "MEDIUM"), ("HATE", "HIGH")], 2 / 3, {"PROMPT_ATTACK": "MEDIUM"}),
    ],
)
def test_the_score_is_the_worst_filters_of_the_metric(
    metric: str, found: list[tuple[str, str]], score: float, details: dict[str, str]
) -> None:
    result = guardrail_result(metric, findings(*found))
    assert (result.score, result.details) == (score, {"guardrail": details})


def test_a_guardrail_without_the_filters_has_no_score_and_not_0() -> None:
    result = guardrail_result("jailbreak_violation", findings(("HATE", "NONE")))
    assert (result.status, result.score) == (MetricStatus.ERROR, None)
    assert "PROMPT_ATTACK" in (result.error_message or "")


def test_what_a_guardrail_scores_a_judge_scores_elsewhere() -> None:
    assert all(METRICS[name].judge is not None for name in FILTERS)
