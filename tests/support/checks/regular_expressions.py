"""What a pattern of `re` may cost: the places at which the engine could come back to try another way."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from re import _constants as opcodes  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

Items = Any  # a parsed pattern: a sequence of pairs of an opcode and its argument
Characters = frozenset[int]

END_OF_TEXT = -1
ANYTHING: Characters = frozenset({*range(0x0400), *range(0x2000, 0x2070), 0xFFFF, END_OF_TEXT})
"""What may come next: enough characters to tell apart the classes of the patterns that are looked at."""


@dataclass(frozen=True)
class Rest:
    """What follows a place in a pattern: what it can begin with, and whether it can fail at all."""

    begins: Characters
    fails: bool = True


NOTHING = Rest(ANYTHING, fails=False)
"""Behind the end of a pattern or of a lookahead: the engine is done, and comes back to nothing."""


def parsed(shape: str, flags: int = 0) -> Any:
    return parser.parse(shape, flags)


def undecided(shape: str, flags: int = 0) -> list[str]:
    """The choices that the next character does not decide, and repetitions without end."""
    choices = Choices(parsed(shape, flags))
    choices.follow(choices.items, NOTHING)
    return choices.undecided


def parts(items: Items) -> Iterator[tuple[Any, Any]]:
    """Every part of a parsed pattern, however deep."""
    for opcode, argument in items:
        yield opcode, argument
        for body in bodies(opcode, argument):
            yield from parts(body)


def bodies(opcode: Any, argument: Any) -> list[Items]:
    """The patterns that stand in a part."""
    if opcode is opcodes.BRANCH:
        return list(argument[1])
    if opcode is opcodes.ATOMIC_GROUP:
        return [argument]
    if opcode in (opcodes.ASSERT, opcodes.ASSERT_NOT, opcodes.SUBPATTERN, *REPETITIONS):
        return [argument[-1]]
    return []


REPETITIONS = (opcodes.MAX_REPEAT, opcodes.MIN_REPEAT, opcodes.POSSESSIVE_REPEAT)


def groups(items: Items) -> dict[int, Items]:
    """The patterns of the groups that can be referred to."""
    return {argument[0]: argument[-1] for opcode, argument in parts(items) if opcode is opcodes.SUBPATTERN}


def one_of(opcode: Any, argument: Any) -> Characters | None:
    """The characters of a part that is one character, None for another part."""
    if opcode is opcodes.LITERAL:
        return frozenset({argument})
    if opcode is opcodes.NOT_LITERAL:
        return ANYTHING - {argument, END_OF_TEXT}
    if opcode is opcodes.ANY:
        return ANYTHING - {END_OF_TEXT}
    if opcode is not opcodes.IN:
        return None
    found: set[int] = set()
    negated = False
    for kind, value in argument:
        if kind is opcodes.NEGATE:
            negated = True
        else:
            assert kind in (opcodes.LITERAL, opcodes.RANGE), "which characters are in it depends on the text"
            low, high = (value, value) if kind is opcodes.LITERAL else value
            found.update(range(low, high + 1))
    return ANYTHING - found - {END_OF_TEXT} if negated else frozenset(found)


class Choices:
    """Goes through a pattern from its end, so that at each choice it is known what can come after it."""

    def __init__(self, items: Items) -> None:
        self.items = items
        self.undecided: list[str] = []
        self._groups = groups(self.items)

    def follow(self, items: Items, rest: Rest) -> Rest:
        """What `items` and the `rest` behind them can begin with."""
        for opcode, argument in reversed(list(items)):
            rest = self._part(opcode, argument, rest)
        return rest

    def _part(self, opcode: Any, argument: Any, rest: Rest) -> Rest:
        if (characters := one_of(opcode, argument)) is not None:
            return Rest(characters)
        match opcode:
            case opcodes.SUBPATTERN:
                return self.follow(argument[-1], rest)
            case opcodes.GROUPREF:
                return Rest(self._begins(self._groups[argument], rest))
            case opcodes.ASSERT:
                ahead = self.follow(argument[1], NOTHING).begins if argument[0] == 1 else ANYTHING
                return Rest(rest.begins & ahead)
            case opcodes.ASSERT_NOT:
                self.follow(argument[1], NOTHING)
                return Rest(rest.begins - _refused(argument[1]) if argument[0] == 1 else rest.begins)
            case opcodes.BRANCH:
                return self._alternatives([self.follow(branch, rest) for branch in argument[1]], rest)
            case opcodes.MAX_REPEAT:
                return self._repetition(*argument, rest)
        self.undecided.append(f"{opcode} {argument}")
        return rest

    def _alternatives(self, branches: list[Rest], rest: Rest) -> Rest:
        if rest.fails and any(one.begins & other.begins for one, other in combinations(branches, 2)):
            self.undecided.append("alternatives that begin alike")
        return Rest(frozenset().union(*(branch.begins for branch in branches)))

    def _repetition(self, low: int, high: int, body: Items, rest: Rest) -> Rest:
        begins = self._begins(body, Rest(frozenset()))
        if high is opcodes.MAXREPEAT:
            self.undecided.append(f"a repetition without end of {body}")
        if body.getwidth()[0] == 0:
            self.undecided.append(f"a repetition of what may be nothing, {body}")
        if low != high and rest.fails and begins & rest.begins:
            self.undecided.append(f"a repetition that may go on or end, of {body}")
        again = begins if high > 1 else frozenset()
        self.follow(body, Rest(again | rest.begins, rest.fails or low > 1))
        return Rest(begins if low else begins | rest.begins, rest.fails or low > 0)

    def _begins(self, items: Items, rest: Rest) -> Characters:
        silent = Choices(self.items)
        return silent.follow(items, rest).begins


def _refused(items: Items) -> Characters:
    """The characters that a negative lookahead refuses, whatever comes after them."""
    [(opcode, argument)] = list(items) if len(items) == 1 else [(None, None)]
    if opcode is opcodes.BRANCH:
        return frozenset().union(*(_refused(branch) for branch in argument[1]))
    return one_of(opcode, argument) or frozenset()
