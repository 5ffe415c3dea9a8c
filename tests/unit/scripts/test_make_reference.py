"""docs/reference is of the routes as they are, and lacks none of them."""

import json
import re
from functools import cache

from scripts import make_openapi, make_reference

pages = cache(make_reference.pages)


def test_the_pages_are_of_the_document_as_it_is() -> None:
    for name, text in pages().items():
        assert (make_reference.FOLDER / name).read_text() == text, f"{name}: run make snapshots"


def test_every_path_and_every_shape_stands_there_once() -> None:
    document = json.loads(make_openapi.FILE.read_text())
    routes = re.findall(r"^### (\w+) (\S+)$", pages()["routes.md"], re.MULTILINE)
    assert sorted(routes) == sorted(
        (method.upper(), path) for path, methods in document["paths"].items() for method in methods
    )
    shapes = re.findall(r"^## (\w+)$", pages()["shapes.md"], re.MULTILINE)
    assert shapes == sorted(document["components"]["schemas"])


def test_no_cell_is_without_words() -> None:
    """But those of a route's own answer, which the shape tells of."""
    for name, text in pages().items():
        for line in text.splitlines():
            if re.match(r"\| \**`", line):
                cells = re.split(r"(?<!\\)\|", line)
                assert cells[-2].strip(), (name, line)
