"""Regular expressions that every promised Python matches alike, in all of the code."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.checks.regular_expressions import undecided

REPOSITORY = Path(__file__).parents[2]
FOLDERS = ("layers", "functions", "promptyard_local", "infra", "scripts")
SOURCES = [path for folder in FOLDERS for path in sorted((REPOSITORY / folder).rglob("*.py"))]
POSSESSIVE_OR_ATOMIC = re.compile(r"(?<!\\)(?:[*+?}]\+|\(\?>)")


def texts_of_patterns(source: str) -> Iterator[tuple[int, str]]:
    """The texts in a module that uses `re`, with their lines; also pieces of f-strings."""
    module = ast.parse(source)
    imported = {
        name.name for node in ast.walk(module) if isinstance(node, ast.Import | ast.ImportFrom) for name in node.names
    }
    if "re" not in imported:
        return
    for node in ast.walk(module):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value


def offences(source: str) -> list[int]:
    """The lines with a possessive quantifier or an atomic group: the `re` of Python 3.11.0 to 3.11.4 matches them
    wrongly."""
    return [line for line, text in texts_of_patterns(source) if POSSESSIVE_OR_ATOMIC.search(text)]


def test_none_is_possessive_or_atomic() -> None:
    assert len(SOURCES) > 200
    found = {str(path.relative_to(REPOSITORY)): offences(path.read_text()) for path in SOURCES}
    assert {path: lines for path, lines in found.items() if lines} == {}


@pytest.mark.parametrize("shape", ["a++", "a*+b", "a?+", "a{1,2}+", "(?>a)", "(?:a)++"])
@pytest.mark.parametrize("literal", ['r"{}"', 'rf"{{x}}{}"'])
def test_the_test_above_sees_one(shape: str, literal: str) -> None:
    if literal.startswith("rf"):
        shape = shape.replace("{", "{{").replace("}", "}}")
    assert offences("import re\n\nx = 1\nre.compile(" + literal.format(shape) + ")") == [4]


@pytest.mark.parametrize("source", ['re.compile(r"a+b*c?d{1,2}\\++")', 'print("a" + "b")', '"C++"'])
def test_the_test_above_sees_nothing_else(source: str) -> None:
    assert offences(source if "C" in source else f"import re\n{source}") == []


@pytest.mark.parametrize(
    "shape",
    [
        "a{1,3}b",
        "a{1,3}(?!a)",
        "(?:a|b)c",
        "(a|ab)c",
        "(?:-a{1,2}(?!a)){0,3}b?",
        "a?(?=b)",
        "(?=(?P<t>a{1,3}))(?P=t)a",
    ],
)
def test_the_next_character_decides(shape: str) -> None:
    assert undecided(shape) == []


@pytest.mark.parametrize(
    "shape",
    [
        *("a+b", "a*+b", "a??b", "(?>a)b", "(?=a+)b"),
        *("a{1,3}a", "a{1,3}(?=a)", "a?(?!b)", "a{0,2}[^b]", "(?:a{1,2}){1,3}b", "(?:a{1,2}b?){1,3}c", "(?:a?b?){2}c"),
        *("(?:[ab]c|ad)e", "(?:a{1,2}|a)b", "(?=a{1,3}a)", "(a?)b{0,1}\\1b"),
    ],
)
def test_the_next_character_does_not_decide(shape: str) -> None:
    assert undecided(shape)
