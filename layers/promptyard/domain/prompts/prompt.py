"""Prompts and their immutable versions."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Self

from pydantic import Field

from promptyard.domain.deferred import FrozenModel
from promptyard.domain.errors import InvalidRequest, TooLarge
from promptyard.domain.lambda_payloads import carried_bytes
from promptyard.domain.models.messages import MAX_TEXT_BYTES, Message, user_prompt
from promptyard.domain.models.targets import Parameters
from promptyard.domain.prompts.names import prompt_id, version_id
from promptyard.domain.prompts.origin import PromptLinks, Template
from promptyard.domain.prompts.templates import find_variables

MAX_VERSION_BYTES = 5_500_000
"""Of a version's content and parameters in an answer: Lambda answers with 6 MB."""
MAX_LABELS = 50
MAX_ALIASES = 50


class PromptContent(FrozenModel):
    """The template itself: one text, or the messages of a chat."""

    type: Literal["text", "chat"]
    text: str | None = None
    messages: list[Message] | None = None

    @classmethod
    def of_text(cls, text: str) -> Self:
        return cls(type="text", text=text)

    @classmethod
    def of_messages(cls, messages: list[Message]) -> Self:
        return cls(type="chat", messages=messages)

    @classmethod
    def of_sent(cls, sent: list[Message], template: Template | None) -> Self:
        """What was sent was made from: the template, or else the messages themselves. A single message of the user's
        is a text."""
        messages = sent
        if template is not None:
            made_from = template.messages or user_prompt(template.text or "")
            # A system prompt given beside the template went ahead of it.
            messages = [*sent[: len(sent) - len(made_from)], *made_from]
        if len(messages) == 1 and messages[0] == Message(role="user", content=messages[0].content):
            content = messages[0].content
            if isinstance(content, str):
                return cls.of_text(content)
        return cls.of_messages(messages)

    def as_messages(self) -> list[Message]:
        """The messages; a text is one message of the user's, which is how it is sent."""
        return self.messages if self.messages is not None else user_prompt(self.text or "")

    def texts(self) -> list[str]:
        return [text for message in self.as_messages() for text in message.texts()]

    def variables(self) -> list[str]:
        """The names in the template, each once, in the order of their first appearance."""
        return list(dict.fromkeys(name for text in self.texts() for name in find_variables(text)))

    def check(self, loc: tuple[str, ...]) -> None:
        """Raises InvalidRequest where nothing is said, TooLarge for more than 1 MB of text. `loc` is the field that
        the content came in."""
        if sum(len(text.encode()) for text in self.texts()) > MAX_TEXT_BYTES:
            raise TooLarge("The prompt's text is over 1 MB")
        if not any(message.says_something() for message in self.as_messages()):
            raise InvalidRequest("A version cannot be empty", loc=loc, kind="empty_prompt")


@dataclass(frozen=True, slots=True)
class VersionDraft:
    """What is to become a version. The model and parameters of the run it was made from are kept with it where the
    caller names none, but make no new version by themselves."""

    content: PromptContent
    default_model: str | None = None
    parameters: Parameters | None = None
    commit_message: str | None = None
    run_model: str | None = None
    run_parameters: Parameters | None = None

    def is_in(self, version: "PromptVersion") -> bool:
        """Whether that version says all that this draft says: the same template, and, where the draft names them,
        the same default model and parameters. Commit messages and authors are not content."""
        return (
            self.content == version.content
            and self.default_model in {None, version.default_model}
            and (self.parameters is None or self.parameters == version.parameters)
        )

    def check_size(self) -> None:
        """Raises TooLarge where no answer could show the version."""
        parameters = self.parameters or self.run_parameters
        shown = [self.content.model_dump_json(exclude_none=True), json.dumps(self.content.variables())]
        if parameters is not None:
            shown.append(parameters.model_dump_json(exclude_none=True))
        if sum(carried_bytes(part.encode()) for part in shown) > MAX_VERSION_BYTES:
            raise TooLarge(
                f"A version can take {MAX_VERSION_BYTES:,} bytes in an answer, where a quote takes four bytes and a "
                "line break three"
            )


class VersionInfo(FrozenModel):
    """What a list says of a version."""

    prompt_id: str
    number: int
    namespace: str
    slug: str
    type: Literal["text", "chat"]
    default_model: str | None = None
    """As a target names it: `openai/gpt-4o`, or bare."""
    commit_message: str | None = None
    author: str | None = None
    """The actor's name."""
    author_id: str | None = None
    created_at: datetime

    @property
    def id(self) -> str:
        return version_id(self.prompt_id, self.number)

    @property
    def links(self) -> PromptLinks:
        """Of what is made from it."""
        return PromptLinks(
            prompt_id=self.prompt_id,
            prompt_name=f"{self.namespace}/{self.slug}",
            version_id=self.id,
            version_number=self.number,
        )


class PromptVersion(VersionInfo):
    """One version. It never changes; its content's type is its own."""

    content: PromptContent
    parameters: Parameters | None = None
    """What a run sends where its request does not say otherwise."""


class Prompt(FrozenModel):
    """A prompt: a name that versions are saved under."""

    tenant: str
    namespace: str
    slug: str
    description: str | None = None
    labels: dict[str, int] = Field({})
    """The number of the version that each label points at."""
    aliases: dict[str, datetime] = Field({})
    """Other names of it, each of one prompt of the tenant's alone, and when it was given: ids that it had elsewhere."""
    latest_version: int | None = None
    """The newest version's number; None before the first."""
    author: str | None = None
    """The actor's name."""
    author_id: str | None = None
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None = None

    @property
    def id(self) -> str:
        return prompt_id(self.tenant, self.namespace, self.slug)

    @property
    def name(self) -> str:
        return f"{self.namespace}/{self.slug}"


@dataclass(frozen=True, slots=True)
class PromptFilter:
    """What a list of prompts is narrowed to."""

    namespace: str | None = None
    search: str | None = None
    """A case-blind part of `namespace/slug` or of the description."""
    archived: bool = False
    """Archived ones too."""

    def matches(self, prompt: Prompt) -> bool:
        if prompt.archived_at is not None and not self.archived:
            return False
        if self.namespace is not None and prompt.namespace != self.namespace:
            return False
        wanted = (self.search or "").casefold()
        return wanted in prompt.name or wanted in (prompt.description or "").casefold()
