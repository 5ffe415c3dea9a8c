"""Numbers as people read them."""

from collections.abc import Sequence

from promptyard.domain.benchmarks.evidence.measure_names import COST, FAILURES, LATENCY, OUTPUT_TOKENS, TOKENS, TTFT

_MINUS = "−"
_NAMES = {
    COST: "cost of an answer",
    LATENCY: "latency",
    TTFT: "time to first token",
    TOKENS: "tokens",
    OUTPUT_TOKENS: "tokens of the answer",
    FAILURES: "failures",
}


SAID = {"better": "better", "worse": "worse", "not_shown": "not shown"}
"""Verdicts, for people to read."""


def name_of(measure: str) -> str:
    return _NAMES.get(measure, measure)


def amount(measure: str, value: float) -> str:
    """A value of that measure, with its unit."""
    sign, size = (_MINUS if value < 0 else ""), abs(value)
    if measure == COST:
        return f"{sign}${_digits(size)}"
    if measure in {LATENCY, TTFT}:
        return f"{sign}{size / 1000:.3g} s" if size >= 999.5 else f"{sign}{_digits(size)} ms"
    if measure == FAILURES:
        return f"{sign}{_digits(100 * size)} %"
    return sign + _digits(size)


def change(measure: str, value: float) -> str:
    """A difference of that measure, with its sign."""
    size = amount(measure, value).replace(" %", " points") if value else "0"
    return f"+{size}" if value > 0 else size


def percent(value: float) -> str:
    return f"{_MINUS if value < 0 else ''}{_digits(abs(value))} %" if abs(value) >= 0.05 else "0 %"


def listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def counted(count: int, word: str) -> str:
    return f"{count:,} {word}{'' if count == 1 else 's'}"


def _digits(size: float) -> str:
    """Three significant digits, without an exponent where that can be."""
    if size == 0:
        return "0"
    if size >= 999.5:
        return f"{size:,.0f}"
    if size < 1e-6:
        return f"{size:.2e}"
    shown = f"{size:.3g}"
    if "e" in shown:
        return f"{size:.10f}".rstrip("0")[:10]
    return shown
