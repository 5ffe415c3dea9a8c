"""The wire of Anthropic's Messages: requests."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from functions.openai.messages.blocks import foreign_kinds, messages_of, system_of
from functions.openai.messages.thinking import said_elsewhere
from functions.openai.orders import DoorRequest, split_metadata
from promptyard.domain.models.messages import Message
from promptyard.domain.models.targets import FunctionName, NamedTool, Parameters, ProtocolBody, ToolChoice
from promptyard.domain.models.usage import MAX_TOKENS
from promptyard.providers.writing.openai_form import MADE_OF

_CHOICES: Mapping[str, ToolChoice] = {"auto": "auto", "any": "required", "none": "none"}
_OWN_TOOLS = (None, "custom")
"""Types of tools that are the caller's, and not run by the provider."""


class CountRequest(BaseModel):
    """What Anthropic's own API takes of a request whose input is counted."""

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
    """The conversation, in Anthropic's form."""
    system: str | list[dict[str, Any]] | None = None
    """A system prompt, which goes ahead of the messages."""
    tools: list[dict[str, Any]] | None = None
    """The tools that the model may call, in Anthropic's form."""
    tool_choice: dict[str, Any] | None = None
    """Whether and which tool the model has to call, in Anthropic's form."""
    metadata: dict[str, Any] | None = None
    """Words that belong to the run, and the values of a prompt's variables. `playground_id` is the playground that the
    run belongs to."""

    def asked(self, headers: Mapping[str, str]) -> DoorRequest:
        """`headers` are the protocol's own, which go along. Raises BadRequest, InvalidRequest."""
        metadata, playground_id = split_metadata(self.metadata)
        messages = [*system_of(self.system), *messages_of(self.messages)]
        parameters = self._parameters(metadata)
        return DoorRequest(
            model=self.model,
            messages=messages,
            parameters=parameters,
            body=self._body(messages, headers, said_elsewhere(parameters)),
            variables=metadata,
            playground_id=playground_id,
        )

    def _body(self, messages: list[Message], headers: Mapping[str, str], elsewhere: Parameters | None) -> ProtocolBody:
        names = ("messages", "system", "tools", "tool_choice")
        fields = {name: getattr(self, name) for name in names}
        served = [str(tool["type"]) for tool in self.tools or () if tool.get("type") not in _OWN_TOOLS]
        foreign = (*foreign_kinds(self.messages), *dict.fromkeys(served))
        return ProtocolBody("messages", fields, len(messages), foreign, headers, elsewhere)

    def _parameters(self, metadata: dict[str, Any]) -> Parameters:
        extra = {name: value for name, value in (self.model_extra or {}).items() if value is not None}
        extra = {name: value for name, value in extra.items() if name not in MADE_OF}
        if metadata:
            extra["metadata"] = metadata
        tools = [_tool(tool) for tool in self.tools or () if tool.get("type") in _OWN_TOOLS]
        return Parameters(
            **self._own(), **(_with_choice(tools, self.tool_choice) if tools else {}), extra=extra or None
        )

    def _own(self) -> dict[str, Any]:
        return {}


class MessagesRequest(CountRequest):
    """What Anthropic's own API takes. `model` is a model, with its provider or without, or a prompt of the registry,
    whose variables come from `metadata` and whose messages come before those of the request. To Anthropic the body goes
    as it came; other providers are sent what they have a place for, and what is left out is named in
    `x-promptyard-dropped`, unless `x-promptyard-strict` is set. `metadata.playground_id` is the playground that the run
    belongs to."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [
                {
                    "model": "demo/writer",
                    "max_tokens": 500,
                    "messages": [{"role": "user", "content": "Explain event loops."}],
                }
            ]
        },
    )

    max_tokens: int = Field(ge=1, le=MAX_TOKENS)
    temperature: float | None = Field(None, ge=0, le=2)
    top_p: float | None = Field(None, ge=0, le=1)
    top_k: int | None = Field(None, ge=1, le=1_000_000)
    stop_sequences: list[str] | None = None
    """Texts at which the answer ends."""
    stream: bool | None = None
    """Whether the answer is a stream of events."""

    def _own(self) -> dict[str, Any]:
        names = ("max_tokens", "temperature", "top_p", "top_k")
        return {**{name: getattr(self, name) for name in names}, "stop": self.stop_sequences or None}


def _tool(tool: Mapping[str, Any]) -> dict[str, Any]:
    names = {"name": "name", "description": "description", "input_schema": "parameters", "strict": "strict"}
    return {"type": "function", "function": {ours: tool[name] for name, ours in names.items() if tool.get(name)}}


def _with_choice(tools: list[dict[str, Any]], choice: Mapping[str, Any] | None) -> dict[str, Any]:
    fields: dict[str, Any] = {"tools": tools}
    kind, name = (choice or {}).get("type"), (choice or {}).get("name")
    if isinstance(kind, str) and kind in _CHOICES:
        fields["tool_choice"] = _CHOICES[kind]
    elif kind == "tool" and isinstance(name, str) and name:
        fields["tool_choice"] = NamedTool(function=FunctionName(name=name))
    if (choice or {}).get("disable_parallel_tool_use") is True:
        fields["parallel_tool_calls"] = False
    return fields
