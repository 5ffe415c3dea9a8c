"""A provider that gives the key back that it was asked with: on every way that its words can take, in every spelling,
whole and in parts, cut anywhere. Nothing of it comes through."""

import json
import random
import string
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from promptyard.domain.errors import PromptyardError
from promptyard.domain.models.provider_events import ProviderEvent
from promptyard.providers.gateway import Gateway
from tests.support.checks.key_leaks import leaks, spellings
from tests.support.samples.chat_answers import DONE, EVENT_STREAM, JSON, frame, usage
from tests.support.samples.provider_calls import call
from tests.support.servers.fake_upstream import Answer, FakeUpstream

BEGINNINGS = ("", "sk-proj-", "gsk_", "xai-", "hf_")
SIZE = 19


def new_key(pick: random.Random) -> str:
    return pick.choice(BEGINNINGS) + "".join(pick.choices(string.ascii_letters + string.digits, k=39))


def cut(text: str, pick: random.Random) -> Iterator[str]:
    place = 0
    while place < len(text):
        step = pick.randint(1, SIZE)
        yield text[place : place + step]
        place += step


def stream_of(*deltas: dict[str, Any], word: str = "stop", **counts: Any) -> Answer:
    frames = [frame({"role": "assistant"} | delta) for delta in deltas]
    return Answer([*frames, frame({}, word), frame(usage=usage(1, 1) | counts), DONE], headers=EVENT_STREAM)


def called(said: str, pieces: list[str]) -> list[dict[str, Any]]:
    first = {"index": 0, "id": said, "type": "function", "function": {"name": said, "arguments": ""}}
    rest = [{"index": 0, "function": {"arguments": piece}} for piece in pieces]
    return [{"tool_calls": [part]} for part in [first, *rest]]


Way = Callable[[str, random.Random], Answer]
WAYS: dict[str, Way] = {
    "text": lambda said, pick: stream_of(*({"content": piece} for piece in cut(said, pick))),
    "reasoning": lambda said, pick: stream_of(*({"reasoning_content": piece} for piece in cut(said, pick))),
    "tool call": lambda said, pick: stream_of(*called(said, list(cut(json.dumps({"a": said}), pick)))),
    "citation": lambda said, pick: stream_of(
        {"content": "a", "annotations": [{"type": "url_citation", "url_citation": {"url": said, "title": said}}]}
    ),
    "finish reason": lambda said, pick: stream_of({"content": "a"}, word=said),
    "error in the stream": lambda said, pick: Answer(
        [frame({"content": "a"}), f"data: {json.dumps({'error': {'message': said, 'code': said}})}\n\n".encode()],
        headers=EVENT_STREAM,
    ),
    "whole answer": lambda said, pick: Answer(
        [json.dumps({"choices": [{"index": 0, "message": {"content": said}, "finish_reason": "stop"}]}).encode()],
        headers=JSON,
    ),
    "error": lambda said, pick: Answer(
        [json.dumps({"error": {"message": said, "type": said, "param": said}}).encode()],
        status=pick.choice((400, 401, 403, 404, 422, 500)),
        headers=JSON,
    ),
    "error in plain text": lambda said, pick: Answer(
        [said.encode()], status=400, headers={"content-type": "text/plain"}
    ),
    "error cut": lambda said, pick: Answer(
        [json.dumps({"error": {"message": said}}).encode()[: pick.randint(12, 20 + len(said))]],
        status=400,
        headers=JSON,
    ),
}


async def shown_of(gateway: Gateway, upstream: FakeUpstream, key: str) -> str:
    events: list[ProviderEvent] = []
    try:
        async for came in gateway.prepare(call("openai", "m", base_url=upstream.url, api_key=key)).stream():
            events += came
    except PromptyardError as error:
        return f"{events!r} {error!r} {error.message}" + "".join(_each_text(events))
    return repr(events) + "".join(_each_text(events))


def _each_text(events: list[ProviderEvent]) -> Iterator[str]:
    """Pieces as whoever puts them together reads them."""
    for field in ("text", "arguments"):
        yield " " + "".join(str(getattr(event, field, "")) for event in events)


async def try_canaries(upstream: FakeUpstream, number: int, seed: int) -> None:
    pick = random.Random(seed)
    gateway = Gateway()
    for index in range(number):
        key = new_key(pick)
        around = ["".join(pick.choices("abc ", k=pick.randint(0, 4))) for _ in range(2)]
        part = key if pick.random() < 0.6 else key[pick.randint(0, 20) :][: pick.randint(8, 19)]
        spelling, said = pick.choice(list(spellings(part, *around).items()))
        way, answer = list(WAYS.items())[index % len(WAYS)]
        upstream.forget()
        upstream.answer(answer(f"The key {said} was refused", pick))
        shown = await shown_of(gateway, upstream, key)
        public = next((len(beginning) for beginning in BEGINNINGS[1:] if key.startswith(beginning)), 0)
        assert not leaks(shown, key, public), (way, spelling, seed, index)
    await gateway.aclose()


async def test_no_key_comes_back(upstream: FakeUpstream) -> None:
    await try_canaries(upstream, 10 * len(WAYS), seed=1)


@pytest.mark.hard
async def test_of_10_000_keys_none_comes_back(upstream: FakeUpstream) -> None:
    await try_canaries(upstream, 10_000, seed=2)


async def cut_at_every_offset(upstream: FakeUpstream, every: int) -> None:
    """An error that is longer than is shown, with the key at each place around where it is cut off."""
    gateway = Gateway()
    key = new_key(random.Random(3))
    for offset in range(1_000 - len(key) - 8, 1_008, every):
        upstream.forget()
        body = json.dumps({"error": {"message": "x " * (offset // 2) + "x" * (offset % 2) + key + " tail" * 50}})
        upstream.answer(Answer([body.encode()], status=400, headers=JSON))
        assert not leaks(await shown_of(gateway, upstream, key), key), offset
    await gateway.aclose()


async def test_an_error_is_scrubbed_before_it_is_cut(upstream: FakeUpstream) -> None:
    await cut_at_every_offset(upstream, every=7)


@pytest.mark.hard
async def test_an_error_is_scrubbed_before_it_is_cut_at_every_offset(upstream: FakeUpstream) -> None:
    await cut_at_every_offset(upstream, every=1)
