"""OpenAI's Chat Completions API, which most other providers and servers speak as well:
https://developers.openai.com/api/reference/resources/chat.

What differs between them is data, in the provider's row.
"""

from collections.abc import Mapping
from typing import Any

from promptyard.domain.errors import ProviderError, RefusedParameter
from promptyard.domain.models.catalogue import Wire
from promptyard.domain.models.provider_events import (
    Finished,
    FinishReason,
    ProviderEvent,
    TextDelta,
    ToolCallDelta,
    UsageReport,
)
from promptyard.domain.models.targets import ProviderCall
from promptyard.domain.models.usage import Usage
from promptyard.providers.protocol import HttpAdapter, ProviderRequest, SseEvent, bearer
from promptyard.providers.wires import openai_errors, openai_form, openai_tools, wire
from promptyard.providers.wires.openai_messages import chat_messages

FINISH_REASONS = {
    "stop": FinishReason.STOP,
    "length": FinishReason.LENGTH,
    "tool_calls": FinishReason.TOOL,
    "function_call": FinishReason.TOOL,
    "content_filter": FinishReason.FILTER,
    "error": FinishReason.ERROR,  # OpenRouter
    "insufficient_system_resource": FinishReason.ERROR,  # DeepSeek
    "max_tokens": FinishReason.LENGTH,
    "model_length": FinishReason.LENGTH,  # Mistral
}
"""All others are a server's own words for stop, such as `eos` or `end_turn`."""

PARAMETER_OF_FIELD = {"max_completion_tokens": "max_tokens", "random_seed": "seed"}
"""Our names of the fields that go by another name on this wire."""

NOT_EVERYWHERE: dict[str, str | None] = {
    "stream_options": None,
    "stream": None,
    "max_tokens": "max_completion_tokens",
    "max_completion_tokens": "max_tokens",
}
"""See `ProviderRequest.instead`."""


def build_request(call: ProviderCall, *, stream: bool) -> ProviderRequest:
    """Raises RefusedParameter or InvalidRequest for what the model is known to refuse."""
    openai_form.check_refusals(call)
    body: dict[str, Any] = {
        "model": call.model,
        "messages": chat_messages(call),
        "stream": stream,
        **_parameter_fields(call),
    }
    if stream and call.row.stream_usage:
        body["stream_options"] = {"include_usage": True}
    return ProviderRequest(
        url=f"{call.base_url}/chat/completions",
        body=openai_form.with_extra(body, call.parameters.extra),
        headers=bearer(call),
        instead=NOT_EVERYWHERE,
    )


def _parameter_fields(call: ProviderCall) -> dict[str, Any]:
    parameters = call.parameters
    if parameters.top_k is not None and not call.row.top_k:
        raise RefusedParameter("top_k", call.model, f"is not taken by {call.row.name}")
    choice = openai_tools.tool_choice(call)
    fields = {
        "temperature": parameters.temperature,
        "top_p": parameters.top_p,
        "top_k": parameters.top_k,
        "frequency_penalty": parameters.frequency_penalty,
        "presence_penalty": parameters.presence_penalty,
        call.row.max_tokens_field: parameters.max_tokens,
        "stop": parameters.stop or None,
        call.row.seed_field: parameters.seed,
        "reasoning_effort": parameters.reasoning_effort,
        "response_format": parameters.response_format,
        "tools": parameters.tools or None,
        "tool_choice": choice if isinstance(choice, str | None) else choice.model_dump(),
        "parallel_tool_calls": openai_tools.parallel_tool_calls(call),
    }
    return {name: value for name, value in fields.items() if value is not None}


