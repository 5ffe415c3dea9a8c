"""A run's events as the events of Anthropic's Messages: blocks one after another, each begun, grown and ended."""

from typing import Any, Literal

from functions.openai.anthropic_errors import anthropic_error
from functions.openai.faults import fault_of
from functions.openai.messages.answers import (
    AnthropicMessage,
    MessageDelta,
    MessageEnd,
    MessageStart,
    MessageUsage,
    blocks_of,
    is_block,
    message_id,
    stop_of,
)
from promptyard.api.answers.fields import json_of
from promptyard.api.sse import frame, framed, json_text
from promptyard.domain.models.provider_events import ReasoningDelta, ReplayPart, TextDelta, ToolCallDelta
from promptyard.domain.runs.run import Run
from promptyard.services.runs.run_events import RunEvent, RunSettled

Kind = Literal["text", "thinking"]
_EMPTY: dict[Kind, dict[str, str]] = {"text": {"text": ""}, "thinking": {"thinking": "", "signature": ""}}


class MessageFrames:
    """Of one reader, who is told every event from the first on."""

    def __init__(self, run: Run, model: str, request_id: str | None, *, is_retold: bool = False) -> None:
        """`is_retold`: the events do not have the order in which the answer's parts came; its record has."""
        self._run = run
        self._model = model
        self._request_id = request_id
        self._is_retold = is_retold
        self._began = False
        self._open: tuple[str, int] | None = None
        """The kind of the block that grows, and its index."""
        self._next = 0
        self._calls: dict[int, tuple[int, str]] = {}
        """The block of each tool call, and what was told of its arguments."""

    def __call__(self, _: int, event: RunEvent) -> bytes:
        match event:
            case RunSettled(_, error) if error is not None:
                return framed(json_of(anthropic_error(fault_of(error), self._request_id)), "error")
            case RunSettled(run, _):
                return self._begin() + self._end(run)
            case _ if self._is_retold:
                return b""
        return self._begin() + self._piece(event)

    def _piece(self, event: RunEvent) -> bytes:
        match event:
            case TextDelta(text):
                return self._grow("text", {"type": "text_delta", "text": text})
            case ReasoningDelta(text):
                return self._grow("thinking", {"type": "thinking_delta", "thinking": text})
            case ToolCallDelta():
                return self._call(event)
            case ReplayPart(part) if is_block(part):
                return self._whole(dict(part))
        return b""

    def _begin(self) -> bytes:
        if self._began:
            return b""
        self._began = True
        message = AnthropicMessage(
            id=message_id(self._run),
            model=self._model,
            content=[],
            stop_reason=None,
            usage=MessageUsage(input_tokens=0, output_tokens=0),
        )
        return framed(json_of(MessageStart(message=message)), "message_start")

    def _grow(self, kind: Kind, delta: dict[str, Any]) -> bytes:
        begun = b"" if self._open is not None and self._open[0] == kind else self._start({"type": kind, **_EMPTY[kind]})
        return begun + self._delta(self._next - 1, delta)

    def _call(self, piece: ToolCallDelta) -> bytes:
        """What was told cannot be taken back: of arguments that replace others, what goes on from them is told."""
        begun = b""
        if piece.index not in self._calls:
            called = {"id": piece.id or f"call_{piece.index}", "name": piece.name or "", "input": {}}
            begun = self._start({"type": "tool_use", **called})
            self._calls[piece.index] = (self._next - 1, "")
        block, told = self._calls[piece.index]
        news = piece.arguments
        if piece.replaces:
            news = news.removeprefix(told) if news.startswith(told) else ""
        self._calls[piece.index] = (block, told + news)
        return begun + (self._delta(block, {"type": "input_json_delta", "partial_json": news}) if news else b"")

    def _whole(self, part: dict[str, Any]) -> bytes:
        """A block that came as a whole; of what was thought the text was told already."""
        if part["type"] != "thinking":
            return self._start(part) + self._stop()
        signature = {"type": "signature_delta", "signature": part.get("signature") or ""}
        return self._grow("thinking", signature) + self._stop()

    def _start(self, block: dict[str, Any]) -> bytes:
        ended = self._stop()
        self._open = (block["type"], self._next)
        self._next += 1
        data = {"type": "content_block_start", "index": self._next - 1, "content_block": block}
        return ended + frame(data, "content_block_start")

    def _stop(self) -> bytes:
        if self._open is None:
            return b""
        (_, index), self._open = self._open, None
        return frame({"type": "content_block_stop", "index": index}, "content_block_stop")

    @staticmethod
    def _delta(index: int, delta: dict[str, Any]) -> bytes:
        data = f'{{"type": "content_block_delta", "index": {index}, "delta": {json_text(delta)}}}'
        return framed(data, "content_block_delta")

    def _end(self, run: Run) -> bytes:
        told = b"".join(map(self._retold, blocks_of(run))) if self._is_retold else b""
        end = MessageDelta(delta=MessageEnd(stop_reason=stop_of(run)), usage=MessageUsage.of(run))
        told += self._stop() + framed(json_of(end), "message_delta")
        return told + frame({"type": "message_stop"}, "message_stop")

    def _retold(self, block: dict[str, Any]) -> bytes:
        match block["type"]:
            case "text":
                return self._start({"type": "text", "text": ""}) + self._grow(
                    "text", {"type": "text_delta", "text": block["text"]}
                )
            case "thinking":
                thought = {"type": "thinking_delta", "thinking": block["thinking"]}
                return self._stop() + self._grow("thinking", thought) + self._whole(block)
            case "tool_use":
                given = {"type": "input_json_delta", "partial_json": json_text(block["input"])}
                return self._start({**block, "input": {}}) + self._delta(self._next - 1, given)
        return self._start(block)
