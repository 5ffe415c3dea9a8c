"""The wire of OpenAI's Chat Completions: requests."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from functions.openai.chat.messages import foreign_parts, messages_of
from functions.openai.orders import DoorRequest, fits, split_metadata
from promptyard.domain.errors import BadRequest
from promptyard.domain.models.targets import Parameters, ProtocolBody
from promptyard.domain.models.usage import MAX_TOKENS
from promptyard.providers.writing.openai_form import MADE_OF

_SAME = (
    "temperature",
    "top_p",
    "top_k",
    "frequency_penalty",
    "presence_penalty",
    "stop",
    "seed",
    "reasoning_effort",
    "response_format",
    "tools",
    "tool_choice",
    "parallel_tool_calls",
)
"""Parameters of ours by the same name and in the same form."""
_OPEN = ("reasoning_effort", "tool_choice")
"""Of these the protocol has values that ours has not: such a one goes on as it is."""


_UNANSWERED = frozenset({"audio", "logprobs", "modalities", "top_logprobs"})


class ChatRequest(BaseModel):
    """What OpenAI's own API takes, and what others add to it. `model` is a model, with its provider or without, or a
    prompt of the registry (`namespace/slug`, `…@3`, `…@production`), whose variables come from `metadata` or from
    `prompt.variables`, and whose messages come before those of the request. Fields that are not named here are sent to
    providers of the same protocol as they are. What the model does not take is left out and named in
    `x-promptyard-dropped`, unless `x-promptyard-strict` is set. `metadata.playground_id` is the playground that the run
    belongs to."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [{"model": "demo/writer", "messages": [{"role": "user", "content": "Explain event loops."}]}]
        },
    )

    model: str = Field(min_length=1, max_length=256)
    """A model, with its provider's prefix or without, or a prompt of the registry (`namespace/slug`, `…@3`,
    `…@production`)."""
    messages: list[dict[str, Any]]
    """The conversation, in OpenAI's form."""
    max_tokens: int | None = Field(None, ge=1, le=MAX_TOKENS)
    """How many tokens the answer may have, at least 1. `max_completion_tokens` wins over it."""
    max_completion_tokens: int | None = Field(None, ge=1, le=MAX_TOKENS)
    """How many tokens the answer may have, at least 1."""
    temperature: float | None = Field(None, ge=0, le=2)
    top_p: float | None = Field(None, ge=0, le=1)
    top_k: int | None = Field(None, ge=1, le=1_000_000)
    frequency_penalty: float | None = Field(None, ge=-2, le=2)
    presence_penalty: float | None = Field(None, ge=-2, le=2)
    stop: list[str] | str | None = None
    seed: int | None = None
    reasoning_effort: str | None = None
    response_format: dict[str, Any] | None = None
    tools: list[dict[str, Any]] | None = None
    tool_choice: str | dict[str, Any] | None = None
    parallel_tool_calls: bool | None = None
    n: int | None = None
    """How many answers are wanted: 1."""
    stream: bool | None = None
    """Whether the answer is a stream of chunks."""
    stream_options: dict[str, Any] | None = None
    """`{"include_usage": true}` has the stream tell the tokens at its end."""
    metadata: dict[str, Any] | None = None
    """Words that belong to the run, and the values of a prompt's variables. `playground_id` is the playground that the
    run belongs to."""
    prompt: dict[str, Any] | None = None
    """`{"variables": {…}}`: the values of the registry prompt's variables, in the place of `metadata`."""

    @property
    def wants_usage(self) -> bool:
        """Whether a stream is to tell it."""
        return bool((self.stream_options or {}).get("include_usage"))

    def asked(self) -> DoorRequest:
        """Raises BadRequest, InvalidRequest."""
        if self.n not in {None, 1}:
            raise BadRequest("n: one answer a request is given", loc=("body", "n"))
        metadata, playground_id = split_metadata(self.metadata)
        given = (self.prompt or {}).get("variables")
        came = self.messages
        body = ProtocolBody("chat", {"messages": came}, len(came), foreign_parts(came), unanswered=_UNANSWERED)
        return DoorRequest(
            model=self.model,
            messages=messages_of(came),
            parameters=self._parameters(metadata),
            body=body,
            variables=given if isinstance(given, dict) else metadata,
            playground_id=playground_id,
        )

    def _parameters(self, metadata: dict[str, Any]) -> Parameters:
        given = {name: getattr(self, name) for name in _SAME}
        given["max_tokens"] = self.max_completion_tokens or self.max_tokens
        if (self.response_format or {}).get("type") == "text":
            given["response_format"] = None  # as every model does of itself
        extra = {
            name: value for name, value in (self.model_extra or {}).items() if value is not None and name not in MADE_OF
        }
        if metadata:
            extra["metadata"] = metadata
        for name in _OPEN:
            if given[name] is not None and not fits(name, given[name]):
                extra[name], given[name] = given[name], None
        return Parameters(**given, extra=extra or None)
