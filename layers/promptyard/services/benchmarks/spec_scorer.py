"""Scoring a cell: a settled run by a list of metric specs, with what its row brings."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from promptyard.domain.account.access import Caller
from promptyard.domain.benchmarks.datasets import Row
from promptyard.domain.runs.metrics.material import both_sides, whole_run
from promptyard.domain.runs.metrics.registry import METRICS
from promptyard.domain.runs.metrics.spec import MetricSpec
from promptyard.domain.runs.metrics.specs import SpecScore, combined, outcome, values_for
from promptyard.domain.runs.metrics.types import MetricInput, Need, Side, Unscored, ValueForm
from promptyard.domain.runs.run import Run
from promptyard.services.playgrounds.scored import Case, Scored

if TYPE_CHECKING:
    from promptyard.services.playgrounds.scoring import Scorer


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
    def __init__(self, scorer: "Scorer") -> None:
        self._scorer = scorer

    async def score(
        self, caller: Caller, run: Run, specs: Sequence[MetricSpec], row: Row, deadline_at: datetime
    ) -> CellScores:
        """Score a settled run by these specs and by the row's own, of which one takes the place of a spec with the same
        label. They are scored at once; judges are runs of the caller, and stop at the deadline. Whatever goes wrong
        with one is why that one has no score."""
        every = {spec.label: spec for spec in (*specs, *row.metrics)}
        case = Case(caller, run.id, deadline_at)
        alone = [spec for spec in every.values() if not METRICS[spec.metric].combines]
        scores = await asyncio.gather(*(self._score(spec, run, row, case) for spec in alone))
        known = list(zip(alone, scores, strict=True))
        found = {score.label: score for score in scores}
        for label, spec in every.items():
            if METRICS[spec.metric].combines:
                found[label] = combined(spec, known)
        return CellScores({label: found[label] for label in every})

    async def _score(self, spec: MetricSpec, run: Run, row: Row, case: Case) -> SpecScore:
        try:
            values = values_for(spec, row.variables, _references(row))
        except Unscored as why:
            return SpecScore(spec.label, None, None, str(why))
        metric = METRICS[spec.metric]
        material = both_sides(run) if metric.side is Side.BOTH else whole_run(run)
        material = replace(material, documents=tuple(row.documents or run.documents or ()))
        if metric.judge is not None and len(values) > 1:
            values = [_any_of(values)]
        asked = (
            self._scorer.score(spec.model_copy(update={"value": value}), _with(material, spec, value), case)
            for value in values
        )
        return _metric_score(spec, await asyncio.gather(*asked))


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
