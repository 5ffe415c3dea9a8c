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
    """The version's number, from 1."""
    version_id: str
    """The version's id."""

    @classmethod
    def of(cls, prompt: Prompt, number: int) -> "VersionPointer":
        return VersionPointer(version_number=number, version_id=version_id(prompt.id, number))


class PromptAnswer(DeferredModel):
    """A prompt. `latest_version` is null before the first. `author` is a name; `author_id` is what a run names as its
    `caller`: an API key's id, a token's subject, or `local` while the local server runs open."""

    id: str
    """The prompt's id."""
    namespace: str
    """The first part of the prompt's name."""
    slug: str
    """The second part of the prompt's name."""
    description: str | None
    """What the prompt is for. Null where nobody has said."""
    latest_version: VersionPointer | None
    """The newest version. Null before the first."""
    labels: dict[str, VersionPointer]
    """The version that each label points at, by the label's name."""
    aliases: list[str]
    """The names that the prompt has beside its own."""
    archived: bool
    """Whether the prompt is archived: its versions and runs stay."""
    author: str | None
    """The name of who made the prompt. Null where it is not known."""
    author_id: str | None
    """Who made the prompt, as a run names its `caller`. Null where that is not known."""
    created_at: Timestamp
    """When the prompt was made, in UTC."""
    updated_at: Timestamp
    """When the prompt was last changed, in UTC."""

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
    """The version's id."""
    prompt_id: str
    """The prompt's id."""
    namespace: str
    """The first part of the prompt's name."""
    slug: str
    """The second part of the prompt's name."""
    version_number: int
    """The version's number: 1, 2, 3 … without gaps."""
    type: Literal["text", "chat"]
    """What the version holds: a `text`, or the messages of a `chat`."""
    default_model: str | None
    """The model of a run that names none. Null where there is none."""
    commit_message: str | None
    """Why there is this version. Null where nobody has said."""
    author: str | None
    """The name of who saved the version. Null where it is not known."""
    author_id: str | None
    """Who saved the version, as a run names its `caller`. Null where that is not known."""
    created_at: Timestamp
    """When the version was saved, in UTC."""

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
    """The template. Null where `type` is `chat`."""
    messages: list[WithoutNulls[Message]] | None
    """The template's messages. Null where `type` is `text`."""
    variables: list[str]
    """The names of the template's variables, in the order of their first appearance."""
    parameters: WithoutNulls[Parameters]
    """What a run of the version sends where its request does not say otherwise. What was not given is left out."""

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
    """The prompt's id."""
    version_id: str
    """The version's id."""
    version_number: int
    """The version's number, from 1."""
    namespace: str
    """The first part of the prompt's name."""
    slug: str
    """The second part of the prompt's name."""
    created: bool
    """Whether a new version was made. False where the newest one had this content already."""

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
