"""Headers that clients of OpenAI's API read."""

import pytest

from promptyard.api.rate_limits import duration, limit_headers
from promptyard.domain.headroom import Headroom, Left


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0ms"),
        (-1, "0ms"),
        (0.0123, "12ms"),
        (1, "1s"),
        (59.4, "59s"),
        (59.6, "1m0s"),
        (360, "6m0s"),
        (3600, "1h0m0s"),
        (3723, "1h2m3s"),
        (2_592_000, "720h0m0s"),
    ],
)
def test_durations_are_written_as_openai_does(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_only_limits_that_there_are_have_headers() -> None:
    assert limit_headers(Headroom()) == {}
    assert limit_headers(Headroom(requests=Left(60, 59, 1))) == {
        "x-ratelimit-limit-requests": "60",
        "x-ratelimit-remaining-requests": "59",
        "x-ratelimit-reset-requests": "1s",
    }
    both = limit_headers(Headroom(requests=Left(60, 59, 1), tokens=Left(150_000, 149_984, 360)))
    assert both["x-ratelimit-remaining-tokens"] == "149984"
    assert both["x-ratelimit-reset-tokens"] == "6m0s"
