"""From what the caller gave as a prompt to the messages that are sent."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from promptyard.domain.errors import InvalidRequest, MissingVariables, TooLarge
from promptyard.domain.models.messages import MAX_TEXT_BYTES, Message, user_prompt
from promptyard.domain.models.targets import Parameters, Target
from promptyard.domain.prompts.origin import PromptLinks, Template
from promptyard.domain.prompts.templates import Compiled, compile_messages, compile_text

SYSTEM_ROLES = frozenset({"system", "developer"})


@dataclass(frozen=True, slots=True)
class PromptSource:
    """A prompt as the caller gives it: exactly one of text, messages and prompt_id or version_id.

    With `variables` (also an empty object) text and messages are templates; with None they are sent as they stand.
    """

    text: str | None = None
    messages: Sequence[Message] | None = None
    prompt_id: str | None = None
    version_id: str | None = None
    system: str | None = None
    variables: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class ComposedPrompt:
    """What is sent, and what it was made from."""

    messages: tuple[Message, ...]
    template: Template | None = None
    links: PromptLinks = field(default_factory=PromptLinks)
    default_model: str | None = None
    default_parameters: Parameters | None = None


def compose(source: PromptSource) -> ComposedPrompt:
    """Text or messages -> messages. Raises MissingVariables, TooLarge, InvalidRequest for an empty prompt."""
    messages = list(source.messages) if source.messages is not None else user_prompt(source.text or "")
    template = None
    if source.variables is not None:
        template = Template(
            text=source.text, messages=list(source.messages) if source.messages else None, variables=source.variables
        )
        compiled = _compile(source)
        if compiled.invalid_names:
            told = ", ".join("{{" + name + "}}" for name in compiled.invalid_names)
            field = "prompt_text" if source.messages is None else "messages"
            raise InvalidRequest(f"No names of variables: {told}", loc=("body", field), kind="invalid_names")
        if not compiled.valid:
            raise MissingVariables(compiled.missing_variables)
        messages = compiled.messages if compiled.messages is not None else user_prompt(compiled.text or "")
    if source.system is not None:
        messages = [Message(role="system", content=source.system), *messages]
    if not any(message.says_something() for message in messages):
        field = "prompt_text" if source.messages is None else "messages"
        raise InvalidRequest("The prompt is empty", loc=("body", field), kind="empty_prompt")
    check_size(messages)
    return ComposedPrompt(messages=tuple(messages), template=template)


def with_defaults(target: Target, prompt: ComposedPrompt) -> Target:
    """The target with what the prompt's version has for it: its model, where the caller names neither a model nor
    whose it is, and its parameters, which the caller's override one by one."""
    changes: dict[str, Any] = {}
    if target.model is None and target.provider is None and target.custom_base_url is None:
        changes["model"] = prompt.default_model
    if prompt.default_parameters is not None:
        changes["parameters"] = Parameters(**(prompt.default_parameters.given() | target.parameters.given()))
    return target.model_copy(update=changes) if changes else target


def with_system(prompt: ComposedPrompt, system: str | None) -> ComposedPrompt:
    """The prompt with that system prompt before it, unless it begins with one of its own. Raises TooLarge."""
    if system is None or prompt.messages[0].role in SYSTEM_ROLES:
        return prompt
    messages = (Message(role="system", content=system), *prompt.messages)
    check_size(messages)
    return replace(prompt, messages=messages)


def _compile(source: PromptSource) -> Compiled:
    variables = source.variables or {}
    if source.messages is not None:
        return compile_messages(source.messages, variables)
    return compile_text(source.text or "", variables)


def check_size(messages: Sequence[Message]) -> None:
    """Raises TooLarge for more than 1 MB of text."""
    size = sum(len(text.encode()) for message in messages for text in message.texts())
    if size > MAX_TEXT_BYTES:
        raise TooLarge("The prompt's text is over 1 MB")
