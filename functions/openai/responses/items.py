"""Items of OpenAI's Responses -> our messages. What we have no place for is left out here, and goes on with the body as
it came to providers of the same protocol."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from promptyard.domain.errors import InvalidRequest
from promptyard.domain.models.foreign_messages import foreign_part
from promptyard.domain.models.messages import FileContent, Message

Fields = dict[str, Any]
Input = str | Sequence[Fields]

_OURS = frozenset({"message", "function_call", "function_call_output", "reasoning"})
_OF_ITEM = {
    "message": ("type", "role", "content"),
    "function_call": ("type", "call_id", "name", "arguments"),
    "function_call_output": ("type", "call_id", "output"),
}
"""What is read of an item; the whole of one that is not named here."""
_OF_PART = {
    "input_text": ("type", "text"),
    "output_text": ("type", "text"),
    "refusal": ("type", "refusal"),
    "input_image": ("type", "image_url", "detail"),
    "input_file": ("type", *FileContent.model_fields),
}
_DETAILS = ("auto", "low", "high", "original")


def messages_of(given: Input) -> list[Message]:
    """What an assistant said and called at once is one message. Raises InvalidRequest."""
    if isinstance(given, str):
        return [Message(role="user", content=given)]
    read = [_message(item, ("body", "input", at)) for at, item in enumerate(given) if _kind(item) in _OURS]
    joined: list[Message] = []
    for message in read:
        if joined and joined[-1].role == message.role == "assistant":
            joined[-1] = _joined(joined[-1], message)
        else:
            joined.append(message)
    return joined


def foreign_kinds(given: Input) -> tuple[str, ...]:
    """The types of items and of content parts that only providers of this protocol know."""
    items = [] if isinstance(given, str) else given
    kinds = [kind for item in items if (kind := _kind(item)) not in _OURS]
    contents = [content for item in items if isinstance(content := item.get("content"), list)]
    parts = [part for content in contents for part in content]
    return tuple(dict.fromkeys([*kinds, *(found for part in parts if (found := _foreign(part)) is not None)]))


def _kind(item: Mapping[str, Any]) -> str:
    return str(item.get("type") or "message")


def _foreign(part: Any) -> str | None:
    if isinstance(part, dict) and part.get("type") == "input_image" and not isinstance(part.get("image_url"), str):
        return "input_image"  # one that OpenAI has, by its id
    if isinstance(part, dict) and part.get("type") == "input_file" and part.get("file_url") is not None:
        return "input_file"
    return foreign_part(part)


def _message(item: Mapping[str, Any], loc: tuple[str | int, ...]) -> Message:
    names = _OF_ITEM.get(_kind(item), tuple(item))
    fields = {name: item[name] for name in names if item.get(name) is not None}
    for name in ("content", "output"):
        if isinstance(fields.get(name), list):
            fields[name] = [_part(part) for part in fields[name]] or None
    try:
        return Message.model_validate(fields)
    except ValidationError as wrong:
        mistake = wrong.errors(include_input=False, include_url=False)[0]
        raise InvalidRequest(mistake["msg"], loc=(*loc, *mistake["loc"]), kind=mistake["type"]) from None


def _part(part: Any) -> Any:
    if not isinstance(part, dict):
        return part
    kind = _foreign(part)
    if kind is not None:
        return {"type": "text", "text": f"[{kind}]"}  # so that the record tells of it
    names = _OF_PART.get(str(part.get("type")))
    if names is None:
        return part
    known = {name: part[name] for name in names if part.get(name) is not None}
    if known.get("detail") not in _DETAILS:
        known.pop("detail", None)
    return known


def _joined(one: Message, other: Message) -> Message:
    parts = [part for message in (one, other) for part in _parts(message)]
    fields: Fields = {"role": "assistant", "content": parts or None}
    fields["tool_calls"] = [*(one.tool_calls or ()), *(other.tool_calls or ())] or None
    for name in {*one.carried, *other.carried}:
        ours, theirs = one.carried.get(name), other.carried.get(name)
        both = isinstance(ours, list) and isinstance(theirs, list)
        fields[name] = [*ours, *theirs] if both else theirs or ours  # type: ignore[misc]  # they are lists
    return Message.model_validate(fields)


def _parts(message: Message) -> list[Fields]:
    if isinstance(message.content, str):
        return [{"type": "text", "text": message.content}]
    return [part.model_dump(exclude_none=True) for part in message.content or ()]
