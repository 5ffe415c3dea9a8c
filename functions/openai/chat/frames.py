"""A run's events as the chunks of OpenAI's Chat Completions."""

from typing import Any

from functions.openai.chat.answers import ChatUsage, completion_id, finish_of
from functions.openai.faults import fault_of
from functions.openai.openai_errors import openai_error
from promptyard.api.answers.fields import json_of
from promptyard.api.sse import framed, json_text
from promptyard.domain.models.provider_events import ReasoningDelta, TextDelta, ToolCallDelta
from promptyard.domain.runs.run import Run
from promptyard.services.runs.run_events import RunEvent, RunSettled

DONE = b"data: [DONE]\n\n"


class ChatFrames:
    """Of one reader, who is told every event from the first on. There are thousands of pieces: of a text only the text
    goes through the encoder."""

    def __init__(self, run: Run, model: str, *, with_usage: bool) -> None:
        head = {
            "id": completion_id(run),
            "object": "chat.completion.chunk",
            "created": int(run.created_at.timestamp()),
            "model": model,
        }
        self._head = json_text(head)[:-1]
        self._with_usage = with_usage
        self._began = False
        self._calls: dict[int, str] = {}
        """The arguments that were told of each call."""

    def __call__(self, _: int, event: RunEvent) -> bytes:
        match event:
            case RunSettled(_, error) if error is not None:
                return framed(json_of(openai_error(fault_of(error))))
            case RunSettled(run, _):
                return self._begin() + self._end(run)
            case TextDelta(text):
                told = self._delta(f'{{"content": {json_text(text)}}}')
            case ReasoningDelta(text):
                told = self._delta(f'{{"reasoning_content": {json_text(text)}}}')
            case ToolCallDelta():
                told = self._call(event)
            case _:
                told = b""
        return self._begin() + told

    def _begin(self) -> bytes:
        if self._began:
            return b""
        self._began = True
        return self._delta('{"role": "assistant", "content": ""}')

    def _call(self, piece: ToolCallDelta) -> bytes:
        """First the call's name, then its arguments. What was told cannot be taken back: of arguments that replace
        others, what goes on from them is told."""
        told = self._calls.get(piece.index)
        news = piece.arguments
        if piece.replaces:
            news = news.removeprefix(told or "") if news.startswith(told or "") else ""
        self._calls[piece.index] = (told or "") + news
        call: dict[str, Any] = {"index": piece.index}
        pieces = []
        if told is None:
            name = {"name": piece.name or "", "arguments": ""}
            call |= {"id": piece.id or f"call_{piece.index}", "type": "function", "function": name}
            if piece.extra_content:
                call["extra_content"] = dict(piece.extra_content)
            pieces.append(call)
        if news:
            pieces.append({"index": piece.index, "function": {"arguments": news}})
        return b"".join(self._delta(json_text({"tool_calls": [piece]})) for piece in pieces)

    def _delta(self, delta: str, finish: str = "null") -> bytes:
        choice = f'{{"index": 0, "delta": {delta}, "finish_reason": {finish}}}'
        return framed(f'{self._head}, "choices": [{choice}]}}')

    def _end(self, run: Run) -> bytes:
        end = self._delta("{}", json_text(finish_of(run)))
        if self._with_usage:
            end += framed(f'{self._head}, "choices": [], "usage": {json_of(ChatUsage.of(run))}}}')
        return end + DONE
