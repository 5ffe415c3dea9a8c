"""How fast streams are read: python -m tests.performance.provider_streams

Everything runs on this machine, the fake provider too, so that the figures are of our code and the loopback alone.
"""

import asyncio
import statistics
import time

from promptyard.domain.models.provider_events import TextDelta
from promptyard.domain.models.targets import ProviderCall
from promptyard.providers.gateway import Gateway
from promptyard.providers.network.sse import SseDecoder
from promptyard.providers.wires import openai_compatible
from tests.support.doubles.event_batches import one_by_one
from tests.support.samples.chat_answers import chat_stream, frame
from tests.support.samples.provider_calls import call
from tests.support.servers.fake_upstream import FakeUpstream

FRAMES = 50_000
CALLS = 200
AT_ONCE = 50


def main() -> None:
    decoded = frames_per_second(parse=False)
    parsed = frames_per_second(parse=True)
    print(f"decoder                        {decoded:>10,.0f} events/s")
    print(f"decoder and chat parser        {parsed:>10,.0f} events/s")
    with FakeUpstream() as upstream:
        upstream.answer(chat_stream("word " * 50))
        asked = call("openai", "m", base_url=upstream.url)
        first = sorted(asyncio.run(first_event_seconds(asked)))
        print(f"first event, warm, p50 / p95   {_ms(statistics.median(first))} / {_ms(first[len(first) * 95 // 100])}")
        print(f"{AT_ONCE} calls of 50 words at once    {_ms(asyncio.run(seconds_at_once(asked)))}")


def frames_per_second(*, parse: bool) -> float:
    recorded = frame({"content": "hello"}, id="chatcmpl-abc", model="gpt-6-sol", created=1) * FRAMES
    decoder, parser = SseDecoder(), openai_compatible.new_parser()
    began = time.perf_counter()
    for start in range(0, len(recorded), 1024):
        for event in decoder.feed(recorded[start : start + 1024]):
            if parse:
                parser.feed(event)
    return FRAMES / (time.perf_counter() - began)


async def first_event_seconds(asked: ProviderCall) -> list[float]:
    """Of each call after the first, which opens the connection."""
    gateway = Gateway()
    times = []
    for _ in range(CALLS + 1):
        began = time.perf_counter()
        first = None
        async for event in one_by_one(gateway.prepare(asked).stream()):
            if first is None and isinstance(event, TextDelta):
                first = time.perf_counter() - began
        assert first is not None
        times.append(first)
    await gateway.aclose()
    return times[1:]


async def seconds_at_once(asked: ProviderCall) -> float:
    gateway = Gateway()

    async def read() -> None:
        async for _ in one_by_one(gateway.prepare(asked).stream()):
            pass

    await read()
    began = time.perf_counter()
    await asyncio.gather(*(read() for _ in range(AT_ONCE)))
    took = time.perf_counter() - began
    await gateway.aclose()
    return took


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"


if __name__ == "__main__":
    main()
