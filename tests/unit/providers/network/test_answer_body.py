"""When an answer is over, and that it is not waited for any longer."""

import asyncio
import itertools
from collections.abc import AsyncGenerator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptyard.domain.models.provider_events import ProviderEvent, TextDelta
from promptyard.providers.network.answer_body import streamed_answer, whole_answer
from promptyard.providers.network.limits import TransportLimits
from promptyard.providers.wires import openai_compatible

LIMITS = TransportLimits(linger_seconds=0.001, usage_linger_seconds=0.001)
WHOLE = b'{"choices": [{"message": {"content": "ok"}, "finish_reason": "stop"}]}'
STREAM = (
    b'data: {"choices": [{"delta": {"content": "ok"}, "finish_reason": "stop"}]}\n\n'
    b'data: {"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 1}}\n\ndata: [DONE]\n\n'
)


async def left_open(*chunks: bytes) -> AsyncGenerator[bytes, None]:
    for chunk in chunks:
        yield chunk
    await asyncio.Event().wait()


async def text_of(batches: AsyncGenerator[Sequence[ProviderEvent], None]) -> str:
    async with asyncio.timeout(5):
        return "".join([event.text async for events in batches for event in events if isinstance(event, TextDelta)])


@given(after=st.text("\r\n\t ", max_size=10), cuts=st.sets(st.integers(1, len(WHOLE) - 1), max_size=4))
def test_a_whole_answer_ends_with_its_object_whatever_blanks_follow(after: str, cuts: set[int]) -> None:
    places = [0, *sorted(cuts), len(WHOLE)]
    chunks = [WHOLE[start:end] for start, end in itertools.pairwise(places)]
    chunks[-1] += after.encode()
    events = whole_answer(openai_compatible.ADAPTER, b"", left_open(*chunks), LIMITS)
    assert asyncio.run(text_of(events)) == "ok"


@pytest.mark.parametrize("cut", [0, 1, len(STREAM)])
async def test_a_stream_ends_after_its_last_word_though_its_connection_stays(cut: int) -> None:
    events = streamed_answer(openai_compatible.ADAPTER, STREAM[:cut], left_open(STREAM[cut:]), LIMITS)
    assert await text_of(events) == "ok"
