"""How far each column is from the baseline in one measure, with its interval and a line at zero."""

from collections.abc import Sequence

from promptyard.api.reports.markup import Markup, tag
from promptyard.api.reports.scales import Scale, scale_of
from promptyard.api.reports.svg import LABEL_WIDTH, WIDTH, figure, line, row_label, text
from promptyard.domain.benchmarks.evidence.report import PairedComparison
from promptyard.domain.benchmarks.evidence.wording import SAID, change, name_of

_ROW, _TOP, _AXIS = 26, 8, 22
_WORDS = 200
"""The room for what is said at the right."""


def interval_plot(name: str, comparisons: Sequence[PairedComparison]) -> Markup | None:
    """Of comparisons by one measure. None where there is no difference to show."""
    known = [one for one in comparisons if one.difference is not None]
    if not known:
        return None
    metric, better, bottom = known[0].metric, known[0].better, _TOP + _ROW * len(known)
    ends = [end for one in known for end in (one.difference or 0.0, *(one.interval or ()))]
    scale = scale_of([0.0, *ends], LABEL_WIDTH, WIDTH - _WORDS)
    rows = [_row(one, _TOP + _ROW * (index + 0.5), scale) for index, one in enumerate(known)]
    return figure(
        name,
        bottom + _AXIS,
        name_of(metric),
        "; ".join(f"{one.column}: {difference_text(one)}, {SAID[one.verdict]}" for one in known) + ".",
        _axis(metric, bottom, scale),
        rows,
        caption=f"less {known[0].baseline}; further {'right' if better == 'higher' else 'left'} is better",
    )


def difference_text(one: PairedComparison) -> str:
    if one.difference is None:
        return "not known"
    between = ""
    if one.interval is not None:
        between = " ({} to {})".format(*(change(one.metric, end) for end in one.interval))
    return change(one.metric, one.difference) + between


def _axis(metric: str, bottom: float, scale: Scale) -> Markup:
    ticks = [
        (
            line(scale(tick), _TOP, scale(tick), bottom, class_="zero" if tick == 0 else "grid"),
            text(scale(tick), bottom + 16, change(metric, tick), anchor="middle", class_="quiet"),
        )
        for tick in scale.ticks(4)
    ]
    return tag("g", ticks)


def _row(one: PairedComparison, y: float, scale: Scale) -> Markup:
    drawn = [tag("circle", cx=scale(one.difference or 0.0), cy=y, r=4.5)]
    if one.interval is not None:
        low, high = (scale(end) for end in one.interval)
        ends = [line(end, y - 4, end, y + 4) for end in (low, high)]
        drawn = [line(low, y, high, y, class_="interval"), *ends, *drawn]
    words = tag(
        "text",
        tag("tspan", SAID[one.verdict], class_="said"),
        f" {change(one.metric, one.difference or 0.0)}",
        tag("title", difference_text(one)),
        x=WIDTH - _WORDS + 16,
        y=y + 4,
    )
    return tag("g", row_label(y + 4, one.column), tag("g", drawn, words, class_=one.verdict))
