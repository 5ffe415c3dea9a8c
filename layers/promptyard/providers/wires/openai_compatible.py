"""OpenAI's Chat Completions API, which most other providers and servers speak as well:
https://developers.openai.com/api/reference/resources/chat.

What differs between them is data, in the provider's row.
"""

from collections.abc import Callable, Mapping
from typing import Any

from promptyard.domain.errors import ProviderError, RefusedParameter
from promptyard.domain.models.catalogue import Wire
from promptyard.domain.models.provider_events import (
    FinishReason,
    ProviderEvent,
)
from promptyard.domain.models.targets import ProviderCall
from promptyard.domain.models.usage import Usage
from promptyard.providers.protocol import Ending, HttpAdapter, ProviderRequest, SseEvent, bearer
from promptyard.providers.reading.answer_reader import AnswerReader, frames
from promptyard.providers.reading.usage_counts import openai_bill, settled
from promptyard.providers.reading.values import count_of, index_of, list_of, object_in, object_of, text_of, word_of
from promptyard.providers.wires import openai_errors, wire
from promptyard.providers.writing import openai_form, openai_tools
from promptyard.providers.writing.openai_messages import chat_messages

FINISH_REASONS = {
    "stop": FinishReason.STOP,
    # A server's own words for it.
    "complete": FinishReason.STOP,
    "completed": FinishReason.STOP,
    "done": FinishReason.STOP,
    "end": FinishReason.STOP,
    "end_turn": FinishReason.STOP,
    "eos": FinishReason.STOP,
    "eos_token": FinishReason.STOP,
    "stop_sequence": FinishReason.STOP,
    "stop_token": FinishReason.STOP,
    "stop_str": FinishReason.STOP,
    "length": FinishReason.LENGTH,
    "max_tokens": FinishReason.LENGTH,
    "max_output_tokens": FinishReason.LENGTH,
    "max_new_tokens": FinishReason.LENGTH,
    "model_length": FinishReason.LENGTH,  # Mistral
    "model_context_window_exceeded": FinishReason.LENGTH,
    "tool_calls": FinishReason.TOOL,
    "tool_call": FinishReason.TOOL,
    "tool_use": FinishReason.TOOL,
    "function_call": FinishReason.TOOL,
    "content_filter": FinishReason.FILTER,
    "content_filtered": FinishReason.FILTER,
    "guardrail_intervened": FinishReason.FILTER,
    "prohibited_content": FinishReason.FILTER,
    "recitation": FinishReason.FILTER,
    "refusal": FinishReason.FILTER,
    "safety": FinishReason.FILTER,
    "sensitive": FinishReason.FILTER,  # Z.ai
    "error": FinishReason.ERROR,  # OpenRouter
    "insufficient_system_resource": FinishReason.ERROR,  # DeepSeek
}
"""All others are FinishReason.ERROR: nobody said that the answer is whole."""

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
        self._answer = AnswerReader(FINISH_REASONS, _usage)
        self._index: int | None = None
        """Of the choice that is the run's: the first one seen."""

    @property
    def ending(self) -> Ending:
        return self._answer.ending

    def feed(self, event: SseEvent) -> list[ProviderEvent]:
        if self._answer.done:
            return []
        data = event.data
        if data.strip() == "[DONE]":
            self._answer.finish()
            return self._answer.take()
        with wire.reading():
            for chunk in frames(event, self._answer):
                if "choices" not in chunk or event.event == "error" or '"error"' in data:
                    openai_errors.raise_error_in(chunk, error_event=event.event == "error")
                self._take(chunk)
            return self._answer.take()

    def end(self) -> list[ProviderEvent]:
        """Some servers leave `[DONE]` out; then a finish reason before the end is what tells a whole answer."""
        return self._answer.end()

    def take_whole(self, completion: dict[str, Any]) -> list[ProviderEvent]:
        """Raises ValueError for an answer without a choice."""
        openai_errors.raise_error_in(completion)
        if not list_of(completion.get("choices")):
            raise ValueError("no choices")
        self._take(completion)
        self._answer.finish()
        return self._answer.take()

    def _take(self, chunk: dict[str, Any]) -> None:
        answer = self._answer
        counts = chunk.get("usage")
        for choice in list_of(chunk.get("choices")):
            if not self._is_the_runs(choice.get("index")):
                continue
            counts = counts or choice.get("usage")  # Moonshot
            delta = choice.get("delta")
            if type(delta) is dict:
                self._grow(delta)
            elif not answer.spoke:
                self._grow(choice.get("message") or {"content": choice.get("text")})
            if reason := choice.get("finish_reason"):
                answer.finish_reason(reason)
        for source in ("search_results", "citations"):  # Perplexity; the first has titles
            if source in chunk:
                self._cite(chunk[source])
        if counts:
            answer.count(counts)
        if tier := chunk.get("service_tier"):
            answer.count({"service_tier": tier})

    def _is_the_runs(self, given: Any) -> bool:
        index = given if type(given) is int else index_of(given)
        if index is None or index < 0 or index == self._index:
            return True
        if self._index is None:
            self._index = index
            return True
        return False

    def _grow(self, delta: Any) -> None:
        answer = self._answer
        delta = object_of(delta)
        if content := delta.get("content"):
            if type(content) is not str:
                answer.reasoning(_thoughts(content))
                content = text_of(content)
            answer.text(content)
        for name, value in delta.items():
            if value and name in _FURTHER:
                _FURTHER[name](answer, value, delta)

    def _cite(self, sources: Any) -> None:
        for source in sources if isinstance(sources, list) else ():
            if isinstance(source, dict):
                self._answer.cite(source.get("url"), source.get("title"))
            else:
                self._answer.cite(source)


