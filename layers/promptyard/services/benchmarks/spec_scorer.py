"""Scoring a cell: a settled run by a list of metric specs, with what its row brings."""

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from promptyard.domain.account.access import Caller
from promptyard.domain.benchmarks.datasets import Row
from promptyard.domain.benchmarks.judge_costs import judge_bound_usd
from promptyard.domain.errors import InvalidRequest
from promptyard.domain.models.targets import Target
from promptyard.domain.runs.metrics.judge import JudgeRun
from promptyard.domain.runs.metrics.material import both_sides, whole_run
from promptyard.domain.runs.metrics.registry import METRICS
from promptyard.domain.runs.metrics.spec import MetricSpec
from promptyard.domain.runs.metrics.specs import SpecScore, combined, outcome, values_for
from promptyard.domain.runs.metrics.types import MetricInput, Need, Side, Unscored, ValueForm
from promptyard.domain.runs.run import Run
from promptyard.services.playgrounds.scored import Case, Scored
from promptyard.services.ports.benchmark_work import NO_JUDGE_RUNS

if TYPE_CHECKING:
    from promptyard.services.playgrounds.scoring import Scorer
    from promptyard.services.runs.targets import TargetResolver


@dataclass(frozen=True, slots=True)
class CellScores:
    """By the specs' labels, in their order."""

    by_label: Mapping[str, SpecScore]

    @property
    def scores(self) -> dict[str, float | None]:
        return {label: one.score for label, one in self.by_label.items()}

    @property
    def reasons(self) -> dict[str, str]:
        return {label: one.reason for label, one in self.by_label.items() if one.reason is not None}

    @property
    def judge_cost_usd(self) -> Decimal | None:
        """None where what a judge cost is not known; 0 where none was asked."""
        costs = [one.judge_cost_usd for one in self.by_label.values() if one.judge_run_id is not None]
        known = [cost for cost in costs if cost is not None]
        return sum(known, Decimal(0)) if len(known) == len(costs) else None


class SpecScorer:
    def __init__(self, scorer: "Scorer", resolver: "TargetResolver") -> None:
        self._scorer = scorer
        self._resolver = resolver

    async def score(
        self,
        caller: Caller,
        run: Run,
        specs: Sequence[MetricSpec],
        row: Row,
        deadline_at: datetime,
        *,
        judges: bool = True,
        judge_runs: Mapping[str, JudgeRun] = NO_JUDGE_RUNS,
    ) -> CellScores:
        """Score a settled run by these specs and by the row's own, of which one takes the place of a spec with the same
        label. They are scored at once; judges are runs of the caller, and stop at the deadline. Whatever goes wrong
        with one is why that one has no score. Without `judges` what they score has none, for there is no money for
        them, but where `judge_runs` has kept what they said."""
        every = _by_label(specs, row)
        alone = [spec for spec in every.values() if not METRICS[spec.metric].combines]

        def score(spec: MetricSpec) -> Awaitable[SpecScore]:
            judge_run = judge_runs.get(spec.label)
            is_paid = judge_run is not None and judge_run.kept is not None
            if _is_judged(spec) and not judges and not is_paid:
                return _unpaid(spec)
            return self._score(spec, run, row, Case(caller, run.id, deadline_at, judge_run))

        scores = await asyncio.gather(*map(score, alone))
        known = list(zip(alone, scores, strict=True))
        found = {score.label: score for score in scores}
        for label, spec in every.items():
            if METRICS[spec.metric].combines:
                found[label] = combined(spec, known)
        return CellScores({label: found[label] for label in every})

    def judges_bound_usd(
        self, run: Run, specs: Sequence[MetricSpec], row: Row, *, answer_tokens: int | None = None
    ) -> Decimal | None:
        """What the judges of these specs and of the row's own may cost at most. `answer_tokens`: the run has no answer
        yet, and it will have at most so many. None where a price is not known."""
        total = Decimal(0)
        for spec in filter(_is_judged, _by_label(specs, row).values()):
            with suppress(Unscored, InvalidRequest):  # then no judge is asked
                judge = self._resolver.model(Target(model=spec.judge)).info
                for _, material in _questions(spec, run, row):
                    bound = judge_bound_usd(spec.metric, material, judge, run.created_at, answer_tokens=answer_tokens)
                    if bound is None:
                        return None
                    total += bound
        return total

    async def _score(self, spec: MetricSpec, run: Run, row: Row, case: Case) -> SpecScore:
        try:
            questions = _questions(spec, run, row)
        except Unscored as why:
            return SpecScore(spec.label, None, None, str(why))
        asked = (self._scorer.score(one, material, case) for one, material in questions)
        return _metric_score(spec, await asyncio.gather(*asked))


def _by_label(specs: Sequence[MetricSpec], row: Row) -> dict[str, MetricSpec]:
    return {spec.label: spec for spec in (*specs, *row.metrics)}


def _is_judged(spec: MetricSpec) -> bool:
    """By a model, and not by the deployment's guardrail."""
    return METRICS[spec.metric].judge is not None and spec.judge is not None


async def _unpaid(spec: MetricSpec) -> SpecScore:
    return SpecScore(spec.label, None, None, "The budget has no room for the judge.")


def _questions(spec: MetricSpec, run: Run, row: Row) -> list[tuple[MetricSpec, MetricInput]]:
    """What is scored: a question for each of the spec's values, and of a judge one for all. Raises Unscored."""
    values = values_for(spec, row.variables, _references(row))
    metric = METRICS[spec.metric]
    material = both_sides(run) if metric.side is Side.BOTH else whole_run(run)
    material = replace(material, documents=tuple(row.documents or run.documents or ()))
    if metric.judge is not None and len(values) > 1:
        values = [_any_of(values)]
    return [(spec.model_copy(update={"value": value}), _with(material, spec, value)) for value in values]


def _with(material: MetricInput, spec: MetricSpec, value: Any) -> MetricInput:
    """The material with the value where the metric looks for it; a measure gets it beside the material."""
    metric = METRICS[spec.metric]
    if metric.value is ValueForm.RUBRIC:
        return replace(material, rubric=value)
    return replace(material, reference=value) if Need.REFERENCE in metric.needs else material


def _metric_score(spec: MetricSpec, scored: Sequence[Scored]) -> SpecScore:
    """Of a row with several references the best one's score; there is one judge run at most."""
    raws = [float(one.result.score) for one in scored if isinstance(one.result.score, int | float)]
    last = scored[-1]
    if not raws:
        why = last.result.error_message or "The metric has no score."
        return SpecScore(
            spec.label, None, None, why, judge_run_id=last.judge_run_id, judge_cost_usd=last.judge_cost_usd
        )
    score, passed, grade = outcome(spec, raws)
    return SpecScore(
        spec.label, score, passed, last.result.details.get("reason"), grade, last.judge_run_id, last.judge_cost_usd
    )


def _references(row: Row) -> list[str]:
    if row.reference is None:
        return []
    return [row.reference] if isinstance(row.reference, str) else row.reference


def _any_of(references: Sequence[str]) -> str:
    listed = "\n".join(f"- {one}" for one in references)
    return f"Any one of these:\n{listed}"
