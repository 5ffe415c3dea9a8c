"""Amazon Bedrock's Converse API: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html.

Only what is said; who says it over which connection is bedrock_client's and bedrock_stream's part.
"""

import base64
import json
from collections.abc import Mapping
from typing import Any

from promptyard.domain.errors import InvalidRequest, RefusedParameter
from promptyard.domain.models.catalogue import Wire
from promptyard.domain.models.provider_events import ProviderEvent
from promptyard.domain.models.targets import NamedTool, ProviderCall
from promptyard.domain.models.usage import Usage
from promptyard.providers.protocol import Ending, OwnAdapter
from promptyard.providers.reading import faults
from promptyard.providers.reading.answer_reader import AnswerReader
from promptyard.providers.reading.usage_counts import settled, tier_of, total
from promptyard.providers.reading.values import count_of, index_of, list_of, object_of, text_of
from promptyard.providers.wires import claude
from promptyard.providers.wires.content_blocks import ThinkingBlocks, ToolCallBlocks
from promptyard.providers.writing import bedrock_blocks, openai_form, openai_tools
from promptyard.providers.writing.openai_tools import Function

NOVA_EFFORTS = ("low", "medium", "high")
"""https://docs.aws.amazon.com/nova/latest/nova2-userguide/extended-thinking.html"""


def converse_request(call: ProviderCall) -> dict[str, Any]:
    """The arguments of `converse` and `converse_stream`.

    Raises RefusedParameter or InvalidRequest for what the API or the model has no place for.
    """
    _check_address(call)
    openai_form.check_capabilities(call)
    system = bedrock_blocks.system(call.messages)
    request: dict[str, Any] = {
        "modelId": call.model,
        "messages": bedrock_blocks.messages(call),
    }
    if system:
        request["system"] = system
    return openai_form.with_extra(request | _parameter_fields(call), call.parameters.extra)


def _check_address(call: ProviderCall) -> None:
    # Requests are signed with the deployment's own credentials, so they go to AWS alone.
    if call.from_caller:
        raise InvalidRequest("Bedrock cannot be called at another address", loc=("body", "custom_base_url"))
    if call.key_from_caller:
        raise InvalidRequest("Bedrock is called with the deployment's own role", loc=("body", "provider_key"))


def _parameter_fields(call: ProviderCall) -> dict[str, Any]:
    parameters = call.parameters
    openai_form.check_parameters(call, "Bedrock")
    inference = {
        "maxTokens": parameters.max_tokens,
        "temperature": parameters.temperature,
        "topP": parameters.top_p,
        "stopSequences": parameters.stop_list(),
    }
    fields = {
        "inferenceConfig": {name: value for name, value in inference.items() if value is not None},
        "additionalModelRequestFields": {**_top_k_fields(call), **_reasoning_fields(call)},
        "outputConfig": _output_config(call),
        "toolConfig": _tool_config(call),
    }
    return {name: value for name, value in fields.items() if value}


def _tool_config(call: ProviderCall) -> dict[str, Any] | None:
    functions = openai_tools.functions(call) or openai_tools.called_functions(call)
    choice = openai_tools.tool_choice(call)
    openai_tools.check_parallel(call, "Bedrock")
    if not functions:
        return None
    config: dict[str, Any] = {"tools": [_tool(function) for function in functions]}
    if choice == "none":
        raise RefusedParameter("tool_choice", call.model, "cannot be none on Bedrock")
    if isinstance(choice, NamedTool):
        config["toolChoice"] = {"tool": {"name": choice.function.name}}
    elif choice is not None:
        config["toolChoice"] = {"any" if choice == "required" else "auto": {}}
    return config


def _top_k_fields(call: ProviderCall) -> dict[str, Any]:
    """Converse has no field of its own for this, as for reasoning."""
    top_k = call.parameters.top_k
    if top_k is None:
        return {}
    if "anthropic.claude" in call.model:
        return {"top_k": top_k}
    if "amazon.nova" in call.model:
        return {"inferenceConfig": {"topK": top_k}}
    raise RefusedParameter("top_k", call.model, "has no known form here: see extra.additionalModelRequestFields")


def _reasoning_fields(call: ProviderCall) -> dict[str, Any]:
    """Converse has no field of its own for this: each maker's models take theirs."""
    effort = call.parameters.reasoning_effort
    if effort is None:
        return {}
    if call.info is not None and call.info.capabilities.reasoning is False:
        raise RefusedParameter("reasoning_effort", call.model)
    if "anthropic.claude" in call.model:
        return claude.reasoning_fields(call, max_tokens=call.parameters.max_tokens)
    if "openai.gpt" in call.model:
        return {"reasoning_effort": effort}
    if "amazon.nova" in call.model:
        if effort == "none":
            return {"reasoningConfig": {"type": "disabled"}}
        if effort not in NOVA_EFFORTS:
            raise RefusedParameter("reasoning_effort", call.model, f"is one of none, {', '.join(NOVA_EFFORTS)}")
        return {"reasoningConfig": {"type": "enabled", "maxReasoningEffort": effort}}
    raise RefusedParameter(
        "reasoning_effort", call.model, "has no known form here: see extra.additionalModelRequestFields"
    )


def _output_config(call: ProviderCall) -> dict[str, Any] | None:
    schema = openai_form.answer_schema(call)
    if schema is None:
        return None
    definition = {"schema": json.dumps(schema.schema), "name": schema.name, "description": schema.description}
    given = {name: value for name, value in definition.items() if value is not None}
    return {"textFormat": {"type": "json_schema", "structure": {"jsonSchema": given}}}


