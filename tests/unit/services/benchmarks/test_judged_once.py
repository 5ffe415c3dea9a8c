"""A verdict that is paid for is not asked for again, whenever the worker that asked for it has died."""

import os
import random
from collections import Counter
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from promptyard.domain.benchmarks.benchmark import BenchmarkRun, BenchmarkStatus, Column
from promptyard.domain.benchmarks.messages import CellMessage
from promptyard.domain.metering import charges
from promptyard.domain.metering.ledger import from_pico
from promptyard.domain.models.targets import Target
from promptyard.domain.runs.metrics.spec import MetricSpec
from promptyard.domain.runs.run import RunStatus
from promptyard.services.benchmarks.work import cell_work
from promptyard_local.aws import LocalAws
from promptyard_local.sqs.client import EmbeddedSQSClient
from tests.support.doubles.benchmark_chaos import TENANT, BenchmarkChaos, Life, MadeRows
from tests.support.doubles.cell_provider import Provider
from tests.support.samples.sample_benchmarks import new_benchmark_run

METRICS = [
    MetricSpec(metric="exact_match"),
    MetricSpec(metric="rubric", value="Is it kind?", judge="openai/gpt-4o"),
    MetricSpec(metric="rubric", name="polite", value="Is it polite?", judge="openai/gpt-4o"),
]
BETWEEN_VERDICT_AND_END = ("add", "count", "release", "delete")
STEPS = 45
"""More than a cell with its judges takes; the last of them are of workers that live."""


def run_of(rows: int, **fields: object) -> BenchmarkRun:
    run = new_benchmark_run(tenant=TENANT, rows=rows, metrics=METRICS, concurrency=20, **fields)
    columns = [Column(index=0, name="gpt-4o", target=Target(model="openai/gpt-4o"))]
    return run.model_copy(update={"columns": columns})


def chaos_of(aws: LocalAws, rows: int, **fields: Any) -> BenchmarkChaos:
    chaos = BenchmarkChaos(aws, EmbeddedSQSClient(), MadeRows(rows, poison=False), **fields)
    chaos.gateway = Provider()
    return chaos


async def wrong_verdicts(chaos: BenchmarkChaos, run: BenchmarkRun) -> list[str]:
    """Empty where every judge has given one verdict, and been paid for it once."""
    ledger = await chaos.ledger()
    paid = [one for one in await chaos.all_runs() if one.links.judge_of and one.status is RunStatus.SUCCEEDED]
    times = Counter(one.links.judge_of for one in paid)
    wrong = [f"{one.id} was not charged" for one in paid if one.id not in ledger]
    results = [result async for page in chaos.cells.pages(TENANT, run.id) for result in page]
    for one in results:
        if one.scores != {"exact_match": 1, "rubric": 0.75, "polite": 0.75}:
            wrong.append(f"row {one.row} scored {one.scores}: {one.reasons}")
        if times.pop(one.run_id, 0) != (4 if one.scores_again else 2):
            wrong.append(f"row {one.row} was not judged as often as it should be")
        if one.scores_again not in ({}, {"rubric": 0.75, "polite": 0.75}):
            wrong.append(f"row {one.row} scored {one.scores_again} again")
    return wrong + [f"{run_id} was judged, and is no answer" for run_id in times]


def asked(chaos: BenchmarkChaos) -> int:
    """How often a judge was asked."""
    return sum(times for question, times in chaos.gateway.asked.items() if question.startswith("{"))


async def work_again(chaos: BenchmarkChaos, run: BenchmarkRun, number: int, life: Life) -> None:
    """After what became of the cell's worker is known."""
    await chaos.slots.abandon(run)
    await chaos.deliver(CellMessage(tenant=TENANT, benchmark_run_id=run.id, number=number), life)


async def test_whenever_a_worker_dies_each_verdict_is_paid_once(plain_aws: LocalAws) -> None:
    """One worker after each of its steps, and the next one as late. The others live."""
    chaos = chaos_of(plain_aws, STEPS, seconds=30)
    run = run_of(STEPS, judge_twice=STEPS)
    await chaos.runs.add(run)
    died = 0
    for number in range(STEPS):
        for life in (Life(number + 0.5), Life(number + 1), *(Life(float("inf")) for _ in range(4))):
            await work_again(chaos, run, number, life)
            died += life.ended.is_set()
    assert await wrong_verdicts(chaos, run) == []
    assert (await chaos.cells.progress(run)).counts.done == STEPS
    assert STEPS < died < 2 * STEPS
    await chaos.close()


@pytest.mark.parametrize("ends_at", BETWEEN_VERDICT_AND_END[:3])
async def test_whoever_comes_after_a_verdict_asks_nobody(plain_aws: LocalAws, ends_at: str) -> None:
    chaos, run = chaos_of(plain_aws, 2, seconds=30), run_of(2, judge_twice=1, budget_usd=Decimal(10))
    await chaos.runs.add(run)
    for number in range(2):
        for _ in range(3):
            await work_again(chaos, run, number, Life(float("inf"), ends_at=ends_at))
        await work_again(chaos, run, number, Life(float("inf")))
    assert await wrong_verdicts(chaos, run) == []
    assert asked(chaos) == 2 + 4
    charged = sum(entry.pico_usd or 0 for entry in (await chaos.ledger()).values())
    assert (await chaos.cells.progress(run)).cost_usd == from_pico(charged)
    await chaos.close()


async def test_a_message_that_comes_again_while_the_judge_is_asked_asks_nobody(plain_aws: LocalAws) -> None:
    chaos = chaos_of(plain_aws, 10, doubles=1.0, seconds=30)
    run = await chaos.run(run_of(10), patience=60)
    assert run.cells.done == 10
    assert set(chaos.gateway.asked.values()) == {1}
    assert await wrong_verdicts(chaos, run) == []
    await chaos.close()


@pytest.mark.hard
@pytest.mark.parametrize("ends_at", [BETWEEN_VERDICT_AND_END, ()], ids=["with its verdicts", "anywhere"])
async def test_each_verdict_is_paid_once_whatever_dies_by_chance(
    plain_aws: LocalAws, monkeypatch: pytest.MonkeyPatch, ends_at: tuple[str, ...]
) -> None:
    monkeypatch.setattr(charges, "SETTLE_GRACE", timedelta(seconds=1))
    monkeypatch.setattr(cell_work, "SETTLE_GRACE", timedelta(seconds=1))
    monkeypatch.setattr(cell_work, "SCORING", timedelta(seconds=4))
    rows, seed = int(os.environ.get("PROMPTYARD_TEST_CELLS", "500")), random.randrange(10**6)
    chaos = chaos_of(plain_aws, rows, deaths=0.3, ends_at=ends_at, doubles=0.3, seed=seed)
    run = await chaos.run(run_of(rows, judge_twice=rows // 3), patience=60 + rows)
    assert (run.status, run.cells.done) == (BenchmarkStatus.COMPLETED, rows), f"seed {seed}"
    assert chaos.died > rows / 10
    assert await wrong_verdicts(chaos, run) == [], f"seed {seed}"
    if ends_at:  # nobody died while a judge was asked
        assert asked(chaos) == rows * 2 + rows // 3 * 2, f"seed {seed}"
    await chaos.close()
