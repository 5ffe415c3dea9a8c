"""The report's numbers, as tables."""

from collections.abc import Iterable, Sequence

from promptyard.api.reports.markup import Content, Markup, tag
from promptyard.domain.benchmarks.evidence.measure_names import COST, LATENCY, TOKENS, TTFT
from promptyard.domain.benchmarks.evidence.report import (
    BenchmarkReport,
    ColumnSummary,
    CompressionSavings,
    MeasureSummary,
    MetricSummary,
    PairedComparison,
    Saving,
)
from promptyard.domain.benchmarks.evidence.wording import SAID, amount, change, name_of, percent

_UNKNOWN = "–"
_MANY_ROWS = 100_000
_LOST = ("failed", "could not be run", "not run")


def table(head: Sequence[Content], rows: Iterable[Sequence[Content]], *, class_: str | None = None) -> Markup:
    """The first cell of a row names it."""
    top = tag("tr", [tag("th", cell, scope="col") for cell in head])
    body = [tag("tr", tag("th", first, scope="row"), [tag("td", cell) for cell in rest]) for first, *rest in rows]
    return tag("div", tag("table", tag("thead", top), tag("tbody", body), class_=class_), class_="wide")


def quality_table(report: BenchmarkReport) -> Markup:
    metrics = list(report.columns[0].metrics)
    repeated = [name for name in metrics if report.repeats > 1 and _passes(report, name)]
    return table(
        ["column", "rows", *metrics, *(f"{name} in every repeat" for name in repeated), *_LOST],
        (
            [
                _named(report, column),
                f"{column.n:,}",
                *(_mean(metric, column.metrics[metric]) for metric in metrics),
                *(_pass_all(column.metrics[name]) for name in repeated),
                *(f"{count:,}" for count in (column.failures, column.poison, column.missing)),
            ]
            for column in report.columns
        ),
    )


def expense_table(report: BenchmarkReport) -> Markup:
    return table(
        ["column", "cost of an answer", "of all", "latency", "median", "p95", "time to first token", "tokens"],
        (
            [
                _named(report, column),
                _mean(COST, column.cost_usd),
                _UNKNOWN if column.total_cost_usd is None else amount(COST, column.total_cost_usd),
                _mean(LATENCY, column.latency_ms),
                _quantile(column.latency_ms.median, column.latency_ms.median_interval),
                _quantile(column.latency_ms.p95, column.latency_ms.p95_interval),
                _mean(TTFT, column.ttft_ms),
                _mean(TOKENS, column.tokens),
            ]
            for column in report.columns
        ),
    )


def _named(report: BenchmarkReport, column: ColumnSummary) -> Content:
    return [column.column, " ", _small("baseline") if column.column == report.baseline else None]


def _passes(report: BenchmarkReport, metric: str) -> bool:
    return any(column.metrics[metric].pass_all is not None for column in report.columns)


def _pass_all(summary: MetricSummary) -> Content:
    if summary.pass_all is None:
        return _UNKNOWN
    between = summary.pass_all_interval
    ends = None if between is None else " to ".join(percent(100 * end) for end in between)
    return [percent(100 * summary.pass_all), " ", _small(ends)]


def _quantile(value: float | None, interval: tuple[float | None, float | None]) -> Content:
    if value is None:
        return _UNKNOWN
    low, high = (None if end is None else amount(LATENCY, end) for end in interval)
    between = f"{low} to {high}" if low and high else f"from {low}" if low else f"up to {high}" if high else None
    return [amount(LATENCY, value), " ", _small(between)]


def _mean(measure: str, summary: MeasureSummary) -> Content:
    if summary.mean is None:
        return _UNKNOWN
    if summary.interval is None:
        return amount(measure, summary.mean)
    between = " to ".join(amount(measure, end) for end in summary.interval)
    return [amount(measure, summary.mean), " ", _small(between)]


def comparisons_table(report: BenchmarkReport) -> Markup:
    head = [
        "column",
        "measure",
        "rows",
        "difference",
        "won",
        "alike",
        "lost",
        "p",
        "p, by Holm",
        "verdict",
        "rows needed",
    ]
    return table(head, (_comparison_row(one) for one in report.comparisons))


def _comparison_row(one: PairedComparison) -> Sequence[Content]:
    return [
        one.column,
        name_of(one.metric),
        [f"{one.n:,}", tag("small", f" of {one.n + one.missing:,}") if one.missing else None],
        _difference(one),
        *(f"{count:,}" for count in (one.wins, one.ties, one.losses)),
        _p(one.p),
        _p(one.p_holm),
        tag("span", SAID[one.verdict], class_=f"said {one.verdict}"),
        _rows_needed(one.n_needed),
    ]


def _difference(one: PairedComparison) -> Content:
    if one.difference is None:
        return _UNKNOWN
    between = None if one.interval is None else " to ".join(change(one.metric, end) for end in one.interval)
    return [change(one.metric, one.difference), " ", _small(between)]


def _rows_needed(count: int | None) -> str:
    if count is None:
        return _UNKNOWN
    return f"{count:,}" if count <= _MANY_ROWS else f"over {_MANY_ROWS:,}"


def _p(value: float | None) -> str:
    if value is None:
        return _UNKNOWN
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def compression_table(savings: Sequence[CompressionSavings]) -> Markup:
    metrics = list(savings[0].quality)
    head = ["column", "against", "tokens of the answer saved", "all tokens saved", "money saved", *metrics]
    return table(head, (_savings_row(one, metrics) for one in savings))


def _savings_row(one: CompressionSavings, metrics: Sequence[str]) -> Sequence[Content]:
    quality: list[Content] = []
    for metric in metrics:
        found = one.quality[metric]
        between = None if found.interval is None else " to ".join(change(metric, end) for end in found.interval)
        known = found.difference is not None
        quality.append([change(metric, found.difference or 0.0), " ", _small(between)] if known else _UNKNOWN)
    return [
        one.column,
        one.raw,
        *(_saved(saving) for saving in (one.output_tokens, one.tokens, one.cost_usd)),
        *quality,
    ]


def _saved(saving: Saving) -> Content:
    if saving.percent is None:
        return _UNKNOWN
    between = None if saving.interval is None else " to ".join(percent(end) for end in saving.interval)
    return [percent(saving.percent), " ", _small(between)]


def _small(words: str | None) -> Markup | None:
    return None if words is None else tag("small", words)


def gates_list(report: BenchmarkReport) -> Markup:
    said = {True: tag("strong", "holds", class_="better"), False: tag("strong", "fails", class_="worse")}
    return tag("ul", [tag("li", said[gate.passed], f" {gate.words}") for gate in report.gates], class_="gates")


def poison_table(report: BenchmarkReport) -> Markup:
    everywhere = len(report.columns)
    return table(
        ["row", "columns", "why"],
        (
            [
                str(one.row),
                "all" if len(one.columns) == everywhere else ", ".join(one.columns),
                one.error or "not known",
            ]
            for one in report.poison
        ),
        class_="words",
    )
