"""The wire of OpenAI's Responses: requests."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from functions.openai.orders import DoorRequest, fits, split_metadata
from functions.openai.responses.items import foreign_kinds, messages_of
from promptyard.api.resumed_streams import HIGHEST
from promptyard.domain.models.messages import Message
from promptyard.domain.models.targets import Parameters, ProtocolBody
from promptyard.domain.models.usage import MAX_TOKENS
from promptyard.providers.writing.openai_form import MADE_OF

_OURS = frozenset({"store", "include"})
"""What a run does in its own way: it is always kept, and what is encrypted always comes with it."""

_UNANSWERED = frozenset({"conversation"})
"""One that OpenAI keeps belongs to whoever's key asks for it, and not to the tenant."""


class PromptField(BaseModel):
    """A prompt of the registry: its id or name; a version's number or a label, without which the label `production`
    counts, and where there is none the newest version."""

    model_config = ConfigDict(extra="ignore")

    id: str = Field(min_length=1, max_length=200)
    """The prompt's id, its name, or an alias, such as the `pmpt_…` that it had at OpenAI."""
    version: str | None = None
    """A version's number, or a label. Without it the label `production` counts, and where there is none the newest
    version."""
    variables: dict[str, Any] | None = None
    """The values of the prompt's variables, by name."""

    @property
    def reference(self) -> str:
        return f"{self.id}@{self.version}" if self.version else self.id


class ResponsesRequest(BaseModel):
    """What OpenAI's own API takes. `previous_response_id` is the id of a response, or of any run: its conversation goes
    on, on whatever provider; its instructions and its `prompt` do not. With `background` the answer is there at once,
    and is to be asked for again by its id. `prompt` is a prompt of the registry, whose messages come before the
    `input`; `model` may be left out then. What the model does not take is left out and named in
    `x-promptyard-dropped`, unless `x-promptyard-strict` is set. `metadata.playground_id` is the playground that the run
    belongs to."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={"examples": [{"model": "demo/writer", "input": "Explain event loops."}]},
    )

    model: str | None = Field(None, min_length=1, max_length=256)
    """A model, with its provider's prefix or without, or a prompt of the registry (`namespace/slug`, `…@3`,
    `…@production`). May be left out beside `prompt`."""
    input: str | list[dict[str, Any]] | None = None
    """What is said: a text, or items in OpenAI's form."""
    instructions: str | None = None
    """A system prompt for this answer alone."""
    max_output_tokens: int | None = Field(None, ge=1, le=MAX_TOKENS)
    """How many tokens the answer may have, at least 1."""
    temperature: float | None = Field(None, ge=0, le=2)
    top_p: float | None = Field(None, ge=0, le=1)
    tools: list[dict[str, Any]] | None = None
    tool_choice: str | dict[str, Any] | None = None
    parallel_tool_calls: bool | None = None
    text: dict[str, Any] | None = None
    """The form of the answer: `{"format": {…}}`, as OpenAI has it."""
    reasoning: dict[str, Any] | None = None
    """How much the model thinks: `{"effort": …}`."""
    metadata: dict[str, Any] | None = None
    """Words that belong to the run, and the values of a prompt's variables. `playground_id` is the playground that the
    run belongs to."""
    stream: bool | None = None
    """Whether the answer is a stream of events."""
    background: bool | None = None
    """Whether the response is answered at once, and goes on whoever leaves; it is asked for by its id."""
    previous_response_id: str | None = Field(None, min_length=1, max_length=100)
    """The id of a response, or of any run, whose conversation goes on."""
    prompt: PromptField | None = None
    """A prompt of the registry, whose messages come before the `input`."""

    def asked(self, history: Sequence[Message] = (), previous_run_id: str | None = None) -> DoorRequest:
        """`history` is the conversation of that run, which goes on. Raises BadRequest, InvalidRequest."""
        metadata, playground_id = split_metadata(self.metadata)
        given = self.input if self.input is not None else []
        read = messages_of(given)
        served = [str(tool.get("type")) for tool in self.tools or () if tool.get("type") != "function"]
        foreign = (*foreign_kinds(given), *dict.fromkeys(served))
        instructions = [Message(role="system", content=self.instructions)] if self.instructions else []
        variables = self.prompt.variables if self.prompt is not None else metadata
        return DoorRequest(
            model=self.model or "",
            messages=[*instructions, *history, *read],
            parameters=self._parameters(metadata),
            body=ProtocolBody(
                "responses", {"input": given, "tools": self.tools}, len(read), foreign, unanswered=_UNANSWERED
            ),
            variables=variables or {},
            playground_id=playground_id,
            instructions=len(instructions),
            previous_run_id=previous_run_id,
            background=bool(self.background),
            prompt=None if self.prompt is None else self.prompt.reference,
            default_label="production",
        )

    def _parameters(self, metadata: dict[str, Any]) -> Parameters:
        given: dict[str, Any] = {
            "temperature": self.temperature,
            "top_p": self.top_p,
            "max_tokens": self.max_output_tokens,
            "tools": [_tool(tool) for tool in self.tools or () if tool.get("type") == "function"] or None,
            "parallel_tool_calls": self.parallel_tool_calls,
            "response_format": _format((self.text or {}).get("format")),
        }
        extra = {name: value for name, value in (self.model_extra or {}).items() if value is not None}
        extra = {name: value for name, value in extra.items() if name not in MADE_OF | _OURS}
        if metadata:
            extra["metadata"] = metadata
        open_ones = {"reasoning_effort": (self.reasoning or {}).get("effort"), "tool_choice": _choice(self.tool_choice)}
        for name, value in open_ones.items():
            if value is not None and fits(name, value):
                given[name] = value
        return Parameters(**given, extra=extra or None)


class ResponseQuery(BaseModel):
    """How a response is shown again; what else OpenAI's API takes there is ignored."""

    stream: bool = False
    """Whether the answer is the response's events once more."""
    starting_after: int | None = Field(None, ge=-1, le=HIGHEST)
    """The `sequence_number` of the last event that is known, from −1: the events after it are told."""


def _tool(tool: Mapping[str, Any]) -> dict[str, Any]:
    names = ("name", "description", "parameters", "strict")
    return {"type": "function", "function": {name: tool[name] for name in names if tool.get(name) is not None}}


def _choice(choice: str | dict[str, Any] | None) -> Any:
    if isinstance(choice, dict) and choice.get("type") == "function":
        return {"type": "function", "function": {"name": choice.get("name")}}
    return choice


def _format(wanted: Any) -> dict[str, Any] | None:
    if not isinstance(wanted, dict) or wanted.get("type") in {None, "text"}:
        return None
    if wanted["type"] != "json_schema":
        return wanted
    names = ("name", "description", "schema", "strict")
    return {"type": "json_schema", "json_schema": {name: wanted[name] for name in names if name in wanted}}
