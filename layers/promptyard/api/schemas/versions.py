"""A prompt's version in requests: its content, and which one is meant."""

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Protocol, Self, TypeVar
from uuid import UUID

from pydantic import Field, model_validator

from promptyard.api.requests import WireRequest, example, given_of
from promptyard.domain.errors import named_in_body
from promptyard.domain.models.messages import Message
from promptyard.domain.models.targets import Parameters
from promptyard.domain.prompts.names import NAME_PATTERN
from promptyard.domain.prompts.prompt import PromptContent, VersionDraft

if TYPE_CHECKING:
    from promptyard.services.runs.history import RunHistory

Name = Annotated[str, Field(pattern=NAME_PATTERN)]
"""A namespace or a slug."""


class VersionFields(WireRequest):
    """A version's content: exactly one of `content` (a text), `messages` and `run_id` (what that run was made from).
    The default model and parameters are what a run of the version takes where it names none; of a run, its own."""

    model_config = example({"content": "Explain {{topic}} in a sentence.", "default_model": "demo/writer"})

    content: str | None = Field(None, description="The text of the prompt, a template with `{{name}}` for variables")
    messages: list[Message] | None = Field(None, description="The messages of a chat, their texts templates as well")
    run_id: str | None = Field(None, min_length=1, max_length=64, description="A run, whose prompt is taken")
    default_model: str | None = Field(
        None, min_length=1, max_length=256, description="As a target names it: `openai/gpt-4o`, or bare"
    )
    parameters: Parameters | None = Field(None, description="What a run sends where its request does not say otherwise")
    commit_message: str | None = Field(None, max_length=1000, description="Why there is this version")

    @model_validator(mode="after")
    def _one_content(self) -> Self:
        given = given_of(self, ("content", "messages", "run_id"))
        if len(given) != 1:
            found = " and ".join(given) or "none"
            raise ValueError(f"give exactly one of content, messages and run_id; found {found}")
        return self

    def template(self) -> PromptContent:
        """What `content` or `messages` hold. Raises InvalidRequest, TooLarge."""
        if self.messages is not None and given_of(self, ("content", "messages")) == ["messages"]:
            template, field = PromptContent.of_messages(self.messages), "messages"
        else:
            template, field = PromptContent.of_text(self.content or ""), "content"
        template.check(("body", field))
        return template

    async def draft(self, tenant: str, history: "RunHistory") -> VersionDraft:
        """Raises InvalidRequest, TooLarge; UnknownReference for a run that is not there."""
        if self.run_id is not None:
            with named_in_body("run_id"):
                draft = await history.version_draft(tenant, self.run_id)
        else:
            draft = VersionDraft(self.template())
        parameters = self.parameters if self.parameters is not None and self.parameters.given() else None
        return replace(
            draft, default_model=self.default_model, parameters=parameters, commit_message=self.commit_message
        )


class NamesVersion(Protocol):
    version_number: int | None
    version_id: UUID | None


Naming = TypeVar("Naming", bound=NamesVersion)


def one_version(request: Naming) -> Naming:
    """The request. Raises ValueError unless it names a version by exactly one of its number and its id."""
    if (request.version_number is None) == (request.version_id is None):
        raise ValueError("give exactly one of version_number and version_id")
    return request
