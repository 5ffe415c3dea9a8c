"""Reads what the caller writes in OpenAI's form (messages, tools, response_format) for adapters of other forms.

Every refusal is an InvalidRequest with the path of the field at fault, so that nothing is dropped in silence.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from promptyard.domain.errors import InvalidRequest, RefusedParameter
from promptyard.domain.models.messages import AnyPart, ImagePart, Message, TextPart, ToolCall
from promptyard.providers.reading.surrogates import whole_within

if TYPE_CHECKING:
    from promptyard.domain.models.targets import ProviderCall

Loc = tuple[str | int, ...]
SAMPLING = ("temperature", "top_p", "top_k", "frequency_penalty", "presence_penalty")
"""What models that always reason refuse."""

Block = dict[str, Any]
"""One part of a message as the provider writes it."""


@dataclass(frozen=True, slots=True)
class AnswerSchema:
    """The schema that `response_format` asks the answer to follow."""

    schema: dict[str, Any]
    name: str | None
    description: str | None


def system_text(messages: Sequence[Message]) -> str | None:
    """All system and developer texts as one, for APIs with one place for them.

    Raises InvalidRequest for an image among them.
    """
    return "\n\n".join(part.text for part in system_parts(messages)) or None


def system_parts(messages: Sequence[Message]) -> list[TextPart]:
    """The system and developer texts, one by one. Raises as `system_text`."""
    texts = []
    for index, message in enumerate(messages):
        if message.role not in {"system", "developer"}:
            continue
        for loc, part in parts(index, message):
            if not isinstance(part, TextPart):
                raise InvalidRequest("a system message holds text only", loc=loc)
            texts.append(part)
    return texts


def turns(
    messages: Sequence[Message], blocks_of: Callable[[int, Message], list[Block]]
) -> list[tuple[str, list[Block]]]:
    """The conversation without its system texts, as (`user` or `assistant`, blocks), roles alternating.

    Tool results are the user's. Neighbours of one role become one turn: the APIs want the results of parallel
    tool calls together. Raises InvalidRequest when nothing is left to send.
    """
    merged: list[tuple[str, list[Block]]] = []
    for index, message in enumerate(messages):
        if message.role in {"system", "developer"}:
            continue
        blocks = blocks_of(index, message)
        role = "assistant" if message.role == "assistant" else "user"
        if merged and merged[-1][0] == role:
            merged[-1][1].extend(blocks)
        elif blocks:
            merged.append((role, blocks))
    if not merged:
        raise InvalidRequest("a message of the user is needed, with some content", loc=("body", "messages"))
    return merged


def parts(index: int, message: Message) -> Iterator[tuple[Loc, AnyPart]]:
    """A message's parts with their paths. Blank texts, which the APIs refuse, are left out; an assistant's refusal is
    a text where it has no other."""
    content: str | list[Any] = message.content or message.carried.get("refusal") or []
    for position, part in enumerate([TextPart(text=content)] if isinstance(content, str) else content):
        if not isinstance(part, TextPart) or part.text.strip():
            yield ("body", "messages", index, "content", position), part


def arguments(call: ToolCall) -> dict[str, Any]:
    """A tool call's arguments, which OpenAI's form carries as JSON text. What a model wrote that is no object, such as
    the input of a custom tool or arguments that were cut off, goes under `input`."""
    text = call.function.arguments.strip()
    try:
        value = whole_within(json.loads(text or "{}", strict=False))
    except (ValueError, RecursionError):
        value = text
    if value is None:
        return {}
    return value if isinstance(value, dict) else {"input": value}


def tool_call_id(index: int, message: Message) -> str:
    """Which call a tool message answers. Raises InvalidRequest when it does not say."""
    if message.tool_call_id is None:
        raise InvalidRequest(
            "a tool message names the call it answers", loc=("body", "messages", index, "tool_call_id"), kind="missing"
        )
    return message.tool_call_id


def answer_schema(call: "ProviderCall") -> AnswerSchema | None:
    """The schema in `response_format`; None where it is absent, `text` or `json_object`.

    Raises RefusedParameter for a model without structured answers, InvalidRequest for a form that is not OpenAI's.
    """
    wanted = call.parameters.response_format
    if wanted is None or wanted.get("type") == "text":
        return None
    if call.info is not None and call.info.capabilities.json_schema is False:
        raise RefusedParameter("response_format", call.model)
    if wanted.get("type") == "json_object":
        return None
    loc = ("body", "parameters", "response_format")
    form = wanted.get("json_schema")
    if wanted.get("type") != "json_schema" or not isinstance(form, dict):
        raise InvalidRequest('response_format is {"type": "json_schema", "json_schema": {"name", "schema"}}', loc=loc)
    schema = form.get("schema")
    if not isinstance(schema, dict):
        raise InvalidRequest("json_schema holds a schema", loc=(*loc, "json_schema", "schema"), kind="missing")
    return AnswerSchema(schema=schema, name=form.get("name"), description=form.get("description"))


def wants_any_json(call: "ProviderCall") -> bool:
    """Whether `response_format` asks for JSON of no given schema."""
    return (call.parameters.response_format or {}).get("type") == "json_object"


def check_capabilities(call: "ProviderCall") -> None:
    """Raises RefusedParameter or InvalidRequest for sampling and images that the catalogue says the model refuses."""
    if call.info is not None and not call.info.capabilities.sampling:
        for name in SAMPLING:
            if getattr(call.parameters, name) is not None:
                raise RefusedParameter(name, call.model)
    check_images(call)


def check_refusals(call: "ProviderCall") -> None:
    """Raises RefusedParameter or InvalidRequest for all that the catalogue says the model refuses, for APIs that take
    parameters in this very form."""
    if call.info is None:
        return
    takes, parameters = call.info.capabilities, call.parameters
    # OpenAI's reasoning models sample as others do while they do not reason.
    sampling = takes.sampling or parameters.reasoning_effort == "none"
    wants_schema = (parameters.response_format or {}).get("type") == "json_schema"
    refused = {
        **dict.fromkeys(SAMPLING, not sampling),
        "reasoning_effort": takes.reasoning is False,
        "tools": takes.tools is False,
        "response_format": takes.json_schema is False and wants_schema,
    }
    for name, is_refused in refused.items():
        if is_refused and getattr(parameters, name) not in (None, []):
            raise RefusedParameter(name, call.model)
    check_images(call)


def check_images(call: "ProviderCall") -> None:
    """Raises InvalidRequest for images that the catalogue says the model refuses."""
    if call.info is None or call.info.capabilities.images is not False:
        return
    for index, message in enumerate(call.messages):
        for loc, part in parts(index, message):
            if isinstance(part, ImagePart):
                raise InvalidRequest(f"{call.model} takes no images", loc=loc)


def check_parameters(call: "ProviderCall", api: str) -> None:
    """Raises RefusedParameter for what neither Anthropic's API nor Bedrock's has a place for."""
    parameters = call.parameters
    refuse_absent(call, ("seed", "frequency_penalty", "presence_penalty"), api)
    if parameters.temperature is not None and parameters.temperature > 1:
        raise RefusedParameter("temperature", call.model, f"is at most 1 on {api}")
    if wants_any_json(call):
        raise RefusedParameter("response_format", call.model, f"has to be a json_schema on {api}")


def refuse_absent(call: "ProviderCall", names: Sequence[str], api: str) -> None:
    """Raises RefusedParameter for a parameter of those that was given."""
    for name in names:
        if getattr(call.parameters, name) is not None:
            raise RefusedParameter(name, call.model, f"is not part of {api}")


def with_extra(body: dict[str, Any], extra: Mapping[str, Any] | None) -> dict[str, Any]:
    """`body` with the caller's extra fields, objects merged, and without those that are null there.

    Extra may add and take away, and never replace: what the model, the limits and the bill depend on stays as it was
    resolved. Raises InvalidRequest for a field that has a value already, or that makes the request.
    """
    loc = ("body", "parameters", "extra")
    for name in MADE_OF.intersection(extra or {}):
        raise InvalidRequest(f"extra may not set {name}: the request has a value for it", loc=(*loc, name))
    return _merged(body, extra or {}, loc)


MADE_OF = frozenset({"model", "modelId", "messages", "contents", "input"})
"""What no request is one without."""


def _merged(body: dict[str, Any], extra: Mapping[str, Any], loc: Loc) -> dict[str, Any]:
    merged = dict(body)
    for key, value in extra.items():
        present = body.get(key)
        if value is None:
            merged.pop(key, None)
        elif present is None:
            merged[key] = value
        elif isinstance(present, dict) and isinstance(value, dict):
            merged[key] = _merged(present, value, (*loc, key))
        else:
            raise InvalidRequest(f"extra may not set {key}: the request has a value for it", loc=(*loc, key))
    return merged
