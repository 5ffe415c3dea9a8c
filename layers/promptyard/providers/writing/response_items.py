"""A conversation as the items of OpenAI's Responses API: https://developers.openai.com/api/reference/resources/responses."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from promptyard.domain.models.messages import AnyPart, ImagePart, Message, TextPart, ToolCall
from promptyard.providers.reading.values import word_of
from promptyard.providers.writing import openai_form, replays
from promptyard.providers.writing.openai_files import file_name, inline_file, sent_url
from promptyard.providers.writing.openai_form import Loc

Item = dict[str, Any]

RUN_BY_OPENAI = frozenset(
    {"code_interpreter_call", "file_search_call", "mcp_call", "mcp_list_tools", "web_search_call"}
)
"""Of tools that OpenAI runs itself."""


def items(index: int, message: Message) -> Iterator[Item]:
    """Raises InvalidRequest for what has no form here."""
    if message.role == "tool":
        call_id = openai_form.tool_call_id(index, message)
        yield {"type": "function_call_output", "call_id": call_id, "output": "".join(message.texts())}
        return
    if message.role == "assistant":
        yield from (
            item for part in message.carried.get("reasoning_items") or [] if (item := encrypted_reasoning(part))
        )
        yield from _joined(
            replays.blocks(message, openai_form.parts(index, message), content=_said, call=_called, replayed=replayed)
        )
    elif parts := list(openai_form.parts(index, message)):
        yield {"role": message.role, "content": _parts(message, parts)}


def _said(part: AnyPart, _: Loc) -> list[Item]:
    # An assistant's parts would have to carry the ids of the answer that they came from; its text does not.
    return [{"role": "assistant", "content": part.text}] if isinstance(part, TextPart) else []


def _called(call: ToolCall) -> Item:
    function = call.function
    return {"type": "function_call", "call_id": call.id, "name": function.name, "arguments": function.arguments}


def encrypted_reasoning(item: Mapping[str, Any]) -> Item | None:
    """Of one that is not encrypted OpenAI knows nothing more, since it was told to store nothing."""
    return dict(item) if item.get("type") == "reasoning" and item.get("encrypted_content") else None


def replayed(item: Mapping[str, Any]) -> Item | None:
    """What goes back as it came; None of what does not."""
    return dict(item) if word_of(item.get("type")) in RUN_BY_OPENAI else encrypted_reasoning(item)


def _joined(items: Sequence[Item]) -> Iterator[Item]:
    """Texts that follow each other as one."""
    for is_text, group in groupby(items, lambda item: "role" in item):
        if is_text:
            yield {"role": "assistant", "content": "".join(item["content"] for item in group)}
        else:
            yield from group


def _parts(message: Message, parts: list[tuple[Loc, AnyPart]]) -> str | list[Item]:
    return message.content if isinstance(message.content, str) else [_part(loc, part) for loc, part in parts]


def _part(loc: Loc, part: AnyPart) -> Item:
    if isinstance(part, TextPart):
        return {"type": "input_text", "text": part.text}
    if isinstance(part, ImagePart):
        url = sent_url(part.image_url.url)
        return {"type": "input_image", "image_url": url, "detail": part.image_url.detail or "auto"}
    inline = inline_file(part, loc)
    if inline is None:
        return {"type": "input_file", "file_id": part.file.file_id}
    return {"type": "input_file", "filename": file_name(part, inline), "file_data": inline.url}
