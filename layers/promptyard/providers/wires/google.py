"""Google's Gemini API: https://ai.google.dev/api/generate-content."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from promptyard.domain.errors import RefusedParameter
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
from promptyard.providers.wires import openai_form, openai_tools, wire
from promptyard.providers.wires.google_contents import Contents
from promptyard.providers.wires.google_errors import parse_error, provider_error
from promptyard.providers.wires.openai_tools import Function
from promptyard.providers.wires.references import inlined

__all__ = ["build_request", "new_parser", "parse_answer", "parse_error"]

LEVELS = ("minimal", "low", "medium", "high", "xhigh")
"""Of `thinkingLevel` (Gemini 3 and later, which cannot stop thinking altogether)."""

BUDGETS = {"none": 0, "minimal": 1024, "low": 1024, "medium": 8192, "high": 24576}
"""Of `thinkingBudget` (Gemini 2.5), as Google's own OpenAI endpoint reads the efforts:
https://ai.google.dev/gemini-api/docs/openai."""

MODES = {"auto": "AUTO", "required": "ANY", "none": "NONE"}

FINISH_REASONS = {
    "STOP": FinishReason.STOP,
    "MAX_TOKENS": FinishReason.LENGTH,
    "CONTINUATION": FinishReason.LENGTH,
    "SAFETY": FinishReason.FILTER,
    "RECITATION": FinishReason.FILTER,
    "BLOCKLIST": FinishReason.FILTER,
    "PROHIBITED_CONTENT": FinishReason.FILTER,
    "SPII": FinishReason.FILTER,
    "IMAGE_SAFETY": FinishReason.FILTER,
    "IMAGE_PROHIBITED_CONTENT": FinishReason.FILTER,
    "IMAGE_RECITATION": FinishReason.FILTER,
    "ESCALATION": FinishReason.FILTER,
    "MODEL_ARMOR": FinishReason.FILTER,
}
"""All others (MALFORMED_…, OTHER, what is added later) are FinishReason.ERROR."""


def build_request(call: ProviderCall, *, stream: bool) -> ProviderRequest:
    """Raises RefusedParameter or InvalidRequest for what the API or the model has no place for."""
    openai_form.check_capabilities(call)
    system = openai_form.system_text(call.messages)
    contents = Contents(call)
    body: dict[str, Any] = {
        "contents": [
            {"role": "model" if role == "assistant" else "user", "parts": blocks}
            for role, blocks in openai_form.turns(call.messages, contents.blocks)
        ]
    }
    if system is not None:
        body["systemInstruction"] = {"parts": [{"text": system}]}
    if config := _generation_config(call):
        body["generationConfig"] = config
    body |= _tool_fields(call)
    method = "streamGenerateContent?alt=sse" if stream else "generateContent"
    return ProviderRequest(
        url=f"{call.base_url}/v1beta/{_resource(call.model)}:{method}",
        body=openai_form.with_extra(body, call.parameters.extra),
        headers={"x-goog-api-key": call.api_key.get_secret_value()} if call.api_key is not None else {},
    )


def _tool_fields(call: ProviderCall) -> dict[str, Any]:
    functions, choice = openai_tools.functions(call), openai_tools.tool_choice(call)
    openai_tools.check_parallel(call, "the Gemini API")
    if functions is None:
        return {}
    fields: dict[str, Any] = {"tools": [{"functionDeclarations": [_declaration(function) for function in functions]}]}
    config: dict[str, Any] = {}
    if isinstance(choice, NamedTool):
        config = {"mode": "ANY", "allowedFunctionNames": [choice.function.name]}
    elif choice is not None:
        config = {"mode": MODES[choice]}
    if any(function.strict for function in functions) and config.get("mode", "AUTO") == "AUTO":
        config["mode"] = "VALIDATED"
    return fields | ({"toolConfig": {"functionCallingConfig": config}} if config else {})


def _resource(model: str) -> str:
    collection, _, name = model.partition("/")
    if name and collection in {"models", "tunedModels"}:
        return f"{collection}/{quote(name, safe='')}"
    return f"models/{quote(model, safe='')}"


