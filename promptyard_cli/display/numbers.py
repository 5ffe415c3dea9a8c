"""Numbers as people read them. What is not known is a dash, never 0."""

UNKNOWN = "–"


def money(usd: float | None) -> str:
    """With as many digits as a small sum needs."""
    if usd is None:
        return UNKNOWN
    if usd == 0 or usd >= 0.1:
        return f"${usd:,.2f}"
    return f"${usd:.6f}".rstrip("0") if usd >= 0.000001 else f"${usd:.1e}"


def duration(ms: float | None) -> str:
    """Of milliseconds."""
    if ms is None:
        return UNKNOWN
    seconds = ms / 1000
    if seconds < 1:
        return f"{ms:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def rate(tokens: int | None, latency_ms: int | None, ttft_ms: int | None) -> str:
    """Tokens a second, from the first one on."""
    if tokens is None or latency_ms is None or ttft_ms is None or latency_ms <= ttft_ms:
        return UNKNOWN
    return f"{tokens / (latency_ms - ttft_ms) * 1000:,.0f} tok/s"


def count(number: float | None) -> str:
    return UNKNOWN if number is None else f"{number:,}"


def score(number: float | None) -> str:
    return UNKNOWN if number is None else f"{number:,.4g}"
