"""What was said to a model and what it answered, as the GenAI conventions have it: the JSON schemas
`gen-ai-input-messages.json` and `gen-ai-output-messages.json` of their version 0.1.0."""

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from promptyard.domain.models.messages import FilePart, ImagePart, Message, TextPart, ToolCall

if TYPE_CHECKING:
    from promptyard.domain.runs.run import Run

_ROLES = {"developer": "system"}


def input_messages(messages: Sequence[Message]) -> str:
    return _json([{"role": _ROLES.get(message.role, message.role), "parts": _parts(message)} for message in messages])


def output_messages(run: "Run") -> str:
    parts: list[dict[str, Any]] = []
    if run.reasoning:
        parts.append({"type": "reasoning", "content": run.reasoning})
    if run.output:
        parts.append({"type": "text", "content": run.output})
    parts += map(_call, run.tool_calls or ())
    return _json([{"role": "assistant", "parts": parts}] if parts else [])


def _parts(message: Message) -> list[dict[str, Any]]:
    if message.role == "tool":
        return [{"type": "tool_call_response", "id": message.tool_call_id, "response": "\n".join(message.texts())}]
    return [*_said(message), *map(_call, message.tool_calls or ())]


def _said(message: Message) -> Iterator[dict[str, Any]]:
    if isinstance(message.content, str):
        yield {"type": "text", "content": message.content}
        return
    for part in message.content or ():
        match part:
            case TextPart(text=text):
                yield {"type": "text", "content": text}
            case ImagePart():
                yield _at(part.image_url.url, "image")
            case FilePart(file=file) if file.file_id is not None:
                yield {"type": "file", "modality": "document", "file_id": file.file_id}
            case FilePart(file=file):
                yield _at(file.file_data or "", "document")


def _at(url: str, modality: str) -> dict[str, Any]:
    """Something that is elsewhere; what is in a `data:` URL is not sent on, for traces are no place for files."""
    if not url.startswith("data:"):
        return {"type": "uri", "modality": modality, "uri": url}
    return {"type": "blob", "modality": modality, "mime_type": url[5:].partition(";")[0], "content": ""}


def _call(call: ToolCall) -> dict[str, Any]:
    arguments: Any = call.function.arguments
    with suppress(ValueError, RecursionError):
        arguments = json.loads(call.function.arguments)
    return {"type": "tool_call", "id": call.id, "name": call.function.name, "arguments": arguments}


def _json(value: Any) -> str:
    """A text: what reads spans takes these attributes as texts alone."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
