"""A run is settled once, whatever happens to it."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from promptyard.domain.errors import (
    OurFault,
    ProviderAuth,
    ProviderMalformed,
    ProviderOverloaded,
    RefusedParameter,
    StoreUnavailable,
)
from promptyard.domain.models.messages import user_prompt
from promptyard.domain.models.provider_events import (
    Finished,
    FinishReason,
    ReasoningDelta,
    TextDelta,
    ToolCallDelta,
    UsageReport,
)
from promptyard.domain.models.targets import Parameters, ProviderCall
from promptyard.domain.models.usage import Usage, UsageSource
from promptyard.domain.runs.run import Run, RunStatus
from promptyard.providers.registry import PROVIDERS
from promptyard.services.metering import meter
from promptyard.services.runs import pieces, provider_attempts
from promptyard.services.runs.execution import RunExecutor
from promptyard.services.runs.run_events import RunBegan, RunEvent, RunSettled
from promptyard.services.runs.run_handle import RunHandle
from promptyard.services.runs.settling import cancel_watch
from tests.support.doubles.doubles import MemoryRunStore, ScriptedGateway, Step, each_event, hang, says
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
    monkeypatch.setattr(provider_attempts, "_backoff", lambda attempt: 0.0)


async def run_to_end(
    store: MemoryRunStore, gateway: ScriptedGateway, run: Run | None = None
) -> tuple[list[RunEvent], RunSettled]:
    handle = await RunExecutor(store, gateway, memory_meter()).start(run or new_run(), CALL)
    events = [event async for event in each_event(handle.log)]
    last = events[-1]
    assert isinstance(last, RunSettled)
    assert sum(isinstance(event, RunSettled) for event in events) == 1
    assert store.runs["local", "run-1"] == last.run
    assert gateway.closed == len(gateway.calls)
    return events, last


async def test_an_answer_comes_as_it_is_told_and_is_kept_whole() -> None:
    events, last = await run_to_end(MemoryRunStore(), ScriptedGateway(says("Hello there")))
    assert events[:-1] == [RunBegan(), TextDelta("Hello"), TextDelta("there")]
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


async def test_a_parameter_refused_in_the_middle_of_an_answer_does_not_send_the_prompt_again() -> None:
    parameters = Parameters(temperature=1)
    run, call = new_run().model_copy(update={"parameters": parameters}), replace(CALL, parameters=parameters)
    gateway = ScriptedGateway([TextDelta("half"), RefusedParameter("temperature", "o9")], says("never"))
    executor = RunExecutor(store := MemoryRunStore(), gateway, memory_meter())
    handle = await executor.start(run, replace(call, may_drop=frozenset({"temperature"})))
    await handle.settled()
    assert len(gateway.calls) == 1
    assert store.runs["local", "run-1"].output == "half"
    assert store.runs["local", "run-1"].dropped is None


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


async def test_reasoning_and_tool_calls_are_events_of_their_own_and_the_first_token_is_of_any_kind() -> None:
    script: list[Step] = [
        ReasoningDelta("Hm. "),
        TextDelta("Let me see."),
        TextDelta(""),
        ToolCallDelta(0, id="call_a", name="weather"),
        ToolCallDelta(0, arguments="{}"),
        Finished(FinishReason.TOOL),
    ]
    events, last = await run_to_end(MemoryRunStore(), ScriptedGateway(script))
    assert events == [RunBegan(), *script[:2], *script[3:5], last]
    assert last.run.output == "Let me see."
    _, last = await run_to_end(MemoryRunStore(), ScriptedGateway([ReasoningDelta("Hm."), Finished(FinishReason.STOP)]))
    assert (last.run.output, last.run.ttft_ms is None) == ("", False)


async def test_readers_may_join_anywhere_and_the_first_event_is_not_taken_from_them() -> None:
    gate = asyncio.Event()
    gateway = ScriptedGateway([TextDelta("a"), gate.wait, *says("b")])
    handle = await RunExecutor(MemoryRunStore(), gateway, memory_meter()).start(new_run(), CALL)
    first = handle.log.read()
    assert await anext(first) == [(1, RunBegan()), (2, TextDelta("a"))]
    assert await handle.started(0) == RunBegan()
    second = handle.log.read(after=1)
    assert await anext(second) == [(2, TextDelta("a"))]
    gate.set()
    end = await handle.settled()
    rest = [(3, TextDelta("b")), (4, end)]
    for reader in (first, second, handle.log.read(after=2)):
        assert [event async for batch in reader for event in batch] == rest


async def test_a_run_that_does_not_begin_in_time_has_no_first_event_yet() -> None:
    gate = asyncio.Event()
    executor = RunExecutor(MemoryRunStore(), ScriptedGateway([gate.wait, *says("b")]), memory_meter())
    handle = await executor.start(new_run(), CALL)
    assert await handle.started(0.001) is None
    gate.set()
    assert await handle.started(5) == RunBegan()
    await handle.settled()


async def test_a_run_of_very_many_pieces_takes_little_more_room_than_its_text() -> None:
    number = 100_000

    script: list[Step] = [TextDelta("a")] * number
    script += [ToolCallDelta(0, arguments="b")] * number
    script.append(Finished(FinishReason.STOP))
    handle = await RunExecutor(MemoryRunStore(), ScriptedGateway(script), memory_meter()).start(new_run(), CALL)
    end = await handle.settled()
    assert len(handle.log) <= pieces.SINGLE + 2 * number / pieces.GATHERED + 4
    assert end.run.output == "a" * number
    assert "".join(event.text for event in handle.log if isinstance(event, TextDelta)) == "a" * number
    calls = [event.arguments for event in handle.log if isinstance(event, ToolCallDelta)]
    assert "".join(calls) == "b" * number


async def test_the_log_of_a_settled_run_has_its_answer_in_whole_pieces() -> None:
    call = ToolCallDelta(0, "c", "pay", "{}", extra_content={"google": {"thought_signature": "c2ln"}})
    script: list[Step] = [ReasoningDelta("so"), *says("Hello there")[:2], call, Finished(FinishReason.TOOL)]
    _, last = await run_to_end(MemoryRunStore(), ScriptedGateway(script))
    again = RunHandle.of_settled(last.run)
    assert list(again.log) == [RunBegan(), ReasoningDelta("so"), TextDelta("Hellothere"), call, last]


async def test_the_log_of_a_run_that_failed_while_it_reasoned_begins_as_it_did() -> None:
    _, last = await run_to_end(MemoryRunStore(), ScriptedGateway([ReasoningDelta("so"), ProviderMalformed("cut")]))
    assert list(RunHandle.of_settled(last.run).log)[:2] == [RunBegan(), ReasoningDelta("so")]


async def test_the_deadline_ends_a_run_and_its_call() -> None:
    _, last = await run_to_end(MemoryRunStore(), ScriptedGateway([TextDelta("half"), hang]), new_run(0.05))
    assert last.error is not None
    assert last.error.code == "deadline"
    assert (last.run.status, last.run.output) == (RunStatus.FAILED, "half")


async def test_cancelling_ends_the_call_and_settles_as_cancelled() -> None:
    store, gateway = MemoryRunStore(), ScriptedGateway([TextDelta("half"), hang])
    handle = await RunExecutor(store, gateway, memory_meter()).start(new_run(), CALL)
    events: list[RunEvent] = []
    async for event in each_event(handle.log):
        events.append(event)
        if isinstance(event, TextDelta):
            handle.cancel("enough")
    last = events[-1]
    assert isinstance(last, RunSettled)
    assert (last.run.status, last.run.output) == (RunStatus.CANCELLED, "half")
    assert last.run.error is not None
    assert (last.run.error.code, last.run.error.message) == ("cancelled", "enough")
    assert gateway.closed == 1


async def test_a_cancellation_asked_for_through_the_store_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cancel_watch, "CANCEL_POLL_SECONDS", 0.01)
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
    events = each_event(handle.log)
    await anext(events)
    gate.set()
    await store.settled.wait()
    assert store.runs["local", "run-1"].output == "ab"


async def test_a_crash_settles_the_run_and_says_nothing_of_itself(caplog: pytest.LogCaptureFixture) -> None:
    _, last = await run_to_end(MemoryRunStore(), ScriptedGateway([ValueError("sk-secret")]))
    assert isinstance(last.error, OurFault)
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
    assert isinstance(last.error, OurFault)
    assert last.run.status is RunStatus.FAILED
    assert "sk-secret" not in caplog.text


async def test_a_record_that_cannot_be_written_keeps_nobody_waiting() -> None:
    store = MemoryRunStore()
    store.settle_failures = [ValueError("not a number that is kept")]
    handle = await RunExecutor(store, ScriptedGateway(says("ok")), memory_meter()).start(new_run(), CALL)
    last = await asyncio.wait_for(handle.settled(), 5)
    assert (last.error, last.run.output) == (None, "ok")
    assert store.runs["local", "run-1"].status is RunStatus.RUNNING
