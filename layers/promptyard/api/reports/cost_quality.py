"""What columns cost against how well they do, both with their intervals, and the frontier."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from promptyard.api.reports.markup import Markup, tag
from promptyard.api.reports.scales import Scale, scale_of
from promptyard.api.reports.svg import WIDTH, figure, line, shortened, text
from promptyard.domain.benchmarks.evidence.measure_names import COST
from promptyard.domain.benchmarks.evidence.report import BenchmarkReport, ColumnSummary, MeasureSummary
from promptyard.domain.benchmarks.evidence.wording import amount

_HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 380, 70, 30, 16, 46
_LETTER, _LABEL_HEIGHT = 6.6, 15
_NAMED = 16
"""With more columns than these only the frontier and the baseline have names in the picture."""

_Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class _Point:
    column: ColumnSummary
    cost: MeasureSummary
    quality: MeasureSummary
    on_frontier: bool


def cost_quality(name: str, report: BenchmarkReport) -> Markup | None:
    """None where fewer than two columns have both."""
    points = list(_points(report))
    if len(points) < 2:
        return None
    x = scale_of(_ends([point.cost for point in points]), _LEFT, WIDTH - _RIGHT)
    y = scale_of(_ends([point.quality for point in points]), _HEIGHT - _BOTTOM, _TOP)
    lower = report.columns[0].metrics[report.main_metric].better == "lower"
    return figure(
        name,
        _HEIGHT,
        f"{report.main_metric} against the cost of an answer",
        "; ".join(_said(point, report.main_metric) for point in points)
        + f". On the frontier, where nothing is both cheaper and better: {', '.join(report.frontier)}.",
        _axes(x, y, report.main_metric),
        _frontier(points, x, y),
        [_drawn(point, x, y) for point in points],
        _names(points, x, y, report.baseline),
        caption=f"means with their intervals; cheaper is left, better is {'down' if lower else 'up'}. The dashed line "
        "is the frontier: nothing is both cheaper and better than what lies on it",
    )


def _points(report: BenchmarkReport) -> Iterator[_Point]:
    for column in report.columns:
        quality = column.metrics.get(report.main_metric)
        if quality is not None and quality.mean is not None and column.cost_usd.mean is not None:
            yield _Point(column, column.cost_usd, quality, column.column in report.frontier)


def _ends(summaries: Sequence[MeasureSummary]) -> list[float]:
    return [end for one in summaries for end in (one.mean or 0.0, *(one.interval or ()))]


def _said(point: _Point, metric: str) -> str:
    return f"{point.column.column}: {_with_ends(COST, point.cost)}, {metric} {_with_ends(metric, point.quality)}"


def _with_ends(measure: str, summary: MeasureSummary) -> str:
    between = ""
    if summary.interval is not None:
        between = " ({} to {})".format(*(amount(measure, end) for end in summary.interval))
    return amount(measure, summary.mean or 0.0) + between


def _axes(x: Scale, y: Scale, metric: str) -> Markup:
    upright = [
        (
            line(x(tick), _TOP, x(tick), _HEIGHT - _BOTTOM, class_="grid"),
            text(x(tick), _HEIGHT - _BOTTOM + 16, amount(COST, tick), anchor="middle", class_="quiet"),
        )
        for tick in x.ticks()
    ]
    level = [
        (
            line(_LEFT, y(tick), WIDTH - _RIGHT, y(tick), class_="grid"),
            text(_LEFT - 8, y(tick) + 4, amount(metric, tick), anchor="end", class_="quiet"),
        )
        for tick in y.ticks()
    ]
    name = text((_LEFT + WIDTH - _RIGHT) / 2, _HEIGHT - 10, "cost of an answer", anchor="middle", class_="quiet")
    return tag("g", upright, level, name)


def _frontier(points: Sequence[_Point], x: Scale, y: Scale) -> Markup | None:
    """Steps from the cheapest to the dearest."""
    found = sorted((x(one.cost.mean or 0.0), y(one.quality.mean or 0.0)) for one in points if one.on_frontier)
    if len(found) < 2:
        return None
    steps = "".join(f"H{right:.1f}V{height:.1f}" for right, height in found[1:])
    return tag("path", d=f"M{found[0][0]:.1f},{found[0][1]:.1f}{steps}", class_="frontier")


def _drawn(point: _Point, x: Scale, y: Scale) -> Markup:
    across, up = x(point.cost.mean or 0.0), y(point.quality.mean or 0.0)
    bars = []
    if point.cost.interval is not None:
        bars.append(line(x(point.cost.interval[0]), up, x(point.cost.interval[1]), up, class_="interval"))
    if point.quality.interval is not None:
        bars.append(line(across, y(point.quality.interval[0]), across, y(point.quality.interval[1]), class_="interval"))
    dot = tag("circle", cx=across, cy=up, r=5, class_=None if point.on_frontier else "hollow")
    return tag("g", tag("title", point.column.column), bars, dot, class_="point")


def _names(points: Sequence[_Point], x: Scale, y: Scale, baseline: str) -> Markup:
    """Beside the points, each where it covers no other point and no other name, if there is such a place."""
    places = [(x(one.cost.mean or 0.0), y(one.quality.mean or 0.0)) for one in points]
    taken: list[_Box] = [(across - 6, up - 6, across + 6, up + 6) for across, up in places]
    drawn = []
    for point, (across, up) in zip(points, places, strict=True):
        if len(points) > _NAMED and not point.on_frontier and point.column.column != baseline:
            continue
        name = shortened(point.column.column) + (" (baseline)" if point.column.column == baseline else "")
        left, top = _place(across, up, len(name) * _LETTER, taken)
        taken.append((left, top, left + len(name) * _LETTER, top + _LABEL_HEIGHT))
        drawn.append(text(left, top + 12, name, class_="name"))
    return tag("g", drawn)


def _place(across: float, up: float, width: float, taken: Sequence[_Box]) -> tuple[float, float]:
    rightmost, lowest = WIDTH - 4, _HEIGHT - _BOTTOM
    sides = (across + 9, across - 9 - width, across - width / 2)
    tries = [
        (min(max(left, 4), rightmost - width), up + shift)
        for shift in (-17, 3, -33, 19, -49, 35, -65, 51)
        for left in sides
    ]
    inside = [place for place in tries if 0 <= place[1] <= lowest - _LABEL_HEIGHT] or tries
    return min(inside, key=lambda place: sum(_overlap(place, width, box) for box in taken))


def _overlap(place: tuple[float, float], width: float, box: _Box) -> float:
    left, top = place
    wide = min(left + width, box[2]) - max(left, box[0])
    high = min(top + _LABEL_HEIGHT, box[3]) - max(top, box[1])
    return max(0.0, wide) * max(0.0, high)
