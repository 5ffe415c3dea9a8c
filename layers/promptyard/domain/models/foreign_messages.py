"""Messages as providers and their SDKs give them -> our own form, which is OpenAI's chat form.

Taken are an assistant's message of OpenAI's chat form with all that servers add to it, an item of OpenAI's Responses, a
message of Anthropic's and a content of Google's, as objects of JSON. Nulls and empty lists are no fields.
"""

import json
from collections.abc import Collection, Mapping
from difflib import SequenceMatcher
from typing import Any

from pydantic import ValidationError

CARRIED = frozenset(
    {
        "annotations",
        "audio",
        "prefix",
        "reasoning",
        "reasoning_content",
        "reasoning_details",
        "reasoning_items",
        "refusal",
        "replay",
        "thinking_blocks",
    }
)
"""Fields that providers add to an assistant's message, and that go back to those which know them. `thinking_blocks` are
Anthropic's, `reasoning_items` those of OpenAI's Responses; both are signed or encrypted, and go back as they came.
`replay` is our own: such parts of whatever wire, with their places in the answer (`messages.Replayed`)."""

_KINDS = {
    "audio": dict,
    "reasoning_content": str,
    "reasoning_items": list,
    "refusal": str,
    "replay": list,
    "thinking_blocks": list,
}
"""Of what is read of CARRIED."""

OF_A_PART = frozenset({"annotations", "citations", "logprobs", "parsed", "index", "id", "status"})
"""Output-only fields of content parts. They say nothing to a model."""

_OUR_PARTS = frozenset({"text", "image_url", "file"})

_PARTS_WE_READ = frozenset(
    {
        "document",
        "file",
        "image",
        "image_url",
        "input_file",
        "input_image",
        "input_text",
        "output_text",
        "redacted_thinking",
        "refusal",
        "text",
        "thinking",
        "tool_result",
        "tool_use",
    }
)

_MISSPELT_FROM = 0.8
"""How alike the name of an unknown field has to be to one of ours to be taken for it."""
_NO_SLIPS = frozenset({"context"})
"""Names of providers' own that look like ours: Azure's."""

Fields = dict[str, Any]


def foreign_fields(message: Mapping[str, Any], ours: Collection[str]) -> Fields:
    """Of a message of OpenAI's chat form: what neither we nor a provider that we know has a name for."""
    known = {*ours, *CARRIED, "function_call"}
    return {name: value for name, value in message.items() if name not in known and value is not None}


def foreign_part(part: Any) -> str | None:
    """The type of a content part that our form has no place for; None for any other."""
    kind = part.get("type") if isinstance(part, dict) else None
    return kind if isinstance(kind, str) and kind not in _PARTS_WE_READ else None


def message_in_our_form(message: Mapping[str, Any], ours: Collection[str]) -> Fields:
    """The message with `ours` and CARRIED as its fields. Raises ValidationError, with the field's name as the path, for
    a field that is neither: of an assistant's message only where it looks like a slip for one of ours."""
    try:
        return _in_our_form(message, ours)
    except (AttributeError, TypeError):
        raise ValueError("a message of no known form") from None


def _in_our_form(message: Mapping[str, Any], ours: Collection[str]) -> Fields:
    fields = {name: value for name, value in message.items() if name in ours or not _is_nothing(name, value)}
    fields = _of_google(fields) if "parts" in fields and fields.get("content") is None else fields
    fields = _of_responses(fields)
    is_answer = fields.get("role") == "assistant"
    if isinstance(fields.get("content"), list):
        _take_parts(fields, is_answer=is_answer)
    if is_answer:
        _take_calls(fields)
    unknown = [name for name in fields if name not in ours and not (is_answer and name in CARRIED)]
    wrong = [name for name in unknown if not is_answer or _looks_like_one_of(ours, name)]
    if wrong:
        raise ValidationError.from_exception_data(
            "Message", [{"type": "extra_forbidden", "loc": (name,), "input": fields[name]} for name in wrong]
        )
    return {name: value for name, value in fields.items() if name not in unknown}


def _is_nothing(name: str, value: Any) -> bool:
    """Null, empty, or what no provider has under that name."""
    if value is None or value in ([], {}):
        return True
    return name in _KINDS and not (
        isinstance(value, _KINDS[name]) and all(isinstance(one, dict) for one in value if _KINDS[name] is list)
    )


