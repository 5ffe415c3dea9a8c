"""Bar charts as SVG, of a few lines."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

COLOURS = {"direct": "#9aa0a6", "relay": "#5b8def", "Promptyard": "#d9622b"}
MET, MISSED, TARGET = "#2e8b57", "#c0392b", "#222222"
WIDTH, LEFT, RIGHT = 900, 400, 120
BAR, GAP = 16, 10


@dataclass(frozen=True, slots=True)
class Bar:
    value: float
    label: str
    colour: str
    mark: float | None = None
    """Where a line across the bar stands: what has to hold."""


Group = tuple[str, Sequence[Bar]]


def bar_chart(title: str, groups: Sequence[Group], key: Mapping[str, str]) -> str:
    """Groups of horizontal bars on one logarithmic scale of whole decades. `key`: names of colours.

    Values have to be above 0."""
    shown = [value for _, bars in groups for bar in bars for value in (bar.value, bar.mark) if value]
    low = math.floor(math.log10(min(shown)) - 0.01)
    high = max(low + 1, math.ceil(math.log10(max(shown))))
    span = WIDTH - LEFT - RIGHT

    def x(value: float) -> float:
        return LEFT + span * (math.log10(value) - low) / (high - low)

    top = 62
    body: list[str] = []
    for name, bars in groups:
        middle = top + len(bars) * BAR / 2 + 4
        body.append(f'<text x="{LEFT - 10}" y="{middle:.0f}" text-anchor="end">{escape(name)}</text>')
        for bar in bars:
            end = x(bar.value)
            beyond = end if bar.mark is None else max(end, x(bar.mark))
            body.append(f'<rect x="{LEFT}" y="{top}" width="{end - LEFT:.1f}" height="{BAR - 2}" fill="{bar.colour}"/>')
            body.append(f'<text x="{beyond + 5:.1f}" y="{top + 12}" class="value">{escape(bar.label)}</text>')
            if bar.mark is not None:
                body.append(_line(x(bar.mark), top - 3, top + BAR + 1, TARGET, 2))
            top += BAR
        top += GAP
    grid = [_decade(x(10.0**power), 10.0**power, top) for power in range(low, high + 1)]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top + 24}" font-family="sans-serif" '
            f'font-size="12" role="img" aria-label="{escape(title)}">',
            "<style>.value { font-size: 11px; fill: #444444 } .axis { font-size: 10px; fill: #777777 }</style>",
            f'<rect width="{WIDTH}" height="{top + 24}" fill="#ffffff"/>',
            f'<text x="12" y="22" font-size="15" font-weight="bold">{escape(title)}</text>',
            *_key(key),
            *grid,
            *body,
            "</svg>\n",
        ]
    )


def _key(key: Mapping[str, str]) -> list[str]:
    made, left = [], 12
    for name, colour in key.items():
        made.append(f'<rect x="{left}" y="34" width="10" height="10" fill="{colour}"/>')
        made.append(f'<text x="{left + 15}" y="43">{escape(name)}</text>')
        left += 40 + 7 * len(name)
    return made


def _decade(x: float, value: float, bottom: float) -> str:
    label = f'<text x="{x:.1f}" y="{bottom + 12}" text-anchor="middle" class="axis">{value:,.12g}</text>'
    return _line(x, 54, bottom, "#e3e3e3", 1) + label


def _line(x: float, top: float, bottom: float, colour: str, width: int) -> str:
    return f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{top}" y2="{bottom}" stroke="{colour}" stroke-width="{width}"/>'
