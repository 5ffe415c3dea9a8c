"""OpenAI's Responses API, for the models that Chat Completions does not serve:
https://developers.openai.com/api/reference/resources/responses.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from promptyard.domain.errors import InvalidRequest, ProviderError
from promptyard.domain.models.catalogue import Wire
from promptyard.domain.models.messages import AnyPart, ImagePart, Message, TextPart
from promptyard.domain.models.provider_events import (
    Finished,
    FinishReason,
    ProviderEvent,
    TextDelta,
    UsageReport,
)
from promptyard.domain.models.targets import Parameters, ProviderCall
from promptyard.domain.models.usage import Usage
from promptyard.providers.protocol import HttpAdapter, ProviderRequest, SseEvent, bearer
from promptyard.providers.wires import openai_errors, openai_form, openai_tools, wire
from promptyard.providers.wires.openai_files import file_name, inline_file, sent_url
from promptyard.providers.wires.openai_form import Loc

PARAMETER_OF_FIELD = {
    "max_output_tokens": "max_tokens",
    "reasoning": "reasoning_effort",
    "reasoning.effort": "reasoning_effort",
    "text": "response_format",
    "text.format": "response_format",
}
"""Our names of the fields that go by another name on this wire."""


def build_request(call: ProviderCall, *, stream: bool) -> ProviderRequest:
    """Raises RefusedParameter or InvalidRequest for what the API or the model has no place for."""
    openai_form.check_refusals(call)
    body: dict[str, Any] = {
        "model": call.model,
        "input": [item for index, message in enumerate(call.messages) for item in _items(index, message)],
        "stream": stream,
        "store": False,  # else OpenAI keeps the conversation for 30 days
        **_parameter_fields(call),
    }
    if call.info is not None and call.info.capabilities.reasoning == "effort":
        body["include"] = ["reasoning.encrypted_content"]  # what is not stored has to be sent again
    if "store" in (call.parameters.extra or {}):
        raise InvalidRequest("extra may not set store", loc=("body", "parameters", "extra", "store"))
    return ProviderRequest(
        url=f"{call.base_url}/responses",
        body=openai_form.with_extra(body, call.parameters.extra),
        headers=bearer(call),
        instead={"include": None},
    )


def _items(index: int, message: Message) -> Iterator[dict[str, Any]]:
    if message.role == "tool":
        call_id = openai_form.tool_call_id(index, message)
        yield {"type": "function_call_output", "call_id": call_id, "output": "".join(message.texts())}
        return
    # Of those that are not encrypted OpenAI knows nothing more, since it was told to store nothing.
    yield from (item for item in message.carried.get("reasoning_items") or [] if item.get("encrypted_content"))
    if parts := list(openai_form.parts(index, message)):
        # An assistant's parts would have to carry the ids of the answer that they came from; its text does not.
        texts = "".join(part.text for _, part in parts if isinstance(part, TextPart))
        yield {"role": message.role, "content": texts if message.role == "assistant" else _parts(message, parts)}
    for call in message.tool_calls or []:
        function = call.function
        yield {"type": "function_call", "call_id": call.id, "name": function.name, "arguments": function.arguments}


def _parts(message: Message, parts: list[tuple[Loc, AnyPart]]) -> str | list[dict[str, Any]]:
    return message.content if isinstance(message.content, str) else [_part(loc, part) for loc, part in parts]


def _part(loc: Loc, part: AnyPart) -> dict[str, Any]:
    if isinstance(part, TextPart):
        return {"type": "input_text", "text": part.text}
    if isinstance(part, ImagePart):
        url = sent_url(part.image_url.url)
        return {"type": "input_image", "image_url": url, "detail": part.image_url.detail or "auto"}
    inline = inline_file(part, loc)
    if inline is None:
        return {"type": "input_file", "file_id": part.file.file_id}
    return {"type": "input_file", "filename": file_name(part, inline), "file_data": inline.url}


def _parameter_fields(call: ProviderCall) -> dict[str, Any]:
    parameters = call.parameters
    absent = ("stop", "seed", "top_k", "frequency_penalty", "presence_penalty")
    openai_form.refuse_absent(call, absent, "OpenAI's Responses API")
    choice = openai_tools.tool_choice(call)
    fields = {
        "temperature": parameters.temperature,
        "top_p": parameters.top_p,
        "max_output_tokens": parameters.max_tokens,
        "reasoning": {"effort": parameters.reasoning_effort} if parameters.reasoning_effort is not None else None,
        "text": _text_format(parameters),
        "tools": _tools(call),
        "tool_choice": choice
        if isinstance(choice, str | None)
        else {"type": "function", **choice.function.model_dump()},
        "parallel_tool_calls": openai_tools.parallel_tool_calls(call),
    }
    return {name: value for name, value in fields.items() if value is not None}


def _text_format(parameters: Parameters) -> dict[str, Any] | None:
    wanted = parameters.response_format
    if wanted is None:
        return None
    schema = wanted.get("json_schema")
    if wanted.get("type") != "json_schema":
        return {"format": wanted}
    if not isinstance(schema, dict):
        raise InvalidRequest(
            'response_format is {"type": "json_schema", "json_schema": {"name", "schema"}}',
            loc=("body", "parameters", "response_format"),
        )
    return {"format": {"type": "json_schema", **schema}}


def _tools(call: ProviderCall) -> list[dict[str, Any]] | None:
    functions = openai_tools.functions(call)
    if functions is None:
        return None
    return [
        {
            "type": "function",
            "name": function.name,
            "parameters": function.parameters,
            # Here a schema is strict unless it is said not to be, and Chat Completions has it the other way round.
            "strict": bool(function.strict),
            **({"description": function.description} if function.description is not None else {}),
        }
        for function in functions
    ]


class ResponsesParser:
    """https://developers.openai.com/api/reference/resources/responses/streaming-events."""

    def __init__(self) -> None:
        self._numbers: dict[int, int] = {}
        """From an output item's index to the tool call's own."""
        self._refused = False
        self._done = False

    def feed(self, event: SseEvent) -> list[ProviderEvent]:
        if self._done or event.data.strip() == "[DONE]":
            return []
        with wire.reading():
            data = wire.json_object(event.data)
            openai_errors.raise_error_in(data, error_event=data.get("type") == "error")
            if event.stray:
                raise ValueError("an answer outside of the stream")
            return self._take(data)

    def end(self) -> list[ProviderEvent]:
        if not self._done:
            raise wire.cut_off()
        return []

    def _take(self, data: dict[str, Any]) -> list[ProviderEvent]:
        match data.get("type"):
            case "response.output_text.delta":
                return [TextDelta(wire.text_in(data["delta"]))]
            case "response.refusal.delta":
                self._refused = True
                return [TextDelta(wire.text_in(data["delta"]))]
            case "response.output_item.added" if data["item"]["type"] == "function_call":
                item = data["item"]
                number = self._numbers.setdefault(data["output_index"], len(self._numbers))
                return [wire.tool_call(number, item["call_id"], item["name"])]
            case "response.function_call_arguments.delta":
                number = self._numbers[data["output_index"]]
                return [wire.tool_call(number, arguments=data["delta"])]
            case "response.completed" | "response.incomplete" | "response.failed":
                self._done = True
                return _ending(data["response"], refused=self._refused, called=bool(self._numbers))
        return []


