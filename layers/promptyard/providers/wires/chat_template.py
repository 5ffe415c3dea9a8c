"""Most frames of a streamed text differ in nothing but their text: what JSON says of one it says of all of these."""

import json

from promptyard.providers.reading.values import list_of, object_of, objects_in

TRIES = 8
"""Of an answer. Some servers have something else in each frame, too."""
_KEYS = ('"content":"', '"content": "')
_decode = json.JSONDecoder(strict=False).raw_decode


class ChatTemplate:
    """A chat frame around its text."""

    __slots__ = ("_after", "_before")

    def __init__(self, before: str, after: str) -> None:
        """`before` ends with the quote that begins the text; `after` begins behind the one that ends it."""
        self._before = before
        self._after = after

    @classmethod
    def of(cls, frame: str, text: str) -> "ChatTemplate | None":
        """Of a frame that was read, and brought this text. None where it might bring something else as well, were it to
        come again."""
        for key in _KEYS:
            before, found, rest = frame.partition(key)
            if found:
                _, end = _decode(f'"{rest}')
                template, other = cls(before + key, rest[end - 1 :]), f"{text}."
                return template if _brings_alone(other, template._with(other)) else None
        return None

    def _with(self, text: str) -> str:
        return f"{self._before[:-1]}{json.dumps(text)}{self._after}"

    def text_in(self, frame: str) -> str | None:
        """The text of a frame that is the same but for it; None in another."""
        if not (frame.startswith(self._before) and frame.endswith(self._after)):
            return None
        try:
            text, end = _decode(frame, len(self._before) - 1)
        except ValueError:
            return None
        return str(text) if end + len(self._after) == len(frame) else None


def _brings_alone(text: str, frame: str) -> bool:
    try:
        found = objects_in(frame)
    except (ValueError, RecursionError):  # on the verge of too deep, it could be read but for what called this
        return False
    choices = list_of(found[0].get("choices")) if len(found) == 1 else ()
    if len(choices) != 1:
        return False
    delta = object_of(choices[0].get("delta"))
    more = any(value for name, value in delta.items() if name not in {"content", "role"})
    return delta.get("content") == text and not more
