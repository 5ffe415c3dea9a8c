"""Token counts without a tokenizer: a bound to reserve by before a run, a guess where the provider reports nothing."""

import json
from collections.abc import Sequence

from promptyard.domain.models.messages import FilePart, ImagePart, Message
from promptyard.domain.models.targets import Parameters
from promptyard.domain.models.usage import Usage

IMAGE_TOKENS_BOUND = 50_000
"""No provider counts more for one image: the most is 48,169, gpt-4o-mini's 2,833 and 5,667 for each of the 8 tiles
that an image in high detail can have (platform.openai.com/docs/guides/images-vision). Most count below 5,000."""

MESSAGE_OVERHEAD = 16
"""Tokens that a chat format may put around a message: role, separators."""

REQUEST_OVERHEAD = 1_024
"""Tokens that a provider may add to a request by itself; the most is the system prompt for tools of some hundred."""

BYTES_PER_TOKEN = 4
"""Of UTF-8, which is four characters in English and fewer in scripts whose tokens are shorter."""


def input_tokens_bound(messages: Sequence[Message], parameters: Parameters | None = None) -> int:
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
        total += _bytes(json.dumps(message.carried))
        for call in message.tool_calls or ():
            total += MESSAGE_OVERHEAD + _bytes(call.id) + _bytes(call.function.name) + _bytes(call.function.arguments)
    for part in (parameters.tools, parameters.response_format, parameters.extra) if parameters else ():
        if part:
            total += _bytes(json.dumps(part))
    return total


def estimate_usage(messages: Sequence[Message], output: str) -> Usage:
    """A rough guess at a text-only run's counts, to be marked `UsageSource.ESTIMATED` wherever it shows.

    Made for prose: code, tables and rare words have more tokens for their bytes. Images are not counted.
    """
    sent = sum(_bytes(text) for message in messages for text in message.texts())
    return Usage(input_tokens=_tokens(sent), output_tokens=_tokens(_bytes(output)))


def _tokens(size: int) -> int:
    return -(-size // BYTES_PER_TOKEN)


def _bytes(text: str) -> int:
    return len(text.encode(errors="surrogatepass"))


def _images(message: Message) -> int:
    return 0 if isinstance(message.content, str | None) else sum(isinstance(p, ImagePart) for p in message.content)


def _files(message: Message) -> list[FilePart]:
    return [] if isinstance(message.content, str | None) else [p for p in message.content if isinstance(p, FilePart)]


DEFAULT_MAX_OUTPUT_TOKENS = 4_096
"""What a run's output is taken to be at most where neither it, its tenant nor the catalogue says."""
