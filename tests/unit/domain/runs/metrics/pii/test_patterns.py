"""What the patterns' linear time and the window's bounds rest on, read off the parsed patterns."""

from re import _constants as opcodes  # type: ignore[attr-defined]
from typing import Any

import pytest

from promptyard.domain.runs.metrics.pii import window
from promptyard.domain.runs.metrics.pii.patterns import PATTERNS, Pattern
from tests.support.checks.regular_expressions import REPETITIONS, bodies, groups, one_of, parsed, undecided

IDS = [f"{index}-{pattern.kind}" for index, pattern in enumerate(PATTERNS)]
each_pattern = pytest.mark.parametrize("pattern", PATTERNS, ids=IDS)


def tree(pattern: Pattern) -> Any:
    return parsed(pattern.shape)


@each_pattern
def test_the_next_character_decides_every_choice(pattern: Pattern) -> None:
    assert undecided(pattern.shape) == []


def reach(items: Any, start: int = 0) -> int:
    """How far from the beginning of a match its end, or a look behind that, may be."""
    place = furthest = start
    for opcode, argument in items:
        width = parsed_width(items, opcode, argument)
        for body in bodies(opcode, argument):
            ahead = opcode not in (opcodes.ASSERT, opcodes.ASSERT_NOT) or argument[0] == 1
            last = place + width - body.getwidth()[1] if opcode in REPETITIONS else place
            furthest = max(furthest, reach(body, last) if ahead else place)
        place += width
    return max(furthest, place)


def parsed_width(items: Any, opcode: Any, argument: Any) -> int:
    """The most characters that one part takes."""
    one = type(items)(items.state, [(opcode, argument)])
    return int(one.getwidth()[1])


def characters(items: Any, known: dict[int, Any]) -> set[str]:
    """Every character that a match may consist of; `known` are the groups that may be referred to."""
    found: set[str] = set()
    for opcode, argument in items:
        if opcode in (opcodes.ASSERT, opcodes.ASSERT_NOT):
            continue
        if opcode is opcodes.GROUPREF:
            found |= characters(known[argument], known)
        elif (one := one_of(opcode, argument)) is not None:
            found |= {chr(code) for code in one}
        else:
            parts = bodies(opcode, argument)
            assert parts, opcode
            found = found.union(*(characters(body, known) for body in parts))
    return found


def before_first_digit(items: Any) -> int:
    """The most characters that may stand in a match before one that must be a digit."""
    width = 0
    for opcode, argument in items:
        if opcode in (opcodes.ASSERT, opcodes.ASSERT_NOT):
            continue
        one = type(items)(items.state, [(opcode, argument)])
        if one.getwidth()[0] and characters(one, groups(items)) <= set("0123456789"):
            break
        width += one.getwidth()[1]
    return width


@each_pattern
def test_no_match_is_longer_than_the_window(pattern: Pattern) -> None:
    assert reach(tree(pattern)) <= window.WINDOW


@pytest.mark.parametrize(
    ("shape", "furthest"),
    [
        ("a{2,3}", 3),
        ("a(?!bc)", 3),
        ("(?:ab(?!c)){1,4}", 9),
        ("a(?=(?P<taken>b{1,5}))(?P=taken)", 6),
        ("(?<=abc)d", 1),
        ("a(?:b|cd(?=e))f", 4),
    ],
)
def test_how_far_a_pattern_reaches(shape: str, furthest: int) -> None:
    assert reach(parsed(shape)) == furthest


@each_pattern
def test_a_match_is_a_token_or_a_number_in_groups(pattern: Pattern) -> None:
    items = tree(pattern)
    alphabet = characters(items, groups(items))
    if alphabet <= set(window._TOKEN_CHARACTERS):
        longest = items.getwidth()[1]
        assert longest < window._LONGEST_WORD or "@" in alphabet
        return
    if pattern.kind == "iban":
        assert items.getwidth()[1] <= window._LONGEST_IBAN
        return
    assert alphabet <= set(window._NUMBER_CHARACTERS)
    assert characters(items[:1], {}).isdisjoint(window._INSIDE_NUMBERS)
    assert reach(items) <= window._LONGEST_NUMBER
    assert before_first_digit(items) < window._DIGIT_AMONG
