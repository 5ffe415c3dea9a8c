"""Ways in which connections end after the answer did, and bodies under another media type than their own."""

import json
from typing import Any

import pytest

from promptyard.domain.models.provider_events import Finished, FinishReason
from promptyard.domain.models.targets import ProviderCall
from promptyard.providers.gateway import Gateway
from promptyard.providers.network.limits import TransportLimits
from tests.support.doubles.event_batches import one_by_one
from tests.support.samples.provider_calls import call
from tests.support.servers.fake_upstream import Answer, End, FakeUpstream, Pause
from tests.support.servers.wire_replay import text_of, usage_of

SSE = {"content-type": "text/event-stream"}
BRIEF = TransportLimits(linger_seconds=0.05, usage_linger_seconds=0.1, stall_seconds=20)


def chunk(content: str = "", finish_reason: str | None = None, **more: Any) -> bytes:
    choice = {"index": 0, "delta": {"content": content}, "finish_reason": finish_reason}
    return b"data: " + json.dumps({"choices": [choice], **more}).encode() + b"\n\n"


COUNTS = chunk(usage={"prompt_tokens": 3, "completion_tokens": 4})
WHOLE = [chunk("All of it"), chunk(finish_reason="stop")]
PINGS = [step for _ in range(100) for step in (Pause(0.02), b": ping\n\n")]


def asked(upstream: FakeUpstream) -> ProviderCall:
    return call("openai", "m", base_url=upstream.url)


@pytest.mark.parametrize("counted", [True, False], ids=["counted", "not counted"])
@pytest.mark.parametrize(
    "ending", [[], [End.CUT], [End.RESET], [End.HANG], [*PINGS, End.HANG]], ids=["fin", "cut", "reset", "hang", "pings"]
)
async def test_after_the_end_every_end_is_one(upstream: FakeUpstream, ending: list[Any], counted: bool) -> None:
    upstream.answer(Answer([*WHOLE, *([COUNTS] if counted else []), *ending], headers=SSE))
    gateway = Gateway(limits=BRIEF)
    events = [event async for event in one_by_one(gateway.prepare(asked(upstream)).stream())]
    if End.HANG in ending:
        await upstream.requests[0].client_left.wait()
    await gateway.aclose()

    assert text_of(events) == "All of it"
    assert events[-1] == Finished(FinishReason.STOP)
    assert (usage_of(events) is not None) is counted


ONE = {"choices": [{"index": 0, "message": {"content": "All of it"}, "finish_reason": "stop"}]}


@pytest.mark.parametrize("media_type", ["text/event-stream", "application/json", "text/html", "text/plain", ""])
@pytest.mark.parametrize("body", [b"".join(WHOLE), json.dumps(ONE).encode()], ids=["stream", "object"])
async def test_a_body_is_what_its_first_bytes_say(upstream: FakeUpstream, media_type: str, body: bytes) -> None:
    upstream.answer(Answer([b"\n", body], headers={"content-type": media_type} if media_type else {}))
    gateway = Gateway(limits=BRIEF)
    events = [event async for event in one_by_one(gateway.prepare(asked(upstream)).stream())]
    await gateway.aclose()

    assert text_of(events) == "All of it"
    assert events[-1] == Finished(FinishReason.STOP)