class ChatParser:
    """Reads chat.completion.chunk objects."""

    def __init__(self) -> None:
        self._tools = _ToolCalls()
        self._reason: FinishReason | None = None
        self._refused = False
        self._done = False

    def feed(self, event: SseEvent) -> list[ProviderEvent]:
        if self._done:
            return []
        if event.data.strip() == "[DONE]":
            return self._finish(self._reason or FinishReason.STOP)
        with wire.reading():
            chunk = wire.json_object(event.data)
            openai_errors.raise_error_in(chunk, error_event=event.event == "error")
            if event.stray:
                raise ValueError("an answer outside of the stream")
            return self._take(chunk)

    def end(self) -> list[ProviderEvent]:
        """Some servers leave `[DONE]` out; then a finish reason before the end is what tells a whole answer."""
        if self._done:
            return []
        if self._reason is None:
            raise wire.cut_off()
        return self._finish(self._reason)

    def _take(self, chunk: dict[str, Any]) -> list[ProviderEvent]:
        events: list[ProviderEvent] = []
        counts = chunk.get("usage")
        for choice in chunk.get("choices") or []:
            if choice.get("index"):
                continue  # only the first of several answers is the run's
            counts = counts or choice.get("usage")  # Moonshot
            events += self._grow(choice.get("delta") or {})
            if reason := choice.get("finish_reason"):
                self._reason = FINISH_REASONS.get(reason, FinishReason.STOP)
        if counts:
            events.append(UsageReport(_usage(counts)))
        return events

    def _grow(self, delta: dict[str, Any]) -> list[ProviderEvent]:
        events: list[ProviderEvent] = []
        if text := _text(delta.get("content")):
            events.append(TextDelta(text))
        if refusal := delta.get("refusal"):
            self._refused = True
            events.append(TextDelta(wire.text_in(refusal)))
        for position, call in enumerate(delta.get("tool_calls") or []):
            events.append(self._tools.delta(call, position))
        return events

    def _finish(self, reason: FinishReason) -> list[ProviderEvent]:
        self._done = True
        return [Finished(_final_reason(reason, refused=self._refused, called=bool(self._tools)))]


def new_parser() -> ChatParser:
    return ChatParser()


def parse_answer(body: bytes) -> list[ProviderEvent]:
    """Raises ProviderMalformed, or the ProviderError of an error that came with a good status."""
    with wire.reading():
        completion = wire.json_object(body)
        openai_errors.raise_error_in(completion)
        choice = completion["choices"][0]
        message = choice["message"]
        events: list[ProviderEvent] = []
        if text := _text(message.get("content")):
            events.append(TextDelta(text))
        if refusal := message.get("refusal"):
            events.append(TextDelta(wire.text_in(refusal)))
        tools = _ToolCalls()
        events += [tools.delta(call, position) for position, call in enumerate(message.get("tool_calls") or [])]
        if counts := completion.get("usage"):
            events.append(UsageReport(_usage(counts)))
        reason = FINISH_REASONS.get(choice.get("finish_reason") or "stop", FinishReason.STOP)
        return [*events, Finished(_final_reason(reason, refused=bool(refusal), called=bool(tools)))]


def parse_error(status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
    return openai_errors.parse_error(status, headers, body, PARAMETER_OF_FIELD)


class _ToolCalls:
    """Numbers the tool calls of an answer. Some servers give no index, or the same one to calls with ids of their
    own; then the id tells them apart."""

    def __init__(self) -> None:
        self._numbers: dict[int, int] = {}
        self._ids: list[str | None] = []

    def __bool__(self) -> bool:
        return bool(self._ids)

    def delta(self, call: dict[str, Any], position: int) -> ToolCallDelta:
        given = call.get("index")
        index: int = position if given is None else given
        identifier = call.get("id") or None
        number = self._numbers.get(index)
        if number is None or (identifier and self._ids[number] not in {None, identifier}):
            number = self._numbers[index] = len(self._ids)
            self._ids.append(identifier)
        function = call.get("function") or {}
        return wire.tool_call(number, identifier, function.get("name") or None, function.get("arguments") or "")


def _text(content: Any) -> str:
    """The answer's text. Some reasoning models send it as parts, their thoughts among them."""
    if isinstance(content, list):
        return "".join(wire.text_in(part["text"]) for part in content if part["type"] == "text")
    return wire.text_in(content) if content is not None else ""


def _final_reason(reason: FinishReason, *, refused: bool, called: bool) -> FinishReason:
    if refused:
        return FinishReason.FILTER
    if called and reason is FinishReason.STOP:
        return FinishReason.TOOL
    return reason


def _usage(counts: Mapping[str, Any]) -> Usage:
    read, written = counts.get("prompt_tokens"), counts.get("completion_tokens")
    of_read = counts.get("prompt_tokens_details") or {}
    reasoning = (counts.get("completion_tokens_details") or {}).get("reasoning_tokens")
    if reasoning and read is not None and written is not None:
        # xAI counts reasoning apart from the completion, which only the total tells.
        apart = counts.get("total_tokens") == read + written + reasoning
        written += reasoning if apart else 0
    cached = of_read.get("cached_tokens")
    return Usage(
        input_tokens=read,
        output_tokens=written,
        cached_tokens=counts.get("prompt_cache_hit_tokens") if cached is None else cached,  # DeepSeek
        cache_write_tokens=of_read.get("cache_write_tokens"),
        reasoning_tokens=reasoning,
    )


ADAPTER = HttpAdapter(
    Wire(name="openai_compatible", takes_custom_endpoints=True, responses="openai_responses"),
    build_request,
    new_parser,
    parse_answer,
    parse_error,
)
