"""The wire of OpenAI's Responses: answers."""

from typing import Any, Literal

from promptyard.api.answers.descriptions import json_or_stream
from promptyard.api.answers.fields import LeftOut
from promptyard.domain.deferred import DeferredModel
from promptyard.domain.models.messages import ToolCall
from promptyard.domain.models.provider_events import FinishReason
from promptyard.domain.models.targets import Parameters
from promptyard.domain.models.usage import Usage
from promptyard.domain.runs.failures import RunFailure
from promptyard.domain.runs.run import ProtocolRequest, Run, RunStatus

Status = Literal["completed", "failed", "in_progress", "cancelled", "incomplete"]
Item = dict[str, Any]

_PREFIX = "resp_"


class InputDetails(DeferredModel):
    cached_tokens: int
    cache_write_tokens: int


class OutputDetails(DeferredModel):
    reasoning_tokens: int


class ResponseUsage(DeferredModel):
    """Where the provider reports none these are our estimates, as `x-promptyard-usage-source` says."""

    input_tokens: int
    input_tokens_details: InputDetails
    output_tokens: int
    output_tokens_details: OutputDetails
    total_tokens: int

    @classmethod
    def of(cls, run: Run) -> "ResponseUsage":
        usage = run.usage or Usage()
        sent, made = usage.input_tokens or 0, usage.output_tokens or 0
        return ResponseUsage(
            input_tokens=sent,
            input_tokens_details=InputDetails(
                cached_tokens=usage.cached_tokens or 0, cache_write_tokens=usage.cache_write_tokens or 0
            ),
            output_tokens=made,
            output_tokens_details=OutputDetails(reasoning_tokens=usage.reasoning_tokens or 0),
            total_tokens=sent + made,
        )


class ResponseFault(DeferredModel):
    """OpenAI's clients know no other codes."""

    code: Literal["server_error", "rate_limit_exceeded", "invalid_prompt"]
    message: str


class IncompleteDetails(DeferredModel):
    reason: Literal["max_output_tokens", "content_filter"]


class OpenAIResponse(DeferredModel):
    """An answer of OpenAI's Responses. A run that guards have blocked is incomplete, with the intervention's message as
    its text."""

    id: str
    object: Literal["response"] = "response"
    created_at: int
    status: Status
    model: str
    output: list[dict[str, Any]]
    error: ResponseFault | None
    incomplete_details: IncompleteDetails | None
    instructions: None = None
    metadata: dict[str, str] | None = None
    background: bool = False
    parallel_tool_calls: bool
    tool_choice: str | dict[str, Any]
    tools: list[dict[str, Any]]
    temperature: float | None
    top_p: float | None
    max_output_tokens: int | None
    previous_response_id: str | None = None
    usage: LeftOut[ResponseUsage] = None

    @classmethod
    def of(cls, run: Run, output: list[Item]) -> "OpenAIResponse":
        given, asked = run.parameters, run.asked or ProtocolRequest()
        previous = asked.previous_run_id
        status = status_of_run(run)
        return OpenAIResponse(
            id=response_id(run.id),
            created_at=int(run.created_at.timestamp()),
            status=status,
            model=asked.model or run.model_id,
            output=output,
            error=None if run.error is None else _fault(run.error),
            incomplete_details=_incomplete(run) if status == "incomplete" else None,
            metadata=_metadata(given),
            background=asked.background,
            parallel_tool_calls=given.parallel_tool_calls is not False,
            tool_choice=_choice(given),
            tools=[_tool(tool) for tool in given.tools or ()],
            temperature=given.temperature,
            top_p=given.top_p,
            max_output_tokens=given.max_tokens,
            previous_response_id=None if previous is None else response_id(previous),
            usage=ResponseUsage.of(run) if run.settled else None,
        )


class DeletedResponse(DeferredModel):
    id: str
    object: Literal["response"] = "response"
    deleted: Literal[True] = True


