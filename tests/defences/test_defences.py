"""The defences that SECURITY.md tells of are there, and the tests that are said to hold them do: each defence is
removed in a copy of the repository, and they fail."""

import ast
import re
from pathlib import Path

import pytest

from scripts.repository_copy import REPOSITORY, RepositoryCopy
from tests.defences.defences import DEFENCES, Defence

SECURITY = REPOSITORY / "SECURITY.md"


def test_each_defence_stands_where_it_is_said_to() -> None:
    assert len(DEFENCES) >= 20
    for defence in DEFENCES:
        assert (REPOSITORY / defence.file).read_text().count(defence.text) == 1, defence.what
        for test in defence.tests:
            assert_there(test)


def test_every_test_that_the_table_names_is_there() -> None:
    named = re.findall(r"`(tests/[^`]*)`", SECURITY.read_text())
    assert len(named) >= 20
    for name in named:
        assert_there(name)


def assert_there(name: str) -> None:
    """A folder or a file with tests, or one of its functions."""
    path, _, function = name.partition("::")
    assert (REPOSITORY / path).exists(), name
    if function:
        assert function in _functions(REPOSITORY / path), name


def _functions(path: Path) -> set[str]:
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, functions)}


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> RepositoryCopy:
    return RepositoryCopy(tmp_path_factory.mktemp("copy"))


@pytest.mark.hard
@pytest.mark.parametrize("defence", DEFENCES, ids=[defence.what for defence in DEFENCES])
def test_without_it_the_tests_fail(copy: RepositoryCopy, defence: Defence) -> None:
    text = (REPOSITORY / defence.file).read_text().replace(defence.text, defence.replacement)
    with copy.changed(defence.file, text):
        assert copy.failing(defence.tests)
    assert " failed" in copy.said, copy.said[-2000:]  # and not: could not be imported
