from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, cast

import pytest

from promptyard.domain.account.access import LOCAL_CALLER
from promptyard.domain.benchmarks.datasets import Row
from promptyard.domain.models.catalogue_data import load_models
from promptyard.domain.models.provider_events import FinishReason
from promptyard.domain.models.targets import Target
from promptyard.domain.runs.metrics.spec import MetricSpec
from promptyard.domain.runs.metrics.types import MetricInput, MetricResult
from promptyard.domain.runs.run import Run
from promptyard.services.benchmarks.spec_scorer import CellScores, SpecScorer
from promptyard.services.playgrounds.judge import Judge, TargetOf
from promptyard.services.playgrounds.scored import Case, Scored
from promptyard.services.playgrounds.scoring import Scorer
from promptyard.services.runs.targets import TargetResolver
from tests.support.samples.sample_runs import new_run, settled


class CostingJudge:
    """Scores half, for a cent, and keeps what it was asked with."""

    def __init__(self, cost: Decimal | None = Decimal("0.01"), failure: str | None = None) -> None:
        self.asked: list[tuple[str, MetricInput, str | None]] = []
        self._cost = cost
        self._failure = failure

    async def score(self, metric: str, material: MetricInput, case: Case, target_of: TargetOf) -> Scored:
        self.asked.append((metric, material, (await target_of()).model))
        result = MetricResult(metric, 0.5, details={"reason": "So."})
        if self._failure:
            result = MetricResult.failed(metric, self._failure)
        return Scored(result, "judge-run", self._cost)


def row_of(**fields: Any) -> Row:
    return Row.model_validate({"id": "v-1", "number": 1, **fields})


async def scores_of(
    *specs: dict[str, Any], run: Run | None = None, judge: CostingJudge | None = None, **row: Any
) -> CellScores:
    scorer = SpecScorer(Scorer(cast(Judge, judge or CostingJudge()), None), cast(TargetResolver, None))
    made = [MetricSpec.model_validate(spec) for spec in specs]
    ended = run or settled(new_run(), output="Hello Ada", latency_ms=120, cost_usd=Decimal("0.002"))
    return await scorer.score(LOCAL_CALLER, ended, made, row_of(**row), datetime.now(UTC) + timedelta(minutes=1))


async def test_a_cell_is_scored_by_label() -> None:
    found = await scores_of(
        {"metric": "contains", "value": "{{name}}"},
        {"metric": "contains", "value": "{{name}}", "not": True},
        {"metric": "latency", "threshold": 100},
        {"metric": "cost"},
        {"metric": "equals", "name": "same"},
        {"metric": "all_pass"},
        variables={"name": "Ada"},
        reference=["Hello", "Hello Ada"],
    )
    assert found.scores == {
        "contains": 1,
        "not_contains": 0,
        "latency": 0,
        "cost": 0.002,
        "same": 1,
        "all_pass": 0,
    }
    assert found.reasons == {}
    assert found.judge_cost_usd == 0


async def test_a_rows_own_metric_takes_the_place_of_the_benchmarks() -> None:
    own = [{"metric": "contains", "value": "Ada"}, {"metric": "regex", "value": "^Hello"}]
    found = await scores_of({"metric": "contains", "value": "Bob"}, {"metric": "all_pass"}, metrics=own)
    assert found.scores == {"contains": 1, "all_pass": 1, "regex": 1}


async def test_what_cannot_be_scored_says_why_and_is_not_zero() -> None:
    run = settled(new_run(), output=None, finish_reason=FinishReason.STOP)
    found = await scores_of(
        {"metric": "equals", "value": "a"},
        {"metric": "equals", "name": "lacking"},
        {"metric": "cost"},
        {"metric": "finish_reason", "value": "stop"},
        {"metric": "all_pass"},
        run=run,
    )
    assert found.scores == {"equals": None, "lacking": None, "cost": None, "finish_reason": 1, "all_pass": None}
    assert found.reasons["equals"] == "The run has no answer."
    assert "no reference" in found.reasons["lacking"]
    assert found.reasons["all_pass"] == "Not computed: equals, lacking, cost."


