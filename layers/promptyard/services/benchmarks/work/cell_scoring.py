"""Scoring a cell's answer: by all metrics, and in some cells by the judges once more."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from promptyard.domain.benchmarks.cells import is_judged_twice
from promptyard.domain.runs.metrics.registry import METRICS
from promptyard.services.benchmarks.work.judge_runs import JudgeRuns

if TYPE_CHECKING:
    from promptyard.domain.account.access import Caller
    from promptyard.domain.benchmarks.benchmark import BenchmarkRun
    from promptyard.domain.benchmarks.cells import Cell
    from promptyard.domain.benchmarks.datasets import Row
    from promptyard.domain.runs.metrics.spec import MetricSpec
    from promptyard.domain.runs.run import Run
    from promptyard.services.ports.benchmark_work import CellScorer


@dataclass(frozen=True, slots=True)
class AnsweredCell:
    """The run that answered a row, whose it is, and until when it may be scored."""

    caller: "Caller"
    row: "Row"
    run: "Run"
    until: datetime
    judges: bool = True
    """False: there is no money for judges that were not asked yet."""
    judge_runs: JudgeRuns = field(default_factory=JudgeRuns)


@dataclass(frozen=True, slots=True)
class CellScoring:
    """By the metrics' labels."""

    scores: Mapping[str, float | None]
    reasons: Mapping[str, str]
    again: Mapping[str, float | None]
    """What judges said the second time; empty where they were not asked twice."""
    judge_cost_usd: Decimal | None
    """Of both times, and of what was lost; None where it is not known."""


def judged_labels(specs: "Sequence[MetricSpec]", row: "Row") -> list[str]:
    """Of the metrics of a row that a judge scores."""
    by_label = {spec.label: spec for spec in (*specs, *row.metrics)}
    return [label for label, spec in by_label.items() if METRICS[spec.metric].judge is not None]


async def score_cell(
    scorer: "CellScorer", answered: AnsweredCell, benchmark_run: "BenchmarkRun", cell: "Cell"
) -> CellScoring:
    """Whatever goes wrong with a metric is why that one has no score."""
    specs, row, judges = benchmark_run.benchmark.metrics, answered.row, answered.judge_runs
    judged = [spec for spec in specs if METRICS[spec.metric].judge is not None]
    caller, run, until = answered.caller, answered.run, answered.until
    [first_runs, second_runs] = judges.times
    scoring = [scorer.score(caller, run, specs, row, until, judges=answered.judges, judge_runs=first_runs)]
    if judged and answered.judges and is_judged_twice(benchmark_run, cell):
        own = [spec for spec in row.metrics if METRICS[spec.metric].judge is not None]
        judges_alone = row.model_copy(update={"metrics": own})
        scoring.append(scorer.score(caller, run, judged, judges_alone, until, judge_runs=second_runs))
    first, *again = await asyncio.gather(*scoring)
    costs = [judges.lost_usd, first.judge_cost_usd, *(second.judge_cost_usd for second in again)]
    known = [cost for cost in costs if cost is not None]
    cost = sum(known, Decimal(0)) if len(known) == len(costs) else None
    return CellScoring(first.scores, first.reasons, again[0].scores if again else {}, cost)