def _looks_like_one_of(ours: Collection[str], name: str) -> bool:
    plain = name.replace("_", "").lower()
    return name not in _NO_SLIPS and any(
        SequenceMatcher(None, plain, own.replace("_", "")).ratio() >= _MISSPELT_FROM for own in ours
    )


# --- Content parts: OpenAI's, Anthropic's, those of OpenAI's Responses, Mistral's -------------------------------------


def _take_parts(fields: Fields, *, is_answer: bool) -> None:
    """Replace the content by its parts in our form; what is no content goes where it belongs."""
    parts: list[Any] = []
    for part in fields["content"]:
        if not isinstance(part, dict):
            parts.append(part)
        elif is_answer and (take := _INTO_FIELDS.get(str(part.get("type")))) is not None:
            take(fields, part)
        elif part.get("type") == "tool_result" and len(fields["content"]) == 1:
            _take_result(fields, part)
            return
        else:
            taken = _part(part)
            if not is_answer or str(taken.get("type")) in _OUR_PARTS:
                parts.append(taken)
    fields["content"] = parts or None


def _part(part: Fields) -> Fields:
    kind = part.get("type")
    given = {name: value for name, value in part.items() if value is not None and name not in OF_A_PART}
    match kind:
        case "text" | "output_text" | "input_text":
            return given | {"type": "text"}
        case "refusal":
            return {"type": "text", "text": part.get("refusal")}
        case "input_image" | "image_url" if isinstance(part.get("image_url"), str):  # Responses', Mistral's
            return {"type": "image_url", "image_url": {"url": part["image_url"], "detail": part.get("detail")}}
        case "input_file":
            return {"type": "file", "file": {name: value for name, value in given.items() if name != "type"}}
        case "image" | "document" if isinstance(part.get("source"), dict):
            return _of_source(given, part["source"])
    return given if str(kind) in _OUR_PARTS else part


def _of_source(part: Fields, source: Fields) -> Fields:
    """Anthropic's images and documents."""
    more = {"cache_control": part["cache_control"]} if "cache_control" in part else {}
    if source.get("type") == "text":
        return {"type": "text", "text": source.get("data"), **more}
    url = source.get("url") or f"data:{source.get('media_type')};base64,{source.get('data')}"
    if part["type"] == "image":
        return {"type": "image_url", "image_url": {"url": url}, **more}
    if source.get("type") == "file":
        return {"type": "file", "file": {"file_id": source.get("file_id")}, **more}
    return {"type": "file", "file": {"filename": part.get("title"), "file_data": url}, **more}


def _thinking(fields: Fields, part: Fields) -> None:
    if isinstance(part.get("thinking"), list):  # Mistral's: texts
        texts = [piece.get("text") or "" for piece in part["thinking"] if isinstance(piece, dict)]
        fields["reasoning_content"] = (fields.get("reasoning_content") or "") + "".join(texts)
        return
    block = {name: value for name, value in part.items() if value is not None}
    fields["thinking_blocks"] = [*(fields.get("thinking_blocks") or []), block]


def _tool_use(fields: Fields, part: Fields) -> None:
    function = {"name": part.get("name"), "arguments": part.get("input")}
    fields["tool_calls"] = [*(fields.get("tool_calls") or []), {"id": part.get("id"), "function": function}]


_INTO_FIELDS = {"thinking": _thinking, "redacted_thinking": _thinking, "tool_use": _tool_use}


def _take_result(fields: Fields, part: Fields) -> None:
    fields["role"] = "tool"
    fields["tool_call_id"] = part.get("tool_use_id")
    content = part.get("content")
    fields["content"] = [_part(inner) for inner in content] if isinstance(content, list) else content


# --- Tool calls -------------------------------------------------------------------------------------------------------


def _take_calls(fields: Fields) -> None:
    calls = fields.get("tool_calls")
    legacy = fields.pop("function_call", None)
    if not calls and isinstance(legacy, dict):
        calls = [{"id": f"call_{legacy.get('name')}", "function": legacy}]
    if isinstance(calls, list):
        fields["tool_calls"] = [_call(call, at) if isinstance(call, dict) else call for at, call in enumerate(calls)]
    if not fields.get("tool_calls") and isinstance(calls, list):
        del fields["tool_calls"]


