"""OpenAI's Responses API, for the models that Chat Completions does not serve:
https://developers.openai.com/api/reference/resources/responses.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from promptyard.domain.errors import InvalidRequest, ProviderError
from promptyard.domain.models.catalogue import Wire
from promptyard.domain.models.targets import Parameters, ProtocolBody, ProviderCall
from promptyard.providers.protocol import HttpAdapter, InputCounter, ProviderRequest, bearer, counted
from promptyard.providers.reading import usage_counts
from promptyard.providers.reading.answer_parser import AnswerParser
from promptyard.providers.reading.answer_reader import AnswerReader
from promptyard.providers.reading.values import index_of, list_of, object_of, text_of, word_of
from promptyard.providers.wires import openai_errors
from promptyard.providers.writing import openai_form, openai_tools, response_items

PARAMETER_OF_FIELD = {
    "max_output_tokens": "max_tokens",
    "reasoning": "reasoning_effort",
    "reasoning.effort": "reasoning_effort",
    "text": "response_format",
    "text.format": "response_format",
}
"""Our names of the fields that go by another name on this wire."""

COUNTED_FIELDS = ("model", "input", "instructions", "tools", "tool_choice", "text", "reasoning", "parallel_tool_calls")
"""What the counter takes of a request: https://platform.openai.com/docs/api-reference/responses/input-tokens."""


def build_request(call: ProviderCall, *, stream: bool) -> ProviderRequest:
    """Raises RefusedParameter or InvalidRequest for what the API or the model has no place for."""
    openai_form.check_refusals(call)
    body: dict[str, Any] = {
        "model": call.model,
        "input": [item for index, message in enumerate(call.messages) for item in response_items.items(index, message)],
        "stream": stream,
        "store": False,  # else OpenAI keeps the conversation for 30 days
        **_parameter_fields(call),
    }
    if call.body is not None:
        body |= _came_whole(body["input"], call, call.body)
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


def _came_whole(items: list[Any], call: ProviderCall, came: ProtocolBody) -> dict[str, Any]:
    """Input and tools as they came, after the items of what was put before them."""
    before = call.messages[: len(call.messages) - came.count]
    first = [item for index, message in enumerate(before) for item in response_items.items(index, message)]
    given = came.fields["input"]
    own = items[len(first) :] if isinstance(given, str) else given
    fields = {"input": [*first, *own], "tools": came.fields.get("tools")}
    return {name: value for name, value in fields.items() if value is not None}


def count_request(_call: ProviderCall, sent: ProviderRequest) -> ProviderRequest:
    """As `InputCounter.build`."""
    return counted(sent, COUNTED_FIELDS, "input_tokens")


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


CALL_TYPES = ("function_call", "custom_tool_call")


