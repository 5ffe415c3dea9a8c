"""In how many rows each column did better than the baseline, alike, and worse."""

from collections.abc import Sequence

from promptyard.api.reports.markup import Markup, tag
from promptyard.api.reports.svg import LABEL_WIDTH, WIDTH, figure, row_label, text
from promptyard.domain.benchmarks.evidence.report import PairedComparison
from promptyard.domain.benchmarks.evidence.wording import name_of

_ROW, _BAR = 26, 16
_KINDS = {"wins": "won", "ties": "alike", "losses": "lost"}


def outcomes(name: str, comparisons: Sequence[PairedComparison]) -> Markup | None:
    """Of comparisons by one measure. None where no row can be compared."""
    known = [one for one in comparisons if one.n]
    if not known:
        return None
    most = max(one.n for one in known)
    return figure(
        name,
        8 + _ROW * len(known),
        f"Rows won, alike and lost in {name_of(known[0].metric)}",
        "; ".join(f"{one.column}: {one.wins} won, {one.ties} alike, {one.losses} lost" for one in known) + ".",
        [_row(one, 4 + _ROW * index, most) for index, one in enumerate(known)],
        caption=[
            f"against {known[0].baseline}: ",
            [(tag("span", class_=f"key {kind}"), f" {word} ") for kind, word in _KINDS.items()],
        ],
    )


def _row(one: PairedComparison, y: float, most: int) -> Markup:
    width, x, parts = WIDTH - LABEL_WIDTH - 8, float(LABEL_WIDTH), []
    for kind in _KINDS:
        count: int = getattr(one, kind)
        size = width * count / most
        if count:
            parts.append(tag("rect", x=x, y=y, width=max(size - 1, 0.5), height=_BAR, class_=kind))
        if size > 9 * len(str(count)) + 4 and count:
            parts.append(text(x + size / 2, y + _BAR - 4, str(count), anchor="middle", class_=f"in-{kind}"))
        x += size
    said = f"{one.wins} won, {one.ties} alike, {one.losses} lost"
    return tag("g", tag("title", f"{one.column}: {said}"), row_label(y + _BAR - 4, one.column), parts)
