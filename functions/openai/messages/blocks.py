"""Content blocks of Anthropic's Messages -> our messages. What we have no place for is left out here, and goes on with
the body as it came to providers of the same protocol."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from promptyard.domain.errors import InvalidRequest
from promptyard.domain.models.foreign_messages import foreign_part
from promptyard.domain.models.messages import Message

Fields = dict[str, Any]

_OF_BLOCK = {
    "text": ("type", "text", "cache_control"),
    "image": ("type", "source", "cache_control"),
    "document": ("type", "source", "title", "cache_control"),
    "tool_use": ("type", "id", "name", "input"),
}
"""What is read of a block; the whole of one that is not named here."""


def system_of(system: str | Sequence[Mapping[str, Any]] | None) -> list[Message]:
    if not system:
        return []
    content = system if isinstance(system, str) else [_block(block) for block in system]
    return [_message({"role": "system", "content": content}, ("body", "system"))]


def messages_of(came: Sequence[Mapping[str, Any]]) -> list[Message]:
    """What tools gave is a message each, before what else the user says. Raises InvalidRequest."""
    return [message for at, one in enumerate(came) for message in _messages(one, ("body", "messages", at))]


def foreign_kinds(came: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """The types of a user's blocks that only providers of this protocol know. Of an assistant's nothing is lost that
    another provider could make use of."""
    blocks = [block for one in came if one.get("role") == "user" for block in _list(one.get("content"))]
    return tuple(dict.fromkeys(kind for block in blocks if (kind := foreign_part(block)) is not None))


def _messages(came: Mapping[str, Any], loc: tuple[str | int, ...]) -> list[Message]:
    role, content = came.get("role"), came.get("content")
    if not isinstance(content, list):
        return [_message({"role": role, "content": content}, loc)]
    results = [block for block in content if isinstance(block, dict) and block.get("type") == "tool_result"]
    others = [_block(block) for block in content if block not in results]
    messages = [_message({"role": role, "content": [_result(result)]}, loc) for result in results]
    if others or not results:
        messages.append(_message({"role": role, "content": others or None}, loc))
    return messages


def _result(result: Fields) -> Fields:
    content = result.get("content")
    return {**result, "content": [_block(block) for block in content] if isinstance(content, list) else content or ""}


def _block(block: Any) -> Any:
    if not isinstance(block, dict):
        return block
    kind = block.get("type")
    if foreign_part(block) is not None:
        return {"type": "text", "text": f"[{kind}]"}  # so that the record tells of it
    names = _OF_BLOCK.get(str(kind))
    return block if names is None else {name: block[name] for name in names if block.get(name) is not None}


def _message(fields: Fields, loc: tuple[str | int, ...]) -> Message:
    try:
        return Message.model_validate(fields)
    except ValidationError as wrong:
        mistake = wrong.errors(include_input=False, include_url=False)[0]
        raise InvalidRequest(mistake["msg"], loc=(*loc, *mistake["loc"]), kind=mistake["type"]) from None


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
