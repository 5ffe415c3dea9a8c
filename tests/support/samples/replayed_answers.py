"""Answers with parts that their providers want back, in every wire's own form: as a whole and as a stream, with the
blocks that the next turn has to send."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from promptyard.domain.models.provider_events import ProviderEvent
from promptyard.providers.protocol import SseEvent
from promptyard.providers.wires import anthropic, bedrock, google, openai_compatible, openai_responses

Block = dict[str, Any]


@dataclass(frozen=True)
class Thought:
    text: str
    secret: str
    """Signature, or what is encrypted."""
    hidden: bool
    """Nothing of it can be read."""


@dataclass(frozen=True)
class Segment:
    """A thought, then what a tool of the provider's own gave, then a text, then calls of a tool with these arguments;
    none of it need be there."""

    thought: Thought | None
    text: str
    calls: tuple[dict[str, Any], ...]
    served: str = ""
    """What is encrypted of it, where the provider ran a tool of its own."""


@dataclass(frozen=True)
class Dialect:
    blocks: Callable[[Sequence[Segment]], list[Block]]
    """The answer, as its provider gives it and has it back."""
    whole: Callable[[list[Block]], list[ProviderEvent]]
    streamed: Callable[[list[Block]], list[ProviderEvent]]
    sent: Callable[[Any], list[Block]]
    """The same blocks in the next request's body, the answer being the second of three messages."""


def _each(
    segments: Sequence[Segment],
    thought: Callable[[int, Thought], Block],
    text: Callable[[str], Block],
    call: Callable[[str, dict[str, Any]], Block],
    served: Callable[[int, str], list[Block]] = lambda place, given: [],
) -> list[Block]:
    made: list[Block] = []
    number = 0
    for place, segment in enumerate(segments):
        made += [thought(place, segment.thought)] if segment.thought else []
        made += served(place, segment.served) if segment.served else []
        made += [text(segment.text)] if segment.text else []
        for arguments in segment.calls:
            made.append(call(f"call_{number}", arguments))
            number += 1
    return made


def _fed(parser: Any, frames: Iterable[Any], *, sse: bool = True) -> list[ProviderEvent]:
    events: list[ProviderEvent] = []
    for frame in frames:
        events += parser.feed(SseEvent(json.dumps(frame), frame.get("type")) if sse else frame)
    return events + parser.end()


