"""Anthropic's Messages API: https://platform.claude.com/docs/en/api/messages."""

from collections.abc import Mapping
from typing import Any

from promptyard.domain.errors import ProviderError, RefusedParameter
from promptyard.domain.models.catalogue import Wire
from promptyard.domain.models.targets import NamedTool, ProviderCall
from promptyard.domain.models.usage import Usage
from promptyard.providers.protocol import Ending, HttpAdapter, InputCounter, ProviderRequest, counted
from promptyard.providers.reading import faults
from promptyard.providers.reading.answer_parser import AnswerParser
from promptyard.providers.reading.answer_reader import AnswerReader
from promptyard.providers.reading.usage_counts import settled, tier_of, total
from promptyard.providers.reading.values import count_of, index_of, list_of, object_of, text_of
from promptyard.providers.wires import claude
from promptyard.providers.wires.content_blocks import ServedBlocks, ThinkingBlocks, ToolCallBlocks
from promptyard.providers.writing import anthropic_blocks, openai_form, openai_tools
from promptyard.providers.writing.openai_tools import Function

VERSION = "2026-10-21"
VERSION_WITH_SAMPLING = "2023-06-01"
"""The newer version took the sampling parameters out of the API."""
SAMPLING_FIELDS = ("temperature", "top_p", "top_k")

FILES_BETA = "files-api-2025-04-14"
"""Asked for where a message names a file that was uploaded before."""

CHOICES = {"auto": "auto", "required": "any", "none": "none"}

COUNTED_FIELDS = ("model", "messages", "system", "tools", "tool_choice", "thinking", "output_config")
"""What the counter takes of a request: https://platform.claude.com/docs/en/api/messages-count-tokens."""

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
    max_tokens = call.parameters.max_tokens or _default_max_tokens(call)
    body = {
        "model": call.model,
        "max_tokens": max_tokens,
        "stream": stream,
        **_parameter_fields(call, max_tokens),
        **(_prompt(call) if call.body is None else anthropic_blocks.came_whole(call, call.body)),
    }
    body = openai_form.with_extra(body, call.parameters.extra)
    sampling = any(field in body for field in SAMPLING_FIELDS)
    headers = {"anthropic-version": VERSION_WITH_SAMPLING if sampling else VERSION}
    if anthropic_blocks.names_files(call.messages):
        headers["anthropic-beta"] = FILES_BETA
    if call.body is not None:
        betas = dict.fromkeys([*filter(None, (call.body.headers.get("anthropic-beta"), headers.get("anthropic-beta")))])
        headers |= {**call.body.headers} | ({"anthropic-beta": ",".join(betas)} if betas else {})
    if call.api_key is not None:
        headers["x-api-key"] = call.api_key.get_secret_value()
    return ProviderRequest(url=f"{call.base_url}/v1/messages", body=body, headers=headers)


def _prompt(call: ProviderCall) -> dict[str, Any]:
    system = anthropic_blocks.system(call.messages)
    messages = {"messages": anthropic_blocks.messages(call)}
    return messages if system is None else messages | {"system": system}


def count_request(_call: ProviderCall, sent: ProviderRequest) -> ProviderRequest:
    """As `InputCounter.build`."""
    return counted(sent, COUNTED_FIELDS, "count_tokens")


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


