"""The wire of Anthropic's Messages: answers."""

import json
from typing import Any, Literal

from functions.openai.anthropic_errors import AnthropicError
from promptyard.api.answers.descriptions import json_or_stream
from promptyard.api.answers.fields import LeftOut
from promptyard.domain.deferred import DeferredModel
from promptyard.domain.models.messages import Replayed, ToolCall
from promptyard.domain.models.provider_events import FinishReason
from promptyard.domain.models.usage import Usage
from promptyard.domain.runs.run import Run, RunStatus

StopReason = Literal["end_turn", "max_tokens", "tool_use", "refusal"]
Block = dict[str, Any]

_REASONS: dict[FinishReason | None, StopReason] = {
    FinishReason.LENGTH: "max_tokens",
    FinishReason.TOOL: "tool_use",
    FinishReason.FILTER: "refusal",
}


class MessageUsage(DeferredModel):
    """`input_tokens` are those that came from no cache and went into none. Where the provider reports none these are
    our estimates, as `x-promptyard-usage-source` says; at a stream's start nothing is counted yet."""

    input_tokens: int
    """Tokens of the prompt that came from no cache and went into none."""
    output_tokens: int
    """Tokens of the answer, those of reasoning among them."""
    cache_creation_input_tokens: LeftOut[int] = None
    """Tokens of the prompt that the provider put into its cache. Left out where it does not say."""
    cache_read_input_tokens: LeftOut[int] = None
    """Tokens of the prompt that the provider read from its cache. Left out where it does not say."""

    @classmethod
    def of(cls, run: Run) -> "MessageUsage":
        usage = run.usage or Usage()
        cached = (usage.cached_tokens or 0) + (usage.cache_write_tokens or 0)
        return MessageUsage(
            input_tokens=max(0, (usage.input_tokens or 0) - cached),
            output_tokens=usage.output_tokens or 0,
            cache_creation_input_tokens=usage.cache_write_tokens,
            cache_read_input_tokens=usage.cached_tokens,
        )


class AnthropicMessage(DeferredModel):
    """An answer of Anthropic's Messages. A run that guards have blocked has the intervention's message as its content,
    and `refusal` as its `stop_reason`."""

    id: str
    """`msg_` and the run's id."""
    type: Literal["message"] = "message"
    """Always `message`."""
    role: Literal["assistant"] = "assistant"
    """Always `assistant`."""
    model: str
    """The model, as the request names it."""
    content: list[dict[str, Any]]
    """The answer's blocks in their order: texts, thoughts, tool calls."""
    stop_reason: StopReason | None
    """Why the answer ended. Null at the beginning of a stream."""
    stop_sequence: None = None
    """Always null: which of the texts ended the answer is not known here."""
    usage: MessageUsage
    """The tokens. At the beginning of a stream nothing is counted yet."""

    @classmethod
    def of(cls, run: Run, model: str) -> "AnthropicMessage":
        return AnthropicMessage(
            id=message_id(run),
            model=model,
            content=blocks_of(run),
            stop_reason=stop_of(run),
            usage=MessageUsage.of(run),
        )


class InputCount(DeferredModel):
    input_tokens: int
    """How many tokens the input has: by the provider's own count where it has a counter, else by our estimate."""


class Ignored(DeferredModel):
    """Nothing is answered to what is not read."""


class MessageStart(DeferredModel):
    type: Literal["message_start"] = "message_start"
    """Always `message_start`."""
    message: AnthropicMessage
    """The message, which has no content yet."""


class BlockStart(DeferredModel):
    type: Literal["content_block_start"] = "content_block_start"
    """Always `content_block_start`."""
    index: int
    """The block's place in the message, from 0."""
    content_block: dict[str, Any]
    """The block, as it begins."""


class BlockDelta(DeferredModel):
    type: Literal["content_block_delta"] = "content_block_delta"
    """Always `content_block_delta`."""
    index: int
    """The block's place in the message, from 0."""
    delta: dict[str, Any]
    """The next piece of the block."""


class BlockStop(DeferredModel):
    type: Literal["content_block_stop"] = "content_block_stop"
    """Always `content_block_stop`."""
    index: int
    """The block's place in the message, from 0."""


class MessageEnd(DeferredModel):
    stop_reason: StopReason
    """Why the answer ended."""
    stop_sequence: None = None
    """Always null: which of the texts ended the answer is not known here."""


class MessageDelta(DeferredModel):
    type: Literal["message_delta"] = "message_delta"
    """Always `message_delta`."""
    delta: MessageEnd
    """How the message ended."""
    usage: MessageUsage
    """The tokens of the whole."""


class MessageStop(DeferredModel):
    type: Literal["message_stop"] = "message_stop"
    """Always `message_stop`."""


def message_id(run: Run) -> str:
    return f"msg_{run.id}"


def stop_of(run: Run) -> StopReason:
    if run.status is RunStatus.BLOCKED:
        return "refusal"
    return _REASONS.get(run.finish_reason, "end_turn")


def blocks_of(run: Run) -> list[Block]:
    """The answer's blocks in their order: what Anthropic wants back stands where it came."""
    own = [entry for entry in run.replay or () if is_block(entry.part)]
    signed = any(entry.part["type"] == "thinking" for entry in own)
    blocks: list[Block] = []
    if run.reasoning and not signed:
        blocks.append({"type": "thinking", "thinking": run.reasoning, "signature": ""})
    text, calls, told, made = run.output or "", run.tool_calls or [], 0, 0
    end = Replayed(part={}, after_text=len(text), after_calls=len(calls))
    for entry in (*own, end):
        if text[told : entry.after_text]:
            blocks.append({"type": "text", "text": text[told : entry.after_text]})
        told = max(told, entry.after_text)
        blocks += [_tool_use(call) for call in calls[made : entry.after_calls]]
        made = max(made, entry.after_calls)
        blocks += [dict(entry.part)] if entry.part else []
    return blocks


def is_block(part: Any) -> bool:
    """Whether it is one of this protocol's, and not what another provider wants back."""
    kind = part.get("type")
    if kind == "thinking":
        return isinstance(part.get("thinking"), str)
    return kind in {"redacted_thinking", "server_tool_use", "mcp_tool_use"} or str(kind).endswith("_tool_result")


def _tool_use(call: ToolCall) -> Block:
    try:
        given = json.loads(call.function.arguments or "{}")
    except (ValueError, RecursionError):
        given = call.function.arguments
    return {
        "type": "tool_use",
        "id": call.id,
        "name": call.function.name,
        "input": given if isinstance(given, dict) else {"input": given},
    }


MESSAGE_OR_STREAM = json_or_stream(
    "The answer, or with `stream` its events; an error that comes after the first of them ends the stream",
    AnthropicMessage,
    {
        "message_start": MessageStart,
        "content_block_start": BlockStart,
        "content_block_delta": BlockDelta,
        "content_block_stop": BlockStop,
        "message_delta": MessageDelta,
        "message_stop": MessageStop,
        "error": AnthropicError,
    },
)
