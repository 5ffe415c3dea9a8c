"""What the patterns' linear time and the window's bounds rest on, read off the parsed patterns."""

import re
from collections.abc import Iterator
from re import _constants as opcodes  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

import pytest

from promptyard.domain.runs.metrics.pii import window
from promptyard.domain.runs.metrics.pii.patterns import PATTERNS, Pattern

Items = list[tuple[Any, Any]]
IDS = [f"{index}-{pattern.kind}" for index, pattern in enumerate(PATTERNS)]
each_pattern = pytest.mark.parametrize("pattern", PATTERNS, ids=IDS)


def parsed(shape: str) -> Any:
    return parser.parse(shape, re.ASCII)


def backtracking(items: Items, atomic: bool = False) -> Iterator[str]:
    """The places at which the engine would keep an alternative to come back to."""
    for index, (opcode, argument) in enumerate(items):
        last = index == len(items) - 1
        if opcode in (opcodes.MAX_REPEAT, opcodes.POSSESSIVE_REPEAT):
            low, high, body = argument
            if high is opcodes.MAXREPEAT:
                yield f"unbounded repetition {argument}"
            if opcode is opcodes.MAX_REPEAT and low != high:
                yield f"repetition that can give back {argument}"
            yield from backtracking(list(body))
        elif opcode is opcodes.MIN_REPEAT:
            yield f"lazy repetition {argument}"
        elif opcode is opcodes.BRANCH:
            if not (atomic and last):
                yield f"alternation that can be tried again {argument}"
            for branch in argument[1]:
                yield from backtracking(list(branch), atomic)
        elif opcode is opcodes.SUBPATTERN:
            yield from backtracking(list(argument[-1]))
        elif opcode is opcodes.ATOMIC_GROUP:
            yield from backtracking(list(argument), atomic=True)
        elif opcode in (opcodes.ASSERT, opcodes.ASSERT_NOT):
            yield from backtracking(list(argument[1]), atomic=True)


@each_pattern
def test_no_pattern_can_backtrack(pattern: Pattern) -> None:
    assert list(backtracking(list(parsed(pattern.shape)))) == []


@pytest.mark.parametrize("shape", ["a+b", "(a|ab)c", "a??b", "(?>(?:a|ab)c)", "(?:a{1,3})++b", "a*+b", "(?=a+)b"])
def test_the_test_above_sees_backtracking(shape: str) -> None:
    assert list(backtracking(list(parsed(shape))))


def lookahead(items: Items) -> int:
    """The longest look behind the end of a match."""
    ahead = 0
    for opcode, argument in items:
        if opcode in (opcodes.ASSERT, opcodes.ASSERT_NOT) and argument[0] == 1:
            ahead = max(ahead, argument[1].getwidth()[1])
        elif opcode in (opcodes.MAX_REPEAT, opcodes.POSSESSIVE_REPEAT):
            ahead = max(ahead, lookahead(list(argument[2])))
        elif opcode is opcodes.SUBPATTERN:
            ahead = max(ahead, lookahead(list(argument[-1])))
        elif opcode is opcodes.ATOMIC_GROUP:
            ahead = max(ahead, lookahead(list(argument)))
        elif opcode is opcodes.BRANCH:
            ahead = max([ahead, *(lookahead(list(branch)) for branch in argument[1])])
    return ahead


def characters(items: Items) -> set[str]:
    """Every character that a match may consist of."""
    found: set[str] = set()
    for opcode, argument in items:
        if opcode is opcodes.LITERAL:
            found.add(chr(argument))
        elif opcode is opcodes.IN:
            for kind, value in argument:
                assert kind in (opcodes.LITERAL, opcodes.RANGE), "a negated class would match anything"
                low, high = (value, value) if kind is opcodes.LITERAL else value
                found |= {chr(code) for code in range(low, high + 1)}
        elif opcode in (opcodes.MAX_REPEAT, opcodes.POSSESSIVE_REPEAT):
            found |= characters(list(argument[2]))
        elif opcode is opcodes.SUBPATTERN:
            found |= characters(list(argument[-1]))
        elif opcode is opcodes.ATOMIC_GROUP:
            found |= characters(list(argument))
        elif opcode is opcodes.BRANCH:
            found |= set().union(*(characters(list(branch)) for branch in argument[1]))
        else:
            assert opcode in (opcodes.ASSERT, opcodes.ASSERT_NOT, opcodes.GROUPREF), opcode
    return found


def before_first_digit(items: Items) -> int:
    """The most characters that may stand in a match before one that must be a digit."""
    width = 0
    for item in items:
        if item[0] in (opcodes.ASSERT, opcodes.ASSERT_NOT):
            continue
        one = parser.SubPattern(parser.State(), [item])
        if one.getwidth()[0] and characters([item]) <= set("0123456789"):
            break
        width += one.getwidth()[1]
    return width


@each_pattern
def test_no_match_is_longer_than_the_window(pattern: Pattern) -> None:
    tree = parsed(pattern.shape)
    assert tree.getwidth()[1] + lookahead(list(tree)) <= window.WINDOW


@each_pattern
def test_a_match_is_a_token_or_a_number_in_groups(pattern: Pattern) -> None:
    tree = parsed(pattern.shape)
    alphabet = characters(list(tree))
    if alphabet <= set(window._TOKEN_CHARACTERS):
        return
    assert alphabet <= set(window._NUMBER_CHARACTERS)
    assert characters(list(tree)[:1]).isdisjoint(window._INSIDE_NUMBERS)
    assert tree.getwidth()[1] + lookahead(list(tree)) <= window._LONGEST_NUMBER
    assert before_first_digit(list(tree)) < window._DIGIT_AMONG
