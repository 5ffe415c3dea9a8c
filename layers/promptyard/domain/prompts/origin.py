"""What a prompt was made from."""

from typing import Any

from pydantic import BaseModel, ConfigDict

from promptyard.domain.models.messages import Message


class Template(BaseModel):
    """What the prompt was made from: one of text and messages, with the values put in."""

    model_config = ConfigDict(frozen=True)

    text: str | None = None
    messages: list[Message] | None = None
    variables: dict[str, Any] = {}


class PromptLinks(BaseModel):
    """The prompt version that something was made from, by id; all None: from none."""

    model_config = ConfigDict(frozen=True)

    prompt_id: str | None = None
    version_id: str | None = None
    version_number: int | None = None
