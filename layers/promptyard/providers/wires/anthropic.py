"""Anthropic's Messages API: https://platform.claude.com/docs/en/api/messages."""

import json
from collections.abc import Mapping
from typing import Any

from promptyard.domain.errors import ProviderError, RefusedParameter
from promptyard.domain.models.catalogue import Wire
from promptyard.domain.models.provider_events import (
    Finished,
    FinishReason,
    ProviderEvent,
    TextDelta,
    UsageReport,
)
from promptyard.domain.models.targets import NamedTool, ProviderCall
from promptyard.domain.models.usage import Usage
from promptyard.providers.protocol import HttpAdapter, ProviderRequest, SseEvent
from promptyard.providers.wires import anthropic_blocks, claude, openai_form, openai_tools, wire
from promptyard.providers.wires.content_blocks import ToolCallBlocks
from promptyard.providers.wires.openai_tools import Function

VERSION = "2026-10-21"
VERSION_WITH_SAMPLING = "2023-06-01"
"""The newer version took the sampling parameters out of the API."""
SAMPLING_FIELDS = ("temperature", "top_p", "top_k")

FILES_BETA = "files-api-2025-04-14"
"""Asked for where a message names a file that was uploaded before."""

CHOICES = {"auto": "auto", "required": "any", "none": "none"}

DEFAULT_MAX_TOKENS = 8192
"""Sent for a model of unknown limit when the caller gave no max_tokens, which the API requires."""
MAX_DEFAULT_MAX_TOKENS = 32_000
"""What a known limit is cut to when the caller gave no max_tokens."""

STATUS_OF_ERROR = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "api_error": 500,
    "timeout_error": 504,
    "overloaded_error": 529,
}
"""https://platform.claude.com/docs/en/api/errors, for errors inside a stream, where there is no status."""


def build_request(call: ProviderCall, *, stream: bool) -> ProviderRequest:
    """Raises RefusedParameter or InvalidRequest for what the API or the model has no place for."""
    openai_form.check_capabilities(call)
    system = anthropic_blocks.system(call.messages)
    max_tokens = call.parameters.max_tokens or _default_max_tokens(call)
    body = {
        "model": call.model,
        "max_tokens": max_tokens,
        "messages": anthropic_blocks.messages(call),
        "stream": stream,
        **_parameter_fields(call, max_tokens),
    }
    if system is not None:
        body["system"] = system
    body = openai_form.with_extra(body, call.parameters.extra)
    sampling = any(field in body for field in SAMPLING_FIELDS)
    headers = {"anthropic-version": VERSION_WITH_SAMPLING if sampling else VERSION}
    if anthropic_blocks.names_files(call.messages):
        headers["anthropic-beta"] = FILES_BETA
    if call.api_key is not None:
        headers["x-api-key"] = call.api_key.get_secret_value()
    return ProviderRequest(url=f"{call.base_url}/v1/messages", body=body, headers=headers)


def _default_max_tokens(call: ProviderCall) -> int:
    limit = call.info.max_output_tokens if call.info is not None else None
    return min(limit, MAX_DEFAULT_MAX_TOKENS) if limit is not None else DEFAULT_MAX_TOKENS


def _parameter_fields(call: ProviderCall, max_tokens: int) -> dict[str, Any]:
    parameters = call.parameters
    openai_form.check_parameters(call, "Anthropic's API")
    fields = claude.reasoning_fields(call, max_tokens=max_tokens)
    if schema := openai_form.answer_schema(call):
        output_format = {"type": "json_schema", "schema": schema.schema}
        fields["output_config"] = {**fields.get("output_config", {}), "format": output_format}
    fields |= _tool_fields(call, thinks=fields.get("thinking", {}).get("type") in {"enabled", "adaptive"})
    given = {
        "temperature": parameters.temperature,
        "top_p": parameters.top_p,
        "top_k": parameters.top_k,
        "stop_sequences": parameters.stop_list(),
    }
    return fields | {name: value for name, value in given.items() if value is not None}


def _tool_fields(call: ProviderCall, *, thinks: bool) -> dict[str, Any]:
    functions = openai_tools.functions(call)
    choice, parallel = openai_tools.tool_choice(call), openai_tools.parallel_tool_calls(call)
    if functions is None:
        called = [_tool(function) for function in openai_tools.called_functions(call)]
        return {"tools": called, "tool_choice": {"type": "none"}} if called else {}
    fields: dict[str, Any] = {"tools": [_tool(function) for function in functions]}
    if isinstance(choice, NamedTool):
        fields["tool_choice"] = {"type": "tool", "name": choice.function.name}
    elif choice is not None or parallel is not None:
        fields["tool_choice"] = {"type": CHOICES[choice or "auto"]}
    if thinks and (choice == "required" or isinstance(choice, NamedTool)):
        raise RefusedParameter("tool_choice", call.model, "forces no tool while the model thinks")
    if parallel is not None and choice != "none":
        fields["tool_choice"]["disable_parallel_tool_use"] = not parallel
    return fields