class MessagesParser(AnswerParser):
    """https://platform.claude.com/docs/en/build-with-claude/streaming."""

    FIELDS = ("type",)

    def __init__(self) -> None:
        super().__init__(AnswerReader(_usage))
        self._calls = ToolCallBlocks(self.answer)
        self._served = ServedBlocks(self.answer)
        self._thoughts = ThinkingBlocks(
            self.answer, lambda text, signature: {"type": "thinking", "thinking": text, "signature": signature}
        )

    def take_whole(self, data: dict[str, Any]) -> None:
        content = data.get("content")
        if not isinstance(content, list | str):
            raise TypeError("no content")
        for index, block in enumerate(list_of(content)):
            self._block_started(index, block)
            self._block_ended(index)
        self.answer.text(content if isinstance(content, str) else "")
        self.answer.count(data.get("usage"))
        self.answer.finish_reason(data.get("stop_reason"), _explanation(data))

    def take(self, data: dict[str, Any]) -> None:
        match data.get("type"):
            case "content_block_delta":
                self._block_grew(index_of(data.get("index")), object_of(data.get("delta")))
            case "content_block_start":
                self._block_started(index_of(data.get("index")), object_of(data.get("content_block")))
            case "content_block_stop":
                self._block_ended(index_of(data.get("index")))
            case "message_start":
                self.answer.count(object_of(data.get("message")).get("usage"))
            case "message_delta":
                delta = object_of(data.get("delta"))
                # Counts are cumulative, and it repeats only some of them.
                self.answer.count(data.get("usage"))
                self.answer.finish_reason(delta.get("stop_reason"), _explanation(delta))
            case "message_stop" if self.ending is not Ending.NOT_YET:
                self.answer.finish()
            case "message_stop":
                self.answer.finish_reason("message_stop without a stop_reason")
                self.answer.finish()
            case "message" if not self.answer.spoke:
                self.take_whole(data)
        # Other types are ping, and what the API may add: its versioning policy says to skip those.

    def error(self, detail: dict[str, Any]) -> ProviderError:
        kind = detail.get("type")
        status = STATUS_OF_ERROR.get(str(kind), 500)
        # A word that is not known says nothing of another try; none at all is a gateway's, which may pass.
        retryable = None if kind is None or kind in STATUS_OF_ERROR else False
        return faults.error_for_status(status, faults.error_message(detail, status), retryable=retryable)

    def _block_started(self, index: int | None, block: Mapping[str, Any]) -> None:
        kind = block.get("type")
        self._calls.current = index
        if kind == "text":
            self.answer.text(text_of(block.get("text")))
            self._cite(block.get("citations"))
        elif kind == "thinking":
            self._thoughts.grew(index, block.get("thinking"), block.get("signature"))
        elif kind == "redacted_thinking":
            self.answer.replay(block)
        elif kind == "tool_use":
            self._calls.started(index, block.get("id"), block.get("name"), block.get("input") or None)
        elif anthropic_blocks.is_served(block):
            self._served.started(index, block)

    def _block_grew(self, index: int | None, delta: Mapping[str, Any]) -> None:
        match delta.get("type"):
            case "text_delta":
                self.answer.text(text_of(delta.get("text")))
            case "input_json_delta":
                self._calls.grew(index, delta.get("partial_json"))
                self._served.grew(index, delta.get("partial_json"))
            case "thinking_delta":
                self._thoughts.grew(index, delta.get("thinking"))
            case "signature_delta":
                self._thoughts.grew(index, signature=delta.get("signature"))
            case "citations_delta":
                self._cite([delta.get("citation")])

    def _block_ended(self, index: int | None) -> None:
        self._calls.ended(index)
        self._served.ended(index)
        self._thoughts.ended(index)

    def _cite(self, citations: Any) -> None:
        for citation in list_of(citations):
            title = citation.get("title") or citation.get("document_title")
            self.answer.cite(citation.get("url"), title, citation.get("cited_text"))


def _explanation(delta: Mapping[str, Any]) -> Any:
    return object_of(delta.get("stop_details")).get("explanation")


def new_parser() -> MessagesParser:
    return MessagesParser()


def _usage(counts: Mapping[str, Any]) -> Usage:
    cached = count_of(counts.get("cache_read_input_tokens"))
    by_age = object_of(counts.get("cache_creation"))
    hour = count_of(by_age.get("ephemeral_1h_input_tokens"))
    written = count_of(counts.get("cache_creation_input_tokens"))
    if written is None or written < (hour or 0):
        written = total(by_age.get("ephemeral_5m_input_tokens"), hour)
    served = object_of(counts.get("server_tool_use"))
    return settled(
        total(counts.get("input_tokens"), cached, written),
        counts.get("output_tokens"),
        cached=cached,
        cache_written=written,
        reasoning=object_of(counts.get("output_tokens_details")).get("thinking_tokens"),
        cache_write_1h_tokens=hour or None,
        searches=total(served.get("web_search_requests")) or None,
        service_tier=tier_of(counts.get("service_tier"), counts.get("speed"), counts.get("inference_geo")),
    )


def parse_error(status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
    error = faults.error_body(body)
    retry_after = faults.retry_after_seconds(headers)
    # A spend cap is a 429 as well; what tells it from a rate limit is that it names no time to come back.
    retryable = retry_after is not None if status == 429 else None
    return faults.error_for_status(
        status, faults.error_message(error, status), retry_after=retry_after, retryable=retryable
    )


_WIRE = Wire(
    name="anthropic",
    protocol="messages",
    # Claude 3 Opus; 159 to 346 the others: https://docs.anthropic.com/en/docs/agents-and-tools/tool-use/overview#pricing
    tools_prompt_tokens=530,
)
ADAPTER = HttpAdapter(_WIRE, build_request, new_parser, parse_error, InputCounter(count_request, "input_tokens"))
