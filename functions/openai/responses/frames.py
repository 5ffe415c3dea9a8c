"""A run's events as the events of OpenAI's Responses: items one after another, each begun, grown and ended."""

from typing import Any

from functions.openai.responses.answers import (
    Item,
    OpenAIResponse,
    call_item,
    is_reasoning,
    item_id,
    message_item,
    reasoning_item,
    status_of_run,
    text_part,
)
from promptyard.api.sse import frame
from promptyard.domain.models.messages import ToolCall, ToolFunction
from promptyard.domain.models.provider_events import ReasoningDelta, ReplayPart, TextDelta, ToolCallDelta
from promptyard.domain.runs.run import Run, RunStatus
from promptyard.services.runs.run_events import RunEvent, RunSettled

_PARAGRAPH = "\n\n"
"""What stands between two thoughts."""


class ResponseFrames:
    """Of one reader, who is told every event from the first on."""

    def __init__(self, run: Run, after: int = -1) -> None:
        """`after`: the number of the last event that the reader knows already."""
        self._run = run
        self._after = after
        self._sequence = 0
        self._output: list[Item] = []
        """The items that are done."""
        self._open: Item | None = None
        self._text = ""
        """Of the item that is open."""
        self._calls: dict[int, Item] = {}

    def __call__(self, _: int, event: RunEvent) -> bytes:
        begun = self._begin() if self._sequence == 0 else b""
        match event:
            case TextDelta(text):
                told = self._say(text)
            case ReasoningDelta(text, item):
                told = self._think(text, item)
            case ToolCallDelta():
                told = self._call(event)
            case ReplayPart(part) if is_reasoning(part):
                told = self._encrypted(dict(part))
            case RunSettled(run, _):
                told = self._end(run)
            case _:
                told = b""
        return begun + told

    def _begin(self) -> bytes:
        going = self._run.model_copy(update={"status": RunStatus.RUNNING, "error": None})
        shown = OpenAIResponse.of(going, []).model_dump(mode="json")
        return self._event("response.created", response=shown) + self._event("response.in_progress", response=shown)

    def _event(self, kind: str, **fields: Any) -> bytes:
        data = {"type": kind, "sequence_number": self._sequence, **fields}
        self._sequence += 1
        return frame(data, kind) if data["sequence_number"] > self._after else b""

    def _of_item(self, kind: str, **fields: Any) -> bytes:
        assert self._open is not None, "an item is open"
        place = {"item_id": self._open["id"], "output_index": len(self._output)}
        return self._event(f"response.{kind}", **place, **fields)

    def _add(self, kind: str, item: Item, identifier: str | None = None) -> bytes:
        """Begin an item; where it has no id yet, one is made of its kind and place."""
        ended = self._close()
        self._open = {**item, "id": identifier or item_id(kind, self._run, len(self._output))}
        self._text = ""
        return ended + self._event("response.output_item.added", output_index=len(self._output), item=self._open)

    def _say(self, text: str) -> bytes:
        told = b""
        if self._open is None or self._open["type"] != "message":
            empty = {"type": "message", "role": "assistant", "status": "in_progress", "content": []}
            told = self._add("msg", empty) + self._of_item("content_part.added", content_index=0, part=text_part(""))
        self._text += text
        return told + self._of_item("output_text.delta", content_index=0, delta=text, logprobs=[])

    def _think(self, text: str, identifier: str | None) -> bytes:
        told = b""
        goes_on = self._open is not None and self._open["type"] == "reasoning"
        if not goes_on or (identifier is not None and self._open is not None and identifier != self._open["id"]):
            part = {"type": "summary_text", "text": ""}
            text = text.removeprefix(_PARAGRAPH)  # a thought of its own has nothing before it
            told = self._add("rs", {"type": "reasoning", "summary": []}, identifier)
            told += self._of_item("reasoning_summary_part.added", summary_index=0, part=part)
        self._text += text
        return told + (self._of_item("reasoning_summary_text.delta", summary_index=0, delta=text) if text else b"")

    def _encrypted(self, item: Item) -> bytes:
        """A provider's own item of reasoning, the text of which was told already. It goes back as it came, so its id is
        the provider's."""
        whole = {"summary": [], **item}
        if self._open is not None and self._open["id"] in {item["id"], item_id("rs", self._run, len(self._output))}:
            return self._close({**whole, "id": self._open["id"]})
        ended = self._close()
        told = self._event("response.output_item.added", output_index=len(self._output), item=whole)
        told += self._event("response.output_item.done", output_index=len(self._output), item=whole)
        self._output.append(whole)
        return ended + told

    def _call(self, piece: ToolCallDelta) -> bytes:
        """What was told cannot be taken back: of arguments that replace others, what goes on from them is told."""
        told = b""
        if piece.index not in self._calls:
            call = ToolCall(
                id=piece.id or f"call_{piece.index}", function=ToolFunction(name=piece.name or "", arguments="")
            )
            told = self._add("fc", call_item("", call, "in_progress"))
            assert self._open is not None, "an item was begun"
            self._calls[piece.index] = self._open
        if self._open is not self._calls[piece.index]:
            return told  # another call has begun since: it is whole by now
        news = piece.arguments
        if piece.replaces:
            news = news.removeprefix(self._text) if news.startswith(self._text) else ""
        self._text += news
        return told + (self._of_item("function_call_arguments.delta", delta=news) if news else b"")

    def _close(self, came: Item | None = None) -> bytes:
        """`came`: the item as its provider has it."""
        item, text = self._open, self._text
        if item is None:
            return b""
        match item["type"]:
            case "message":
                done = message_item(item["id"], text)
                told = self._of_item("output_text.done", content_index=0, text=text, logprobs=[])
                told += self._of_item("content_part.done", content_index=0, part=text_part(text))
            case "reasoning":
                done = reasoning_item(item["id"], text)
                told = self._of_item("reasoning_summary_text.done", summary_index=0, text=text)
                told += self._of_item("reasoning_summary_part.done", summary_index=0, part=done["summary"][0])
                done = came or done
            case _:
                done = {**item, "arguments": text, "status": "completed"}
                told = self._of_item("function_call_arguments.done", name=item["name"], arguments=text)
        told += self._event("response.output_item.done", output_index=len(self._output), item=done)
        self._output.append(done)
        self._open = None
        return told

    def _end(self, run: Run) -> bytes:
        told = self._close()
        status = status_of_run(run)
        kind = status if status in {"completed", "incomplete"} else "failed"
        shown = OpenAIResponse.of(run, self._output).model_dump(mode="json")
        return told + self._event(f"response.{kind}", response=shown)
