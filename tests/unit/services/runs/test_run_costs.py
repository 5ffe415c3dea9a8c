"""What a run reads and writes of the store while it goes on."""

import asyncio
import itertools
from collections.abc import Iterator
from functools import partial

import pytest

from promptyard.api.answers.frames import run_frame
from promptyard.domain.models.messages import user_prompt
from promptyard.domain.models.provider_events import Finished, FinishReason, TextDelta
from promptyard.domain.models.targets import Parameters, ProviderCall
from promptyard.domain.runs.run import RunStatus
from promptyard.providers.registry import PROVIDERS
from promptyard.services.metering.meter import Meter
from promptyard.services.runs.execution import RunExecutor
from promptyard.services.runs.log import EventLog
from promptyard.services.runs.resuming import piece_writer
from promptyard.services.runs.resuming.framed_log import FramedLog
from promptyard.services.runs.resuming.piece_writer import PieceWriter
from promptyard.services.runs.run_events import RunBegan, RunEvent, RunSettled
from promptyard.services.runs.settling import cancel_watch
from promptyard.services.runs.settling.cancel_watch import cancel_pauses
from promptyard.storage.metering.ledger import DynamoLedger
from promptyard.storage.metering.months import DynamoMonths
from promptyard.storage.runs.stream_pieces import DynamoStreamStore
from promptyard.storage.table.table import Table
from promptyard_local.aws import LocalAws
from tests.support.aws.local_aws import (
    RUNS_TABLE,
    USAGE_TABLE,
    counted_item_units,
    counted_read_units,
    store_of_runs,
)
from tests.support.doubles.doubles import ScriptedGateway
from tests.support.doubles.metering import catalogue
from tests.support.samples.sample_runs import new_run, settled

MINUTE = 60
DEMO = next(row for row in PROVIDERS if row.id == "demo")
PROMPT = user_prompt("x" * 36_000)
ENGLISH = (
    "An event loop waits for whatever is ready and hands it to the code that asked for it so that a single thread can "
    "look after thousands of connections at once without ever standing still for one of them and that is why servers "
    "which mostly wait for networks and disks are written around it today rather than with a thread for each caller"
)


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

    monkeypatch.setattr(cancel_watch, "cancel_pauses", at_once)
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


@pytest.mark.parametrize(("seconds", "tokens_a_second"), [(20, 50), (20, 100), (60, 50), (60, 100)])
async def test_a_run_that_can_be_resumed_costs_two_write_units_a_second(
    local_aws: LocalAws, monkeypatch: pytest.MonkeyPatch, seconds: int, tokens_a_second: int
) -> None:
    """A piece for each half second, one right after the other; one at the beginning, and one for the end."""
    monkeypatch.setattr(piece_writer, "PAUSE_SECONDS", 0.0)
    words, run, log = itertools.cycle(ENGLISH.split(" ")), new_run(), EventLog[RunEvent]()
    store = DynamoStreamStore(Table(local_aws.clients.dynamodb, local_aws.names[RUNS_TABLE]))
    writer = PieceWriter(store, FramedLog(run.tenant, run.id, log, partial(run_frame, None)), run.deadline_at)
    with counted_item_units(local_aws.clients.dynamodb()) as units:
        following = asyncio.create_task(writer.follow())
        log.append(RunBegan())
        await until_counted(units, 1)
        for half_second in range(2 * seconds):
            log.extend(TextDelta(f" {next(words)}") for _ in range(tokens_a_second // 2))
            await until_counted(units, half_second + 2)
        await writer.finish(RunSettled(settled(run, output="Hi"), None))
    log.close()
    await following
    assert (len(units), sum(units)) == (2 * seconds + 2, 2 * seconds + 2)


async def until_counted(units: list[int], number: int) -> None:
    async with asyncio.timeout(30):
        while len(units) < number:
            await asyncio.sleep(0.001)