def _tool(function: Function) -> dict[str, Any]:
    tool: dict[str, Any] = {"name": function.name, "input_schema": function.parameters}
    if function.description is not None:
        tool["description"] = function.description
    if function.strict is not None:
        tool["strict"] = function.strict
    return tool


class MessagesParser:
    """https://platform.claude.com/docs/en/build-with-claude/streaming."""

    def __init__(self) -> None:
        self._usage: dict[str, Any] = {}
        self._tool_calls = ToolCallBlocks()
        self._stop_reason: str | None = None
        self._stopped = False

    def feed(self, event: SseEvent) -> list[ProviderEvent]:
        with wire.reading():
            data = wire.json_object(event.data)
            if error := wire.error_in(data):
                raise _stream_error(error)
            return self._take(data)

    def end(self) -> list[ProviderEvent]:
        if not self._stopped:
            raise wire.cut_off()
        return []

    def _take(self, data: dict[str, Any]) -> list[ProviderEvent]:
        events: list[ProviderEvent] = []
        match data.get("type"):
            case "message_start":
                events = self._count(data["message"].get("usage"))
            case "content_block_start":
                events = self._block_started(data["index"], data["content_block"])
            case "content_block_delta":
                events = self._block_grew(data["index"], data["delta"])
            case "content_block_stop":
                events = self._tool_calls.ended(data["index"])
            case "message_delta":
                self._stop_reason = data["delta"].get("stop_reason") or self._stop_reason
                events = self._count(data.get("usage"))
            case "message_stop":
                self._stopped = True
                events = [Finished(_finish_reason(self._stop_reason))]
        # Other types are ping, and what the API may add: its versioning policy says to skip those.
        return events

    def _count(self, usage: dict[str, Any] | None) -> list[ProviderEvent]:
        if not usage:
            return []
        # Counts in message_delta are cumulative, and it repeats only some of them.
        self._usage |= {name: count for name, count in usage.items() if count is not None}
        return [UsageReport(_usage(self._usage))]

    def _block_started(self, index: int, block: dict[str, Any]) -> list[ProviderEvent]:
        if block["type"] == "text" and block.get("text"):
            return [TextDelta(wire.text_in(block["text"]))]
        if block["type"] != "tool_use":
            return []
        return self._tool_calls.started(index, block["id"], block["name"])

    def _block_grew(self, index: int, delta: dict[str, Any]) -> list[ProviderEvent]:
        if delta["type"] == "text_delta":
            return [TextDelta(wire.text_in(delta["text"]))]
        if delta["type"] == "input_json_delta":
            return self._tool_calls.grew(index, delta["partial_json"])
        return []


def new_parser() -> MessagesParser:
    return MessagesParser()


def parse_answer(body: bytes) -> list[ProviderEvent]:
    """Raises ProviderMalformed, or the ProviderError of an error that came with a good status."""
    with wire.reading():
        message = wire.json_object(body)
        if error := wire.error_in(message):
            raise _stream_error(error)
        events: list[ProviderEvent] = []
        tool_calls = 0
        for block in message["content"]:
            if block["type"] == "text":
                events.append(TextDelta(wire.text_in(block["text"])))
            elif block["type"] == "tool_use":
                arguments = json.dumps(block["input"], ensure_ascii=False)
                events.append(wire.tool_call(tool_calls, block["id"], block["name"], arguments))
                tool_calls += 1
        if usage := message.get("usage"):
            events.append(UsageReport(_usage(usage)))
        return [*events, Finished(_finish_reason(message["stop_reason"]))]


def _usage(counts: Mapping[str, Any]) -> Usage:
    cached, written = counts.get("cache_read_input_tokens"), counts.get("cache_creation_input_tokens")
    return Usage(
        input_tokens=wire.total(counts.get("input_tokens"), cached, written),
        output_tokens=counts.get("output_tokens"),
        cached_tokens=cached,
        cache_write_tokens=written,
        reasoning_tokens=(counts.get("output_tokens_details") or {}).get("thinking_tokens"),
    )


def _finish_reason(stop_reason: str | None) -> FinishReason:
    return claude.FINISH_REASONS.get(stop_reason or "", FinishReason.ERROR)


def _stream_error(error: dict[str, Any]) -> ProviderError:
    status = STATUS_OF_ERROR.get(str(error.get("type")), 500)
    return wire.error_for_status(status, wire.error_message(error, status))


def parse_error(status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
    error = wire.error_body(body)
    retry_after = wire.retry_after_seconds(headers)
    # A spend cap is a 429 as well; what tells it from a rate limit is that it names no time to come back.
    retryable = retry_after is not None if status == 429 else None
    return wire.error_for_status(
        status, wire.error_message(error, status), retry_after=retry_after, retryable=retryable
    )


ADAPTER = HttpAdapter(Wire(name="anthropic"), build_request, new_parser, parse_answer, parse_error)
