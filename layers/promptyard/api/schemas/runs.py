"""Parts of requests that several groups share."""

from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, SecretStr, model_validator

from promptyard.api.lambda_scope import RunTime
from promptyard.api.requests import OnDisconnect, WireRequest, given_of
from promptyard.domain.models.messages import Message
from promptyard.domain.models.provider_events import StreamedPart
from promptyard.domain.models.targets import OnUnsupported, Parameters, ReasoningEffort, Target, ToolChoice
from promptyard.domain.models.usage import MAX_TOKENS
from promptyard.domain.runs.run import RunLinks
from promptyard.services.prompts.prompting import ComposedPrompt, PromptSource
from promptyard.services.runs.orders import RunOrder

if TYPE_CHECKING:
    pass

BlueprintId = Annotated[
    str | None,
    Field(
        description="An LLM blueprint of the playground. Where the target names no model, the blueprint's model, "
        "parameters and system prompt are run; the request's own parameters win."
    ),
]


def _scalar(value: Any) -> Any:
    # Said once, where a union would say it for each of its types.
    if isinstance(value, str | int | float):
        return value
    raise ValueError("a variable is a string, a number or a boolean")


Variables = dict[str, Annotated[str | int | float | bool, BeforeValidator(_scalar)]]


class ModelSettings(WireRequest):
    """What the template shape says of a model beside its name. `temperature` is 0.7 where it is not given and the
    model takes one."""

    label: str | None = Field(None, max_length=256)
    """The caller's own name for the run, at most 256 characters."""
    provider: str | None = Field(None, min_length=1, max_length=64)
    temperature: float | None = Field(None, ge=0, le=2)
    max_tokens: int | None = Field(None, ge=1, le=MAX_TOKENS)
    top_p: float | None = Field(None, ge=0, le=1)
    top_k: int | None = Field(None, ge=1, le=1_000_000)
    frequency_penalty: float | None = Field(None, ge=-2, le=2)
    presence_penalty: float | None = Field(None, ge=-2, le=2)
    stop: list[str] | str | None = None
    seed: int | None = None
    reasoning_effort: ReasoningEffort | None = None
    response_format: dict[str, Any] | None = None
    tools: list[dict[str, Any]] | None = None
    tool_choice: ToolChoice | None = None
    parallel_tool_calls: bool | None = None
    extra: dict[str, Any] | None = None
    provider_key: SecretStr | None = Field(None, min_length=1, max_length=4096)
    custom_base_url: str | None = Field(None, min_length=1, max_length=2048)

    def own_id(self) -> str | None:
        """The caller's own id of the target, where the shape has one."""
        return None

    def target_with(self, model: str | None) -> Target:
        parameters = Parameters(**self.model_dump(include=set(Parameters.model_fields)))
        return Target(
            model=model,
            provider=self.provider,
            parameters=parameters,
            provider_key=self.provider_key,
            custom_base_url=self.custom_base_url,
        )


class ModelConfig(ModelSettings):
    """A model in the template shape."""

    id: str = Field(min_length=1, max_length=256)
    """The caller's own id of the target, which the answer repeats as `model_id`."""
    model: str = Field(min_length=1, max_length=256)
    """The model, with or without its provider's prefix."""

    def own_id(self) -> str:
        return self.id

    def target(self) -> Target:
        return self.target_with(self.model)


class StreamFields(WireRequest):
    """Whether there is a stream, what it tells, and what becomes of it when its reader leaves."""

    stream: bool = False
    """Whether the answer is a stream of events. On AWS a run that is not streamed has 290 seconds."""
    events: list[StreamedPart] = Field(
        [],
        description="What a stream tells beside the text, as it comes: `reasoning` has events of that name, "
        "`tool_calls` those named `tool_call`",
    )
    on_disconnect: OnDisconnect = Field(
        "cancel",
        description="What the caller's leaving does on a server that notices it, as the local one does: `cancel` the "
        "run, or let it `continue`. On AWS nobody is told that a caller has left: the run goes on to its end there, "
        "and is paid for, unless `…/cancel` stops it",
    )
    resumable: bool = Field(
        False,
        description="The stream can be read again from any event on, while it goes on and for an hour after: see "
        "`…/events`. The run goes on when the caller leaves, unless `on_disconnect` says otherwise. A local server "
        "keeps every answer so that is streamed; with this also over a restart",
    )

    def when_left(self) -> OnDisconnect:
        """What the caller's leaving does."""
        return "continue" if self.resumable and "on_disconnect" not in self.model_fields_set else self.on_disconnect


