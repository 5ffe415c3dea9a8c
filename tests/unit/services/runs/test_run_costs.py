"""What a run reads of the store while it goes on."""

import asyncio
from collections.abc import Iterator

import pytest

from promptyard.domain.models.messages import user_prompt
from promptyard.domain.models.provider_events import Finished, FinishReason, TextDelta
from promptyard.domain.models.targets import Parameters, ProviderCall
from promptyard.domain.runs.run import RunStatus
from promptyard.providers.registry import PROVIDERS
from promptyard.services.metering.meter import Meter
from promptyard.services.runs import execution
from promptyard.services.runs.execution import RunExecutor, cancel_pauses
from promptyard.storage.metering.ledger import DynamoLedger
from promptyard.storage.metering.months import DynamoMonths
from promptyard.storage.table.table import Table
from promptyard_local.aws import LocalAws
from tests.support.aws.local_aws import USAGE_TABLE, counted_read_units, store_of_runs
from tests.support.doubles.doubles import ScriptedGateway
from tests.support.doubles.metering import catalogue
from tests.support.samples.sample_runs import new_run

MINUTE = 60
DEMO = next(row for row in PROVIDERS if row.id == "demo")
PROMPT = user_prompt("x" * 36_000)


def looks(seconds: float) -> list[float]:
    """The pauses before the looks for a cancellation in a run of so many seconds."""
    found: list[float] = []
    for pause in cancel_pauses():
        if sum(found) + pause > seconds:
            break
        found.append(pause)
    return found


async def test_a_minutes_run_reads_no_more_than_20_units(local_aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> None:
    """The looks of a minute, one right after the other, and everything else that the run reads."""
    looked = asyncio.Event()

    def at_once() -> Iterator[float]:
        for _ in looks(MINUTE):
            yield 0.0
        looked.set()

    monkeypatch.setattr(execution, "cancel_pauses", at_once)
    table = Table(local_aws.clients.dynamodb, local_aws.names[USAGE_TABLE])
    once = Table(local_aws.clients.dynamodb_once, local_aws.names[USAGE_TABLE])
    meter = Meter(DynamoMonths(table, once), DynamoLedger(table), catalogue())
    gateway = ScriptedGateway([TextDelta("Hi"), looked.wait, Finished(FinishReason.STOP)])
    call = ProviderCall(row=DEMO, model="echo", messages=tuple(PROMPT), parameters=Parameters(), base_url="")
    with counted_read_units(local_aws.clients.dynamodb()) as halves:
        handle = await RunExecutor(store_of_runs(local_aws), gateway, meter).start(new_run(messages=PROMPT), call)
        run = (await handle.settled()).run
    assert run.status is RunStatus.SUCCEEDED
    assert 30 <= halves.total() <= 2 * 20


def test_a_cancelled_call_is_stopped_within_two_seconds() -> None:
    assert max(looks(MINUTE)) <= 1.8, "with a read of the store after it"
    assert looks(MINUTE)[0] <= 0.5, "short runs are looked after, too"
