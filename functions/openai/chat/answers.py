"""The wire of OpenAI's Chat Completions: answers."""

from typing import Any, Literal

from functions.openai.openai_errors import OpenAIError
from promptyard.api.answers.descriptions import DATA, ResponseDescriptions, json_of_model, json_or_stream
from promptyard.api.answers.fields import LeftOut, Usd, WithoutNulls
from promptyard.domain.deferred import DeferredModel
from promptyard.domain.models.messages import Replayed, ToolCall
from promptyard.domain.models.provider_events import FinishReason
from promptyard.domain.models.usage import Usage
from promptyard.domain.runs.run import Run, RunStatus

ChatFinish = Literal["stop", "length", "tool_calls", "content_filter"]
_FINISHES: dict[FinishReason | None, ChatFinish] = {
    FinishReason.LENGTH: "length",
    FinishReason.TOOL: "tool_calls",
    FinishReason.FILTER: "content_filter",
}


class PromptTokensDetails(DeferredModel):
    cached_tokens: int | None
    """Tokens of the prompt that the provider read from its cache. Null where it does not say."""
    cache_write_tokens: LeftOut[int] = None
    """Tokens of the prompt that the provider put into its cache. Left out where it does not say."""


class CompletionTokensDetails(DeferredModel):
    reasoning_tokens: int | None
    """Tokens of the answer that are reasoning. Null where the provider does not say."""


class ChatUsage(DeferredModel):
    """Where the provider reports none these are our estimates, as `x-promptyard-usage-source` says. `cost` is in US
    dollars, and left out where it is not known."""

    prompt_tokens: int
    """Tokens of the prompt, those that came from a cache among them."""
    completion_tokens: int
    """Tokens of the answer, those of reasoning among them."""
    total_tokens: int
    """Tokens of prompt and answer together."""
    prompt_tokens_details: LeftOut[PromptTokensDetails] = None
    """What of the prompt's tokens is the cache's. Left out where the provider does not say."""
    completion_tokens_details: LeftOut[CompletionTokensDetails] = None
    """What of the answer's tokens is reasoning. Left out where the provider does not say."""
    cost: LeftOut[Usd] = None
    """What the provider charges, in US dollars. Left out where that is not known."""

    @classmethod
    def of(cls, run: Run) -> "ChatUsage":
        """Of a run whose tokens are promised; nothing was sent where it has none."""
        usage = run.usage or Usage()
        sent, made = usage.input_tokens or 0, usage.output_tokens or 0
        cached, thought = (usage.cached_tokens, usage.cache_write_tokens), usage.reasoning_tokens
        known = any(count is not None for count in cached)
        return ChatUsage(
            prompt_tokens=sent,
            completion_tokens=made,
            total_tokens=sent + made,
            prompt_tokens_details=PromptTokensDetails(cached_tokens=cached[0], cache_write_tokens=cached[1])
            if known
            else None,
            completion_tokens_details=None if thought is None else CompletionTokensDetails(reasoning_tokens=thought),
            cost=run.cost_usd,
        )


class ChatMessage(DeferredModel):
    """It can be sent back as it is. `replay` is what the provider wants back with it, such as signed reasoning."""

    role: Literal["assistant"] = "assistant"
    content: str | None
    refusal: None = None
    """Always null: a refusal is text."""
    tool_calls: LeftOut[list[WithoutNulls[ToolCall]]] = None
    reasoning_content: LeftOut[str] = None
    replay: LeftOut[list[Replayed]] = None


class ChatChoice(DeferredModel):
    index: int = 0
    """Always 0: one answer a request is given."""
    message: ChatMessage
    """The answer."""
    logprobs: None = None
    """Always null: they are not answered here."""
    finish_reason: ChatFinish
    """Why the answer ended."""


