"""Chat messages in the OpenAI content-part form, which the wire takes and the adapters translate."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

MAX_TEXT_BYTES = 1_000_000
"""Over all texts of a prompt, in UTF-8."""

Role = Literal["system", "developer", "user", "assistant", "tool"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TextPart(_Part):
    type: Literal["text"] = "text"
    text: str


class ImageUrl(_Part):
    url: str = Field(pattern=r"^(https?://|data:image/)")
    """An http(s) URL, passed on and never fetched here, or a base64 `data:image/…;base64,…` URL."""
    detail: Literal["auto", "low", "high"] | None = None


class ImagePart(_Part):
    type: Literal["image_url"] = "image_url"
    image_url: ImageUrl


ContentPart = Annotated[TextPart | ImagePart, Field(discriminator="type")]


class ToolFunction(_Part):
    name: str
    arguments: str
    """JSON text, as the model wrote it."""


class ToolCall(_Part):
    id: str
    type: Literal["function"] = "function"
    function: ToolFunction
    extra_content: dict[str, Any] | None = None
    """What the provider wants back with the call, in the form of Gemini's OpenAI API."""


class Message(BaseModel):
    """One message. `content` is None only beside tool calls."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    role: Role
    content: str | list[ContentPart] | None = None
    name: str | None = None
    tool_calls: list[ToolCall] | None = None
    tool_call_id: str | None = None

    def texts(self) -> list[str]:
        """The text parts, in order."""
        if self.content is None:
            return []
        if isinstance(self.content, str):
            return [self.content]
        return [part.text for part in self.content if isinstance(part, TextPart)]

    def says_something(self) -> bool:
        """Whether there is a text that is not blank, an image or a tool call in it."""
        if self.tool_calls or any(text.strip() for text in self.texts()):
            return True
        return isinstance(self.content, list) and any(isinstance(part, ImagePart) for part in self.content)

    def wire(self) -> dict[str, Any]:
        """The message as the OpenAI chat form has it: absent rather than null fields."""
        return self.model_dump(mode="json", exclude_none=True)


def user_prompt(text: str, system: str | None = None) -> list[Message]:
    """A single-turn conversation."""
    head = [Message(role="system", content=system)] if system else []
    return [*head, Message(role="user", content=text)]


def joined_text(messages: Sequence[Message]) -> str:
    """Every text of the conversation, for measures over the whole prompt."""
    return "\n\n".join(text for message in messages for text in message.texts())
