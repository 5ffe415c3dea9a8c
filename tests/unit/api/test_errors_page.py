"""docs/reference/errors.md has every code with its status, and every type of mistake that is ours."""

import re
from collections.abc import Iterator

from promptyard.api import errors
from promptyard.domain.errors import PromptyardError, ProviderError
from tests.support.checks.pages import REPOSITORY, page

PAGE = page("docs/reference/errors.md")
NO_ERRORS = {"blocked"}
"""To the caller: a 200."""
OF_OTHERS = {"unknown_model", "bad_cursor", "missing", "message"}
"""Of a code of its own, of a 400, of pydantic's, and of a queue's message, which no caller sends."""
UNLIKE_THEIR_CODE = {("validation", 400)}
"""A mistake where the wire answers 400 and not 422."""


def rows(title: str) -> list[list[str]]:
    table = PAGE.section(title).text
    return [
        [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        for line in table.splitlines()
        if line.startswith("| `")
    ]


def kinds(of: type[PromptyardError]) -> Iterator[type[PromptyardError]]:
    yield of
    for kind in of.__subclasses__():
        yield from kinds(kind)


def test_every_code_stands_there_with_its_status() -> None:
    codes = {(code, status) for code, status in errors.STATUS_OF_CODE.items()}
    codes |= {(kind.code, 502) for kind in kinds(ProviderError)}
    codes |= {(code, status) for status, code in errors._CODE_OF_STATUS.items()}
    written = {(row[0].strip("`"), int(row[1])) for row in rows("The codes")}
    assert written == codes | UNLIKE_THEIR_CODE
    known = {code for code, _ in codes}
    assert {kind.code for kind in kinds(PromptyardError) if kind.__module__ == PromptyardError.__module__} - known == (
        NO_ERRORS
    )


def test_every_row_says_what_to_do() -> None:
    for row in rows("The codes") + rows("The types of mistakes"):
        assert all(row), row


def types_in_the_code() -> set[str]:
    """Given as the `kind` of a mistake."""
    sources = [
        path.read_text()
        for folder in ("layers/promptyard", "functions")
        for path in (REPOSITORY / folder).rglob("*.py")
    ]
    return {kind for source in sources for kind in re.findall(r'\bkind="(\w+)"', source)}


def test_every_type_of_ours_stands_there() -> None:
    written = {kind for row in rows("The types of mistakes") for kind in re.findall(r"`(\w+)`", row[0])}
    found = types_in_the_code() - OF_OTHERS
    assert found <= written, found - written
    assert written <= found, written - found
