"""A conversation as the content blocks of Anthropic's API: https://platform.claude.com/docs/en/api/messages."""

from collections.abc import Mapping, Sequence
from typing import Any

from promptyard.domain.models.messages import AnyPart, FilePart, ImagePart, Message, TextPart, ToolCall
from promptyard.domain.models.targets import ProtocolBody, ProviderCall
from promptyard.providers.writing import openai_form, replays
from promptyard.providers.writing.openai_files import check_image_type, file_name, inline_file, inline_image
from promptyard.providers.writing.openai_form import Block, Loc

IMAGE_TYPES = ("jpeg", "png", "gif", "webp")


def system(messages: Sequence[Message]) -> str | list[Block] | None:
    """As one text, or as blocks where one of them is to be cached."""
    parts = openai_form.system_parts(messages)
    if any(part.cache_control is not None for part in parts):
        return [_marked({"type": "text", "text": part.text}, part) for part in parts]
    return openai_form.system_text(messages)


def messages(call: ProviderCall) -> list[dict[str, Any]]:
    """Roles alternate. Raises InvalidRequest for what has no form here."""
    turns = openai_form.turns(call.messages, _blocks)
    role, blocks = turns[-1]
    if role == "assistant" and blocks[-1]["type"] == "text":
        blocks[-1]["text"] = blocks[-1]["text"].rstrip()  # a prefilled answer may not end in blanks
    return [{"role": role, "content": blocks} for role, blocks in turns]


def came_whole(call: ProviderCall, body: ProtocolBody) -> dict[str, Any]:
    """System prompt, messages and tools as they came, after what was put before them."""
    before = call.messages[: len(call.messages) - body.count]
    own = [_marked({"type": "text", "text": part.text}, part) for part in openai_form.system_parts(before)]
    given = body.fields.get("system")
    if own and given:
        given = [*own, *([{"type": "text", "text": given}] if isinstance(given, str) else given)]
    turns = openai_form.turns(before, _blocks) if any(one.role not in {"system", "developer"} for one in before) else []
    first = [{"role": role, "content": blocks} for role, blocks in turns]
    fields = {
        "system": given or own or None,
        "messages": [*first, *map(_without_unsigned, body.fields["messages"])],
        "tools": body.fields.get("tools"),
        "tool_choice": body.fields.get("tool_choice"),
    }
    return {name: value for name, value in fields.items() if value is not None}


def _without_unsigned(message: dict[str, Any]) -> dict[str, Any]:
    """An answer of another API that comes back with what was thought there, which this one refuses."""
    content = message.get("content")
    if message.get("role") != "assistant" or not isinstance(content, list):
        return message
    kept = [block for block in content if not _is_unsigned(block)]
    return message if len(kept) == len(content) else {**message, "content": kept}


def _is_unsigned(block: Any) -> bool:
    return isinstance(block, dict) and block.get("type") == "thinking" and not block.get("signature")


def names_files(messages: Sequence[Message]) -> bool:
    """Whether any part is a file by its id."""
    contents = [message.content for message in messages if isinstance(message.content, list)]
    files = [part.file for content in contents for part in content if isinstance(part, FilePart)]
    return any(file.file_id is not None for file in files)


def _blocks(index: int, message: Message) -> list[Block]:
    if message.role == "tool":
        blocks = [block for loc, part in openai_form.parts(index, message) for block in _content(part, loc)]
        result = {"type": "tool_result", "tool_use_id": openai_form.tool_call_id(index, message)}
        return [result | ({"content": blocks} if blocks else {})]
    return [
        *_thoughts(message),
        *replays.blocks(
            message, openai_form.parts(index, message), content=_content, call=_tool_use, replayed=_replayed
        ),
    ]


def _content(part: AnyPart, loc: Loc) -> list[Block]:
    return [_marked(_block(part, loc), part)]


def _tool_use(call: ToolCall) -> Block:
    arguments = openai_form.arguments(call)
    return {"type": "tool_use", "id": call.id, "name": call.function.name, "input": arguments}


def _thoughts(message: Message) -> list[Block]:
    return [block for part in message.carried.get("thinking_blocks") or [] if (block := _thought(part))]


def _thought(part: Mapping[str, Any]) -> Block | None:
    """As it came. One that is not signed is no thought of this API's, which refuses it."""
    is_signed = part.get("type") == "thinking" and part.get("signature")
    return dict(part) if is_signed or part.get("type") == "redacted_thinking" else None


def _replayed(part: Mapping[str, Any]) -> Block | None:
    return dict(part) if is_served(part) else _thought(part)


def is_served(block: Mapping[str, Any]) -> bool:
    """Whether it is of a tool that Anthropic runs itself: what that was asked, or what it gave."""
    kind = block.get("type")
    return isinstance(kind, str) and (kind in {"server_tool_use", "mcp_tool_use"} or kind.endswith("_tool_result"))


def _block(part: AnyPart, loc: Loc) -> Block:
    if isinstance(part, TextPart):
        return {"type": "text", "text": part.text}
    return _image(part, loc) if isinstance(part, ImagePart) else _document(part, loc)


def _marked(block: Block, part: AnyPart) -> Block:
    return block if part.cache_control is None else block | {"cache_control": part.cache_control}


def _image(part: ImagePart, loc: Loc) -> Block:
    inline = inline_image(part, loc)
    if inline is None:
        return {"type": "image", "source": {"type": "url", "url": part.image_url.url}}
    check_image_type(inline, IMAGE_TYPES, "Anthropic", loc)
    return {"type": "image", "source": {"type": "base64", "media_type": inline.media_type, "data": inline.data}}


def _document(part: FilePart, loc: Loc) -> Block:
    inline = inline_file(part, loc)
    if inline is None:
        return {"type": "document", "source": {"type": "file", "file_id": part.file.file_id}}
    source = {"type": "base64", "media_type": inline.media_type, "data": inline.data}
    if inline.media_type != "application/pdf":
        source = {"type": "text", "media_type": "text/plain", "data": inline.content().decode(errors="replace")}
    return {"type": "document", "source": source, "title": file_name(part, inline)}
