"""Chat messages in the OpenAI content-part form, which the wire takes and the adapters translate."""

import base64
import binascii
from collections.abc import Sequence
from contextlib import suppress
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, ValidationError, model_validator

from promptyard.domain.deferred import FrozenModel
from promptyard.domain.models.foreign_messages import CARRIED, message_in_our_form

MAX_TEXT_BYTES = 1_000_000
"""Over all texts of a prompt, in UTF-8."""

Role = Literal["system", "developer", "user", "assistant", "tool"]


class _Part(FrozenModel):
    model_config = ConfigDict(extra="forbid")


class TextPart(_Part):
    type: Literal["text"] = "text"
    """Always `text`."""
    text: str
    """The text."""
    cache_control: dict[str, Any] | None = None
    """A mark for the provider's cache; sent to providers that have such marks."""
    extra_content: dict[str, Any] | None = None
    """Google's signature of a thought, as its OpenAI form has it: `{"google": {"thought_signature": …}}`."""


class ImageUrl(_Part):
    url: str = Field(pattern=r"^(https?://|data:image/)")
    """An http(s) URL, which is passed on and never fetched here, or a base64 `data:image/…;base64,…` URL."""
    detail: Literal["auto", "low", "high", "original"] | None = None
    """How closely the model looks at the image. Without it the provider decides."""


class ImagePart(_Part):
    type: Literal["image_url"] = "image_url"
    """Always `image_url`."""
    image_url: ImageUrl
    """The image."""
    cache_control: dict[str, Any] | None = None
    """A mark for the provider's cache; sent to providers that have such marks."""


class FileContent(_Part):
    """A file: its content, or the id under which the provider has it."""

    filename: str | None = Field(None, max_length=255)
    """The file's name, at most 255 characters."""
    file_data: str | None = None
    """The file's content, as a base64 `data:<media type>;base64,…` URL."""
    file_id: str | None = Field(None, min_length=1, max_length=512)
    """The id under which the provider has the file."""

    @model_validator(mode="after")
    def _one_content(self) -> Self:
        if (self.file_data is None) == (self.file_id is None):
            raise ValueError("give exactly one of file_data and file_id")
        return self

    def text(self) -> str | None:
        """What a text file says; None for another kind, or one that is not here."""
        header, comma, data = (self.file_data or "").partition(",")
        if not comma or not header.startswith("data:text/"):
            return None
        with suppress(binascii.Error):
            return base64.b64decode(data, validate=True).decode(errors="replace")
        return None


class FilePart(_Part):
    type: Literal["file"] = "file"
    """Always `file`."""
    file: FileContent
    """The file: its content, or the id under which the provider has it."""
    cache_control: dict[str, Any] | None = None
    """A mark for the provider's cache; sent to providers that have such marks."""


AnyPart = TextPart | ImagePart | FilePart
ContentPart = Annotated[AnyPart, Field(discriminator="type")]


class ToolFunction(_Part):
    name: str
    """The function's name."""
    arguments: str
    """The arguments as JSON text, as the model wrote it."""


class ToolCall(_Part):
    id: str
    """The call's id, by which the tool's result names it."""
    type: Literal["function"] = "function"
    """Always `function`."""
    function: ToolFunction
    """The function that is to be called, with its arguments."""
    extra_content: dict[str, Any] | None = None
    """What the provider wants back with the call, in the form of Gemini's OpenAI API."""


class Replayed(_Part):
    """A part of an answer that its provider wants back with the next turn, such as signed or encrypted reasoning: as it
    came, in the form of its wire, which alone is sent it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    part: dict[str, Any]
    """The part, in the provider's own form."""
    after_text: int = Field(0, ge=0)
    """How many characters of the answer's text came before it, at least 0."""
    after_calls: int = Field(0, ge=0)
    """How many of the answer's tool calls came before it, at least 0."""


_GIVEN_BACK = "Of an assistant's message: given back as the provider gave it"
_CARRIED_SCHEMAS: dict[str, dict[str, Any]] = {
    "annotations": {"description": f"{_GIVEN_BACK}, the sources that it named."},
    "audio": {"description": f"{_GIVEN_BACK}, what was spoken."},
    "prefix": {"description": "Of an assistant's message: whether the answer goes on with it, where the provider can."},
    "reasoning": {"type": "string", "description": f"{_GIVEN_BACK}, what the model thought."},
    "reasoning_content": {"type": "string", "description": f"{_GIVEN_BACK}, what the model thought."},
    "reasoning_details": {"description": f"{_GIVEN_BACK}, what the model thought, in OpenRouter's form."},
    "reasoning_items": {"description": f"{_GIVEN_BACK}, the items of reasoning of OpenAI's Responses."},
    "refusal": {"type": "string", "description": f"{_GIVEN_BACK}, why it does not answer."},
    "replay": {
        "type": "array",
        "items": Replayed.model_json_schema(),
        "description": "Of an assistant's message: what its provider wants back, as the answer has it.",
    },
    "thinking_blocks": {"description": f"{_GIVEN_BACK}, Anthropic's blocks of thought, with their signatures."},
}


def _describe_carried(schema: dict[str, Any]) -> None:
    """An assistant's message may have these beside the fields that are ours."""
    schema["properties"] |= {name: _CARRIED_SCHEMAS[name] for name in sorted(CARRIED)}
    schema["additionalProperties"] = False


class Message(FrozenModel):
    """One message. `content` is None only beside tool calls, or where an assistant said nothing.

    An assistant's message may come as a provider or its SDK gave it. What has no place in our own fields is kept as it
    came where a provider may want it back: see `carried`.
    """

    model_config = ConfigDict(extra="allow", json_schema_extra=_describe_carried)

    role: Role
    """Who speaks."""
    content: str | list[ContentPart] | None = None
    """What is said: a text, or parts of text, images and files. Null beside tool calls, or where an assistant said
    nothing."""
    name: str | None = None
    """A name for who speaks, which providers may tell the model."""
    tool_calls: list[ToolCall] | None = None
    """The tools that an assistant wants to have called."""
    tool_call_id: str | None = None
    """Of a message of the role `tool`: the id of the call that it is the result of."""

    @model_validator(mode="before")
    @classmethod
    def _in_our_form(cls, message: Any) -> Any:
        return message_in_our_form(message, set(cls.model_fields)) if isinstance(message, dict) else message

    @property
    def carried(self) -> dict[str, Any]:
        """What a provider gave with an assistant's message and may want back, by its name there: see CARRIED."""
        return self.model_extra or {}

    @property
    def replay(self) -> list[Replayed]:
        """What goes back to the wire that it came from, in the order in which it came."""
        found = []
        for entry in self.carried.get("replay") or []:
            with suppress(ValidationError):
                found.append(Replayed.model_validate(entry))
        return found

    def texts(self) -> list[str]:
        """The text parts, in order."""
        if self.content is None:
            return []
        if isinstance(self.content, str):
            return [self.content]
        return [part.text for part in self.content if isinstance(part, TextPart)]

    def says_something(self) -> bool:
        """Whether there is a text that is not blank, an image, a file or a tool call in it."""
        if self.tool_calls or any(text.strip() for text in self.texts()):
            return True
        return isinstance(self.content, list) and any(not isinstance(part, TextPart) for part in self.content)

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
