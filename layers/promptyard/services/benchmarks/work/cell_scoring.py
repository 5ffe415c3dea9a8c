"""Scoring a cell's answer: by all metrics, and in some cells by the judges once more."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from promptyard.domain.benchmarks.cells import is_judged_twice
from promptyard.domain.runs.metrics.registry import METRICS

if TYPE_CHECKING:
    from promptyard.domain.account.access import Caller
    from promptyard.domain.benchmarks.benchmark import BenchmarkRun
    from promptyard.domain.benchmarks.cells import Cell
    from promptyard.domain.benchmarks.datasets import Row
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
    """False: there is no money for judges."""


@dataclass(frozen=True, slots=True)
class CellScoring:
    """By the metrics' labels."""

    scores: Mapping[str, float | None]
    reasons: Mapping[str, str]
    again: Mapping[str, float | None]
    """What judges said the second time; empty where they were not asked twice."""
    judge_cost_usd: Decimal | None
    """Of both times; None where it is not known."""


async def score_cell(
    scorer: "CellScorer", answered: AnsweredCell, benchmark_run: "BenchmarkRun", cell: "Cell"
) -> CellScoring:
    """Whatever goes wrong with a metric is why that one has no score."""
    specs, row = benchmark_run.benchmark.metrics, answered.row
    judged = [spec for spec in specs if METRICS[spec.metric].judge is not None]
    if not judged or not answered.judges or not is_judged_twice(benchmark_run, cell):
        found = await scorer.score(answered.caller, answered.run, specs, row, answered.until, judges=answered.judges)
        return CellScoring(found.scores, found.reasons, {}, found.judge_cost_usd)
    own = [spec for spec in row.metrics if METRICS[spec.metric].judge is not None]
    judges_alone = row.model_copy(update={"metrics": own})
    first, second = await asyncio.gather(
        scorer.score(answered.caller, answered.run, specs, row, answered.until),
        scorer.score(answered.caller, answered.run, judged, judges_alone, answered.until),
    )
    costs = (first.judge_cost_usd, second.judge_cost_usd)
    known = [cost for cost in costs if cost is not None]
    return CellScoring(
        first.scores, first.reasons, second.scores, sum(known, Decimal(0)) if len(known) == len(costs) else None
    )