def new_parser() -> ResponsesParser:
    return ResponsesParser()


def parse_answer(body: bytes) -> list[ProviderEvent]:
    """Raises ProviderMalformed, or the ProviderError of an answer that failed."""
    with wire.reading():
        response = wire.json_object(body)
        events: list[ProviderEvent] = []
        tool_calls = 0
        refused = False
        for item in response.get("output") or []:
            if item["type"] == "function_call":
                events.append(wire.tool_call(tool_calls, item["call_id"], item["name"], item["arguments"]))
                tool_calls += 1
            for part in item["content"] if item["type"] == "message" else []:
                refused = refused or part["type"] == "refusal"
                events.append(TextDelta(wire.text_in(part["refusal" if part["type"] == "refusal" else "text"])))
        return events + _ending(response, refused=refused, called=tool_calls > 0)


def parse_error(status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
    return openai_errors.parse_error(status, headers, body, PARAMETER_OF_FIELD)


def _ending(response: dict[str, Any], *, refused: bool, called: bool) -> list[ProviderEvent]:
    """Raises the ProviderError that a failed response holds."""
    openai_errors.raise_error_in(response)
    reason = _finish_reason(response, called=called)
    usage = [UsageReport(_usage(response["usage"]))] if response.get("usage") else []
    return [*usage, Finished(FinishReason.FILTER if refused else reason)]


def _finish_reason(response: dict[str, Any], *, called: bool) -> FinishReason:
    if response["status"] == "completed":
        return FinishReason.TOOL if called else FinishReason.STOP
    why = str((response.get("incomplete_details") or {}).get("reason"))
    reasons = {"max_output_tokens": FinishReason.LENGTH, "content_filter": FinishReason.FILTER}
    return reasons.get(why, FinishReason.ERROR)


def _usage(counts: Mapping[str, Any]) -> Usage:
    of_read, of_written = (counts.get(f"{kind}_tokens_details") or {} for kind in ("input", "output"))
    return Usage(
        input_tokens=counts.get("input_tokens"),
        output_tokens=counts.get("output_tokens"),
        cached_tokens=of_read.get("cached_tokens"),
        cache_write_tokens=of_read.get("cache_write_tokens"),
        reasoning_tokens=of_written.get("reasoning_tokens"),
    )


ADAPTER = HttpAdapter(Wire(name="openai_responses"), build_request, new_parser, parse_answer, parse_error)