async def test_a_judge_gets_the_rubric_and_any_of_several_references_and_its_cost_counts() -> None:
    judge = CostingJudge()
    found = await scores_of(
        {"metric": "rubric", "value": "Does it greet {{name}}?", "judge": "demo/writer", "threshold": 0.5},
        {"metric": "correctness", "judge": "demo/echo", "not": True},
        variables={"name": "Ada"},
        reference=["a", "b"],
        judge=judge,
    )
    assert found.scores == {"rubric": 1, "not_correctness": 0.5}
    assert found.reasons == {"rubric": "So.", "not_correctness": "So."}
    assert found.judge_cost_usd == Decimal("0.02")
    asked = {metric: (material, model) for metric, material, model in judge.asked}
    assert asked["rubric"][0].rubric == "Does it greet Ada?"
    assert asked["rubric"][1] == "demo/writer"
    assert asked["correctness"][0].reference == "Any one of these:\n- a\n- b"


async def test_what_a_judge_cost_is_counted_where_it_fails_and_not_known_where_it_is_not() -> None:
    rubric = {"metric": "rubric", "value": "Good?", "judge": "demo/echo"}
    failed = await scores_of(rubric, judge=CostingJudge(failure="No verdict."))
    assert (failed.scores, failed.reasons, failed.judge_cost_usd) == (
        {"rubric": None},
        {"rubric": "No verdict."},
        Decimal("0.01"),
    )
    assert (await scores_of(rubric, judge=CostingJudge(cost=None))).judge_cost_usd is None


async def test_without_money_for_judges_what_they_score_has_no_score_and_nothing_is_asked() -> None:
    judge = CostingJudge()
    scorer = SpecScorer(Scorer(cast(Judge, judge), None), cast(TargetResolver, None))
    specs = [MetricSpec(metric="rubric", value="Good?", judge="demo/echo"), MetricSpec(metric="all_pass")]
    run = settled(new_run(), output="Hello")
    found = await scorer.score(LOCAL_CALLER, run, specs, Row(id="r", number=1), datetime.now(UTC), judges=False)
    assert found.scores == {"rubric": None, "all_pass": None}
    assert found.reasons["rubric"] == "The budget has no room for the judge."
    assert (judge.asked, found.judge_cost_usd) == ([], 0)


def bound_of(text: str, *, answer_tokens: int | None = None, model: str = "openai/gpt-4o") -> Decimal | None:
    scorer = SpecScorer(cast(Scorer, None), cast(TargetResolver, Resolver()))
    specs = [
        MetricSpec(metric="rubric", value="{{word}}?", judge=model),
        MetricSpec(metric="correctness", judge=model),  # of a row without reference: it is not asked
        MetricSpec(metric="bleu"),
    ]
    run = new_run() if answer_tokens is not None else settled(new_run(), output=text)
    return scorer.judges_bound_usd(
        run, specs, Row(id="r", number=1, variables={"word": "kind"}), answer_tokens=answer_tokens
    )


class Resolver:
    def model(self, target: Target) -> Any:
        return SimpleNamespace(info=next((one for one in load_models() if one.id == target.model), None))


@pytest.mark.parametrize("answer", ["", "word " * 2_000, "\n\"'\u00e9\u4e2d" * 300])
def test_what_judges_may_cost_is_no_less_once_there_is_an_answer_than_before(answer: str) -> None:
    tokens = len(answer.encode()) // 4
    before, after = bound_of(answer, answer_tokens=tokens), bound_of(answer)
    assert before is not None
    assert after is not None
    assert Decimal("0.16") < after <= before < Decimal("0.50")  # gpt-4o's longest answer is 16 cents


def test_of_a_judge_without_a_price_nobody_knows_what_it_may_cost() -> None:
    assert bound_of("word", model="openai/gpt-of-tomorrow") is None
