import pytest

from promptyard.domain.benchmarks.imports.promptfoo.js_patterns import from_javascript
from promptyard.domain.runs.metrics.checks.patterns import PatternRefused, check_pattern, matches


@pytest.mark.parametrize(
    ("pattern", "found", "not_found"),
    [
        (r"\d+", ["12"], ["١٢"]),
        (r"^\w+$", ["az_9"], ["é"]),
        (r"\bthe\b", ["in the sea", "éthe"], ["other"]),
        (r"[\w-]+@", ["a-b@"], [".@"]),
        (r"[a[b]", ["["], ["]"]),
        (r"[&&]", ["&"], ["a"]),
        (r"^.$", ["a"], ["\n", "\r", "\u2028"]),
        (r"[\s\S]", ["\n", "a"], [""]),
        (r"\s", ["\ufeff", "\u00a0", "\t"], ["\x85", "\x1c"]),
        (r"\u00e4|\xe4", ["ä"], ["a"]),
        (r"a{2}", ["aa"], ["a"]),
        (r"{x}", ["{x}"], ["x"]),
        (r"\/\-\"", ['/-"'], ["\\/-"]),
        (r"[\b]", ["\b"], ["b"]),
        (r"(?<n>a)(?:b|c)", ["ab", "ac"], ["a"]),
        (r"]}", ["]}"], ["]"]),
        (r"[^\d\s]", ["a"], ["1 "]),
        (r"[\d.-]{3}", ["1.-"], ["1."]),
    ],
)
def test_the_same_is_found(pattern: str, found: list[str], not_found: list[str]) -> None:
    ours = from_javascript(pattern)
    assert [text for text in found if not matches(ours, text)] == []
    assert [text for text in not_found if matches(ours, text)] == []


@pytest.mark.parametrize(
    "pattern", [r"(?=a)", r"(a)\1", r"\cA", r"\A", r"\p{L}", "[^]", "[]", "(?i)a", "(?P<n>a)", "[a"]
)
def test_what_would_find_something_else_is_refused(pattern: str) -> None:
    with pytest.raises(PatternRefused):
        check_pattern(from_javascript(pattern))


def test_variables_stay() -> None:
    assert from_javascript(r"^{{ name }}\d{2}{{n}}$") == r"^{{ name }}[0-9]{2}{{n}}$"
