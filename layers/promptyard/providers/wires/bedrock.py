"""Amazon Bedrock's Converse API: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html.

Only what is said; who says it over which connection is bedrock_client's and bedrock_stream's part.
"""

import json
from collections.abc import Mapping
from typing import Any

from promptyard.domain.errors import InvalidRequest, RefusedParameter
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
from promptyard.providers.protocol import OwnAdapter
from promptyard.providers.wires import bedrock_blocks, claude, openai_form, openai_tools, wire
from promptyard.providers.wires.content_blocks import ToolCallBlocks
from promptyard.providers.wires.openai_tools import Function

NOVA_EFFORTS = ("low", "medium", "high")
"""https://docs.aws.amazon.com/nova/latest/nova2-userguide/extended-thinking.html"""

FINISH_REASONS = {
    **claude.FINISH_REASONS,
    "guardrail_intervened": FinishReason.FILTER,
    "content_filtered": FinishReason.FILTER,
    "malformed_model_output": FinishReason.ERROR,
    "malformed_tool_use": FinishReason.ERROR,
}


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
        self._tool_calls = ToolCallBlocks()
        self._stop_reason: str | None = None
        self._complete = False

    def feed(self, event: Mapping[str, Any]) -> list[ProviderEvent]:
        """Raises ProviderMalformed for an event of another shape."""
        events: list[ProviderEvent] = []
        with wire.reading():
            for kind, data in event.items():
                match kind:
                    case "contentBlockStart":
                        events += self._block_started(data["contentBlockIndex"], data["start"])
                    case "contentBlockDelta":
                        events += self._block_grew(data["contentBlockIndex"], data["delta"])
                    case "contentBlockStop":
                        events += self._tool_calls.ended(data["contentBlockIndex"])
                    case "messageStop":
                        self._stop_reason = data["stopReason"]
                    case "metadata":
                        self._complete = True
                        events += _ending(data.get("usage"), self._stop_reason)
        return events

    def end(self) -> None:
        """Raises ProviderMalformed when the stream ended before its last event."""
        if not self._complete:
            raise wire.cut_off()

    def _block_started(self, index: int, start: dict[str, Any]) -> list[ProviderEvent]:
        tool = start.get("toolUse")
        if tool is None or tool.get("type") == "server_tool_use":
            return []
        return self._tool_calls.started(index, tool["toolUseId"], tool["name"])

    def _block_grew(self, index: int, delta: dict[str, Any]) -> list[ProviderEvent]:
        if delta.get("text"):
            return [TextDelta(wire.text_in(delta["text"]))]
        if "toolUse" in delta:
            return self._tool_calls.grew(index, delta["toolUse"]["input"])
        return []


def parse_answer(answer: Mapping[str, Any]) -> list[ProviderEvent]:
    """A whole answer, as `converse` gives it. Raises ProviderMalformed."""
    with wire.reading():
        events: list[ProviderEvent] = []
        tool_calls = 0
        for block in answer["output"]["message"]["content"]:
            if block.get("text"):
                events.append(TextDelta(wire.text_in(block["text"])))
            elif tool := block.get("toolUse"):
                arguments = json.dumps(tool["input"], ensure_ascii=False)
                events.append(wire.tool_call(tool_calls, tool["toolUseId"], tool["name"], arguments))
                tool_calls += 1
        return events + _ending(answer.get("usage"), answer["stopReason"])


def _ending(counts: Mapping[str, Any] | None, stop_reason: str | None) -> list[ProviderEvent]:
    finished = Finished(FINISH_REASONS.get(stop_reason or "", FinishReason.ERROR))
    return [UsageReport(_usage(counts)), finished] if counts else [finished]


def _usage(counts: Mapping[str, Any]) -> Usage:
    cached, written = counts.get("cacheReadInputTokens"), counts.get("cacheWriteInputTokens")
    return Usage(
        input_tokens=wire.total(counts.get("inputTokens"), cached, written),
        output_tokens=counts.get("outputTokens"),
        cached_tokens=cached,
        cache_write_tokens=written,
    )


ADAPTER = OwnAdapter(
    Wire(name="bedrock", needs_address=False, takes_key=False, uses_aws_credentials=True),
    lambda call, connections: connections.bedrock.prepare(call),
)
