"""JSON Schemas of arguments, as short as they can be: a model reads them, and pays for each word."""

import json
from typing import Any

from pydantic import BaseModel

_MESSAGE = {
    "type": "object",
    "description": "A message in OpenAI's form: content is a text, or parts (text, image_url, file)",
    "properties": {"role": {"enum": ["system", "developer", "user", "assistant", "tool"]}, "content": {}},
    "required": ["role"],
}
_NULL = {"type": "null"}


def short_schema(arguments: type[BaseModel]) -> dict[str, Any]:
    """Without titles, which say the names again, and without null, which is the same as left out. Messages are told in
    short: what else they may hold is read, too, and few who call tools have it."""
    schema: dict[str, Any] = _shortened(arguments.model_json_schema(by_alias=True))
    definitions = schema.pop("$defs", {})
    if "Message" in definitions:
        definitions["Message"] = _MESSAGE
    used = _used(schema, definitions)
    return schema | ({"$defs": used} if used else {})


def _shortened(value: Any) -> Any:
    if isinstance(value, list):
        return [_shortened(entry) for entry in value]
    if not isinstance(value, dict):
        return value
    short = {name: _shortened(entry) for name, entry in value.items() if not _is_idle(name, entry)}
    forms = short.get("anyOf")
    if isinstance(forms, list) and _NULL in forms:
        forms = [form for form in forms if form != _NULL]
        del short["anyOf"]
        short = (forms[0] if len(forms) == 1 else {"anyOf": forms}) | short
    return short


def _is_idle(name: str, entry: Any) -> bool:
    """A property of such a name is an object that says what it is."""
    if name == "title":
        return isinstance(entry, str)
    return name == "default" and (entry is None or (isinstance(entry, dict) and not any(entry.values())))


def _used(schema: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """The definitions that the schema refers to, or one of these does."""
    used: dict[str, Any] = {}
    left = [schema]
    while left:
        text = json.dumps(left.pop())
        for name, definition in definitions.items():
            if name not in used and f'"#/$defs/{name}"' in text:
                used[name] = definition
                left.append(definition)
    return used
