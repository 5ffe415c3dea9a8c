"""Messages of OpenAI's Chat Completions -> ours. What we have no place for is left out here, and goes on with the body
as it came to providers of the same protocol."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from promptyard.domain.errors import InvalidRequest
from promptyard.domain.models.foreign_messages import CARRIED, foreign_part
from promptyard.domain.models.messages import FileContent, ImageUrl, Message, TextPart

Fields = dict[str, Any]

_LEGACY = "function"
"""The role of what a function gave, from before there were tools."""
_OF_PART = frozenset({"type", "text", "image_url", "file", "refusal", *TextPart.model_fields})
_OF_CALL = frozenset({"id", "type", "function", "custom", "extra_content", "provider_specific_fields"})
_DETAILS = frozenset({"auto", "low", "high", "original"})


def messages_of(came: Sequence[Mapping[str, Any]]) -> list[Message]:
    """One for each. Raises InvalidRequest for one that no provider could make sense of."""
    return [_message(at, message) for at, message in enumerate(came)]


def foreign_parts(came: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """The types of content parts that only providers of this protocol know."""
    kinds = [foreign_part(part) for message in came for part in _parts(message)]
    return tuple(dict.fromkeys(kind for kind in kinds if kind is not None))


def _parts(message: Mapping[str, Any]) -> Sequence[Any]:
    content = message.get("content")
    return content if isinstance(content, list) else ()


def _message(at: int, came: Mapping[str, Any]) -> Message:
    ours = {*Message.model_fields, *(("function_call", *CARRIED) if came.get("role") == "assistant" else ())}
    fields = {name: value for name, value in came.items() if name in ours and value is not None}
    if fields.get("role") == _LEGACY:
        fields |= {"role": "tool", "tool_call_id": f"call_{came.get('name')}"}
    if isinstance(fields.get("content"), list):
        fields["content"] = [_part(part) if isinstance(part, dict) else part for part in fields["content"]] or None
    if isinstance(fields.get("tool_calls"), list):
        fields["tool_calls"] = [_call(call) if isinstance(call, dict) else call for call in fields["tool_calls"]]
    try:
        return Message.model_validate(fields)
    except ValidationError as wrong:
        mistake = wrong.errors(include_input=False, include_url=False)[0]
        loc = ("body", "messages", at, *mistake["loc"])
        raise InvalidRequest(mistake["msg"], loc=loc, kind=mistake["type"]) from None


def _part(part: Fields) -> Fields:
    kind = foreign_part(part)
    if kind is not None:
        return {"type": "text", "text": f"[{kind}]"}  # so that the record tells of it
    known = {name: value for name, value in part.items() if name in _OF_PART and value is not None}
    if isinstance(image := known.get("image_url"), dict):
        known["image_url"] = {name: value for name, value in image.items() if name in ImageUrl.model_fields}
        if image.get("detail") not in _DETAILS:
            known["image_url"].pop("detail", None)
    if isinstance(file := known.get("file"), dict):
        known["file"] = {name: value for name, value in file.items() if name in FileContent.model_fields}
    return known if part.get("type") in {"text", "image_url", "file", "refusal"} else part


def _call(call: Fields) -> Fields:
    known = {name: value for name, value in call.items() if name in _OF_CALL and value is not None}
    if isinstance(function := known.get("function"), dict):
        known["function"] = {name: function.get(name) for name in ("name", "arguments")}
    return known
