"""A conversation as the content blocks of Bedrock's Converse API."""

import base64
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from promptyard.domain.errors import InvalidRequest
from promptyard.domain.models.messages import AnyPart, FilePart, ImagePart, Message, TextPart, ToolCall
from promptyard.domain.models.targets import ProviderCall
from promptyard.providers.writing import openai_form, replays
from promptyard.providers.writing.openai_files import (
    check_image_type,
    extension,
    file_name,
    inline_file,
    inline_image,
)
from promptyard.providers.writing.openai_form import Block, Loc

IMAGE_FORMATS = ("png", "jpeg", "gif", "webp")
CACHE_POINT: Block = {"cachePoint": {"type": "default"}}
"""Stands after what is to be cached."""

_NO_NAME = re.compile(r"[^A-Za-z0-9 ()\[\]-]+")
"""What a document's name may not hold."""


def system(messages: Sequence[Message]) -> list[Block]:
    """As one text, or as several where one of them is to be cached."""
    parts = openai_form.system_parts(messages)
    if any(part.cache_control is not None for part in parts):
        return [block for part in parts for block in _marked([{"text": part.text}], part)]
    text = openai_form.system_text(messages)
    return [] if text is None else [{"text": text}]


def messages(call: ProviderCall) -> list[dict[str, Any]]:
    """Roles alternate. Raises InvalidRequest for what has no form here."""
    turns = openai_form.turns(call.messages, _blocks)
    if any(_is_document_alone(blocks) for _, blocks in turns):
        raise InvalidRequest("Bedrock takes a file together with a text", loc=("body", "messages"))
    return [{"role": role, "content": blocks} for role, blocks in turns]


def _is_document_alone(blocks: Sequence[Block]) -> bool:
    return any("document" in block for block in blocks) and not any("text" in block for block in blocks)


def _blocks(index: int, message: Message) -> list[Block]:
    if message.role == "tool":
        blocks = [block for loc, part in openai_form.parts(index, message) for block in _content(part, loc)]
        call_id = openai_form.tool_call_id(index, message)
        # An empty result is refused, and so is a blank text.
        return [{"toolResult": {"toolUseId": call_id, "content": blocks or [{"json": {"output": ""}}]}}]
    return [
        *_thoughts(message),
        *replays.blocks(
            message, openai_form.parts(index, message), content=_content, call=_tool_use, replayed=_thought
        ),
    ]


def _content(part: AnyPart, loc: Loc) -> list[Block]:
    return _marked([_block(part, loc)], part)


def _tool_use(call: ToolCall) -> Block:
    arguments = openai_form.arguments(call)
    return {"toolUse": {"toolUseId": call.id, "name": call.function.name, "input": arguments}}


def _thought(part: Mapping[str, Any]) -> Block | None:
    """As this API gave it, its bytes as base64."""
    reasoning = part.get("reasoningContent")
    if not isinstance(reasoning, dict):
        return None
    hidden = reasoning.get("redactedContent")
    if hidden is None:
        return {"reasoningContent": reasoning}
    with suppress(TypeError, ValueError):
        return {"reasoningContent": {"redactedContent": base64.b64decode(hidden, validate=True)}}
    return None


def _thoughts(message: Message) -> list[Block]:
    """Claude's, in Bedrock's form. One that is not signed is no thought of this API's."""
    blocks: list[Block] = []
    for thought in message.carried.get("thinking_blocks") or []:
        if thought.get("type") == "redacted_thinking":
            with suppress(TypeError, ValueError):
                blocks.append({"reasoningContent": {"redactedContent": base64.b64decode(thought.get("data"))}})
        elif thought.get("signature"):
            text = {"text": thought.get("thinking") or "", "signature": thought["signature"]}
            blocks.append({"reasoningContent": {"reasoningText": text}})
    return blocks


def _block(part: AnyPart, loc: Loc) -> Block:
    if isinstance(part, TextPart):
        return {"text": part.text}
    return _image(part, loc) if isinstance(part, ImagePart) else _document(part, loc)


def _marked(blocks: list[Block], part: AnyPart) -> list[Block]:
    return blocks if part.cache_control is None else [*blocks, CACHE_POINT]


def _image(part: ImagePart, loc: Loc) -> Block:
    inline = inline_image(part, loc)
    if inline is None:
        raise InvalidRequest("Bedrock takes images as data: URLs only", loc=(*loc, "image_url", "url"))
    check_image_type(inline, IMAGE_FORMATS, "Bedrock", loc)
    image_format = inline.media_type.removeprefix("image/")
    return {"image": {"format": image_format, "source": {"bytes": inline.content()}}}


def _document(part: FilePart, loc: Loc) -> Block:
    inline = inline_file(part, loc)
    if inline is None:
        raise InvalidRequest(
            "Bedrock takes a file's content (file_data), no id; OpenAI, Anthropic and Gemini take ids",
            loc=(*loc, "file", "file_id"),
        )
    stem = file_name(part, inline).rpartition(".")[0]
    # Bedrock wants the names of one request to differ.
    name = f"{_NO_NAME.sub(' ', stem).strip() or 'file'} {'-'.join(str(step) for step in loc if isinstance(step, int))}"
    return {
        "document": {"format": extension(inline), "name": " ".join(name.split()), "source": {"bytes": inline.content()}}
    }
