"""Mutants: each is the module with one mistake in it, and none is the module itself."""

import ast

import pytest

from scripts.mutants import AREAS
from scripts.mutation import count_of, mutant
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
