"""What is left of a caller's limits, in the headers that OpenAI's API has for it. `requests` are the runs of a minute,
`tokens` those of the calendar month: the one limit on tokens that there is."""

from promptyard.domain.headroom import Headroom, Left


def limit_headers(headroom: Headroom) -> dict[str, str]:
    """Empty where there is no limit."""
    return {
        **_headers("requests", headroom.requests),
        **_headers("tokens", headroom.tokens),
    }


def _headers(what: str, left: Left | None) -> dict[str, str]:
    if left is None:
        return {}
    return {
        f"x-ratelimit-limit-{what}": str(left.limit),
        f"x-ratelimit-remaining-{what}": str(left.remaining),
        f"x-ratelimit-reset-{what}": duration(left.resets_after),
    }


def duration(seconds: float) -> str:
    """As OpenAI writes it: `6m0s`, `1h2m3s`, `450ms`."""
    if seconds < 1:
        return f"{max(0, round(seconds * 1000))}ms"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{f'{hours}h' if hours else ''}{f'{minutes}m' if hours or minutes else ''}{rest}s"
