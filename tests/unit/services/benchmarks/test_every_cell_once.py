"""Whatever is delivered twice and whatever dies: every row that can be run has one answer, paid once; every other is
put aside, and named."""

import random
from datetime import timedelta

import pytest

from promptyard.domain.benchmarks.benchmark import BenchmarkStatus
from promptyard.domain.metering import charges
from promptyard.services.benchmarks.work import cell_work
from promptyard.services.playgrounds import scoring
from promptyard_local.aws import LocalAws
from promptyard_local.sqs.client import EmbeddedSQSClient
from tests.support.doubles.benchmark_chaos import BenchmarkChaos, MadeRows, broken_promises
from tests.support.samples.sample_benchmarks import new_benchmark_run


@pytest.fixture
def quick_to_give_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a dead worker has left is free two seconds after its runs' time is over. A metric has more than the second
    that is left to it: it waits for its turn on a machine that has too much to do."""
    monkeypatch.setattr(charges, "SETTLE_GRACE", timedelta(seconds=1))
    monkeypatch.setattr(cell_work, "SETTLE_GRACE", timedelta(seconds=1))
    monkeypatch.setattr(cell_work, "SCORING", timedelta(seconds=1))
    monkeypatch.setattr(scoring, "MIN_SECONDS", scoring.MAX_SECONDS)


@pytest.mark.usefixtures("quick_to_give_up")
@pytest.mark.parametrize("rows", [1_000, pytest.param(10_000, marks=pytest.mark.hard)])
async def test_every_row_is_answered_once_or_put_aside(plain_aws: LocalAws, rows: int) -> None:
    chaos = BenchmarkChaos(
        plain_aws,
        EmbeddedSQSClient(),
        MadeRows(rows),
        deaths=0.05,
        doubles=0.3,
        seed=(seed := random.randrange(10**6)),
    )
    run = await chaos.run(new_benchmark_run(tenant="local", rows=rows, concurrency=50), patience=rows)
    try:
        assert await broken_promises(chaos, run) == [], f"seed {seed}"
        assert run.status is BenchmarkStatus.COMPLETED
        assert chaos.told.runs[-1].id == run.id
        assert chaos.doubled > rows / 5
        assert chaos.died > rows / 50
    finally:
        await chaos.close()
