"""A cell's scores, of one time and of two."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from promptyard.domain.account.access import Caller, Role
from promptyard.domain.benchmarks.cells import Cell
from promptyard.domain.benchmarks.datasets import Row
from promptyard.domain.runs.metrics.judge import JudgeRun
from promptyard.domain.runs.metrics.spec import MetricSpec
from promptyard.domain.runs.run import Run
from promptyard.services.benchmarks.work.cell_outcomes import result_of
from promptyard.services.benchmarks.work.cell_scoring import AnsweredCell, CellScoring, score_cell
from promptyard.services.ports.benchmark_work import NO_JUDGE_RUNS
from tests.support.samples.sample_benchmarks import new_benchmark_run
from tests.support.samples.sample_runs import new_run, settled

JUDGED = MetricSpec(metric="correctness", judge="demo/echo")
EXACT = MetricSpec(metric="exact_match")
OWN = MetricSpec(metric="rubric", name="own", value="Be kind.", judge="demo/echo")


@dataclass
class _Scored:
    scores: Mapping[str, float | None]
    judge_cost_usd: Decimal | None
    reasons: Mapping[str, str] = field(default_factory=dict)


class _Scorer:
    """Implements `services.ports.benchmark_work.CellScorer`: each time another score."""

    judges = True

    def judges_bound_usd(
        self, run: Run, specs: Sequence[MetricSpec], row: Row, *, answer_tokens: int | None = None
    ) -> Decimal | None:
        raise NotImplementedError

    def __init__(self, *costs: Decimal | None) -> None:
        self._costs = list(costs)
        self.asked: list[list[str]] = []

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
    ) -> _Scored:
        labels = [spec.label for spec in (*specs, *row.metrics)]
        self.asked.append(labels)
        self.judges = judges
        return _Scored(dict.fromkeys(labels, len(self.asked) / 4), self._costs.pop(0))


async def scored(
    scorer: _Scorer, row: int, repeat: int = 0, *, judge_twice: int = 2, judges: bool = True
) -> CellScoring:
    run = new_benchmark_run(rows=4, repeats=2, metrics=[EXACT, JUDGED], judge_twice=judge_twice)
    cell = Cell(0, row, 0, repeat)
    asked = Row(id="r-1", number=row, metrics=[OWN, MetricSpec(metric="bleu")])
    answered = AnsweredCell(Caller("acme", Role.MEMBER), asked, settled(new_run()), datetime.now(UTC), judges=judges)
    return await score_cell(scorer, answered, run, cell)


async def test_judges_are_asked_once_more_in_the_rows_of_the_sample() -> None:
    scorer = _Scorer(Decimal(1), Decimal(2))
    found = await scored(scorer, row=2)
    assert scorer.asked == [["exact_match", "correctness", "own", "bleu"], ["correctness", "own"]]
    assert found.scores["correctness"] == 0.25
    assert found.again == {"correctness": 0.5, "own": 0.5}
    assert found.judge_cost_usd == 3
    result = result_of(Cell(0, 2, 0, 0), settled(new_run()), found)
    assert (result.scores_again, result.judge_cost_usd) == (found.again, 3)


@pytest.mark.parametrize(("row", "repeat", "judge_twice"), [(1, 0, 2), (2, 1, 2), (2, 0, 0)])
async def test_once_elsewhere(row: int, repeat: int, judge_twice: int) -> None:
    scorer = _Scorer(None)
    found = await scored(scorer, row, repeat, judge_twice=judge_twice)
    assert len(scorer.asked) == 1
    assert found.again == {}
    assert found.judge_cost_usd is None


async def test_no_judge_is_asked_where_there_is_no_money_for_it() -> None:
    scorer = _Scorer(Decimal(0))
    assert (await scored(scorer, row=2, judges=False)).again == {}
    assert (len(scorer.asked), scorer.judges) == (1, False)


async def test_a_cost_that_is_not_known_the_second_time_is_not_known() -> None:
    assert (await scored(_Scorer(Decimal(1), None), row=2)).judge_cost_usd is None
