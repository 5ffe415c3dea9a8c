"""Text that was cut between the halves of a surrogate pair."""

import re
from typing import Any

_SURROGATE = re.compile("[\ud800-\udfff]")


def whole(text: str) -> str:
    """The text in whole characters: halves of a surrogate pair are joined, a lone one is U+FFFD."""
    if text.isascii() or _SURROGATE.search(text) is None:
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def whole_within(value: Any) -> Any:
    """The JSON value, all its texts in whole characters."""
    if isinstance(value, str):
        return whole(value)
    if isinstance(value, dict):
        return {whole(name): whole_within(inner) for name, inner in value.items()}
    return [whole_within(inner) for inner in value] if isinstance(value, list) else value


class Joiner:
    """Joins the halves of surrogate pairs that were cut between two pieces of one text."""

    __slots__ = ("_half",)

    def __init__(self) -> None:
        self._half = ""

    def join(self, piece: str) -> str:
        """The piece in whole characters, without a half at its end, which the next one may complete."""
        if self._half:
            piece = self._half + piece
        elif piece.isascii():
            return piece
        self._half = ""
        if "\ud800" <= piece[-1:] <= "\udbff":
            self._half = piece[-1]
            piece = piece[:-1]
        return whole(piece)

    def rest(self) -> str:
        """What is left of a half that was never completed."""
        half, self._half = self._half, ""
        return "\ufffd" if half else ""
