"""What a prompt was made from."""

from typing import Any

from pydantic import Field

from promptyard.domain.deferred import FrozenModel
from promptyard.domain.models.messages import Message


class Template(FrozenModel):
    """What the prompt was made from: one of text and messages, with the values put in."""

    text: str | None = None
    """The template, where it is a text. Left out where it is messages, never null."""
    messages: list[Message] | None = None
    """The template, where it is messages. Left out where it is a text, never null."""
    variables: dict[str, Any] = Field({})
    """The values that were put in, by name."""


class PromptLinks(FrozenModel):
    """The prompt version that something was made from; all None: from none."""

    prompt_id: str | None = None
    prompt_name: str | None = None
    """`namespace/slug`."""
    version_id: str | None = None
    version_number: int | None = None
