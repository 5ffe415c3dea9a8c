"""Prompts and their versions, as answers show them."""

from typing import TYPE_CHECKING, Literal

from promptyard.api.answers.fields import Timestamp, WithoutNulls
from promptyard.domain.deferred import DeferredModel
from promptyard.domain.models.messages import Message
from promptyard.domain.models.targets import Parameters
from promptyard.domain.prompts.names import version_id
from promptyard.domain.prompts.prompt import Prompt, PromptVersion, VersionInfo

if TYPE_CHECKING:
    from promptyard.services.prompts.registry import SavedVersion


class VersionPointer(DeferredModel):
    version_number: int
    version_id: str

    @classmethod
    def of(cls, prompt: Prompt, number: int) -> "VersionPointer":
        return VersionPointer(version_number=number, version_id=version_id(prompt.id, number))


class PromptAnswer(DeferredModel):
    """A prompt. `latest_version` is null before the first. `author` is a name; `author_id` is what a run names as its
    `caller`: an API key's id, a token's subject, or `local` while the local server runs open."""

    id: str
    namespace: str
    slug: str
    description: str | None
    latest_version: VersionPointer | None
    labels: dict[str, VersionPointer]
    aliases: list[str]
    archived: bool
    author: str | None
    author_id: str | None
    created_at: Timestamp
    updated_at: Timestamp

    @classmethod
    def of(cls, prompt: Prompt) -> "PromptAnswer":
        latest = prompt.latest_version
        return PromptAnswer(
            id=prompt.id,
            namespace=prompt.namespace,
            slug=prompt.slug,
            description=prompt.description,
            latest_version=None if latest is None else VersionPointer.of(prompt, latest),
            labels={label: VersionPointer.of(prompt, number) for label, number in sorted(prompt.labels.items())},
            aliases=sorted(prompt.aliases),
            archived=prompt.archived_at is not None,
            author=prompt.author,
            author_id=prompt.author_id,
            created_at=prompt.created_at,
            updated_at=prompt.updated_at,
        )


class VersionSummary(DeferredModel):
    id: str
    prompt_id: str
    namespace: str
    slug: str
    version_number: int
    type: Literal["text", "chat"]
    default_model: str | None
    commit_message: str | None
    author: str | None
    author_id: str | None
    created_at: Timestamp

    @classmethod
    def of(cls, version: VersionInfo) -> "VersionSummary":
        return VersionSummary(
            id=version.id,
            prompt_id=version.prompt_id,
            namespace=version.namespace,
            slug=version.slug,
            version_number=version.number,
            type=version.type,
            default_model=version.default_model,
            commit_message=version.commit_message,
            author=version.author,
            author_id=version.author_id,
            created_at=version.created_at,
        )


class VersionAnswer(VersionSummary):
    """A version with its content: `text` or `messages`, as its `type` is `text` or `chat`."""

    text: str | None
    messages: list[WithoutNulls[Message]] | None
    variables: list[str]
    parameters: WithoutNulls[Parameters]

    @classmethod
    def of_whole(cls, version: PromptVersion) -> "VersionAnswer":
        return VersionAnswer(
            **vars(VersionSummary.of(version)),
            text=version.content.text,
            messages=version.content.messages,
            variables=version.content.variables(),
            parameters=version.parameters or Parameters(),
        )


class SavedVersionAnswer(DeferredModel):
    """`created` is false where the newest version had this content already."""

    prompt_id: str
    version_id: str
    version_number: int
    namespace: str
    slug: str
    created: bool

    @classmethod
    def of(cls, saved: "SavedVersion") -> "SavedVersionAnswer":
        version = saved.version
        return SavedVersionAnswer(
            prompt_id=version.prompt_id,
            version_id=version.id,
            version_number=version.number,
            namespace=version.namespace,
            slug=version.slug,
            created=saved.is_new,
        )
