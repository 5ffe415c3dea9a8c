import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptyard.domain.runs.metrics.checks.patterns import PatternRefused, check_pattern, matches

SIMPLE = st.text(alphabet="ab.|*+?()", max_size=12)


@given(pattern=SIMPLE, text=st.text(alphabet="abc", max_size=12))
def test_what_python_finds_is_found(pattern: str, text: str) -> None:
    try:
        expected = re.compile(pattern)
        check_pattern(pattern)
    except (re.error, PatternRefused):
        return
    assert matches(pattern, text) is (expected.search(text) is not None)


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("(?=a)b", "look-around"),
        (r"(a)\1", "backreferences"),
        ("a*+a", "possessive"),
        ("[+]?+a", "possessive"),
        ("a{1,3}+a", "possessive"),
        ("(", "unclosed group"),
        ("a" * 2_001, "over 2,000 characters"),
        ("a{502}b", "more than 500 times"),
        ("(?:a{30}){30}", "more than 500 times"),
        ("(?:(?:a?){9}b{9}){60}", "more than 500 times"),
        ("[ab]*a[ab]{1000}c", "more than 500 times"),
        (r"\w{400}", "too large"),
    ],
)
def test_what_could_take_long_is_refused_and_says_why(pattern: str, why: str) -> None:
    with pytest.raises(PatternRefused, match=why):
        check_pattern(pattern)


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|a)*$", "(.*a){20}$", "[ab]*a[ab]{400}c", "(x+x+)+y"])
def test_no_pattern_that_is_taken_takes_long(pattern: str) -> None:
    began = time.process_time()
    matches(pattern, "ab" * 50_000)
    assert time.process_time() - began < 10


@pytest.mark.parametrize("pattern", ["[{9999}]", r"\{9999\}", "(?<name>a){3}", "[^]a]{3}", "a{2}{3}", "(){400}"])
def test_counts_are_told_from_what_looks_like_them(pattern: str) -> None:
    check_pattern(pattern)


def test_a_text_that_is_no_unicode_is_searched_all_the_same() -> None:
    assert matches("b$", "\ud800b")
