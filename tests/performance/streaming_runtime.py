"""What the streaming runtime adds to an application's answers: python -m tests.performance.streaming_runtime

The runtime and a FastAPI application are one process, as on Lambda; the Runtime API, which notes when a chunk came, is
this one. A chunk carries the time at which the application yielded it, so its delay holds the framework, the runtime,
the loopback and this process's reading. Every figure is of a warm environment, the start excepted.
"""

import asyncio
import statistics
import sys
import time

from tests.streaming_runtime.events import rest_event
from tests.streaming_runtime.fake_runtime_api import Answer, FakeRuntimeApi, fake_runtime_api
from tests.streaming_runtime.runtime_process import lambda_environment, runtime_process

WARM_UP = 20
INVOCATIONS = 300
EVENTS = 200
STARTS = 5
FIRST_CHUNK_LIMIT_MS = 5.0


async def main() -> int:
    async with fake_runtime_api() as api:
        starts = [await _start_ms(api) for _ in range(STARTS)]
        _print("process start to first poll", starts)
        async with runtime_process(_environment(api)):
            for _ in range(WARM_UP):
                await api.answer(_stream_of(1))
            firsts = [_delays_ms(await api.answer(_stream_of(1)))[0] for _ in range(INVOCATIONS)]
            _print("first event of a stream", firsts)
            _print("event in, first byte out", [await _first_byte_ms(api) for _ in range(INVOCATIONS)])
            answer = await api.answer(_stream_of(EVENTS))
    delays = _delays_ms(answer)
    _print(f"{EVENTS} events 5 ms apart", delays)
    print(f"{'':30} arrived as {len(delays)} chunks")
    return 0 if statistics.median(firsts) <= FIRST_CHUNK_LIMIT_MS and len(delays) == EVENTS else 1


def _environment(api: FakeRuntimeApi) -> dict[str, str]:
    return lambda_environment(api.address, "fastapi_app.app")


def _stream_of(events: int) -> dict[str, object]:
    return rest_event("/events", multiValueQueryStringParameters={"count": [str(events)]})


def _delays_ms(answer: Answer) -> list[float]:
    """By chunk, the head left out."""
    sent = [int(chunk.split()[-1]) for chunk in answer.chunks[1:]]
    return [(came - went) / 1e6 for came, went in zip(answer.chunk_times_ns[1:], sent, strict=True)]


async def _first_byte_ms(api: FakeRuntimeApi) -> float:
    began_ns = time.time_ns()
    answer = await api.answer(rest_event("/health"))
    return (answer.chunk_times_ns[0] - began_ns) / 1e6


async def _start_ms(api: FakeRuntimeApi) -> float:
    api.calls.clear()
    began_ns = time.time_ns()
    async with runtime_process(_environment(api)):
        await api.called("/invocation/next")
        return (time.time_ns() - began_ns) / 1e6


def _print(name: str, values: list[float]) -> None:
    ordered = sorted(values)
    p95 = ordered[int(len(ordered) * 0.95)]
    print(f"{name:30} p50 {statistics.median(ordered):8.2f} ms   p95 {p95:8.2f} ms   max {ordered[-1]:8.2f} ms")


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
