"""Token counts of whole requests: a bound to reserve by before a run, a count where the provider reports none."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from promptyard.domain.models.image_tokens import image_tokens
from promptyard.domain.models.messages import FilePart, ImagePart, Message, ToolCall
from promptyard.domain.models.token_counts import count_tokens

if TYPE_CHECKING:
    from promptyard.domain.models.targets import Parameters

IMAGE_TOKENS_BOUND = 50_000
"""No provider counts more for one image: the most is 48,169, gpt-4o-mini's 2,833 and 5,667 for each of the 8 tiles
that an image in high detail can have (platform.openai.com/docs/guides/images-vision). Most count below 5,000."""

MESSAGE_OVERHEAD = 16
"""Tokens that a chat format may put around a message: role, separators."""

REQUEST_OVERHEAD = 1_024
"""Tokens that a provider may add to a request by itself; the most is the system prompt for tools of some hundred."""

REQUEST_TOKENS = 8
MESSAGE_TOKENS = 5
CALL_TOKENS = 10
"""What chat formats put around a request, a message and a tool call."""


def input_tokens_bound(messages: Sequence[Message], parameters: "Parameters | None" = None) -> int:
    """At least as many tokens as the provider will count for the input.

    A tokenizer emits at most one token for each byte of UTF-8: byte-level BPE starts from bytes and merges, and
    SentencePiece falls back to bytes.
    """
    total = REQUEST_OVERHEAD
    for message in messages:
        total += MESSAGE_OVERHEAD + _bytes(message.name or "")
        total += sum(_bytes(text) for text in message.texts())
        total += IMAGE_TOKENS_BOUND * _images(message)
        total += sum(_bytes(part.file.model_dump_json()) for part in _files(message))
        total += _bytes(json.dumps(message.carried)) if message.carried else 0
        for call in message.tool_calls or ():
            total += MESSAGE_OVERHEAD + _bytes(call.id) + _bytes(call.function.name) + _bytes(call.function.arguments)
    for part in (parameters.tools, parameters.response_format, parameters.extra) if parameters else ():
        if part:
            total += _bytes(json.dumps(part))
    return total


def count_input(
    messages: Sequence[Message], parameters: "Parameters", model: str = "", tools_prompt_tokens: int = 0
) -> int:
    """What a provider counts for a request that it did not report on: on the safe side, and near it for ordinary text.
    Everything that is sent counts. `tools_prompt_tokens` is what the provider adds by itself where there are tools."""
    total = REQUEST_TOKENS
    for message in messages:
        total += MESSAGE_TOKENS + sum(count_tokens(text) for text in message.texts())
        total += count_tokens(message.name or "") + count_tokens(message.tool_call_id or "")
        total += sum(
            image_tokens(part.image_url, model) for part in message.content or () if isinstance(part, ImagePart)
        )
        total += sum(count_tokens(part.file.model_dump_json()) for part in _files(message))
        total += count_tokens(json.dumps(message.carried, ensure_ascii=False)) if message.carried else 0
        total += sum(CALL_TOKENS + count_call(call) + count_tokens(call.id) for call in message.tool_calls or ())
    for part in (parameters.tools, parameters.response_format, parameters.extra):
        if part:
            total += count_tokens(json.dumps(part, ensure_ascii=False))
    return total + (tools_prompt_tokens if parameters.tools or parameters.response_format else 0)


def count_call(call: ToolCall) -> int:
    return count_tokens(call.function.name) + count_tokens(call.function.arguments)


def _bytes(text: str) -> int:
    return len(text.encode(errors="surrogatepass"))


def _images(message: Message) -> int:
    return 0 if isinstance(message.content, str | None) else sum(isinstance(p, ImagePart) for p in message.content)


def _files(message: Message) -> list[FilePart]:
    return [] if isinstance(message.content, str | None) else [p for p in message.content if isinstance(p, FilePart)]


DEFAULT_MAX_OUTPUT_TOKENS = 4_096
"""What a run's output is taken to be at most where neither it, its tenant nor the catalogue says."""
