"""HTML and SVG that escape whatever is not made here."""

from collections.abc import Iterable
from html import escape
from typing import Union


class Markup(str):
    """Markup, to be put in as it is; any other text is escaped."""

    __slots__ = ()


Content = Union[str, None, Iterable["Content"]]  # noqa: UP007 a string in it
"""Text, markup, nothing, or several of them."""


def tag(element: str, /, *content: Content, **attributes: str | float | bool | None) -> Markup:
    """An element. An attribute that is None or False is left out, True stands without a value; `class_` is `class`, and
    an underscore within a name is a hyphen. Numbers are rounded to tenths, for those are coordinates."""
    given = "".join(_attribute(name, value) for name, value in attributes.items())
    return Markup(f"<{element}{given}>{joined(*content)}</{element}>")


def joined(*content: Content) -> Markup:
    return Markup("".join(_piece(piece) for piece in content))


def _piece(content: Content) -> str:
    if content is None:
        return ""
    if isinstance(content, Markup):
        return content
    if isinstance(content, str):
        return escape(_printable(content))
    return joined(*content)


def _attribute(name: str, value: str | float | bool | None) -> str:
    if value is None or value is False:
        return ""
    name = name.rstrip("_").replace("_", "-") if name != "viewBox" else name
    if value is True:
        return f" {name}"
    text = value if isinstance(value, str) else number(value)
    return f' {name}="{escape(_printable(text))}"'


def number(value: float) -> str:
    rounded = round(value, 1) or 0.0
    return f"{rounded:.0f}" if rounded == int(rounded) else f"{rounded:.1f}"


def _printable(text: str) -> str:
    """Without the characters that no HTML document may hold."""
    if text.isprintable():
        return text
    return "".join(
        one if one.isprintable() or one in "\n\t" or ord(one) >= 0xA0 else "\N{REPLACEMENT CHARACTER}" for one in text
    )
