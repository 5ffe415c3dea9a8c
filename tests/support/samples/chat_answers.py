"""Scripts for `fake_upstream` in the form of OpenAI's Chat Completions."""

import json
import re
from collections.abc import Sequence
from typing import Any

from tests.support.servers.fake_upstream import Answer, At, Pause, Step
from tests.support.servers.signals import Signal

EVENT_STREAM = {"content-type": "text/event-stream; charset=utf-8"}
JSON = {"content-type": "application/json"}
DONE = b"data: [DONE]\n\n"

_WORD = re.compile(r"\s*\S+(?:\s+\Z)?")


def frame(delta: dict[str, Any] | None = None, finish_reason: str | None = None, **fields: Any) -> bytes:
    """One chunk of a stream; without a delta it has no choices."""
    choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": finish_reason}]
    chunk = {"id": "chatcmpl-fake", "object": "chat.completion.chunk", "choices": choices, **fields}
    return f"data: {json.dumps(chunk, separators=(',', ':'))}\n\n".encode()


def usage(read: int, written: int, *, cached: int = 0, reasoning: int = 0) -> dict[str, Any]:
    return {
        "prompt_tokens": read,
        "completion_tokens": written,
        "total_tokens": read + written,
        "prompt_tokens_details": {"cached_tokens": cached},
        "completion_tokens_details": {"reasoning_tokens": reasoning},
    }


def chat_stream(
    text: str,
    *,
    first_token_seconds: float = 0.0,
    tokens_per_second: float | None = None,
    counts: dict[str, Any] | None = None,
    finish_reason: str = "stop",
) -> Answer:
    """A whole stream, a word a chunk, the first after `first_token_seconds` and the others at an even pace.

    Without `counts` the usage is 10 tokens in and the words out.
    """
    words = _WORD.findall(text)
    gap = 1 / tokens_per_second if tokens_per_second else 0.0
    steps: list[Step] = []
    for number, word in enumerate(words):
        if at := first_token_seconds + number * gap:
            steps.append(At(at))
        steps.append(frame({"content": word}))
    steps += [frame({}, finish_reason), frame(usage=counts or usage(10, len(words))), DONE]
    return Answer(steps, headers=EVENT_STREAM)


def broken_stream(text: str, *ending: Step) -> Answer:
    """A stream that begins well and goes on with `ending`: End.CUT, End.HANG, bytes of garbage, or nothing at all."""
    return Answer([*(frame({"content": word}) for word in _WORD.findall(text)), *ending], headers=EVENT_STREAM)


def gated_stream(words: Sequence[str], gates: Sequence[Signal]) -> Answer:
    """A stream that waits for a signal before each of its words."""
    steps: list[Step] = []
    for word, gate in zip(words, gates, strict=True):
        steps += [gate, frame({"content": word})]
    return Answer([*steps, frame({}, "stop"), frame(usage=usage(10, len(words))), DONE], headers=EVENT_STREAM)


def chat_json(text: str, counts: dict[str, Any] | None = None) -> Answer:
    """One JSON answer."""
    message = {"role": "assistant", "content": text}
    completion = {
        "id": "chatcmpl-fake",
        "object": "chat.completion",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": counts or usage(10, len(text.split())),
    }
    return Answer([json.dumps(completion).encode()], headers=JSON)


def failure(
    status: int, message: str = "Sorry", *, code: str | None = None, param: str | None = None, **headers: str
) -> Answer:
    """An error; `retry_after="2"` becomes the header Retry-After."""
    error = {"error": {"message": message, "type": code, "code": code, "param": param}}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer([json.dumps(error).encode()], status, JSON | named)


def dripping(answer: Answer, pause_seconds: float) -> Answer:
    """The same bytes one by one, with a pause before each: what a slow line makes of an answer."""
    steps: list[Step] = []
    for step in answer.steps:
        if isinstance(step, bytes):
            for byte in step:
                steps += [Pause(pause_seconds), bytes([byte])]
        else:
            steps.append(step)
    return Answer(steps, answer.status, answer.headers)