class PlaygroundFields(StreamFields):
    """The playground that the runs belong to, and what its metrics compare their answers with."""

    playground_id: str | None = None
    """The id of the playground that the run belongs to, whose metrics and guards hold for it."""
    reference: str | None = None
    """The text that the playground's metrics compare the answer with."""
    documents: list[str] | None = None
    """The texts that the playground's metrics hold the answer against."""
    on_unsupported: OnUnsupported = Field(
        "error",
        description="What becomes of a parameter that the model does not take: `error`, a 422 that names it; `drop`, "
        "it is left out and named in `dropped`",
    )

    def links(self, llm_blueprint_id: str | None = None) -> RunLinks:
        return RunLinks(playground_id=self.playground_id, llm_blueprint_id=llm_blueprint_id)

    def order(
        self,
        endpoint: str,
        target: Target,
        prompt: ComposedPrompt,
        seconds: RunTime,
        *,
        llm_blueprint_id: str | None = None,
        model: ModelSettings | None = None,
        label: str | None = None,
        endpoint_tag: str | None = None,
        place: tuple[str | int, ...] = (),
    ) -> RunOrder:
        """One target of this request. `model`: how the template shape names it; that shape has a temperature of its own
        where the request gives none, and promises counts of tokens."""
        return RunOrder(
            endpoint=endpoint,
            endpoint_tag=endpoint_tag,
            target=target,
            prompt=prompt,
            deadline_seconds=seconds.of(stream=self.stream),
            place=place,
            model_id=None if model is None else model.own_id(),
            label=label or (None if model is None else model.label),
            default_temperature=model is not None,
            promises_counts=model is not None,
            links=self.links(llm_blueprint_id),
            reference=self.reference,
            documents=self.documents,
            on_unsupported=self.on_unsupported,
            events=self.events,
        )


class PromptFields(PlaygroundFields):
    """A prompt: exactly one of `prompt_text`, `messages` and `prompt_id`. With `variables`, a text or messages are a
    template; without, they are sent as they stand."""

    prompt_text: str | None = None
    """The prompt as a text; a template where `variables` is there."""
    messages: list[Message] | None = None
    """The prompt as the messages of a chat; templates where `variables` is there."""
    prompt_id: str | None = Field(None, description="A prompt's id or `namespace/slug`, with `@3` or `@label`")
    system: str | None = None
    """A system prompt, which goes ahead of the prompt."""
    variables: Variables | None = None
    """The values of the variables, by name: texts, numbers, true or false. Also `{}` makes the prompt a template."""

    @model_validator(mode="after")
    def _one_prompt(self) -> Self:
        given = given_of(self, ("prompt_text", "messages", "prompt_id"))
        if len(given) != 1:
            found = " and ".join(given) or "none"
            raise ValueError(f"give exactly one of prompt_text, messages and prompt_id; found {found}")
        return self

    def prompt(self) -> PromptSource:
        given = given_of(self, ("prompt_text", "messages", "prompt_id"))
        return PromptSource(
            text=self.prompt_text if "prompt_text" in given else None,
            messages=self.messages if "messages" in given else None,
            prompt_id=self.prompt_id if "prompt_id" in given else None,
            system=self.system,
            variables=self.variables,
        )


class TemplateFields(PlaygroundFields):
    """A template of one of two types, and the values to put in."""

    type: Literal["text", "chat"]
    """Which of the two fields is the template: `template_text` for `text`, `template_messages` for `chat`."""
    template_text: str | None = None
    """The template, where `type` is `text`."""
    template_messages: list[Message] | None = None
    """The template as messages, where `type` is `chat`."""
    variables: Variables
    """The values of the variables, by name: texts, numbers, true or false."""

    @model_validator(mode="after")
    def _template_of_its_type(self) -> Self:
        names = ("template_text", "template_messages")
        one_template(self.type, text=self.template_text, messages=self.template_messages, names=names)
        return self

    def prompt(self) -> PromptSource:
        if self.type == "text":
            return PromptSource(text=self.template_text, variables=dict(self.variables))
        return PromptSource(messages=self.template_messages, variables=dict(self.variables))


def one_template(
    kind: Literal["text", "chat"], *, text: str | None, messages: list[Message] | None, names: tuple[str, str]
) -> None:
    """Raises ValueError unless exactly the template of that type was given. `names` are the fields' own."""
    wanted, other = names if kind == "text" else names[::-1]
    values = {names[0]: text, names[1]: messages}
    if not values[wanted]:
        raise ValueError(f"{wanted} is required where type is {kind}")
    if values[other]:
        raise ValueError(f"{other} does not go with type {kind}")
