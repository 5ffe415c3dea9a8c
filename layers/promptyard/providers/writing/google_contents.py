"""A conversation as the parts of Google's Gemini API."""

import json
import re
from collections.abc import Mapping
from typing import Any

from promptyard.domain.errors import InvalidRequest
from promptyard.domain.models.messages import AnyPart, FilePart, ImagePart, Message, TextPart, ToolCall
from promptyard.domain.models.targets import ProviderCall
from promptyard.providers.writing import openai_form, replays
from promptyard.providers.writing.openai_files import check_image_type, inline_file, inline_image
from promptyard.providers.writing.openai_form import Block, Loc

UNSIGNED = "skip_thought_signature_validator"
"""Stands for the signature that Gemini 3 wants on its own function calls, where a conversation has none:
https://ai.google.dev/gemini-api/docs/thought-signatures."""

IMAGE_TYPES = {
    "gif": "image/gif",
    "heic": "image/heic",
    "heif": "image/heif",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
}
"""By the extension of a URL."""


class Contents:
    """Writes messages as parts. A function's answer has to repeat the function's name, which OpenAI's form gives
    only where the call was made."""

    def __init__(self, call: ProviderCall) -> None:
        self._function_names: dict[str, str] = {}
        """By call id, of the last call that had it: ids may be unique within a turn only."""
        self._signed = call.info is not None and call.info.capabilities.reasoning == "level"

    def blocks(self, index: int, message: Message) -> list[Block]:
        if message.role == "tool":
            return self._function_response(index, message)
        return replays.blocks(
            message,
            openai_form.parts(index, message),
            content=_content,
            call=self._function_call,
            replayed=_replayed,
            text_in=_text_in,
        )

    def _function_call(self, call: ToolCall) -> Block:
        arguments = openai_form.arguments(call)
        self._function_names[call.id] = call.function.name
        block: Block = {"functionCall": {"id": call.id, "name": call.function.name, "args": arguments}}
        signature = _signature(call) or (UNSIGNED if self._signed else None)
        return block | ({"thoughtSignature": signature} if signature else {})

    def _function_response(self, index: int, message: Message) -> list[Block]:
        call_id = openai_form.tool_call_id(index, message)
        name = self._function_names.get(call_id) or message.name
        if name is None:
            raise InvalidRequest(
                "a tool message answers a call that the conversation holds",
                loc=("body", "messages", index, "tool_call_id"),
            )
        seen = [_part(part, loc) for loc, part in openai_form.parts(index, message) if not isinstance(part, TextPart)]
        response = {"id": call_id, "name": name, "response": _as_object("".join(message.texts()))}
        return [{"functionResponse": response}, *seen]


def _signature(part: TextPart | ToolCall) -> str | None:
    given = (part.extra_content or {}).get("google")
    signature = given.get("thought_signature") if isinstance(given, dict) else None
    return signature if isinstance(signature, str) else None


def _as_object(text: str) -> dict[str, Any]:
    """A function's answer has to be an object; anything else goes under `output`, the name that the API reads. So does
    one with `$ref` in it, which the API would take for a reference of its own."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = text
    return value if isinstance(value, dict) and '"$ref"' not in text else {"output": text}


def _content(part: AnyPart, loc: Loc) -> list[Block]:
    return [_part(part, loc)]


def _replayed(part: Mapping[str, Any]) -> Block | None:
    """A part of this API's own: signed, a thought, or of code that it ran."""
    own = {"thoughtSignature", "thought", "executableCode", "codeExecutionResult"}
    return dict(part) if part.keys() & own else None


def _text_in(part: Mapping[str, Any]) -> str:
    text = part.get("text")
    return text if isinstance(text, str) and not part.get("thought") else ""


def _part(part: AnyPart, loc: Loc) -> Block:
    if isinstance(part, TextPart):
        signature = _signature(part)
        return {"text": part.text, **({"thoughtSignature": signature} if signature else {})}
    return _image(part, loc) if isinstance(part, ImagePart) else _file(part, loc)


def _image(part: ImagePart, loc: Loc) -> Block:
    inline = inline_image(part, loc)
    if inline is not None:
        check_image_type(inline, tuple(IMAGE_TYPES), "Gemini", loc)
        return {"inlineData": {"mimeType": inline.media_type, "data": inline.data}}
    # Google fetches public URLs: https://ai.google.dev/gemini-api/docs/file-input-methods
    url = part.image_url.url
    file_data = {"fileUri": url}
    extension = re.split("[?#]", url)[0].rpartition(".")[2].lower()
    if media_type := IMAGE_TYPES.get(extension):
        file_data["mimeType"] = media_type
    return {"fileData": file_data}


def _file(part: FilePart, loc: Loc) -> Block:
    inline = inline_file(part, loc)
    if inline is None:
        return {"fileData": {"fileUri": part.file.file_id}}
    return {"inlineData": {"mimeType": inline.media_type, "data": inline.data}}
