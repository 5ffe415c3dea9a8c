"""Google's Gemini API: https://ai.google.dev/api/generate-content."""

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from promptyard.domain.errors import InvalidRequest, RefusedParameter
from promptyard.domain.models.catalogue import Wire
from promptyard.domain.models.messages import ImagePart, Message
from promptyard.domain.models.provider_events import FinishReason, ProviderEvent
from promptyard.domain.models.targets import ProviderCall
from promptyard.domain.models.usage import Usage
from promptyard.providers.protocol import Ending, HttpAdapter, ProviderRequest, SseEvent
from promptyard.providers.reading.answer_reader import AnswerReader, frames
from promptyard.providers.reading.sentences import sentence
from promptyard.providers.reading.usage_counts import settled, tier_of, total
from promptyard.providers.reading.values import count_of, index_of, list_of, object_in, object_of, text_of
from promptyard.providers.wires import openai_form, wire
from promptyard.providers.wires.google_errors import parse_error, provider_error, status_in
from promptyard.providers.wires.openai_form import Block, Function, Loc

__all__ = ["build_request", "new_parser", "parse_answer", "parse_error"]

LEVELS = ("minimal", "low", "medium", "high", "xhigh")
"""Of `thinkingLevel` (Gemini 3 and later, which cannot stop thinking altogether)."""

BUDGETS = {"none": 0, "minimal": 1024, "low": 1024, "medium": 8192, "high": 24576}
"""Of `thinkingBudget` (Gemini 2.5), as Google's own OpenAI endpoint reads the efforts:
https://ai.google.dev/gemini-api/docs/openai."""

UNSIGNED = "skip_thought_signature_validator"
"""Stands for the signature that Gemini 3 wants on its own function calls, where a conversation has none:
https://ai.google.dev/gemini-api/docs/thought-signatures."""

IMAGE_TYPES = {
    "gif": "image/gif",
    "heic": "image/heic",
    "heif": "image/heif",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
}

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
    contents = _Contents(call)
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
    if functions := openai_form.functions(call):
        body["tools"] = [{"functionDeclarations": [_declaration(function) for function in functions]}]
        if any(function.strict for function in functions):
            body["toolConfig"] = {"functionCallingConfig": {"mode": "VALIDATED"}}
    method = "streamGenerateContent?alt=sse" if stream else "generateContent"
    return ProviderRequest(
        url=f"{call.base_url}/v1beta/{_resource(call.model)}:{method}",
        body=openai_form.with_extra(body, call.parameters.extra),
        headers={"x-goog-api-key": call.api_key.get_secret_value()} if call.api_key is not None else {},
    )


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
        "maxOutputTokens": parameters.max_tokens,
        "stopSequences": parameters.stop_list(),
        "seed": parameters.seed,
        "responseMimeType": "application/json" if json_answer else None,
        "responseJsonSchema": schema.schema if schema is not None else None,
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
    declaration: dict[str, Any] = {"name": function.name, "parametersJsonSchema": function.parameters}
    if function.description is not None:
        declaration["description"] = function.description
    return declaration


class _Contents:
    """Writes messages as parts. A function's answer has to repeat the function's name, which OpenAI's form gives
    only where the call was made."""

    def __init__(self, call: ProviderCall) -> None:
        self._function_names: dict[str, str] = {}
        """By call id, of the last call that had it: ids may be unique within a turn only."""
        self._signed = call.info is not None and call.info.capabilities.reasoning == "level"

    def blocks(self, index: int, message: Message) -> list[Block]:
        if message.role == "tool":
            return self._function_response(index, message)
        blocks = [
            _image(part, loc) if isinstance(part, ImagePart) else {"text": part.text}
            for loc, part in openai_form.parts(index, message)
        ]
        for position, call in enumerate(message.tool_calls or []):
            arguments = openai_form.arguments(call, ("body", "messages", index, "tool_calls", position))
            self._function_names[call.id] = call.function.name
            block: Block = {"functionCall": {"id": call.id, "name": call.function.name, "args": arguments}}
            if self._signed:
                block["thoughtSignature"] = UNSIGNED
            blocks.append(block)
        return blocks

    def _function_response(self, index: int, message: Message) -> list[Block]:
        call_id = openai_form.tool_call_id(index, message)
        name = self._function_names.get(call_id) or message.name
        if name is None:
            raise InvalidRequest(
                "a tool message answers a call that the conversation holds",
                loc=("body", "messages", index, "tool_call_id"),
            )
        images = [_image(part, loc) for loc, part in openai_form.parts(index, message) if isinstance(part, ImagePart)]
        response = {"id": call_id, "name": name, "response": _as_object("".join(message.texts()))}
        return [{"functionResponse": response}, *images]


