"""How many answers have come after how long: a small picture for each column, with the baseline's curve behind it."""

from collections.abc import Sequence

from promptyard.api.reports.markup import Markup, tag
from promptyard.api.reports.scales import Scale
from promptyard.api.reports.svg import WIDTH, figure, line, shortened, text
from promptyard.domain.benchmarks.evidence.measure_names import LATENCY
from promptyard.domain.benchmarks.evidence.report import BenchmarkReport, ColumnSummary
from promptyard.domain.benchmarks.evidence.wording import amount

_ACROSS, _PANEL_HEIGHT = 3, 186
_PANEL = WIDTH / _ACROSS
_LEFT, _RIGHT, _TOP, _BOTTOM = 42, 14, 46, 28
_SHOWN = 0.99
"""Of the answers: the slowest would press all others together."""


def latency_curves(name: str, report: BenchmarkReport) -> Markup | None:
    """None where no latency is known."""
    known = [column for column in report.columns if column.latency_curve]
    if not known:
        return None
    baseline = next((column for column in known if column.column == report.baseline), None)
    longest = max(column.latency_curve[int(_SHOWN * (len(column.latency_curve) - 1))] for column in known)
    panels = []
    for index, column in enumerate(known):
        down, along = divmod(index, _ACROSS)
        behind = baseline if baseline is not None and column is not baseline else None
        panels.append(_panel(column, behind, along * _PANEL, down * _PANEL_HEIGHT, longest or 1.0))
    return figure(
        name,
        _PANEL_HEIGHT * -(-len(known) // _ACROSS),
        "Latency",
        "; ".join(f"{column.column}: {_said(column)}" for column in known) + ".",
        panels,
        caption="the share of answers that have come after so long; dashed: the baseline; dots: p50 and p95. "
        "The slowest 1 % are not shown",
    )


def _said(column: ColumnSummary) -> str:
    return (
        f"p50 {amount(LATENCY, column.latency_ms.median or 0.0)}, p95 {amount(LATENCY, column.latency_ms.p95 or 0.0)}"
    )


def _panel(column: ColumnSummary, behind: ColumnSummary | None, left: float, top: float, longest: float) -> Markup:
    x = Scale(0, longest, left + _LEFT, left + _PANEL - _RIGHT)
    y = Scale(0, 1, top + _PANEL_HEIGHT - _BOTTOM, top + _TOP)
    levels = [
        (
            line(x.start, y(share), x.end, y(share), class_="grid"),
            text(x.start - 6, y(share) + 4, words, anchor="end", class_="quiet"),
        )
        for share, words in ((0, "0"), (0.5, "50 %"), (1, "all"))
    ]
    times = [
        text(x(tick), y.start + 15, amount(LATENCY, tick) if tick else "0", anchor="middle", class_="quiet")
        for tick in x.ticks(3)
    ]
    marks = [
        _mark(x, y, value, share)
        for value, share in ((column.latency_ms.median, 0.5), (column.latency_ms.p95, 0.95))
        if value is not None and value <= longest
    ]
    return tag(
        "g",
        tag("title", f"{column.column}: {_said(column)}"),
        text(left + 4, top + 14, shortened(column.column, 38), class_="name"),
        text(left + 4, top + 29, _said(column), class_="quiet"),
        levels,
        times,
        _curve(behind.latency_curve, x, y, "behind") if behind is not None else None,
        _curve(column.latency_curve, x, y, "curve"),
        marks,
    )


def _mark(x: Scale, y: Scale, value: float, share: float) -> Markup:
    return tag("circle", cx=x(value), cy=y(share), r=3.5)


def _curve(ordered: Sequence[float], x: Scale, y: Scale, class_: str) -> Markup:
    """A step up at each answer, as far as it is shown."""
    steps = [f"M{x.start:.1f},{y.start:.1f}"]
    for index, value in enumerate(ordered):
        if value > x.high:
            break
        steps.append(f"H{x(value):.1f}V{y((index + 1) / len(ordered)):.1f}")
    return tag("path", d="".join([*steps, f"H{x.end:.1f}"]), class_=class_)
