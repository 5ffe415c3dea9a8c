"""Scales, markup and word diffs."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptyard.api.reports.markup import Markup, number, tag
from promptyard.api.reports.scales import scale_of
from promptyard.api.reports.svg import shortened
from promptyard.api.reports.word_diff import word_diff
from tests.support.checks.page_reader import Element, read_page

NUMBERS = st.floats(-1e9, 1e9).map(lambda value: round(value, 6))


@given(st.lists(NUMBERS, min_size=1, max_size=10))
def test_a_scale_holds_all_values_in_order(values: list[float]) -> None:
    scale = scale_of(values, 10, 500)
    places = [scale(value) for value in sorted(values)]
    assert all(10 - 1e-6 <= place <= 500 + 1e-6 for place in places)
    assert all(left <= right + 1e-9 for left, right in pairwise(places))
    ticks = scale.ticks()
    assert 1 <= len(ticks) <= 8
    assert all(10 - 1e-3 <= scale(tick) <= 500 + 1e-3 for tick in ticks)


def test_ticks_are_round() -> None:
    assert scale_of([0, 1], 0, 100).ticks() == [0, 0.25, 0.5, 0.75, 1]
    assert 0 in scale_of([-0.003, 0.011], 0, 100).ticks()


@pytest.mark.parametrize(
    ("value", "expected"), [(1.0, "1"), (1.25, "1.2"), (-0.01, "0"), (0.04, "0"), (-3.96, "-4"), (760, "760")]
)
def test_numbers_in_attributes(value: float, expected: str) -> None:
    assert number(value) == expected


def test_tags() -> None:
    assert tag("p", "a < b", Markup("<i>x</i>"), None, ["c", ["&"]]) == "<p>a &lt; b<i>x</i>c&amp;</p>"
    assert (
        tag("td", class_='"', colspan=3, hidden=True, open=False, title=None)
        == '<td class="&quot;" colspan="3" hidden></td>'
    )
    assert tag("svg", viewBox="0 0 1 1", aria_labelledby="x") == '<svg viewBox="0 0 1 1" aria-labelledby="x"></svg>'
    assert tag("p", "a\x00b\x1b\n\u202e") == "<p>a\ufffdb\ufffd\n\u202e</p>"


def _without(name: str, element: Element) -> str:
    return "".join(
        piece if isinstance(piece, str) else piece.text
        for piece in element.inside
        if isinstance(piece, str) or piece.name != name
    )


TEXTS = st.lists(st.sampled_from(["the", "a", "invoice", "<b>", "total", "12", "\n"]), max_size=30).map(" ".join)


@given(TEXTS | st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=60), TEXTS)
def test_a_word_diff_has_both_answers(before: str, after: str) -> None:
    read = read_page(word_diff(before, after))
    assert _without("del", read).split() == after.split()
    assert _without("ins", read).split() == before.split()
    if before.split() == after.split() != []:
        assert not read.all("ins")


def test_a_word_diff_shows_what_changed() -> None:
    assert word_diff("The total is 12 euros.", "The total is 13 euros.") == (
        "The total is <del>12 </del><ins>13 </ins>euros."
    )
    assert word_diff("one or two words", "any or all words") == "<del>one or two </del><ins>any or all </ins>words"
    assert word_diff("", "new") == "<ins>new</ins>"
    assert word_diff("the", "\n the") == "\n the"
    assert word_diff("\n the", "the the") == "the <ins>the</ins>"
    assert word_diff("the the", "\n the") == "\n the <del>the</del>"
    many = "word " * 601
    assert word_diff(many, "word") == f"<del>{many}</del><ins>word</ins>"


def test_shortened() -> None:
    assert shortened("short") == "short"
    name = "v12·openai/gpt-5-turbo-preview-2026-11-29·ultra"
    assert len(shortened(name)) == 33
    assert shortened(name).startswith("v12·openai")
    assert shortened(name).endswith("ultra")