def _as_object(text: str) -> dict[str, Any]:
    """A function's answer has to be an object; anything else goes under `output`, the name that the API reads."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = text
    return value if isinstance(value, dict) else {"output": text}


def _image(part: ImagePart, loc: Loc) -> Block:
    inline = openai_form.inline_image(part, loc)
    if inline is not None:
        return {"inlineData": {"mimeType": inline.media_type, "data": inline.data}}
    # Google fetches public URLs: https://ai.google.dev/gemini-api/docs/file-input-methods
    url = part.image_url.url
    file_data = {"fileUri": url}
    extension = re.split("[?#]", url)[0].rpartition(".")[2].lower()
    if media_type := IMAGE_TYPES.get(extension):
        file_data["mimeType"] = media_type
    return {"fileData": file_data}


class GenerateContentParser:
    """Reads GenerateContentResponse objects, of which a stream is a row and a whole answer is one.

    A stream may give a finish reason more than once, with every piece or after every round of a tool that Google runs:
    the last one counts, and the end is that of the bytes.
    """

    def __init__(self) -> None:
        self._answer = AnswerReader(FINISH_REASONS, _usage)
        self._index: int | None = None
        """Of the candidate that is the run's: the first one seen."""
        self._between_rounds = False

    @property
    def ending(self) -> Ending:
        known = self._answer.ending
        return Ending.MORE_DUE if self._between_rounds and known is not Ending.NOT_YET else known

    def feed(self, event: SseEvent) -> list[ProviderEvent]:
        with wire.reading():
            for answer in frames(event, self._answer):
                if "candidates" not in answer or '"error"' in event.data:
                    _raise_error_in(answer, named=event.event == "error")
                self._take(answer)
            return self._answer.take()

    def end(self) -> list[ProviderEvent]:
        return self._answer.end()

    def take_whole(self, answer: dict[str, Any]) -> list[ProviderEvent]:
        _raise_error_in(answer)
        self._take(answer)
        return [*self._answer.take(), *self._answer.end()]

    def _take(self, answer: dict[str, Any]) -> None:
        candidates = list_of(answer.get("candidates"))
        for candidate in candidates:
            if self._is_the_runs(index_of(candidate.get("index"))):
                self._candidate(candidate)
        feedback = object_of(answer.get("promptFeedback"))
        if not candidates and (blocked := feedback.get("blockReason")):
            self._answer.finish_reason("SAFETY", blocked)
        self._answer.count(answer.get("usageMetadata"))

    def _candidate(self, candidate: Mapping[str, Any]) -> None:
        for part in list_of(object_of(candidate.get("content")).get("parts")):
            self._part(part)
        if grounding := object_of(candidate.get("groundingMetadata")):
            self._ground(grounding)
        if finish_reason := candidate.get("finishReason"):
            self._answer.finish_reason(finish_reason, candidate.get("finishMessage"))

    def _is_the_runs(self, index: int | None) -> bool:
        if self._index is None:
            self._index = index
        return index is None or index == self._index

    def _part(self, part: Mapping[str, Any]) -> None:
        answer, text, signature = self._answer, part.get("text"), part.get("thoughtSignature")
        if call := object_of(part.get("functionCall")):
            extra = {"google": {"thought_signature": signature}} if isinstance(signature, str) else None
            answer.add(answer.calls.whole(call.get("id"), call.get("name"), call.get("args"), extra))
        elif signature or (part.get("thought") and not text):
            answer.replay(part)
        if part.get("thought") is True:
            answer.reasoning(text_of(text) if isinstance(text, str) else "")
        elif text:
            answer.text(text_of(text))
        self._between_rounds = "executableCode" in part or "codeExecutionResult" in part

    def _ground(self, grounding: Mapping[str, Any]) -> None:
        for chunk in list_of(grounding.get("groundingChunks")):
            source = object_of(chunk.get("web")) or object_of(chunk.get("retrievedContext"))
            self._answer.cite(source.get("uri"), source.get("title"))
        queries = grounding.get("webSearchQueries")
        if isinstance(queries, list) and queries:
            self._answer.count({"webSearchQueries": len(queries)})


def new_parser() -> GenerateContentParser:
    return GenerateContentParser()


def parse_answer(body: bytes) -> list[ProviderEvent]:
    """Raises ProviderMalformed, or the ProviderError of an error that came with a good status."""
    with wire.reading():
        return GenerateContentParser().take_whole(object_in(body))


def _raise_error_in(answer: dict[str, Any], *, named: bool = False) -> None:
    error = wire.error_in(answer)
    if error is None and (named or not answer.keys() & ANSWER_FIELDS) and sentence(answer):
        error = answer
    if error is not None:
        raise provider_error(error, status_in(error), retry_after=None)


ANSWER_FIELDS = frozenset({"candidates", "promptFeedback", "usageMetadata"})


def _usage(counts: Mapping[str, Any]) -> Usage:
    """Protocol buffers leave a zero out; the sum tells it from a count that was not taken."""
    thoughts = count_of(counts.get("thoughtsTokenCount"))
    return settled(
        total(counts.get("promptTokenCount"), counts.get("toolUsePromptTokenCount")),
        total(counts.get("candidatesTokenCount"), thoughts),
        cached=counts.get("cachedContentTokenCount"),
        reasoning=thoughts,
        sum_of_all=counts.get("totalTokenCount"),
        searches=count_of(counts.get("webSearchQueries")),
        service_tier=tier_of(counts.get("serviceTier"), counts.get("trafficType")),
    )


ADAPTER = HttpAdapter(Wire(name="google"), build_request, new_parser, parse_answer, parse_error)