class ResponseEvent(DeferredModel):
    """An event of a stream: `type` says which of OpenAI's it is, and what other fields it has."""

    type: str
    sequence_number: int
    response: LeftOut[OpenAIResponse] = None
    output_index: LeftOut[int] = None
    content_index: LeftOut[int] = None
    summary_index: LeftOut[int] = None
    item_id: LeftOut[str] = None
    item: LeftOut[dict[str, Any]] = None
    part: LeftOut[dict[str, Any]] = None
    delta: LeftOut[str] = None
    text: LeftOut[str] = None
    name: LeftOut[str] = None
    arguments: LeftOut[str] = None
    logprobs: LeftOut[list[Any]] = None


def response_id(run_id: str) -> str:
    return f"{_PREFIX}{run_id}"


def run_id_of(response_id: str) -> str:
    """Of a response, or of a run by its own id."""
    return response_id.removeprefix(_PREFIX)


def status_of_run(run: Run) -> Status:
    match run.status:
        case RunStatus.RUNNING:
            return "in_progress"
        case RunStatus.CANCELLED:
            return "cancelled"
        case RunStatus.FAILED:
            return "failed"
    cut = run.status is RunStatus.BLOCKED or run.finish_reason in {FinishReason.LENGTH, FinishReason.FILTER}
    return "incomplete" if cut else "completed"


def _fault(failure: RunFailure) -> ResponseFault:
    match failure.code:
        case "rate_limited":
            return ResponseFault(code="rate_limit_exceeded", message=failure.message)
        case "validation":
            return ResponseFault(code="invalid_prompt", message=failure.message)
    return ResponseFault(code="server_error", message=failure.message)


def _incomplete(run: Run) -> IncompleteDetails:
    cut = run.status is not RunStatus.BLOCKED and run.finish_reason is FinishReason.LENGTH
    return IncompleteDetails(reason="max_output_tokens" if cut else "content_filter")


def items_of(run: Run) -> list[Item]:
    """The answer's items: what was thought, said and called. What OpenAI wants back of its reasoning goes with it."""
    items: list[Item] = []
    encrypted = [dict(entry.part) for entry in run.replay or () if is_reasoning(entry.part)]
    if encrypted:
        items += [{"summary": [], **item} for item in encrypted]
    elif run.reasoning:
        items.append(reasoning_item(item_id("rs", run, 0), run.reasoning))
    if run.output:
        items.append(message_item(item_id("msg", run, len(items)), run.output))
    for call in run.tool_calls or ():
        items.append(call_item(item_id("fc", run, len(items)), call))
    return items


def is_reasoning(part: Any) -> bool:
    return part.get("type") == "reasoning" and isinstance(part.get("id"), str)


def item_id(kind: str, run: Run, index: int) -> str:
    return f"{kind}_{run.id}_{index}"


def reasoning_item(identifier: str, text: str) -> Item:
    return {"id": identifier, "type": "reasoning", "summary": [{"type": "summary_text", "text": text}]}


def message_item(identifier: str, text: str) -> Item:
    return {
        "id": identifier,
        "type": "message",
        "role": "assistant",
        "status": "completed",
        "content": [text_part(text)],
    }


def text_part(text: str) -> Item:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def call_item(identifier: str, call: ToolCall, status: str = "completed") -> Item:
    return {
        "id": identifier,
        "type": "function_call",
        "status": status,
        "call_id": call.id,
        "name": call.function.name,
        "arguments": call.function.arguments,
    }


def _metadata(given: Parameters) -> dict[str, str] | None:
    """OpenAI's clients know texts alone."""
    told = (given.extra or {}).get("metadata")
    return {name: value for name, value in told.items() if isinstance(value, str)} if isinstance(told, dict) else None


def _choice(given: Parameters) -> str | dict[str, Any]:
    choice = given.tool_choice
    if choice is None or isinstance(choice, str):
        return choice or "auto"
    return {"type": "function", "name": choice.function.name}


def _tool(tool: dict[str, Any]) -> dict[str, Any]:
    function = tool.get("function") or {}
    return {"type": "function", "parameters": None, "strict": None, **function}


RESPONSE_OR_STREAM = json_or_stream(
    "The answer, or with `stream` its events, the last of which is one of `response.completed`, `response.incomplete` "
    "and `response.failed`",
    OpenAIResponse,
    {"response[.].+": ResponseEvent},
)
