"""OpenAI's Chat Completions API, which most other providers and servers speak as well:
https://developers.openai.com/api/reference/resources/chat.

What differs between them is data, in the provider's row.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from promptyard.domain.errors import ProviderError, RefusedParameter
from promptyard.domain.models.catalogue import Wire
from promptyard.domain.models.provider_events import ProviderEvent, TextDelta
from promptyard.domain.models.targets import ProviderCall
from promptyard.providers.protocol import HttpAdapter, ProviderRequest, SseEvent, bearer
from promptyard.providers.reading import faults, usage_counts
from promptyard.providers.reading.answer_parser import AnswerParser
from promptyard.providers.reading.answer_reader import AnswerReader
from promptyard.providers.reading.values import list_of, object_of, text_of
from promptyard.providers.wires import chat_deltas, openai_errors
from promptyard.providers.wires.chat_template import TRIES, ChatTemplate
from promptyard.providers.writing import openai_form, openai_tools
from promptyard.providers.writing.openai_messages import chat_messages

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


class ChatParser(AnswerParser):
    """Reads chat.completion.chunk objects, and chat.completion ones."""

    FIELDS = ("choices", "usage", "output", "response", "delta", "item", "part")

    def __init__(self) -> None:
        super().__init__(AnswerReader(usage_counts.of_openai))
        self._chose = False
        self._template: ChatTemplate | None = None
        """The frame before, where the next one may differ in its text alone."""
        self._tries = TRIES

    def feed(self, event: SseEvent) -> list[ProviderEvent]:
        if self._template is not None and event.event != "error" and not self.answer.done:
            text = self._template.text_in(event.data)
            if text is not None:
                self.answer.text(text)
                return self.answer.take()
        if self.answer.done or event.data.strip() != "[DONE]":
            events = super().feed(event)
            self._template = self._template_of(event.data, events)
            return events
        if not self._chose:
            raise faults.cut_off()  # before any choice it is the end of a stream that broke off
        self.answer.finish()
        return self.answer.take()

    def _template_of(self, frame: str, events: Sequence[ProviderEvent]) -> ChatTemplate | None:
        if not self._tries or len(events) != 1 or not isinstance(events[0], TextDelta):
            return None
        self._tries -= 1
        return ChatTemplate.of(frame, events[0].text)

    def take_whole(self, data: dict[str, Any]) -> None:
        if not list_of(data.get("choices")):
            raise ValueError("no choices")
        self.take(data)
        self.answer.finish()

    def take(self, data: dict[str, Any]) -> None:
        answer = self.answer
        counts = data.get("usage")
        if "x_groq" in data:
            counts = counts or object_of(data["x_groq"]).get("usage")
        for choice in answer.own(data.get("choices")):
            self._chose = True
            counts = counts or choice.get("usage")  # Moonshot
            self._grow(choice)
            if reason := choice.get("finish_reason"):
                answer.finish_reason(reason)
        for source in ("search_results", "citations"):  # Perplexity; the first has titles
            if source in data:
                self._cite(data[source])
        if counts:
            answer.count(counts)
        if tier := data.get("service_tier"):
            answer.count({"service_tier": tier})

    def error(self, detail: dict[str, Any]) -> ProviderError:
        return openai_errors.error_of(detail)

    def _grow(self, choice: Mapping[str, Any]) -> None:
        delta = choice.get("delta")
        if type(delta) is dict:
            chat_deltas.take(self.answer, delta)
        elif text := choice.get("text"):
            self.answer.text(text_of(text))
        elif not self.answer.spoke:
            chat_deltas.take(self.answer, object_of(choice.get("message")))

    def _cite(self, sources: Any) -> None:
        for source in sources if isinstance(sources, list) else ():
            if isinstance(source, dict):
                self.answer.cite(source.get("url"), source.get("title"))
            else:
                self.answer.cite(source)


def new_parser() -> ChatParser:
    return ChatParser()


def parse_error(status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
    return openai_errors.parse_error(status, headers, body, PARAMETER_OF_FIELD)


ADAPTER = HttpAdapter(
    Wire(name="openai_compatible", takes_custom_endpoints=True, responses="openai_responses", protocol="chat"),
    build_request,
    new_parser,
    parse_error,
)