class ChatCompletion(DeferredModel):
    """An answer of OpenAI's Chat Completions. A run that guards have blocked has the intervention's message as its
    content, and `content_filter` as its `finish_reason`."""

    id: str
    """`chatcmpl-` and the run's id."""
    object: Literal["chat.completion"] = "chat.completion"
    """Always `chat.completion`."""
    created: int
    """When the run began, in seconds since 1970 (UTC)."""
    model: str
    """The model, as the request names it."""
    choices: list[ChatChoice]
    """The one answer."""
    usage: ChatUsage
    """The tokens, and what they cost."""
    system_fingerprint: None = None
    """Always null."""
    service_tier: None = None
    """Always null."""

    @classmethod
    def of(cls, run: Run, model: str) -> "ChatCompletion":
        message = ChatMessage(
            content=run.output or (None if run.tool_calls else ""),
            tool_calls=run.tool_calls or None,
            reasoning_content=run.reasoning or None,
            replay=run.replay or None,
        )
        return ChatCompletion(
            id=completion_id(run),
            created=int(run.created_at.timestamp()),
            model=model,
            choices=[ChatChoice(message=message, finish_reason=finish_of(run))],
            usage=ChatUsage.of(run),
        )


class FunctionDelta(DeferredModel):
    name: LeftOut[str] = None
    """The function's name, with the call's first piece. Left out in the others."""
    arguments: str
    """The next piece of the arguments' JSON text; the pieces are joined."""


class CallDelta(DeferredModel):
    index: int
    """The call's place among those of the answer, from 0."""
    id: LeftOut[str] = None
    """The call's id, with its first piece. Left out in the others."""
    type: LeftOut[Literal["function"]] = None
    """`function`, with the call's first piece. Left out in the others."""
    function: FunctionDelta
    """The next piece of what is called."""
    extra_content: LeftOut[dict[str, Any]] = None
    """What the provider wants back with the call, with its first piece. Left out where there is nothing."""


class ChatDelta(DeferredModel):
    role: LeftOut[Literal["assistant"]] = None
    """`assistant`, with the first piece. Left out in the others."""
    content: LeftOut[str] = None
    """The next piece of the text. Left out where it is none of the text."""
    reasoning_content: LeftOut[str] = None
    """The next piece of what the model thinks. Left out where it is none of that."""
    tool_calls: LeftOut[list[CallDelta]] = None
    """The next pieces of tool calls. Left out where it is none of these."""


class ChunkChoice(DeferredModel):
    index: int
    """Always 0: one answer a request is given."""
    delta: ChatDelta
    """What came."""
    finish_reason: ChatFinish | None
    """Why the answer ended. Null until it did."""


class ChatCompletionChunk(DeferredModel):
    """A piece of a streamed answer. The last one has no choices and the usage, where
    `stream_options.include_usage` asks for it."""

    id: str
    """`chatcmpl-` and the run's id."""
    object: Literal["chat.completion.chunk"]
    """Always `chat.completion.chunk`."""
    created: int
    """When the run began, in seconds since 1970 (UTC)."""
    model: str
    """The model, as the request names it."""
    choices: list[ChunkChoice]
    """What came. Empty in the chunk that has the usage."""
    usage: LeftOut[ChatUsage] = None
    """The tokens, and what they cost. Left out of all chunks but the last one, where `stream_options.include_usage`
    asks for it."""


def completion_id(run: Run) -> str:
    return f"chatcmpl-{run.id}"


def finish_of(run: Run) -> ChatFinish:
    if run.status is RunStatus.BLOCKED:
        return "content_filter"
    return _FINISHES.get(run.finish_reason, "stop")


def _chat_or_stream() -> ResponseDescriptions:
    described = json_or_stream(
        "The answer, or with `stream` its chunks, then `[DONE]`; an error that comes after the first of them ends the "
        "stream",
        ChatCompletion,
        {"": ChatCompletionChunk},
    )
    forms = described[200]["content"]["text/event-stream"]["itemSchema"]["oneOf"]
    in_stream = {**DATA, "contentSchema": _error_schema()}
    forms += [
        {"type": "object", "properties": {"data": data}, "required": ["data"]}
        for data in (in_stream, {"const": "[DONE]", "description": "The end of the stream."})
    ]
    return described


def _error_schema() -> dict[str, Any]:
    schema: dict[str, Any] = json_of_model(OpenAIError)["schema"]
    return schema


CHAT_OR_STREAM = _chat_or_stream()
