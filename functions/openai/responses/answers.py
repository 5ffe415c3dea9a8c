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
    """Tokens of the input that the provider read from its cache; 0 where it does not say."""
    cache_write_tokens: int
    """Tokens of the input that the provider put into its cache; 0 where it does not say."""


class OutputDetails(DeferredModel):
    reasoning_tokens: int
    """Tokens of the output that are reasoning; 0 where the provider does not say."""


class ResponseUsage(DeferredModel):
    """Where the provider reports none these are our estimates, as `x-promptyard-usage-source` says."""

    input_tokens: int
    """Tokens of the input, those that came from a cache among them."""
    input_tokens_details: InputDetails
    """What of the input's tokens is the cache's."""
    output_tokens: int
    """Tokens of the output, those of reasoning among them."""
    output_tokens_details: OutputDetails
    """What of the output's tokens is reasoning."""
    total_tokens: int
    """Tokens of input and output together."""

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
    """The error's code, of those that OpenAI's clients know."""
    message: str
    """What is wrong, in a sentence."""


class IncompleteDetails(DeferredModel):
    reason: Literal["max_output_tokens", "content_filter"]
    """Why the response is not whole: `max_output_tokens`, or `content_filter` (also a guard's)."""


class OpenAIResponse(DeferredModel):
    """An answer of OpenAI's Responses. A run that guards have blocked is incomplete, with the intervention's message as
    its text."""

    id: str
    """`resp_` and the run's id."""
    object: Literal["response"] = "response"
    """Always `response`."""
    created_at: int
    """When the run began, in seconds since 1970 (UTC)."""
    status: Status
    """How far the response is, or how it ended."""
    model: str
    """The model, as the request names it."""
    output: list[dict[str, Any]]
    """The answer's items in their order: reasoning, messages, calls."""
    error: ResponseFault | None
    """Why it failed. Null where it did not."""
    incomplete_details: IncompleteDetails | None
    """Why it is not whole. Null where it is."""
    instructions: None = None
    """Always null: the messages are in the run's record."""
    metadata: dict[str, str] | None = None
    """The request's metadata that are texts. Null where there were none."""
    background: bool = False
    """Whether the response goes on whoever leaves."""
    parallel_tool_calls: bool
    """Whether the answer may call several tools."""
    tool_choice: str | dict[str, Any]
    """Whether and which tool the model has to call."""
    tools: list[dict[str, Any]]
    """The functions that the model may call."""
    temperature: float | None
    """How freely tokens are chosen, from 0 to 2. Null where the request does not say."""
    top_p: float | None
    """The share of the likeliest tokens that is chosen from, from 0 to 1. Null where the request does not say."""
    max_output_tokens: int | None
    """How many tokens the answer may have. Null where the request does not say."""
    previous_response_id: str | None = None
    """The id of the response whose conversation went on. Null where there is none."""
    usage: LeftOut[ResponseUsage] = None
    """The tokens. Left out while the response goes on."""

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
    """The response's id."""
    object: Literal["response"] = "response"
    """Always `response`."""
    deleted: Literal[True] = True
    """Always true."""


class ResponseEvent(DeferredModel):
    """An event of a stream: `type` says which of OpenAI's it is, and what other fields it has."""

    type: str
    """Which of OpenAI's events it is."""
    sequence_number: int
    """The event's number in its stream, from 0."""
    response: LeftOut[OpenAIResponse] = None
    """The response, as it is by then. Left out of events of its parts."""
    output_index: LeftOut[int] = None
    """The item's place in the output, from 0. Left out of events of the response."""
    content_index: LeftOut[int] = None
    """The part's place in the item's content, from 0. Left out where there is none."""
    summary_index: LeftOut[int] = None
    """The part's place in the item's summary, from 0. Left out where there is none."""
    item_id: LeftOut[str] = None
    """The item's id. Left out where the event is of no part of an item."""
    item: LeftOut[dict[str, Any]] = None
    """The item, as it is by then. Left out where the event does not begin or end one."""
    part: LeftOut[dict[str, Any]] = None
    """The part, as it is by then. Left out where the event does not begin or end one."""
    delta: LeftOut[str] = None
    """The next piece of text or arguments. Left out where the event brings none."""
    text: LeftOut[str] = None
    """The whole text. Left out where the event does not end one."""
    name: LeftOut[str] = None
    """The function's name. Left out where the event does not end a call's arguments."""
    arguments: LeftOut[str] = None
    """The whole arguments, as JSON text. Left out where the event does not end them."""
    logprobs: LeftOut[list[Any]] = None
    """Always empty: they are not answered here. Left out of events that have no text."""


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
