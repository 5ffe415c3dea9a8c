r"""Prompt templates: `{{name}}`, blanks inside the braces allowed, filled in one pass.

A name is a letter of any script or `_`, then letters, digits, `_`, `.` and `-`; what stands in double braces and is no
name is told. `\{{` stands for `{{` itself. A value is never expanded again.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from promptyard.domain.errors import InvalidRequest, TooLarge
from promptyard.domain.models.messages import Message, TextPart, joined_text, user_prompt

MAX_COMPILED_CHARACTERS = 1_000_000
"""Over all texts of a prompt. A small template can ask for a large value many times."""
MAX_TEMPLATE_CHARACTERS = 1_000_000
"""Likewise, of what the values are put into: 5 MB of braces would take a second to read."""

# What each repetition takes, nothing that follows it begins with, and no two tokens share a character: so the scan is
# linear in the text.
# From one `{{` it never reads past the next, so that the scan is linear in the text.
_TOKEN = re.compile(r"\\\{\{|\{\{(?!\{)((?:[^{}]|\{(?!\{)|\}(?!\}))*)\}\}")
_BLANKS = " \t"


@dataclass(frozen=True, slots=True)
class Compiled:
    """A template with its values put in. Where variables are missing there is neither text nor messages."""

    valid: bool
    text: str | None
    messages: list[Message] | None
    variables_found: list[str]
    """In the order of their first appearance."""
    missing_variables: list[str]
    invalid_names: list[str] = field(default_factory=list)
    """What stands in double braces and is no name, in the order of its first appearance."""


def find_variables(text: str) -> list[str]:
    """The names in a template, each once, in the order of their first appearance."""
    return [name for name in _braced([text]) if _is_name(name)]


def compile_text(text: str, variables: Mapping[str, Any]) -> Compiled:
    """A text template; `messages` of the result is the text as one user message. Missing variables and what is no name
    stand in the result.

    Raises InvalidRequest for a value that is no string, number or boolean, TooLarge.
    """
    _check_size([text])
    braced = _braced([text])
    faults = _faults(braced, variables)
    if faults is not None:
        return faults
    compiled = _Renderer(braced, variables).render(text)
    return Compiled(True, compiled, user_prompt(compiled), braced, [])


def compile_messages(messages: Sequence[Message], variables: Mapping[str, Any]) -> Compiled:
    """Messages whose texts are templates; images, tool calls and names stay as they are. `text` of the result is
    every text of the conversation. Raises as `compile_text`."""
    texts = [text for message in messages for text in message.texts()]
    _check_size(texts)
    braced = _braced(texts)
    faults = _faults(braced, variables)
    if faults is not None:
        return faults
    renderer = _Renderer(braced, variables)
    compiled = [_with_texts(message, renderer) for message in messages]
    return Compiled(True, joined_text(compiled), compiled, braced, [])


def _check_size(texts: Iterable[str]) -> None:
    if sum(map(len, texts)) > MAX_TEMPLATE_CHARACTERS:
        raise TooLarge("The template's text is over 1 MB")


def _faults(braced: Sequence[str], variables: Mapping[str, Any]) -> Compiled | None:
    """The result where something is missing or no name, else None."""
    names = [name for name in braced if _is_name(name)]
    missing = [name for name in names if name not in variables]
    invalid = [name for name in braced if not _is_name(name)]
    return Compiled(False, None, None, names, missing, invalid) if missing or invalid else None


def _braced(texts: Iterable[str]) -> list[str]:
    """What stands in double braces, each once, in the order of its first appearance."""
    found = dict.fromkeys(match[1] for text in texts for match in _TOKEN.finditer(text))
    return list(dict.fromkeys(name.strip(_BLANKS) for name in found if name is not None))


def _is_name(text: str) -> bool:
    # Python's own identifiers are of the same letters, digits and marks (UAX 31).
    return not text.startswith((".", "-")) and text.replace(".", "_").replace("-", "_").isidentifier()


def _with_texts(message: Message, renderer: "_Renderer") -> Message:
    if message.content is None:
        return message
    if isinstance(message.content, str):
        return message.model_copy(update={"content": renderer.render(message.content)})
    parts = [
        part.model_copy(update={"text": renderer.render(part.text)}) if isinstance(part, TextPart) else part
        for part in message.content
    ]
    return message.model_copy(update={"content": parts})


class _Renderer:
    """Puts one set of values into the texts of one prompt and watches the size of them all."""

    def __init__(self, names: Iterable[str], variables: Mapping[str, Any]) -> None:
        self._values = {name: _value(name, variables[name]) for name in names}
        self._left = MAX_COMPILED_CHARACTERS

    def render(self, text: str) -> str:
        pieces = []
        end = 0
        for match in _TOKEN.finditer(text):
            pieces.append(self._take(text[end : match.start()]))
            pieces.append(self._take("{{" if match[1] is None else self._values[match[1].strip(_BLANKS)]))
            end = match.end()
        pieces.append(self._take(text[end:]))
        return "".join(pieces)

    def _take(self, piece: str) -> str:
        self._left -= len(piece)
        if self._left < 0:
            raise TooLarge("The prompt's text is over 1 MB once its variables are put in")
        return piece


def _value(name: str, value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool | int | float):
        try:
            return json.dumps(value, allow_nan=False)
        except ValueError:
            pass  # NaN and the infinities are no JSON numbers.
    raise InvalidRequest(
        f"The variable {name} is neither a string nor a number nor a boolean",
        loc=("body", "variables", name),
        kind="variable_type",
    )
