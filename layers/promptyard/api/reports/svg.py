"""What the pictures of a report share. Their lines and letters have the colour of the text around them."""

from promptyard.api.reports.markup import Content, Markup, tag

WIDTH = 760
LABEL_WIDTH = 215
_LABEL_CHARACTERS = 33


def figure(
    name: str, height: float, title: str, description: str, *content: Content, caption: Content = None
) -> Markup:
    """A picture with a title and a description for who cannot see it. `name` is unique on the page."""
    picture = tag(
        "svg",
        tag("title", title, id=f"{name}-title"),
        tag("desc", description, id=f"{name}-desc"),
        *content,
        viewBox=f"0 0 {WIDTH} {height:.0f}",
        role="img",
        aria_labelledby=f"{name}-title {name}-desc",
    )
    return tag("figure", tag("figcaption", tag("strong", title), " ", caption), picture)


def text(x: float, y: float, content: str, *, anchor: str | None = None, class_: str | None = None) -> Markup:
    return tag("text", content, x=x, y=y, text_anchor=anchor, class_=class_)


def line(x1: float, y1: float, x2: float, y2: float, *, class_: str | None = None) -> Markup:
    return tag("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=class_)


def row_label(y: float, name: str) -> Markup:
    """A column's name before its row, shortened in its middle; whole when pointed at."""
    return tag("text", shortened(name), tag("title", name), x=LABEL_WIDTH - 12, y=y, text_anchor="end")


def shortened(name: str, longest: int = _LABEL_CHARACTERS) -> str:
    if len(name) <= longest:
        return name
    tail = longest // 2
    return f"{name[: longest - tail - 1]}…{name[-tail:]}"
