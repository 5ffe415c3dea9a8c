"""Messages as OpenAI's Chat Completions and those made after it want them. What a provider takes of the fields beyond
OpenAI's own is its row's `takes_back`."""

from collections.abc import Sequence
from typing import Any

from promptyard.domain.models.catalogue import ProviderInfo
from promptyard.domain.models.foreign_messages import foreign_fields, foreign_part
from promptyard.domain.models.messages import AnyPart, FilePart, ImagePart, Message, Replayed, TextPart
from promptyard.domain.models.targets import ProviderCall
from promptyard.providers.reading.values import list_of
from promptyard.providers.writing.openai_files import file_name, inline_file, sent_url

Fields = dict[str, Any]

REASONING = {"reasoning": "reasoning_content", "reasoning_content": "reasoning"}
"""Who knows one of the names is given under it what came under the other."""


def chat_messages(call: ProviderCall) -> list[Fields]:
    """The conversation, without an assistant's messages that hold nothing this provider takes."""
    written = [_message(index, message, call.row) for index, message in enumerate(call.messages)]
    if call.body is not None and call.body.count:
        own = len(written) - call.body.count
        came = call.body.fields["messages"]
        written[own:] = [_with_what_came(*pair, call.row) for pair in zip(written[own:], came, strict=True)]
    return [message for message in written if message is not None]


def _with_what_came(written: Fields | None, came: Fields, row: ProviderInfo) -> Fields | None:
    """With what the message came with and our form has no place for."""
    if written is None:
        return None
    more = foreign_fields(came, Message.model_fields)
    parts = came.get("content")
    if isinstance(parts, list) and any(map(foreign_part, parts)):
        more["content"] = [_taken(part, row) if isinstance(part, dict) else part for part in parts]
    return written | more


def _message(index: int, message: Message, row: ProviderInfo) -> Fields | None:
    role = "system" if message.role == "developer" and not row.developer_role else message.role
    kept = _carried(message, row)
    fields: Fields = {"role": role, "content": _content(index, message, row)}
    if message.tool_calls:
        fields["tool_calls"] = [_taken(call.model_dump(exclude_none=True), row) for call in message.tool_calls]
    if message.role == "assistant" and fields["content"] is None and "refusal" not in kept:
        fields["content"] = message.carried.get("refusal")
    named = {"name": message.name, "tool_call_id": message.tool_call_id}
    fields |= {name: value for name, value in named.items() if value is not None} | kept
    says_nothing = message.role == "assistant" and fields.keys() == {"role", "content"} and fields["content"] is None
    return None if says_nothing else fields


def _carried(message: Message, row: ProviderInfo) -> Fields:
    given = dict(message.carried)
    if details := _whole_details(message.replay):
        given.setdefault("reasoning_details", details)
    for name, other in REASONING.items():
        if other in given and other not in row.takes_back:
            given.setdefault(name, given[other])
    kept = {name: value for name, value in given.items() if name in row.takes_back}
    if isinstance(kept.get("audio"), dict):
        kept["audio"] = {"id": kept["audio"].get("id")}  # the sound itself is not taken back
    return kept


def _whole_details(replay: Sequence[Replayed]) -> list[Fields]:
    """OpenRouter's details as they came, those that a stream had cut put together again, as its own SDK does: a text
    goes on until its signature is there."""
    whole: list[Fields] = []
    for detail in (detail for entry in replay for detail in list_of(entry.part.get("reasoning_details"))):
        last = whole[-1] if whole else {}
        goes_on = all(last.get(name) == detail.get(name) for name in ("type", "index")) and not last.get("signature")
        text = next((name for name in ("text", "summary") if isinstance(last.get(name), str)), None)
        if goes_on and text is not None:
            given = {name: value for name, value in detail.items() if value is not None}
            whole[-1] = last | given | {text: last[text] + (more if isinstance(more := detail.get(text), str) else "")}
        else:
            whole.append(dict(detail))
    return whole


def _content(index: int, message: Message, row: ProviderInfo) -> str | list[Fields] | None:
    """Strict servers want the field beside tool calls, too; there it is null."""
    if isinstance(message.content, list):
        parts = [
            _part(("body", "messages", index, "content", at), part, row)
            for at, part in enumerate(message.content)
            if not isinstance(part, TextPart) or part.text
        ]
        return parts or _nothing(message)
    return _nothing(message) if message.content is None else message.content


def _nothing(message: Message) -> str | None:
    return None if message.role == "assistant" else ""


def _part(loc: tuple[str | int, ...], part: AnyPart, row: ProviderInfo) -> Fields:
    fields = _taken(part.model_dump(exclude_none=True), row)
    if isinstance(part, ImagePart):
        fields["image_url"]["url"] = sent_url(part.image_url.url)
    if isinstance(part, FilePart) and (inline := inline_file(part, loc)) is not None:
        fields["file"] = {"filename": file_name(part, inline), "file_data": inline.url}
    return fields


def _taken(fields: Fields, row: ProviderInfo) -> Fields:
    left_out = {"cache_control", "extra_content"} - row.takes_back
    return {name: value for name, value in fields.items() if name not in left_out}
