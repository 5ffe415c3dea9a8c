"""From what a client of another protocol asks for to the order of a run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError

from functions.openai.headers import DoorHeaders
from promptyard.domain.account.access import Caller
from promptyard.domain.errors import BadRequest, InvalidRequest, NotFound, UnknownModel, UnknownReference, named_in_body
from promptyard.domain.models.catalogue import Catalogue
from promptyard.domain.models.messages import Message
from promptyard.domain.models.targets import Parameters, ProtocolBody, Target
from promptyard.domain.prompts.names import PromptReference, is_alias
from promptyard.domain.runs.run import ProtocolRequest, RunLinks
from promptyard.services.prompts.prompting import ComposedPrompt, PromptSource, check_size
from promptyard.services.prompts.registry import PromptService
from promptyard.services.runs.orders import RunOrder

PLAYGROUND = "playground_id"
"""The key of `metadata` that is ours."""


@dataclass(frozen=True, slots=True)
class DoorRequest:
    """What all the protocols ask for. `model` is one, or a prompt of the registry; the prompt's messages come before
    the request's own."""

    model: str
    messages: Sequence[Message]
    parameters: Parameters
    body: ProtocolBody
    variables: Mapping[str, Any]
    playground_id: str | None
    instructions: int = 0
    """How many of the messages, the first ones, hold for this answer alone."""
    previous_run_id: str | None = None
    background: bool = False
    prompt: str | None = None
    """The prompt of the registry, where that is not what stands as the model."""
    default_label: str | None = None
    """The label of the prompt that counts where it has it and neither a version nor a label is named."""


async def order_of(
    caller: Caller,
    endpoint: str,
    asked: DoorRequest,
    headers: DoorHeaders,
    seconds: float,
    *,
    prompts: PromptService,
    catalogue: Catalogue,
) -> RunOrder:
    """Raises UnknownModel for a model or a prompt that is not there, and what `PromptService.compose` raises."""
    if asked.prompt is not None:
        model, prompt = asked.model or None, await _with_registry_prompt(caller.tenant, asked, asked.prompt, prompts)
    elif names_prompt(asked.model, catalogue):
        model, prompt = None, await _with_registry_prompt(caller.tenant, asked, asked.model, prompts)
    else:
        model, prompt = asked.model, await prompts.compose(caller.tenant, PromptSource(messages=asked.messages))
    return RunOrder(
        endpoint=endpoint,
        target=Target(model=model, parameters=asked.parameters),
        prompt=prompt,
        deadline_seconds=seconds,
        on_unsupported="error" if headers.x_promptyard_strict else "drop",
        promises_counts=True,
        links=RunLinks(playground_id=headers.x_promptyard_playground or asked.playground_id),
        events=("reasoning", "tool_calls", *(("replay",) if asked.body.protocol != "chat" else ())),
        body=asked.body,
        asked=ProtocolRequest(
            model=asked.model or None,
            instructions=len(prompt.messages) - len(asked.messages) + asked.instructions,
            previous_run_id=asked.previous_run_id,
            background=asked.background,
        ),
    )


def names_prompt(model: str, catalogue: Catalogue) -> bool:
    """A model's name, with or without its provider, comes before a prompt's."""
    prefix, slash, _ = model.partition("/")
    if (slash and catalogue.provider(prefix) is not None) or catalogue.bare(model) is not None:
        return False
    if is_alias(model.partition("@")[0]):
        return True
    try:
        PromptReference.parse(model, loc=("body", "model"))
    except InvalidRequest:
        return False
    return True


async def _with_registry_prompt(tenant: str, asked: DoorRequest, name: str, prompts: PromptService) -> ComposedPrompt:
    variables = dict(asked.variables)
    try:
        named = await _by_default_label(tenant, asked, await prompts.aliases.resolved(tenant, name), prompts)
        prompt = await prompts.compose(tenant, PromptSource(prompt_id=named, variables=variables))
    except (NotFound, UnknownReference):
        raise UnknownModel(name) from None
    if prompt.default_model is None and (asked.prompt is None or not asked.model):
        raise InvalidRequest(f"{name} has no default model to be run on", loc=("body", "model"))
    messages = (*prompt.messages, *asked.messages)
    check_size(messages)
    return replace(prompt, messages=messages)


async def _by_default_label(tenant: str, asked: DoorRequest, name: str, prompts: PromptService) -> str:
    """The name with the label that counts where none is named."""
    reference = PromptReference.parse(name, loc=("body", "prompt", "id"))
    if asked.default_label is None or reference.label is not None or reference.number is not None:
        return name
    with named_in_body("prompt", "id"):
        prompt = await prompts.get(tenant, reference)
    return f"{name}@{asked.default_label}" if asked.default_label in prompt.labels else name


def fits(name: str, value: Any) -> bool:
    """Whether it is a value of a parameter of ours."""
    try:
        Parameters.model_validate({name: value})
    except ValidationError:
        return False
    return True


def split_metadata(given: Mapping[str, Any] | None) -> tuple[dict[str, Any], str | None]:
    """A request's `metadata` without what is ours of it, and the playground. Raises BadRequest."""
    metadata = dict(given or {})
    playground_id = metadata.pop(PLAYGROUND, None)
    if not isinstance(playground_id, str | None):
        raise BadRequest("a playground's id is a string", loc=("body", "metadata", PLAYGROUND))
    return metadata, playground_id
