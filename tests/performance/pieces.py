"""How long a piece of reasoning and of a tool call is under way, from the provider's sending to the caller's having
read it, on every wire: python -m tests.performance.pieces

The provider and the client are in one process, the server in another, all on this machine.
"""

import json
import re
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx

from promptyard.domain.models.catalogue_data import load_models
from tests.support.aws.events import read_events
from tests.support.servers import fake_bedrock
from tests.support.servers.fake_upstream import Answer, FakeUpstream, Pause, Step
from tests.support.servers.processes import server_process

PIECES = 200
PACE_SECONDS = 0.01
EVENT_STREAM = {"content-type": "text/event-stream"}
NUMBERED = re.compile(r"[rc]\d+;")
"""What stands in a piece, so that it is known again."""

RESPONSES_MODEL = next(
    row.model for row in load_models() if row.provider == "openai" and row.capabilities.responses_only
)


def main() -> None:
    with FakeUpstream() as upstream:
        addresses = {
            "OPENAI_BASE_URL": upstream.url,
            "ANTHROPIC_BASE_URL": upstream.url,
            "GOOGLE_GEMINI_BASE_URL": upstream.url,
            **fake_bedrock.environment(upstream.url),
        }
        keys = {f"{name}_API_KEY": "none" for name in ("OPENAI", "ANTHROPIC", "GOOGLE")}
        with (
            server_process({**addresses, **keys}) as url,
            httpx.Client(base_url=url, timeout=60, trust_env=False) as client,
        ):
            for wire, (target, script) in WIRES.items():
                upstream.forget()
                upstream.answer(script())
                for kind, took in _delays(client, upstream, target).items():
                    p50, p95 = statistics.median(took), took[len(took) * 95 // 100]
                    print(f"{wire:16} {kind:9} p50 {p50:5.1f} ms, p95 {p95:5.1f} ms, max {took[-1]:5.1f} ms")


def _delays(client: httpx.Client, upstream: FakeUpstream, target: dict[str, str]) -> dict[str, list[float]]:
    """Milliseconds, sorted, by the kind of the event."""
    body = {**target, "prompt_text": "Hi", "stream": True, "events": ["reasoning", "tool_calls"]}
    read: dict[str, tuple[str, float]] = {}
    with client.stream("POST", "/api/v1/playground/run", json=body) as response:
        for event in read_events(response):
            now = time.perf_counter()
            if event.name in {"reasoning", "tool_call"}:
                for number in NUMBERED.findall(json.dumps(event.data)):
                    read[number] = event.name, now
    assert event.name == "done", event
    run = upstream.requests[0]  # the next one asks what its input counts, for it tells no usage
    sent = {found[0].decode(): at for at, step in run.sent if (found := re.findall(rb"[rc]\d+;", step))}
    assert sent.keys() == read.keys()
    assert len(sent) == 2 * PIECES
    kinds = ("reasoning", "tool_call")
    return {
        kind: sorted(1000 * (now - sent[number]) for number, (name, now) in read.items() if name == kind)
        for kind in kinds
    }


def _paced(*phases: Callable[[str], bytes]) -> Iterator[Step]:
    for letter, frame in zip("rc", phases, strict=True):
        for number in range(PIECES):
            yield Pause(PACE_SECONDS)
            yield frame(f"{letter}{number};")


def _sse(**data: Any) -> bytes:
    kind = f"event: {data['type']}\n" if "type" in data else ""
    return f"{kind}data: {json.dumps(data)}\n\n".encode()


def _chat() -> Answer:
    def delta(finish_reason: str | None = None, **fields: Any) -> bytes:
        return _sse(choices=[{"index": 0, "delta": fields, "finish_reason": finish_reason}])

    def called(text: str, **head: str) -> bytes:
        return delta(
            tool_calls=[{"index": 0, **head, "function": {"arguments": text, **({"name": "f"} if head else {})}}]
        )

    steps = list(_paced(lambda text: delta(reasoning_content=text), called))
    steps.insert(2 * PIECES, called("", id="call_1"))
    return Answer([*steps, delta("tool_calls"), b"data: [DONE]\n\n"], headers=EVENT_STREAM)


def _responses() -> Answer:
    def thought(text: str) -> bytes:
        return _sse(type="response.reasoning_summary_text.delta", output_index=0, delta=text)

    def called(text: str) -> bytes:
        return _sse(type="response.function_call_arguments.delta", output_index=1, delta=text)

    item = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "f", "arguments": ""}
    steps = list(_paced(thought, called))
    steps.insert(2 * PIECES, _sse(type="response.output_item.added", output_index=1, item=item))
    return Answer([*steps, _sse(type="response.completed", response={"status": "completed"})], headers=EVENT_STREAM)


def _anthropic() -> Answer:
    def grew(index: int, kind: str, name: str) -> Callable[[str], bytes]:
        return lambda text: _sse(type="content_block_delta", index=index, delta={"type": kind, name: text})

    steps = list(_paced(grew(0, "thinking_delta", "thinking"), grew(1, "input_json_delta", "partial_json")))
    block = {"type": "tool_use", "id": "call_1", "name": "f", "input": {}}
    steps.insert(2 * PIECES, _sse(type="content_block_start", index=1, content_block=block))
    end = _sse(type="message_delta", delta={"stop_reason": "tool_use"})
    return Answer([*steps, end, _sse(type="message_stop")], headers=EVENT_STREAM)


def _google() -> Answer:
    """Its calls come whole."""

    def part(**fields: Any) -> bytes:
        return _sse(candidates=[{"content": {"parts": [fields]}}])

    steps = list(
        _paced(
            lambda text: part(text=text, thought=True),
            lambda text: part(functionCall={"name": "f", "args": {"a": text}}),
        )
    )
    return Answer([*steps, _sse(candidates=[{"finishReason": "STOP"}])], headers=EVENT_STREAM)


def _bedrock() -> Answer:
    def grew(index: int, delta: Callable[[str], dict[str, Any]]) -> Callable[[str], bytes]:
        return lambda text: fake_bedrock.frame("contentBlockDelta", {"contentBlockIndex": index, "delta": delta(text)})

    steps = list(
        _paced(
            grew(0, lambda text: {"reasoningContent": {"text": text}}),
            grew(1, lambda text: {"toolUse": {"input": text}}),
        )
    )
    start = {"contentBlockIndex": 1, "start": {"toolUse": {"toolUseId": "call_1", "name": "f"}}}
    steps.insert(2 * PIECES, fake_bedrock.frame("contentBlockStart", start))
    return fake_bedrock.bedrock_stream(*steps, *fake_bedrock.ending("tool_use"))


WIRES: dict[str, tuple[dict[str, str], Callable[[], Answer]]] = {
    "openai chat": ({"provider": "openai", "model": "gpt-4o"}, _chat),
    "openai responses": ({"provider": "openai", "model": RESPONSES_MODEL}, _responses),
    "anthropic": ({"provider": "anthropic", "model": "claude-sonnet-5-5"}, _anthropic),
    "google": ({"provider": "google", "model": "gemini-3.8-flash"}, _google),
    "bedrock": ({"provider": "bedrock", "model": "us.anthropic.claude-sonnet-5-5"}, _bedrock),
}

if __name__ == "__main__":
    main()