def _tool(function: Function) -> dict[str, Any]:
    specification: dict[str, Any] = {"name": function.name, "inputSchema": {"json": function.parameters}}
    if function.description:
        specification["description"] = function.description
    if function.strict is not None:
        specification["strict"] = function.strict
    return {"toolSpec": specification}


class ConverseParser:
    """Reads a stream's events as botocore gives them: dictionaries of one key, the event's type."""

    def __init__(self) -> None:
        self._answer = AnswerReader(_usage)
        self._blocks = ToolCallBlocks(self._answer)
        self._thoughts = ThinkingBlocks(
            self._answer,
            lambda text, signature: {"reasoningContent": {"reasoningText": {"text": text, "signature": signature}}},
        )

    @property
    def ending(self) -> Ending:
        return self._answer.ending

    def feed(self, event: Mapping[str, Any]) -> list[ProviderEvent]:
        """Raises ProviderMalformed for an event whose text cannot be read."""
        with faults.reading():
            for kind, value in event.items():
                data = object_of(value)
                index = index_of(data.get("contentBlockIndex"))
                match kind:
                    case "contentBlockDelta":
                        self._block_grew(index, object_of(data.get("delta")))
                    case "contentBlockStart":
                        self._block_started(index, object_of(data.get("start")))
                    case "contentBlockStop":
                        self._block_ended(index)
                    case "messageStop":
                        self._answer.finish_reason(data.get("stopReason"))
                    case "metadata":
                        self._count(data)
                        if self._answer.ending is not Ending.NOT_YET:
                            self._answer.finish()
            return self._answer.take()

    def end(self) -> list[ProviderEvent]:
        """Raises ProviderMalformed when the stream ended before it was said why."""
        return self._answer.end()

    def take_whole(self, answer: Mapping[str, Any]) -> list[ProviderEvent]:
        message = object_of(object_of(answer.get("output")).get("message"))
        if not isinstance(message.get("content"), list):
            raise TypeError("no content")
        for index, block in enumerate(list_of(message["content"])):
            if tool := object_of(block.get("toolUse")):
                self._answer.add(self._answer.calls.whole(tool.get("toolUseId"), tool.get("name"), tool.get("input")))
                continue
            reasoning = object_of(block.get("reasoningContent"))
            self._block_grew(
                index, {**block, "reasoningContent": {**object_of(reasoning.get("reasoningText")), **reasoning}}
            )
            self._block_ended(index)
        self._count(answer)
        self._answer.finish_reason(answer.get("stopReason"))
        return [*self._answer.take(), *self._answer.end()]

    def _count(self, data: Mapping[str, Any]) -> None:
        self._answer.count(data.get("usage"))
        self._answer.count({"serviceTier": data.get("serviceTier")})

    def _block_started(self, index: int | None, start: Mapping[str, Any]) -> None:
        self._blocks.current = index
        tool = object_of(start.get("toolUse"))
        if tool and tool.get("type") != "server_tool_use":
            self._blocks.started(index, tool.get("toolUseId"), tool.get("name"))

    def _block_grew(self, index: int | None, delta: Mapping[str, Any]) -> None:
        if text := delta.get("text"):
            self._answer.text(text_of(text))
        elif reasoning := object_of(delta.get("reasoningContent")):
            self._think(index, reasoning)
        elif "toolUse" in delta:
            self._blocks.grew(index, object_of(delta["toolUse"]).get("input"))
        citations = [delta.get("citation"), *list_of(object_of(delta.get("citationsContent")).get("citations"))]
        for citation in map(object_of, citations):
            web = object_of(object_of(citation.get("location")).get("web"))
            self._answer.cite(web.get("url"), citation.get("title"))

    def _think(self, index: int | None, reasoning: Mapping[str, Any]) -> None:
        self._thoughts.grew(index, reasoning.get("text"), reasoning.get("signature"))
        if isinstance(hidden := reasoning.get("redactedContent"), bytes):
            encoded = base64.b64encode(hidden).decode()
            self._answer.replay({"reasoningContent": {"redactedContent": encoded}})

    def _block_ended(self, index: int | None) -> None:
        self._blocks.ended(index)
        self._thoughts.ended(index)


def parse_answer(answer: Mapping[str, Any]) -> list[ProviderEvent]:
    """A whole answer, as `converse` gives it. Raises ProviderMalformed."""
    with faults.reading():
        return ConverseParser().take_whole(answer)


def _usage(counts: Mapping[str, Any]) -> Usage:
    cached = count_of(counts.get("cacheReadInputTokens"))
    by_age = {detail.get("ttl"): detail.get("inputTokens") for detail in list_of(counts.get("cacheDetails"))}
    written = count_of(counts.get("cacheWriteInputTokens"))
    return settled(
        total(counts.get("inputTokens"), cached, written),
        counts.get("outputTokens"),
        cached=cached,
        cache_written=written,
        cache_write_1h_tokens=count_of(by_age.get("1h")) or None,
        service_tier=tier_of(counts.get("serviceTier")),
    )


ADAPTER = OwnAdapter(
    # Its tools prompt is that of Claude 3 Opus, which it serves.
    Wire(name="bedrock", needs_address=False, takes_key=False, uses_aws_credentials=True, tools_prompt_tokens=530),
    lambda call, connections: connections.bedrock.prepare(call),
)