def _halves(text: str) -> tuple[str, str]:
    return text[: len(text) // 2], text[len(text) // 2 :]


# --- Anthropic


def _anthropic_blocks(segments: Sequence[Segment]) -> list[Block]:
    def thought(_: int, given: Thought) -> Block:
        if given.hidden:
            return {"type": "redacted_thinking", "data": given.secret}
        return {"type": "thinking", "thinking": given.text, "signature": given.secret}

    return _each(
        segments,
        thought,
        lambda text: {"type": "text", "text": text},
        lambda call_id, arguments: {"type": "tool_use", "id": call_id, "name": "f", "input": arguments},
        lambda place, given: [
            {"type": "server_tool_use", "id": f"srv_{place}", "name": "web_search", "input": {"query": given}},
            {
                "type": "web_search_tool_result",
                "tool_use_id": f"srv_{place}",
                "content": [{"type": "web_search_result", "url": "https://a.example", "encrypted_content": given}],
            },
        ],
    )


def _anthropic_whole(blocks: list[Block]) -> list[ProviderEvent]:
    return anthropic.new_parser().whole(
        json.dumps({"type": "message", "content": blocks, "stop_reason": "end_turn"}).encode()
    )


def _anthropic_streamed(blocks: list[Block]) -> list[ProviderEvent]:
    fields = {
        "thinking": (("thinking", "thinking_delta"), ("signature", "signature_delta")),
        "text": (("text", "text_delta"),),
        "tool_use": (("partial_json", "input_json_delta"),),
        "server_tool_use": (("partial_json", "input_json_delta"),),
        "web_search_tool_result": (),
        "redacted_thinking": (),
    }
    frames: list[Block] = []
    for index, given in enumerate(blocks):
        block = given | ({"partial_json": json.dumps(given["input"])} if "input" in given else {})
        cut = fields[block["type"]]
        start = {name: value for name, value in block.items() if name != "partial_json"}
        start |= {name: "" for name, _ in cut if name != "partial_json"} | ({"input": {}} if "input" in block else {})
        frames.append({"type": "content_block_start", "index": index, "content_block": start})
        for name, kind in cut:
            for half in _halves(block[name]):
                frames.append({"type": "content_block_delta", "index": index, "delta": {"type": kind, name: half}})
        frames.append({"type": "content_block_stop", "index": index})
    end = {"type": "message_delta", "delta": {"stop_reason": "end_turn"}}
    return _fed(anthropic.new_parser(), [*frames, end, {"type": "message_stop"}])


# --- Bedrock


def _bedrock_blocks(segments: Sequence[Segment]) -> list[Block]:
    def thought(_: int, given: Thought) -> Block:
        if given.hidden:
            return {"reasoningContent": {"redactedContent": given.secret.encode()}}
        return {"reasoningContent": {"reasoningText": {"text": given.text, "signature": given.secret}}}

    return _each(
        segments,
        thought,
        lambda text: {"text": text},
        lambda call_id, arguments: {"toolUse": {"toolUseId": call_id, "name": "f", "input": arguments}},
    )


def _bedrock_whole(blocks: list[Block]) -> list[ProviderEvent]:
    return bedrock.parse_answer({"output": {"message": {"content": blocks}}, "stopReason": "end_turn"})


def _bedrock_streamed(blocks: list[Block]) -> list[ProviderEvent]:
    frames: list[Block] = []
    for index, block in enumerate(blocks):
        deltas: list[Block] = [block]
        if tool := block.get("toolUse"):
            start = {"toolUse": {name: tool[name] for name in ("toolUseId", "name")}}
            frames.append({"contentBlockStart": {"contentBlockIndex": index, "start": start}})
            deltas = [{"toolUse": {"input": half}} for half in _halves(json.dumps(tool["input"]))]
        elif text := block.get("reasoningContent", {}).get("reasoningText"):
            halves = [{"text": half} for half in _halves(text["text"])]
            deltas = [{"reasoningContent": part} for part in [*halves, {"signature": text["signature"]}]]
        frames += [{"contentBlockDelta": {"contentBlockIndex": index, "delta": delta}} for delta in deltas]
        frames.append({"contentBlockStop": {"contentBlockIndex": index}})
    return _fed(bedrock.ConverseParser(), [*frames, {"messageStop": {"stopReason": "end_turn"}}], sse=False)


# --- Google


def _google_blocks(segments: Sequence[Segment]) -> list[Block]:
    def thought(_: int, given: Thought) -> Block:
        part = {"text": given.text, "thoughtSignature": given.secret}
        return part if given.hidden else {"thought": True, **part}

    return _each(
        segments,
        thought,
        lambda text: {"text": text},
        lambda call_id, arguments: {
            "functionCall": {"id": call_id, "name": "f", "args": arguments},
            "thoughtSignature": f"signature of {call_id}",
        },
        lambda _, given: [
            {"executableCode": {"language": "PYTHON", "code": given}},
            {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": given}},
        ],
    )


def _google_answer(parts: list[Block], **more: Any) -> Block:
    return {"candidates": [{"content": {"role": "model", "parts": parts}, **more}]}


def _google_whole(blocks: list[Block]) -> list[ProviderEvent]:
    return google.new_parser().whole(json.dumps(_google_answer(blocks, finishReason="STOP")).encode())


def _google_streamed(blocks: list[Block]) -> list[ProviderEvent]:
    return _fed(
        google.new_parser(), [*(_google_answer([part]) for part in blocks), _google_answer([], finishReason="STOP")]
    )


# --- OpenAI's Responses


def _responses_blocks(segments: Sequence[Segment]) -> list[Block]:
    def thought(place: int, given: Thought) -> Block:
        summary = [] if given.hidden else [{"type": "summary_text", "text": given.text}]
        item = {"id": f"rs_{place}", "type": "reasoning", "summary": summary}
        return {**item, "encrypted_content": given.secret, "content": None, "status": None}

    return _each(
        segments,
        thought,
        lambda text: {"role": "assistant", "content": text},
        lambda call_id, arguments: {
            "type": "function_call",
            "call_id": call_id,
            "name": "f",
            "arguments": json.dumps(arguments),
        },
        lambda place, given: (
            [{"id": f"ws_{place}", "type": "web_search_call", "status": "completed", "action": {"query": given}}]
            if any(segment.thought for segment in segments[: place + 1])  # without reasoning it does not go back
            else []
        ),
    )


def _as_output(block: Block) -> Block:
    if "role" not in block:
        return block
    return {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": block["content"]}]}


def _responses_whole(blocks: list[Block]) -> list[ProviderEvent]:
    output = [_as_output(block) for block in blocks]
    return openai_responses.new_parser().whole(json.dumps({"status": "completed", "output": output}).encode())


def _responses_streamed(blocks: list[Block]) -> list[ProviderEvent]:
    frames: list[Block] = []
    for place, block in enumerate(blocks):
        item, at = _as_output(block), {"output_index": place}
        begun = item | ({"arguments": ""} if "arguments" in item else {})
        frames.append({"type": "response.output_item.added", "item": begun, **at})
        texts = {
            "response.reasoning_summary_text.delta": "".join(part["text"] for part in block.get("summary", [])),
            "response.output_text.delta": block.get("content") or "",
            "response.function_call_arguments.delta": block.get("arguments", ""),
        }
        for kind, text in texts.items():
            frames += [{"type": kind, "delta": half, **at} for half in _halves(text) if half]
        frames.append({"type": "response.output_item.done", "item": item, **at})
    output = [_as_output(block) for block in blocks]
    end = {"type": "response.completed", "response": {"status": "completed", "output": output}}
    return _fed(openai_responses.new_parser(), [*frames, end])


# --- OpenRouter, on OpenAI's chat API: what goes back is a field of the message


def _details(segments: Sequence[Segment]) -> list[Block]:
    made: list[Block] = []
    for place, segment in enumerate(segments):
        if (given := segment.thought) is not None:
            known = {"format": "anthropic-claude-v1", "index": place}
            hidden = {"type": "reasoning.encrypted", "data": given.secret, "id": None, **known}
            shown = {"type": "reasoning.text", "text": given.text, "signature": given.secret, **known}
            made.append(hidden if given.hidden else shown)
    return made


def _chat_answer(kind: str, message: Block, finish_reason: str | None = None) -> Block:
    return {"choices": [{"index": 0, kind: message, "finish_reason": finish_reason}]}


def _chat_whole(details: list[Block]) -> list[ProviderEvent]:
    message = {"role": "assistant", "content": "Hello", "reasoning_details": details}
    return openai_compatible.new_parser().whole(json.dumps(_chat_answer("message", message, "stop")).encode())


def _chat_streamed(details: list[Block]) -> list[ProviderEvent]:
    pieces: list[Block] = []
    for detail in details:
        if "text" not in detail:
            pieces.append(detail)
            continue
        unsigned = {name: value for name, value in detail.items() if name != "signature"}
        pieces += [unsigned | {"text": half} for half in _halves(detail["text"])]
        pieces.append({"type": detail["type"], "index": detail["index"], "signature": detail["signature"]})
    frames = [_chat_answer("delta", {"reasoning_details": [piece]}) for piece in pieces]
    return _fed(openai_compatible.new_parser(), [*frames, _chat_answer("delta", {"content": "Hello"}, "stop")])


DIALECTS = {
    "anthropic": Dialect(
        _anthropic_blocks, _anthropic_whole, _anthropic_streamed, lambda body: list(body["messages"][1]["content"])
    ),
    "bedrock": Dialect(
        _bedrock_blocks, _bedrock_whole, _bedrock_streamed, lambda body: list(body["messages"][1]["content"])
    ),
    "google": Dialect(_google_blocks, _google_whole, _google_streamed, lambda body: list(body["contents"][1]["parts"])),
    "openai_responses": Dialect(
        _responses_blocks, _responses_whole, _responses_streamed, lambda body: list(body["input"][1:-1])
    ),
    "openrouter": Dialect(
        _details, _chat_whole, _chat_streamed, lambda body: body["messages"][1].get("reasoning_details", [])
    ),
}