class ResponsesParser(AnswerParser):
    """https://developers.openai.com/api/reference/resources/responses/streaming-events."""

    FIELDS = ("type", "output", "status")

    def __init__(self) -> None:
        super().__init__(AnswerReader(usage_counts.of_openai))
        self._keys: dict[str, int] = {}
        """The items' places by their ids, for events that give no place."""
        self._current: int | None = None
        self._items: list[Mapping[str, Any]] = []
        """Those that are done, for an end that does not list them."""
        self._searches = 0
        self._encrypted = False
        """Some reasoning came that goes back."""

    def take_whole(self, data: dict[str, Any]) -> None:
        if not data.keys() & {"output", "status"}:
            raise ValueError("no response")
        self._finish(data)

    def error(self, detail: dict[str, Any]) -> ProviderError:
        return openai_errors.error_of(detail)

    def take(self, data: dict[str, Any]) -> None:
        answer = self.answer
        match data.get("type"):
            case "response.output_text.delta":
                answer.text(text_of(data.get("delta")))
            case "response.refusal.delta":
                answer.refusal(text_of(data.get("delta")))
            case "response.reasoning_summary_text.delta" | "response.reasoning_text.delta":
                answer.reasoning(_string(data.get("delta")))
            case "response.reasoning_summary_part.added":
                answer.next_thought()
            case "response.output_text.annotation.added":
                self._cite(data.get("annotation"))
            case "response.output_item.added":
                self._item_added(data, object_of(data.get("item")))
            case "response.output_item.done":
                self._item_done(data, object_of(data.get("item")))
            case "response.function_call_arguments.delta" | "response.custom_tool_call_input.delta":
                answer.add(answer.calls.grow(self._key(data), data.get("delta")))
            case "response.function_call_arguments.done":
                answer.add(answer.calls.last_word(self._key(data), data.get("arguments")))
            case "response.custom_tool_call_input.done":
                answer.add(answer.calls.last_word(self._key(data), data.get("input")))
            case "response.completed" | "response.incomplete" | "response.failed" | "response.cancelled":
                status = data["type"].removeprefix("response.")
                self._finish({**object_of(data.get("response")), "status": status})
            case None if isinstance(data.get("output"), list):
                self._finish(data)

    def _key(self, data: Mapping[str, Any]) -> int | None:
        place = index_of(data.get("output_index"))
        if place is None:
            place = self._keys.get(word_of(data.get("item_id")) or "", self._current)
        return place

    def _item_added(self, data: Mapping[str, Any], item: Mapping[str, Any]) -> None:
        place = index_of(data.get("output_index"))
        self._current = place if place is not None else (self._current or 0) + 1
        if identifier := word_of(item.get("id")):
            self._keys[identifier] = self._current
        if item.get("type") == "reasoning":
            self.answer.reasoning_item(identifier)
        elif item.get("type") in CALL_TYPES:
            arguments = item.get("arguments") or item.get("input")
            self.answer.add(self.answer.calls.start(self._current, item.get("call_id"), item.get("name"), arguments))

    def _item_done(self, data: Mapping[str, Any], item: Mapping[str, Any]) -> None:
        self._items.append(item)
        if item.get("type") in CALL_TYPES:
            key, calls = self._key({"item_id": item.get("id"), **data}), self.answer.calls
            # One that was not announced, and says no place, may come after another.
            placed = index_of(data.get("output_index")) is not None or word_of(item.get("id")) in self._keys
            if not calls.has(key, None if placed else item.get("call_id")):
                self._item_added(data, item)
                key = self._current
            self.answer.add(calls.last_word(key, item.get("arguments") or item.get("input")))
        elif item.get("type") == "web_search_call":
            self._searches += 1
        self._give_back(item)

    def _give_back(self, item: Mapping[str, Any]) -> None:
        """Reasoning, and what OpenAI's own tools did after it: it takes neither without the other."""
        self._encrypted = self._encrypted or response_items.encrypted_reasoning(item) is not None
        if self._encrypted and response_items.replayed(item) is not None:
            self.answer.replay(item)

    def _finish(self, response: Mapping[str, Any]) -> None:
        """Raises ProviderError for a response that failed and does not say why."""
        status = word_of(response.get("status")) or "completed"
        output = list_of(response.get("output")) or self._items
        self._take_missing(output)
        listed = sum(item.get("type") == "web_search_call" for item in output)
        self.answer.count(response.get("usage"))
        self.answer.count({"searches": max(self._searches, listed), "service_tier": response.get("service_tier")})
        if status == "failed":
            raise ProviderError("The provider failed to answer, and did not say why", retryable=True)
        why = word_of(object_of(response.get("incomplete_details")).get("reason"))
        self.answer.finish_reason(status if status == "completed" else why or status)
        self.answer.finish()

    def _take_missing(self, output: Sequence[Mapping[str, Any]]) -> None:
        """What did not come piece by piece: all of an answer that is not streamed."""
        answer = self.answer
        spoke, called, thought, streamed = answer.spoke, bool(answer.calls), answer.thought, bool(self._items)
        for item in output:
            kind = item.get("type")
            if kind in CALL_TYPES and not called:
                arguments = item.get("arguments") or item.get("input")
                answer.add(answer.calls.whole(item.get("call_id"), item.get("name"), arguments))
            elif kind == "reasoning" and not thought:
                for part in [*list_of(item.get("summary")), *list_of(item.get("content"))]:
                    answer.next_thought()
                    answer.reasoning(_string(part.get("text")))
            elif kind == "message":
                for part in list_of(item.get("content")):
                    self._take_part(part, spoke=spoke)
            if not streamed:
                self._give_back(item)

    def _take_part(self, part: Mapping[str, Any], *, spoke: bool) -> None:
        if not spoke and part.get("type") == "refusal":
            self.answer.refusal(text_of(part.get("refusal")))
        elif not spoke:
            self.answer.text(text_of(part.get("text")))
        for annotation in list_of(part.get("annotations")):
            self._cite(annotation)

    def _cite(self, annotation: Any) -> None:
        cited = object_of(annotation)
        self.answer.cite(cited.get("url"), cited.get("title") or cited.get("filename"))


def new_parser() -> ResponsesParser:
    return ResponsesParser()


def parse_error(status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
    return openai_errors.parse_error(status, headers, body, PARAMETER_OF_FIELD)


def _string(value: Any) -> str:
    return value if isinstance(value, str) else ""


COUNTER = InputCounter(count_request, "input_tokens")
_OF_CHAT = (
    "metadata",
    "prompt_cache_key",
    "prompt_cache_retention",
    "safety_identifier",
    "service_tier",
    "store",
    "user",
)
"""Fields that it has in common with Chat Completions."""
ADAPTER = HttpAdapter(
    Wire(name="openai_responses", protocol="responses", own_fields=frozenset(_OF_CHAT)),
    build_request,
    new_parser,
    parse_error,
    COUNTER,
)