def _generation_config(call: ProviderCall) -> dict[str, Any]:
    parameters = call.parameters
    schema = openai_form.answer_schema(call)
    json_answer = schema is not None or openai_form.wants_any_json(call)
    config = {
        "temperature": parameters.temperature,
        "topP": parameters.top_p,
        "topK": parameters.top_k,
        "frequencyPenalty": parameters.frequency_penalty,
        "presencePenalty": parameters.presence_penalty,
        "maxOutputTokens": parameters.max_tokens,
        "stopSequences": parameters.stop_list(),
        "seed": parameters.seed,
        "responseMimeType": "application/json" if json_answer else None,
        "responseJsonSchema": inlined(schema.schema) if schema is not None else None,
        "thinkingConfig": _thinking_config(call),
    }
    return {name: value for name, value in config.items() if value is not None}


def _thinking_config(call: ProviderCall) -> dict[str, Any] | None:
    # A model of which nothing is known is taken for a new one, and new ones have levels. Both at once are a 400.
    effort = call.parameters.reasoning_effort
    if effort is None:
        return None
    known = call.info.capabilities.reasoning if call.info is not None else None
    style = "level" if known is None else known
    if style not in {"level", "budget"}:
        raise RefusedParameter("reasoning_effort", call.model)
    efforts = LEVELS if style == "level" else tuple(BUDGETS)
    if effort not in efforts:
        raise RefusedParameter("reasoning_effort", call.model, f"is one of {', '.join(efforts)}")
    return {"thinkingLevel": effort.upper()} if style == "level" else {"thinkingBudget": BUDGETS[effort]}


def _declaration(function: Function) -> dict[str, Any]:
    declaration: dict[str, Any] = {"name": function.name, "parametersJsonSchema": inlined(function.parameters)}
    if function.description is not None:
        declaration["description"] = function.description
    return declaration


class GenerateContentParser:
    """Reads GenerateContentResponse objects, of which a stream is a row and a whole answer is one."""

    def __init__(self) -> None:
        self._tool_calls = 0
        self._finished = False

    def feed(self, event: SseEvent) -> list[ProviderEvent]:
        with wire.reading():
            return self.take(wire.json_object(event.data))

    def end(self) -> list[ProviderEvent]:
        if not self._finished:
            raise wire.cut_off()
        return []

    def take(self, answer: dict[str, Any]) -> list[ProviderEvent]:
        if error := wire.error_in(answer):
            raise provider_error(error, int(error.get("code") or 500), retry_after=None)
        events: list[ProviderEvent] = []
        reason: FinishReason | None = None
        candidates = answer.get("candidates") or []
        if candidates and not self._finished:
            for part in candidates[0].get("content", {}).get("parts") or []:
                events += self._part(part)
            if finish_reason := candidates[0].get("finishReason"):
                reason = FINISH_REASONS.get(finish_reason, FinishReason.ERROR)
        elif (answer.get("promptFeedback") or {}).get("blockReason") and not self._finished:
            reason = FinishReason.FILTER
        if counts := answer.get("usageMetadata"):
            events.append(UsageReport(_usage(counts)))
        if reason is not None:
            self._finished = True
            called = reason is FinishReason.STOP and self._tool_calls > 0
            events.append(Finished(FinishReason.TOOL if called else reason))
        return events

    def _part(self, part: dict[str, Any]) -> list[ProviderEvent]:
        if part.get("thought"):
            return []
        if call := part.get("functionCall"):
            number, self._tool_calls = self._tool_calls, self._tool_calls + 1
            arguments = json.dumps(call.get("args") or {}, ensure_ascii=False)
            return [wire.tool_call(number, call.get("id"), call["name"], arguments)]
        return [TextDelta(wire.text_in(part["text"]))] if part.get("text") else []


def new_parser() -> GenerateContentParser:
    return GenerateContentParser()


def parse_answer(body: bytes) -> list[ProviderEvent]:
    """Raises ProviderMalformed, or the ProviderError of an error that came with a good status."""
    parser = GenerateContentParser()
    with wire.reading():
        events = parser.take(wire.json_object(body))
    return events + parser.end()


def _usage(counts: Mapping[str, Any]) -> Usage:
    read = wire.total(counts.get("promptTokenCount"), counts.get("toolUsePromptTokenCount"))
    written = wire.total(counts.get("candidatesTokenCount"), counts.get("thoughtsTokenCount"))
    if written is None and read is not None and counts.get("totalTokenCount", -1) >= read:
        # Protocol buffers leave a zero out; the total tells it from a count that was not taken.
        written = counts["totalTokenCount"] - read
    return Usage(
        input_tokens=read,
        output_tokens=written,
        cached_tokens=counts.get("cachedContentTokenCount"),
        reasoning_tokens=counts.get("thoughtsTokenCount"),
    )


ADAPTER = HttpAdapter(Wire(name="google"), build_request, new_parser, parse_answer, parse_error)