def _call(call: Fields, position: int) -> Fields:
    """One without an id is given one: a piece of a stream has it only at its start."""
    taken = {name: value for name, value in call.items() if value is not None and name not in {"index", "status"}}
    if isinstance(taken.get("custom"), dict):
        custom = taken.pop("custom")
        taken["function"] = {"name": custom.get("name"), "arguments": {"input": custom.get("input")}}
        taken["type"] = "function"
    if isinstance(taken.get("function"), dict):
        taken["function"] = _function(taken["function"])
    given = taken.pop("provider_specific_fields", None)
    if isinstance(given, dict) and isinstance(given.get("thought_signature"), str):
        taken.setdefault("extra_content", _signed(given["thought_signature"]))
    return {"id": f"call_{position}", **taken}


def _function(function: Fields) -> Fields:
    arguments = function.get("arguments")
    if not isinstance(arguments, str):
        arguments = "{}" if arguments is None else json.dumps(arguments, ensure_ascii=False)
    kept = {name: value for name, value in function.items() if name not in {"parsed_arguments", "id", "type"}}
    return kept | {"arguments": arguments or "{}"}


def _signed(signature: str) -> Fields:
    return {"google": {"thought_signature": signature}}


# --- Items of OpenAI's Responses --------------------------------------------------------------------------------------


def _of_responses(fields: Fields) -> Fields:
    match fields.get("type"):
        case "function_call" if "call_id" in fields:
            call = {"id": fields["call_id"], "function": {key: fields.get(key) for key in ("name", "arguments")}}
            return {"role": "assistant", "tool_calls": [call]}
        case "function_call_output" if "call_id" in fields:
            return {"role": "tool", "tool_call_id": fields["call_id"], "content": fields.get("output")}
        case "reasoning" if "role" not in fields:
            return {"role": "assistant", "reasoning_items": [fields | {"summary": fields.get("summary", [])}]}
        case "message":
            return {name: value for name, value in fields.items() if name not in {"type", "id", "status"}}
    return fields


# --- Google's contents ------------------------------------------------------------------------------------------------


def _of_google(fields: Fields) -> Fields:
    """A content of the SDK's or of the API's own spelling."""
    role = fields.get("role") or "user"
    taken: Fields = {"role": "assistant" if role == "model" else role}
    contents: list[Fields] = []
    for part in fields["parts"] if isinstance(fields["parts"], list) else []:
        if isinstance(part, dict):
            _take_google_part(taken, contents, {_snake(key): value for key, value in part.items() if value is not None})
    return taken | {"content": contents or taken.get("content")}


def _take_google_part(taken: Fields, contents: list[Fields], part: Fields) -> None:
    signature = part.get("thought_signature")
    signed = {"extra_content": _signed(signature)} if isinstance(signature, str) else {}
    if isinstance(call := part.get("function_call"), dict):
        function = {"name": call.get("name"), "arguments": call.get("args")}
        calls = taken.setdefault("tool_calls", [])
        calls.append({"id": call.get("id"), "function": function, **signed})
    elif isinstance(answer := part.get("function_response"), dict):
        if "tool_call_id" in taken:
            raise ValueError("one function response a message")
        identifier = answer.get("id") or "call_0"
        taken |= {"role": "tool", "tool_call_id": identifier, "name": answer.get("name")}
        taken["content"] = json.dumps(answer.get("response"), ensure_ascii=False)
    elif isinstance(inline := part.get("inline_data"), dict):
        contents.append(_inline({_snake(key): value for key, value in inline.items()}))
    elif part.get("thought"):
        taken["reasoning_content"] = (taken.get("reasoning_content") or "") + str(part.get("text") or "")
    elif "text" in part:
        contents.append({"type": "text", "text": part["text"], **signed})


def _inline(data: Fields) -> Fields:
    url = f"data:{data.get('mime_type')};base64,{data.get('data')}"
    if str(data.get("mime_type")).startswith("image/"):
        return {"type": "image_url", "image_url": {"url": url}}
    return {"type": "file", "file": {"filename": data.get("display_name"), "file_data": url}}


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