def new_parser() -> ChatParser:
    return ChatParser()


def parse_answer(body: bytes) -> list[ProviderEvent]:
    """Raises ProviderMalformed, or the ProviderError of an error that came with a good status."""
    with wire.reading():
        return ChatParser().take_whole(object_in(body))


def parse_error(status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
    return openai_errors.parse_error(status, headers, body, PARAMETER_OF_FIELD)


_Delta = Mapping[str, Any]


def _reasoning(answer: AnswerReader, value: Any, _: _Delta) -> None:
    if isinstance(value, str):
        answer.reasoning(value)


def _reasoning_again(answer: AnswerReader, value: Any, delta: _Delta) -> None:
    """Some servers send it under both names."""
    if not delta.get("reasoning_content"):
        _reasoning(answer, value, delta)


def _reasoning_details(answer: AnswerReader, value: Any, delta: _Delta) -> None:
    """OpenRouter's, which it wants back. As a rule their texts stand in `reasoning` as well."""
    for detail in list_of(value):
        answer.replay({"reasoning_details": [detail]})
        if not (delta.get("reasoning_content") or delta.get("reasoning")):
            answer.reasoning(word_of(detail.get("text")) or word_of(detail.get("summary")) or "")


def _refusal(answer: AnswerReader, value: Any, _: _Delta) -> None:
    if isinstance(value, str):
        answer.refusal(value)


def _annotations(answer: AnswerReader, value: Any, _: _Delta) -> None:
    for annotation in list_of(value):
        cited = object_of(annotation.get("url_citation")) or annotation
        answer.cite(cited.get("url"), cited.get("title"))


def _tool_calls(answer: AnswerReader, value: Any, _: _Delta) -> None:
    calls = list_of(value)
    for position, call in enumerate(calls):
        index = index_of(call.get("index"))
        key = position if index is None and len(calls) > 1 else index
        function = call.get("function")
        if not isinstance(function, dict):
            function = object_of(call.get("custom")) or call
        arguments = function.get("arguments") if "arguments" in function else function.get("input")
        extra = object_of(call.get("extra_content"))
        answer.add(answer.calls.piece(key, call.get("id"), function.get("name"), arguments, extra))


def _function_call(answer: AnswerReader, value: Any, _: _Delta) -> None:
    """From before there were several."""
    call = object_of(value)
    answer.add(answer.calls.piece(0, None, call.get("name"), call.get("arguments")))


_FURTHER: Mapping[str, Callable[[AnswerReader, Any, _Delta], None]] = {
    "reasoning_content": _reasoning,
    "reasoning": _reasoning_again,
    "reasoning_details": _reasoning_details,
    "refusal": _refusal,
    "annotations": _annotations,
    "tool_calls": _tool_calls,
    "function_call": _function_call,
}
"""How what may stand in a delta beside its content is read."""


def _thoughts(content: Any) -> str:
    """Of some reasoning models' parts: Mistral's `thinking`, a text or a list of them."""
    found = []
    for part in list_of(content):
        thinking = part.get("thinking")
        texts = [inner.get("text") for inner in list_of(thinking)]
        found += [text for text in [thinking, *texts] if isinstance(text, str)]
    return "".join(found)


def _usage(counts: Mapping[str, Any]) -> Usage:
    of_read, of_written = (object_of(counts.get(f"{kind}_tokens_details")) for kind in ("prompt", "completion"))
    cached = count_of(of_read.get("cached_tokens"))
    return settled(
        counts.get("prompt_tokens"),
        counts.get("completion_tokens"),
        cached=counts.get("prompt_cache_hit_tokens") if cached is None else cached,  # DeepSeek
        cache_written=of_read.get("cache_write_tokens"),
        reasoning=of_written.get("reasoning_tokens"),
        sum_of_all=counts.get("total_tokens"),  # xAI counts reasoning apart, which only the sum tells
        **openai_bill(counts),
    )


ADAPTER = HttpAdapter(
    Wire(name="openai_compatible", takes_custom_endpoints=True, responses="openai_responses"),
    build_request,
    new_parser,
    parse_answer,
    parse_error,
)
