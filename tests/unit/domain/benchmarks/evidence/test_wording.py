"""Numbers as people read them."""

import pytest

from promptyard.domain.benchmarks.evidence.wording import amount, change, counted, listed, percent


@pytest.mark.parametrize(
    ("measure", "value", "expected"),
    [
        ("exact_match", 0.8333333, "0.833"),
        ("exact_match", -0.05, "−0.05"),
        ("rouge_1", 0, "0"),
        ("rouge_1", 1.0, "1"),
        ("cost_usd", 0.0012345, "$0.00123"),
        ("cost_usd", -0.0000123, "−$0.0000123"),
        ("cost_usd", 12.345, "$12.3"),
        ("cost_usd", 1e-9, "$1.00e-09"),
        ("latency_ms", 812.4, "812 ms"),
        ("latency_ms", 999.7, "1 s"),
        ("latency_ms", -12_345, "−12.3 s"),
        ("ttft_ms", 3.14159, "3.14 ms"),
        ("tokens", 123_456.7, "123,457"),
        ("tokens", 999.6, "1,000"),
        ("failures", 0.0125, "1.25 %"),
    ],
)
def test_amount(measure: str, value: float, expected: str) -> None:
    assert amount(measure, value) == expected


def test_change() -> None:
    assert [change("exact_match", value) for value in (0.1, 0, -0.1)] == ["+0.1", "0", "−0.1"]
    assert [change("failures", value) for value in (0.1, 0, -0.05)] == ["+10 points", "0", "−5 points"]
    assert [percent(value) for value in (12.345, -0.04, -7, 5408.6)] == ["12.3 %", "0 %", "−7 %", "5,409 %"]


def test_words() -> None:
    assert [listed(words) for words in (["a"], ["a", "b"], ["a", "b", "c"])] == ["a", "a and b", "a, b and c"]
    assert [counted(count, "row") for count in (1, 2_000)] == ["1 row", "2,000 rows"]
