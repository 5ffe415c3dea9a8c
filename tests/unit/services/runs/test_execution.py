"""A run is settled once, whatever happens to it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from promptyard.domain.errors import (
    ProviderAuth,
    ProviderError,
    ProviderMalformed,
    ProviderOverloaded,
    RefusedParameter,
    StoreUnavailable,
)
from promptyard.domain.models.messages import user_prompt
from promptyard.domain.models.provider_events import Finished, FinishReason, TextDelta, ToolCallDelta, UsageReport
from promptyard.domain.models.targets import Parameters, ProviderCall
from promptyard.domain.models.usage import Usage, UsageSource
from promptyard.domain.runs.run import Run, RunStatus
from promptyard.providers.registry import PROVIDERS
from promptyard.services.metering import meter
from promptyard.services.runs import execution
from promptyard.services.runs.execution import RunExecutor
from promptyard.services.runs.run_handle import RunBegan, RunEvent, RunSettled, RunText
from tests.support.doubles.doubles import MemoryRunStore, ScriptedGateway, Step, hang, says
from tests.support.doubles.metering import memory_meter

DEMO = next(row for row in PROVIDERS if row.id == "demo")


def new_run(seconds: float = 30) -> Run:
    now = datetime.now(UTC)
    return Run(
        id="run-1",
        tenant="local",
        endpoint="playground/run",
        provider="demo",
        model="echo",
        model_id="demo/echo",
        created_at=now,
        deadline_at=now + timedelta(seconds=seconds),
        messages=user_prompt("Hi"),
    )


CALL = ProviderCall(row=DEMO, model="echo", messages=tuple(user_prompt("Hi")), parameters=Parameters(), base_url="")


@pytest.fixture(autouse=True)
def no_backoff(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(execution, "_backoff", lambda attempt: 0.0)


async def run_to_end(
    store: MemoryRunStore, gateway: ScriptedGateway, run: Run | None = None
) -> tuple[list[RunEvent], RunSettled]:
    handle = await RunExecutor(store, gateway, memory_meter()).start(run or new_run(), CALL)
    events = [event async for event in handle]
    last = events[-1]
    assert isinstance(last, RunSettled)
    assert sum(isinstance(event, RunSettled) for event in events) == 1
    assert store.runs["local", "run-1"] == last.run
    assert gateway.closed == len(gateway.calls)
    return events, last


async def test_an_answer_comes_as_it_is_told_and_is_kept_whole() -> None:
    events, last = await run_to_end(MemoryRunStore(), ScriptedGateway(says("Hello there")))
    assert events[:-1] == [RunBegan(), RunText("Hello"), RunText("there")]
    run = last.run
    assert (run.status, run.output, run.finish_reason) == (RunStatus.SUCCEEDED, "Hellothere", FinishReason.STOP)
    assert run.usage == Usage(input_tokens=3, output_tokens=2)
    assert run.usage_source is UsageSource.REPORTED
    assert run.ttft_ms is not None
    assert run.latency_ms is not None
    assert run.ttft_ms <= run.latency_ms


async def test_nothing_is_stored_of_a_call_that_cannot_be_made() -> None:
    store = MemoryRunStore()
    gateway = ScriptedGateway(refuse=RefusedParameter("temperature", "o9"))
    with pytest.raises(RefusedParameter):
        await RunExecutor(store, gateway, memory_meter()).start(new_run(), CALL)
    assert store.runs == {}


async def test_what_may_be_retried_is_tried_three_times_at_most() -> None:
    busy = ProviderOverloaded("busy", status=503, retryable=True)
    _, last = await run_to_end(MemoryRunStore(), gateway := ScriptedGateway([busy], [busy], says("ok")))
    assert len(gateway.calls) == 3
    assert last.error is None

    _, last = await run_to_end(MemoryRunStore(), gateway := ScriptedGateway([busy], [busy], [busy]))
    assert len(gateway.calls) == 3
    assert last.error is busy
    assert last.run.error is not None
    assert (last.run.error.code, last.run.error.provider_status) == ("provider_overloaded", 503)
    assert gateway.prepared == 1


@pytest.mark.parametrize(
    "script",
    [
        [ProviderAuth("bad key", status=401)],
        [ProviderOverloaded("come back in an hour", retryable=True, retry_after=3600)],
        [TextDelta("half"), ProviderOverloaded("busy", retryable=True)],
    ],
    ids=["not retryable", "too long a wait", "text was sent already"],
)
async def test_what_may_not_be_retried_is_tried_once(script: list[Step]) -> None:
    _, last = await run_to_end(MemoryRunStore(), gateway := ScriptedGateway(script, says("never")))
    assert len(gateway.calls) == 1
    assert last.run.status is RunStatus.FAILED


async def test_a_broken_stream_keeps_what_came_and_claims_no_count_of_it() -> None:
    started = UsageReport(Usage(input_tokens=9, output_tokens=1))
    script: list[Step] = [started, TextDelta("half"), ProviderMalformed("cut")]
    _, last = await run_to_end(MemoryRunStore(), ScriptedGateway(script))
    assert last.run.output == "half"
    assert last.run.usage == Usage(input_tokens=9)
    assert last.run.usage_source is UsageSource.UNKNOWN
    assert last.run.cost_usd is None
    assert last.run.finish_reason is FinishReason.ERROR


async def test_a_stream_without_its_terminal_event_has_failed() -> None:
    _, last = await run_to_end(MemoryRunStore(), ScriptedGateway([TextDelta("half")]))
    assert isinstance(last.error, ProviderMalformed)
    assert last.run.output == "half"


async def test_tool_calls_are_joined_from_their_pieces() -> None:
    script: list[Step] = [
        ToolCallDelta(0, id="call_a", name="weather", arguments='{"city":'),
        ToolCallDelta(1, id="call_b", name="time"),
        ToolCallDelta(0, arguments='"Oslo"}'),
        Finished(FinishReason.TOOL),
    ]
    _, last = await run_to_end(MemoryRunStore(), ScriptedGateway(script))
    assert last.run.tool_calls is not None
    first, second = last.run.tool_calls
    assert (first.id, first.function.name, first.function.arguments) == ("call_a", "weather", '{"city":"Oslo"}')
    assert (second.id, second.function.name, second.function.arguments) == ("call_b", "time", "")
    assert last.run.ttft_ms is not None


async def test_the_deadline_ends_a_run_and_its_call() -> None:
    _, last = await run_to_end(MemoryRunStore(), ScriptedGateway([TextDelta("half"), hang]), new_run(0.05))
    assert last.error is not None
    assert last.error.code == "deadline"
    assert (last.run.status, last.run.output) == (RunStatus.FAILED, "half")


async def test_cancelling_ends_the_call_and_settles_as_cancelled() -> None:
    store, gateway = MemoryRunStore(), ScriptedGateway([TextDelta("half"), hang])
    handle = await RunExecutor(store, gateway, memory_meter()).start(new_run(), CALL)
    events: list[RunEvent] = []
    async for event in handle:
        events.append(event)
        if isinstance(event, RunText):
            handle.cancel("enough")
    last = events[-1]
    assert isinstance(last, RunSettled)
    assert (last.run.status, last.run.output) == (RunStatus.CANCELLED, "half")
    assert last.run.error is not None
    assert (last.run.error.code, last.run.error.message) == ("cancelled", "enough")
    assert gateway.closed == 1


async def test_a_cancellation_asked_for_through_the_store_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(execution, "CANCEL_POLL_SECONDS", 0.01)
    store, gateway = MemoryRunStore(), ScriptedGateway([hang])
    handle = await RunExecutor(store, gateway, memory_meter()).start(new_run(), CALL)
    await store.request_cancel("local", "run-1")
    assert (await handle.settled()).run.status is RunStatus.CANCELLED


async def test_a_run_cancelled_before_its_call_began_is_settled() -> None:
    store = MemoryRunStore()
    executor = RunExecutor(store, ScriptedGateway([hang]), memory_meter())
    handle = await executor.start(new_run(), CALL)
    handle.cancel("at once")
    closing = asyncio.create_task(executor.close())
    assert (await handle.settled()).run.status is RunStatus.CANCELLED
    await closing


async def test_closing_settles_what_is_going_on() -> None:
    store, gateway = MemoryRunStore(), ScriptedGateway([hang])
    executor = RunExecutor(store, gateway, memory_meter())
    await executor.start(new_run(), CALL)
    await asyncio.sleep(0)
    await executor.close()
    assert store.runs["local", "run-1"].status is RunStatus.CANCELLED


async def test_a_reader_that_leaves_stops_nothing() -> None:
    store, gate = MemoryRunStore(), asyncio.Event()
    gateway = ScriptedGateway([TextDelta("a"), gate.wait, *says("b")])
    handle = await RunExecutor(store, gateway, memory_meter()).start(new_run(), CALL)
    events: AsyncIterator[RunEvent] = aiter(handle)
    await anext(events)
    gate.set()
    await store.settled.wait()
    assert store.runs["local", "run-1"].output == "ab"


async def test_a_crash_settles_the_run_and_says_nothing_of_itself(caplog: pytest.LogCaptureFixture) -> None:
    _, last = await run_to_end(MemoryRunStore(), ScriptedGateway([ValueError("sk-secret")]))
    assert isinstance(last.error, ProviderError)
    assert last.run.status is RunStatus.FAILED
    assert "sk-secret" not in last.run.model_dump_json() + caplog.text


async def test_a_store_that_is_away_for_a_moment_gets_the_record_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meter, "SETTLE_PAUSE_SECONDS", 0.0)
    store = MemoryRunStore()
    store.settle_failures = [StoreUnavailable("away"), StoreUnavailable("away")]
    _, last = await run_to_end(store, ScriptedGateway(says("ok")))
    assert last.error is None


async def test_an_answer_that_cannot_be_put_together_ends_as_a_failure(caplog: pytest.LogCaptureFixture) -> None:
    script: list[Step] = [TextDelta("half"), ToolCallDelta(0, id=7, name="sk-secret"), Finished(FinishReason.TOOL)]  # type: ignore[arg-type]
    _, last = await run_to_end(MemoryRunStore(), ScriptedGateway(script))
    assert isinstance(last.error, ProviderError)
    assert last.run.status is RunStatus.FAILED
    assert "sk-secret" not in caplog.text


async def test_a_record_that_cannot_be_written_keeps_nobody_waiting() -> None:
    store = MemoryRunStore()
    store.settle_failures = [ValueError("not a number that is kept")]
    handle = await RunExecutor(store, ScriptedGateway(says("ok")), memory_meter()).start(new_run(), CALL)
    last = await asyncio.wait_for(handle.settled(), 5)
    assert (last.error, last.run.output) == (None, "ok")
    assert store.runs["local", "run-1"].status is RunStatus.RUNNING
