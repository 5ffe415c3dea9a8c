"""Mutants: each is the module with one mistake in it, and none is the module itself."""

import ast

import pytest

from scripts.mutants.areas import AREAS
from scripts.mutants.mutation import count_of, mutant
from scripts.repository_copy import REPOSITORY

SOURCE = '''"""A module."""
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from x import Y

def f(a: "int | None" = 3) -> int:
    """Says 1."""
    logger.info("a")
    if a < 2 and not b:
        raise Stop
    g()
    if c:
        return False
    return a + 1
'''


def test_every_kind_of_mistake_is_made_once() -> None:
    names = [mutant(SOURCE, number).name for number in range(count_of(SOURCE))]
    assert sorted(names) == sorted(
        [
            "f: 3 -> 4",
            "f: if a < 2 and (not b): raise Stop -> if not (a < 2 and (not b)): raise Stop",
            "f: a < 2 and (not b) -> a < 2 or not b",
            "f: a < 2 -> a <= 2",
            "f: 2 -> 3",
            "f: not b -> not not b",
            "f: raise Stop -> without raise Stop",
            "f: g() -> without g()",
            "f: if c: return False -> if not c: return False",
            "f: False -> True",
            "f: return a + 1 -> return None",
            "f: a + 1 -> a - 1",
            "f: 1 -> 2",
        ]
    )


def test_it_says_which_lines_a_mistake_is_in_and_whether_a_call_runs_them() -> None:
    """A default is computed as the module is imported, as is what stands in a class."""
    source = "A = 1\nclass B:\n  b = 2\n  def c(self, d=3):\n    if (\n      d > 4\n    ):\n      d += 5\n"
    made = {changed.name: changed for changed in (mutant(source, number) for number in range(count_of(source)))}
    said = {name: (made[name].lines, made[name].called) for name in made if not name.startswith("B.c: if")}
    assert said == {
        "the module: 1 -> 2": (range(1, 2), False),
        "B: 2 -> 3": (range(3, 4), False),
        "B.c: 3 -> 4": (range(4, 5), False),
        "B.c: d > 4 -> d >= 4": (range(6, 7), True),
        "B.c: 4 -> 5": (range(6, 7), True),
        "B.c: d += 5 -> without d += 5": (range(8, 9), True),
        "B.c: 5 -> 6": (range(8, 9), True),
    }


@pytest.mark.parametrize("area", AREAS)
def test_every_area_has_modules_and_tests_and_a_mutant_is_another_module(area: str) -> None:
    patterns, *tests = AREAS[area]
    assert all((REPOSITORY / path).exists() for paths in tests for path in paths)
    for pattern in patterns:
        [first, *_] = sorted(REPOSITORY.glob(pattern), key=lambda path: -path.stat().st_size)
        source = first.read_text()
        assert count_of(source) > 5
        for number in (0, count_of(source) - 1):
            assert mutant(source, number).text != ast.unparse(ast.parse(source))
