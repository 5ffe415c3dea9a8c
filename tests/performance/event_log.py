"""What a run's events cost on their way to their readers: python -m tests.performance.event_log

Events a second, of CPU time. Through the log of a run, and through what it replaced: a queue for each reader, which is
woken for each event. A burst is how many events the provider's bytes bring at once. A streamed run goes from the
provider's adapter to the bytes that the server is given to send, without network and store. The room is that of a run
whose provider sends a million pieces of one character: all that is held when it has settled, and the most before.
"""

import asyncio
import time
import tracemalloc
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from fastapi import Request
from starlette.types import Message

from promptyard.api.bulkheads.turns import Turns
from promptyard.api.run_response import run_response
from promptyard.domain.models.messages import user_prompt
from promptyard.domain.models.provider_events import Finished, FinishReason, ProviderEvent, TextDelta, UsageReport
from promptyard.domain.models.targets import Parameters, ProviderCall
from promptyard.domain.models.usage import Usage
from promptyard.domain.runs.run import Run
from promptyard.providers.registry import PROVIDERS
from promptyard.services.runs.execution import RunExecutor
from promptyard.services.runs.log import EventLog
from promptyard.services.runs.run_handle import RunHandle
from tests.support.doubles.doubles import MemoryRunStore, hang
from tests.support.doubles.metering import memory_meter
from tests.support.samples.sample_runs import new_run

EVENTS = 50_000
ROUNDS = 3
READERS = (1, 3, 10)
BURSTS = (1, 10, 100)
PIECES = 1_000_000
PIECE = TextDelta("word ")

Through = Callable[[int, int], Awaitable[None]]


def main() -> None:
    print("events/s of CPU time       log             queues")
    for readers in READERS:
        for burst in BURSTS:
            logged, queued = (_fastest(way, readers, burst) for way in (through_log, through_queues))
            name = f"{readers:>2} readers, bursts of {burst:>3}"
            print(f"{name}  {logged:>11,.0f}   {queued:>11,.0f}   {logged / queued:.1f} x")
    for burst in BURSTS:
        fastest = max(asyncio.run(streamed(burst)) for _ in range(ROUNDS))
        print(f"a streamed run, bursts of {burst:>3}  {fastest:>9,.0f} events/s")
    asyncio.run(_room())


def _fastest(way: Through, readers: int, burst: int) -> float:
    best = 0.0
    for _ in range(ROUNDS):
        began = time.process_time()
        asyncio.run(_awaited(way(readers, burst)))
        best = max(best, EVENTS / (time.process_time() - began))
    return best


async def _awaited(what: Awaitable[None]) -> None:
    await what


async def through_log(readers: int, burst: int) -> None:
    log: EventLog[TextDelta] = EventLog()

    async def read() -> None:
        seen = 0
        async for batch in log.read():
            seen += len(batch)
        assert seen == EVENTS

    async with asyncio.TaskGroup() as group:
        for _ in range(readers):
            group.create_task(read())
        for number in range(EVENTS):
            log.append(PIECE)
            if number % burst == 0:
                await asyncio.sleep(0)
        log.close()


async def through_queues(readers: int, burst: int) -> None:
    queues: list[asyncio.Queue[TextDelta | None]] = [asyncio.Queue() for _ in range(readers)]

    async def read(queue: asyncio.Queue[TextDelta | None]) -> None:
        seen = 0
        while await queue.get() is not None:
            seen += 1
        assert seen == EVENTS

    async with asyncio.TaskGroup() as group:
        for queue in queues:
            group.create_task(read(queue))
        for number in range(EVENTS):
            for queue in queues:
                queue.put_nowait(PIECE)
            if number % burst == 0:
                await asyncio.sleep(0)
        for queue in queues:
            queue.put_nowait(None)


@dataclass(frozen=True)
class _Pieces:
    """A provider that sends pieces, `burst` at a time, as fast as they are taken; and the call of it."""

    piece: TextDelta
    number: int
    burst: int
    call: ProviderCall | None = None

    def prepare(self, call: ProviderCall) -> Any:
        return replace(self, call=call)

    async def stream(self) -> AsyncGenerator[Sequence[ProviderEvent], None]:
        for _ in range(0, self.number, self.burst):
            await asyncio.sleep(0)
            yield [self.piece] * self.burst
        counted = Usage(input_tokens=1, output_tokens=self.number)
        yield [UsageReport(counted), Finished(FinishReason.STOP)]


async def streamed(burst: int) -> float:
    """Events a second of a run from the provider's adapter to what the server is given to send."""
    executor, run, call = _run(_Pieces(PIECE, EVENTS, burst))

    async def send(message: Message) -> None:
        await asyncio.sleep(0)

    async def receive() -> Message:
        await hang()
        return {}

    began = time.process_time()
    handle = await executor.start(run, call)
    response = await run_response(await _request(), handle, stream=True, on_disconnect="cancel", streams=None)
    await response({"type": "http"}, receive, send)
    return EVENTS / (time.process_time() - began)


async def _room() -> None:
    executor, run, call = _run(_Pieces(TextDelta("a"), PIECES, burst=10))
    executor.check(run, call)  # what a process imports and makes once is not counted
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    handle = await executor.start(run, call)
    reading = asyncio.create_task(_characters(handle))
    await handle.settled()
    held, peak = (size - before for size in tracemalloc.get_traced_memory())
    tracemalloc.stop()
    assert await reading == PIECES
    print(f"{PIECES:,} pieces of one character: {len(handle.log):,} events, {_mb(held)} held, {_mb(peak)} at the most")


def _run(gateway: _Pieces) -> tuple[RunExecutor, Run, ProviderCall]:
    now = datetime.now(UTC)
    run = new_run(created_at=now, deadline_at=now + timedelta(hours=1))
    row = next(row for row in PROVIDERS if row.id == "demo")
    call = ProviderCall(row=row, model="echo", messages=tuple(user_prompt("Hi")), parameters=Parameters(), base_url="")
    return RunExecutor(MemoryRunStore(), gateway, memory_meter()), run, call


async def _request() -> Request:
    request = Request({"type": "http", "method": "POST", "path": "/", "headers": [], "query_string": b""})
    request.state.turn = await Turns().take("local")
    return request


async def _characters(handle: RunHandle) -> int:
    """Read as they come."""
    texts = [event.text async for batch in handle.log.read() for _, event in batch if isinstance(event, TextDelta)]
    return len("".join(texts))


def _mb(size: int) -> str:
    return f"{size / 1e6:.1f} MB"


if __name__ == "__main__":
    main()
