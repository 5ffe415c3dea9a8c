"""Google's Gemini API: https://ai.google.dev/api/generate-content."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from promptyard.domain.errors import RefusedParameter
from promptyard.domain.models.catalogue import Wire
from promptyard.domain.models.provider_events import FinishReason, ProviderEvent
from promptyard.domain.models.targets import NamedTool, ProviderCall
from promptyard.domain.models.usage import Usage
from promptyard.providers.protocol import Ending, HttpAdapter, ProviderRequest, SseEvent
from promptyard.providers.reading.answer_reader import AnswerReader, frames
from promptyard.providers.reading.sentences import sentence
from promptyard.providers.reading.usage_counts import settled, tier_of, total
from promptyard.providers.reading.values import count_of, index_of, list_of, object_in, object_of, text_of
from promptyard.providers.wires import wire
from promptyard.providers.wires.google_errors import parse_error, provider_error, status_in
from promptyard.providers.writing import openai_form, openai_tools
from promptyard.providers.writing.google_contents import Contents
from promptyard.providers.writing.openai_tools import Function
from promptyard.providers.writing.references import inlined

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
