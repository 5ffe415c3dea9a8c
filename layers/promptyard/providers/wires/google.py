"""Google's Gemini API: https://ai.google.dev/api/generate-content."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from promptyard.domain.errors import ProviderError, RefusedParameter
from promptyard.domain.models.catalogue import Wire
from promptyard.domain.models.targets import NamedTool, ProviderCall
from promptyard.domain.models.usage import Usage
from promptyard.providers.protocol import HttpAdapter, InputCounter, ProviderRequest
from promptyard.providers.reading.answer_parser import AnswerParser
from promptyard.providers.reading.answer_reader import AnswerReader
from promptyard.providers.reading.usage_counts import settled, tier_of, total
from promptyard.providers.reading.values import count_of, list_of, object_of, text_of
from promptyard.providers.wires import google_errors
from promptyard.providers.wires.google_errors import parse_error
from promptyard.providers.writing import openai_form, openai_tools
from promptyard.providers.writing.google_contents import Contents
from promptyard.providers.writing.openai_tools import Function
from promptyard.providers.writing.references import inlined

LEVELS = ("minimal", "low", "medium", "high", "xhigh")
"""Of `thinkingLevel` (Gemini 3 and later, which cannot stop thinking altogether)."""

BUDGETS = {"none": 0, "minimal": 1024, "low": 1024, "medium": 8192, "high": 24576}
"""Of `thinkingBudget` (Gemini 2.5), as Google's own OpenAI endpoint reads the efforts:
https://ai.google.dev/gemini-api/docs/openai."""

MODES = {"auto": "AUTO", "required": "ANY", "none": "NONE"}


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


def count_request(call: ProviderCall, sent: ProviderRequest) -> ProviderRequest:
    """https://ai.google.dev/api/tokens."""
    body = {"generateContentRequest": {"model": _resource(call.model), **sent.body}}
    return ProviderRequest(url=f"{sent.url.rpartition(':')[0]}:countTokens", body=body, headers=sent.headers)


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


class GenerateContentParser(AnswerParser):
    """Reads GenerateContentResponse objects, of which a stream is a row and a whole answer is one.

    A stream may give a finish reason more than once, with every piece or after every round of a tool that Google runs:
    the last one counts, and the end is that of the bytes.
    """

    FIELDS = ("candidates", "promptFeedback", "usageMetadata")

    def __init__(self) -> None:
        super().__init__(AnswerReader(_usage))

    def take_whole(self, data: dict[str, Any]) -> None:
        self.take(data)

    def take(self, data: dict[str, Any]) -> None:
        for candidate in self.answer.own(data.get("candidates")):
            self._candidate(candidate)
        blocked = object_of(data.get("promptFeedback")).get("blockReason")
        if blocked and not list_of(data.get("candidates")):
            self.answer.finish_reason("SAFETY", blocked)
        self.answer.count(data.get("usageMetadata"))

    def error(self, detail: dict[str, Any]) -> ProviderError:
        return google_errors.provider_error(detail, google_errors.status_in(detail), retry_after=None)

    def _candidate(self, candidate: Mapping[str, Any]) -> None:
        for part in list_of(object_of(candidate.get("content")).get("parts")):
            self._part(part)
        if grounding := object_of(candidate.get("groundingMetadata")):
            self._ground(grounding)
        if finish_reason := candidate.get("finishReason"):
            self.answer.finish_reason(finish_reason, candidate.get("finishMessage"))

    def _part(self, part: Mapping[str, Any]) -> None:
        answer, text, signature = self.answer, part.get("text"), part.get("thoughtSignature")
        ran = "executableCode" in part or "codeExecutionResult" in part
        if call := object_of(part.get("functionCall")):
            extra = {"google": {"thought_signature": signature}} if isinstance(signature, str) else None
            answer.add(answer.calls.whole(call.get("id"), call.get("name"), call.get("args"), extra))
        elif signature or ran or (part.get("thought") and not text):
            answer.replay(part)
        if part.get("thought") is True:
            answer.reasoning(text_of(text) if isinstance(text, str) else "")
        elif text:
            answer.text(text_of(text))
        # Between two rounds of a tool that Google runs.
        self.answer.more_due = ran

    def _ground(self, grounding: Mapping[str, Any]) -> None:
        for chunk in list_of(grounding.get("groundingChunks")):
            source = object_of(chunk.get("web")) or object_of(chunk.get("retrievedContext"))
            self.answer.cite(source.get("uri"), source.get("title"))
        queries = grounding.get("webSearchQueries")
        if isinstance(queries, list) and queries:
            self.answer.count({"webSearchQueries": len(queries)})


def new_parser() -> GenerateContentParser:
    return GenerateContentParser()


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


COUNTER = InputCounter(count_request, "totalTokens")
ADAPTER = HttpAdapter(Wire(name="google"), build_request, new_parser, parse_error, COUNTER)
