"""Of every run that is recorded those who watch are told once, whatever happens to it and to them."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from promptyard.domain.errors import ProviderAuth, ProviderError, ProviderOverloaded, StoreUnavailable
from promptyard.domain.runs.causes import Cause
from promptyard.domain.runs.run import Run, RunStatus
from promptyard.domain.runs.run_metrics import Withheld
from promptyard.services.metering import meter
from promptyard.services.runs import provider_attempts
from promptyard.services.runs.execution import RunExecutor
from promptyard.services.runs.observing import Observers
from promptyard.services.runs.settling import settlement
from promptyard.services.runs.settling.sweeper import Sweeper
from tests.support.doubles.doubles import MemoryRunStore, ScriptedGateway, Step, hang, says
from tests.support.doubles.metering import MemoryMonths, memory_meter
from tests.support.samples.sample_runs import new_run
from tests.unit.services.runs.test_execution import CALL


class Watching:
    def __init__(self) -> None:
        self.told: list[tuple[Run, Cause | None]] = []

    def ended(self, run: Run, cause: Cause | None) -> None:
        self.told.append((run, cause))

    def causes(self) -> Counter[tuple[RunStatus, Cause | None]]:
        return Counter((run.status, cause) for run, cause in self.told)


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provider_attempts, "_backoff", lambda attempt: 0.0)
    monkeypatch.setattr(meter, "SETTLE_PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(settlement, "LATER_SECONDS", 0.001)


async def test_of_a_thousand_runs_a_thousand() -> None:
    watching, store = Watching(), MemoryRunStore()
    scripts: list[list[Step]] = [
        says("ok"),
        [ProviderError("no", status=500)],
        [ProviderAuth("no", status=401)],
        [ValueError("nobody expected it")],
    ] * 250
    executor = RunExecutor(store, ScriptedGateway(*scripts), memory_meter(), Observers(watching))
    ended = []
    for _ in range(1000):
        handle = await executor.start(new_run(), CALL)
        ended.append((await handle.settled()).run.id)
    assert [run.id for run, _ in watching.told] == ended
    assert watching.causes() == {
        (RunStatus.SUCCEEDED, None): 250,
        (RunStatus.FAILED, Cause.PROVIDER): 250,
        (RunStatus.FAILED, Cause.OURS): 500,
    }


async def test_a_run_whose_end_the_store_takes_late_is_told_of_then_and_once() -> None:
    watching, store = Watching(), MemoryRunStore()
    store.settle_failures = [StoreUnavailable("away")] * 7
    executor = RunExecutor(store, ScriptedGateway(says("ok")), memory_meter(), Observers(watching))
    handle = await executor.start(new_run(), CALL)
    await handle.settled()
    await asyncio.wait_for(store.settled.wait(), 5)
    await executor.close()
    assert watching.causes() == {(RunStatus.SUCCEEDED, None): 1}


async def test_a_run_that_somebody_else_has_ended_is_theirs_to_tell_of() -> None:
    watching, store, months = Watching(), MemoryRunStore(), MemoryMonths()
    observers = Observers(watching)
    executor = RunExecutor(store, ScriptedGateway([hang]), memory_meter(), observers)
    handle = await executor.start(new_run(), CALL)
    sweeper = Sweeper(store, months, memory_meter(), observers)
    await sweeper.settle(store.runs["local", handle.run.id])
    handle.cancel("over")
    await handle.settled()
    assert watching.causes() == {(RunStatus.FAILED, Cause.OURS): 1}


async def test_one_that_fails_keeps_neither_the_run_nor_the_others(caplog: pytest.LogCaptureFixture) -> None:
    class Broken:
        def ended(self, run: Run, cause: Cause | None) -> None:
            raise RuntimeError("sk-canary")

    watching = Watching()
    executor = RunExecutor(MemoryRunStore(), ScriptedGateway(says("ok")), memory_meter(), Observers(Broken(), watching))
    handle = await executor.start(new_run(), CALL)
    assert (await handle.settled()).error is None
    assert len(watching.told) == 1
    assert "run not observed" in caplog.text
    assert "canary" not in caplog.text


def test_what_was_blocked_is_told_to_nobody() -> None:
    watching = Watching()
    run = new_run(withheld=Withheld(output="the secret"), settled_at=datetime.now(UTC) + timedelta(seconds=1))
    Observers(watching).tell(run, None)
    [(told, _)] = watching.told
    assert "the secret" not in told.model_dump_json()


async def test_a_retried_run_is_one() -> None:
    watching = Watching()
    busy = ProviderOverloaded("busy", status=503, retryable=True)
    gateway = ScriptedGateway([busy], [busy], says("ok"))
    executor = RunExecutor(MemoryRunStore(), gateway, memory_meter(), Observers(watching))
    await (await executor.start(new_run(), CALL)).settled()
    assert watching.causes() == {(RunStatus.SUCCEEDED, None): 1}
