"""What a cell comes to: an answer, a failure, another attempt, poison; and the money that it may take."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from promptyard.domain.benchmarks.benchmark import BenchmarkRun, BenchmarkStatus, CellResult, Column
from promptyard.domain.errors import DeadlineExceeded, ProviderError, ProviderOverloaded
from promptyard.domain.models.targets import Target
from promptyard.domain.runs.metrics.spec import MetricSpec
from promptyard.domain.runs.run import Run, RunStatus
from promptyard.services.benchmarks.work import cell_work
from promptyard.services.benchmarks.work.execution import Execution
from promptyard.storage.runs.runs import DynamoRunStore
from promptyard_local.aws import LocalAws
from promptyard_local.sqs.client import EmbeddedSQSClient
from tests.support.doubles import benchmark_chaos
from tests.support.doubles.benchmark_chaos import TENANT, BenchmarkChaos, MadeRows
from tests.support.doubles.cell_provider import Provider
from tests.support.samples.sample_benchmarks import new_benchmark_run

PATIENCE = 60


@pytest.fixture(autouse=True)
def back_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another attempt is made at once."""
    monkeypatch.setattr(cell_work, "BACK_OFF_SECONDS", 0.0)


def chaos_of(aws: LocalAws, rows: int, provider: Provider) -> BenchmarkChaos:
    chaos = BenchmarkChaos(aws, EmbeddedSQSClient(), MadeRows(rows, poison=False), seconds=30)
    chaos.gateway = provider
    return chaos


def run_of(rows: int, model: str = "openai/gpt-4o", **fields: object) -> BenchmarkRun:
    run = new_benchmark_run(tenant=TENANT, rows=rows, **fields)
    columns = [Column(index=0, name=model, target=Target(model=model))]
    return run.model_copy(update={"columns": columns})


async def results(chaos: BenchmarkChaos, run: BenchmarkRun) -> list[CellResult]:
    return [result async for page in chaos.cells.pages(TENANT, run.id) for result in page]


async def test_what_the_provider_refuses_fails_at_once_and_what_it_fails_at_is_tried_again(local_aws: LocalAws) -> None:
    overloaded = [ProviderOverloaded("busy", status=503, retryable=True, retry_after=21.0)]
    refused = [ProviderError("no such thing", status=400)]
    provider = Provider({"question 1": overloaded, "question 2": refused})
    chaos = chaos_of(local_aws, 3, provider)
    overloaded[0].retry_after = None
    run = await chaos.run(run_of(3), PATIENCE)
    assert (run.status, run.cells.done, run.cells.failed) == (BenchmarkStatus.COMPLETED, 2, 1)
    assert provider.asked == {"question 1": 2, "question 2": 1, "question 3": 1}
    [first, second, third] = await results(chaos, run)
    assert (second.error, second.scores) == ("no such thing", {})
    assert first.scores == third.scores == {"exact_match": 1.0}
    await chaos.close()


async def test_a_model_without_a_key_is_poison_and_never_asked(local_aws: LocalAws) -> None:
    provider = Provider()
    chaos = chaos_of(local_aws, 2, provider)
    run = await chaos.run(run_of(2, model="mistral/mistral-large-latest"), PATIENCE)
    assert (run.status, run.cells.poison) == (BenchmarkStatus.COMPLETED, 2)
    assert len(chaos.sqs.texts("dead")) == 2
    assert provider.asked == {}
    await chaos.close()


async def test_a_budget_is_not_passed_and_a_larger_one_takes_the_run_to_its_end(
    local_aws: LocalAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("promptyard.services.benchmarks.work.execution.STOPPING_SECONDS", 0)
    provider = Provider(tokens=5_000)  # 5 cents; 16 are reserved
    chaos = chaos_of(local_aws, 20, provider)
    run = await chaos.run(run_of(20, budget_usd=Decimal("0.50"), concurrency=5), PATIENCE)
    assert run.status is BenchmarkStatus.OVER_BUDGET
    assert run.cost_usd is not None
    assert Decimal("0.30") < run.cost_usd <= Decimal("0.50")
    assert run.cells.done == len(provider.asked) < 20
    more = {"status": BenchmarkStatus.RUNNING, "budget_usd": Decimal(5), "error": None}
    run = await chaos.runs.change(TENANT, run.id, more, {BenchmarkStatus.OVER_BUDGET})
    await Execution(chaos.runs, chaos.slots, chaos.parts.runs.store, chaos.queue).resume(run)
    run = await chaos.work(run, PATIENCE)
    assert (run.status, run.cells.done) == (BenchmarkStatus.COMPLETED, 20)
    assert set(provider.asked.values()) == {1}
    await chaos.close()


RUBRIC = MetricSpec(metric="rubric", value="Is it kind?", judge="openai/gpt-4o")


async def test_what_judges_may_cost_is_reserved_too(local_aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("promptyard.services.benchmarks.work.execution.STOPPING_SECONDS", 0)
    provider = Provider(tokens=16_000)  # 16 cents an answer, and a verdict: of gpt-4o the most there is
    chaos = chaos_of(local_aws, 20, provider)
    order = run_of(20, budget_usd=Decimal(2), concurrency=10, metrics=[RUBRIC], judge_twice=20)
    run = await chaos.run(order, PATIENCE)
    assert run.status is BenchmarkStatus.OVER_BUDGET
    assert run.cost_usd is not None
    assert Decimal("0.9") < run.cost_usd <= 2
    charged = sum((entry.pico_usd or 0) for entry in (await chaos.ledger()).values())
    assert charged == run.cost_usd * 10**12
    assert all(result.judge_cost_usd for result in await results(chaos, run))
    await chaos.close()


async def test_a_judge_whose_price_nobody_knows_takes_no_budget(local_aws: LocalAws) -> None:
    provider = Provider()
    chaos = chaos_of(local_aws, 2, provider)
    judge = RUBRIC.model_copy(update={"judge": "openai/gpt-of-tomorrow"})
    run = await chaos.run(run_of(2, budget_usd=Decimal(2), metrics=[judge]), PATIENCE)
    assert (run.status, run.cells.poison) == (BenchmarkStatus.COMPLETED, 2)
    assert provider.asked == {}
    assert "judge" in str((await results(chaos, run))[0].error)
    await chaos.close()


class Deaf(DynamoRunStore):
    """Takes no end of a run: somebody else has settled it."""

    async def settle(self, run: Run) -> bool:
        if run.status is RunStatus.SUCCEEDED and not await super().settle(_left(run)):
            raise AssertionError("it is settled once")
        return await super().settle(run)


def _left(run: Run) -> Run:
    return run.ended(
        DeadlineExceeded("The process that carried the run ended before the run did"), at=datetime.now(UTC)
    )


async def test_a_run_that_somebody_took_for_dead_is_no_answer_whatever_its_worker_thinks(
    local_aws: LocalAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(benchmark_chaos, "DynamoRunStore", Deaf)
    chaos = chaos_of(local_aws, 1, Provider())
    run = await chaos.run(run_of(1), PATIENCE)
    assert (run.cells.done, run.cells.failed) == (0, 1)
    [result] = await results(chaos, run)
    assert "ended before" in str(result.error)
    assert {one.status for one in await chaos.all_runs()} == {RunStatus.FAILED}
    await chaos.close()
